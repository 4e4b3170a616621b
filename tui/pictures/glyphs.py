"""The characters that pictures are drawn with: one set for terminals with Unicode, one for those without."""

from __future__ import annotations

import codecs
import unicodedata
from contextvars import ContextVar

from msgspec import Struct

from tui.run.steps import Status


class Glyphs(Struct, frozen=True, kw_only=True):
    """`planned`, `actual`, `projected`: a milestone on the window's bar; `buffer`: the bar's end; `goes_on`: a line
    goes on in the next row. `levels`: a history
    bar's heights, lowest first; `status`: one character for each status of a step."""

    ellipsis: str
    rule: str
    dot: str
    separator: str
    pointer: str
    alive: str
    silent: str
    play: str
    pause: str
    cursor: str
    goes_on: str
    full: str
    folded: str
    planned: str
    actual: str
    projected: str
    buffer: str
    empty: str
    levels: str
    status: dict[Status, str]


UNICODE = Glyphs(
    ellipsis="…", rule="─", dot="·", separator="│", pointer="▌", alive="●", silent="○", play="▶", pause="‖",
    cursor="▏", goes_on="↵", full="━", empty="─", folded="▸", planned="◇", actual="◆", projected="▷", buffer="┄",
    levels="▁▂▃▄▅▆▇█",
    status={
        "pending": "·", "running": "▶", "passed": "✓", "failed": "✗", "skipped": "»", "signed": "✓", "by_hand": "✓",
        "cancelled": "■", "undone": "↶", "undecided": "?",
    },
)  # fmt: skip
ASCII = Glyphs(
    ellipsis="~", rule="-", dot="-", separator="|", pointer=">", alive="*", silent="o", play=">", pause="=",
    cursor="_", goes_on="\\", full="=", empty="-", folded="+", planned="o", actual="*", projected=">", buffer=".",
    levels="_.-=*%#@",
    status={
        "pending": ".", "running": ">", "passed": "+", "failed": "x", "skipped": "-", "signed": "+", "by_hand": "+",
        "cancelled": "#", "undone": "<", "undecided": "?",
    },
)  # fmt: skip

SETS = {"ascii": ASCII, "unicode": UNICODE}
"""By the names that `VIRADA_GLYPHS` takes."""
_drawn_with: ContextVar[Glyphs] = ContextVar("glyphs", default=UNICODE)
_PLAINER = str.maketrans("“”‘’–—…·", "\"\"''--~-")
"""Punctuation of sentences, by what stands for it where the terminal has none of it: as wide, and as readable."""


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    found = error.object[error.start : error.end].translate(_PLAINER)
    # A letter without its accent can still be read; as wide as before it is in any case.
    bare = (unicodedata.normalize("NFKD", c)[0] if unicodedata.combining(c) == 0 else "?" for c in found)
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in bare), error.end


PLAINER = "virada.plainer"
codecs.register_error(PLAINER, _replaced)


def use(found: Glyphs) -> None:
    """Draw with this set in this context: every text that is cut needs its ellipsis."""
    _drawn_with.set(found)


def fitting(encoding: str | None) -> str:
    """The name of the set that a stream of this encoding can show."""
    try:
        return "unicode" if codecs.lookup(encoding or "ascii").name == "utf-8" else "ascii"
    except LookupError:
        return "ascii"


def glyphs() -> Glyphs:
    """The set in force."""
    return _drawn_with.get()
