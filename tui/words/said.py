"""What was said without a language, in that of the person who reads it."""

from __future__ import annotations

from tui.journal.remarks import coded
from tui.locale import _, ngettext
from tui.said import Said, said_of
from tui.words.engine import SENTENCES
from tui.words.inert import visible, visible_lines


def say(said: str | Said | BaseException) -> str:
    """It, or what an exception says, in the language in force; whatever others wrote in it is inert."""
    if isinstance(said, BaseException):
        said = said_of(said)
    return said.put(_translated, visible) if isinstance(said, Said) else visible(said)


def told(journaled: object) -> str:
    """What a journal has in a message's place: a code in words, and others' text as it is, not `visible` yet."""
    known = coded(journaled)
    return say(known) if isinstance(known, Said) else str(known or "")


def say_lines(said: str | Said) -> list[str]:
    """It in as many lines as it has, each inert."""
    return visible_lines(said.put(_translated, str) if isinstance(said, Said) else said)


def _translated(text: str, many: str, count: int) -> str:
    known = SENTENCES.get(text)
    if known is not None:
        text, many = (known.text, known.many) if isinstance(known, Said) else (known, "")
    if many:
        return ngettext(text, many, count)
    return _(text) if text else ""
