"""For how long a step was at work, in words: what nobody saw the end of says no more than at most. Pure."""

from __future__ import annotations

from tui.locale import _
from tui.run.lasted import Lasted, lasted
from tui.run.steps import StepState
from tui.words.figures import span

_SIGNS = {"unseen": "<", "resumed": ">"}


def sign(unsure: str | None) -> str:
    """What stands before a figure in a column: it was that at most, or all of it more."""
    return _SIGNS.get(unsure or "", "")


def lasted_words(at: StepState) -> str:
    """`1 min 5 s`, or what is known instead; empty of what has not begun or not ended."""
    found = lasted(at)
    return "" if found is None else seconds_words(found)


def seconds_words(found: Lasted) -> str:
    """The same of what is known already."""
    seconds = span(found.seconds)
    if found.unsure == "unseen":
        return _("at most {span}: nobody saw its end").format(span=seconds)
    if found.unsure == "resumed":
        return _("{span} for the rest of it").format(span=seconds)
    return seconds
