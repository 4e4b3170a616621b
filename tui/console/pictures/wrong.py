"""What went wrong, in the few lines there are: the word, the SQLSTATE, which step, why, what of it is in the database.

What gives way first is what stands elsewhere on the screen too: the keys, then the step's title, at last the end of the
reason. Never the SQLSTATE, the reason's beginning, or what is in the database.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.console.cells import cells, cut
from tui.console.pieces import Line, Piece, flowed, laid, width_of
from tui.run.steps import StepState
from tui.words.cause import cause
from tui.words.inert import visible

TITLE = 24
"""Columns of a title that is cut."""
SHORTEST = 8
"""Columns of a reason below which it says nothing any more."""


def wrong(text: str, at: StepState, hint: Sequence[Piece], width: int, most: int) -> list[Line]:
    """At most `most` lines. `text`: how it stands, such as `FAILED`; `hint`: which keys help."""
    known = cause(at)
    head: Piece = (f"{text} (SQLSTATE {known.code}) " if known.code else f"{text} ", "bad")
    number, title = visible(at.place.number), visible(at.step.title)
    for name, hints in (
        (f"{number} {title}", hint), (f"{number} {title}", ()), (f"{number} {cut(title, TITLE)}", ()), (number, ()),
    ):  # fmt: skip
        whole: list[Piece] = [head, (name, "bold"), (f": {known.what}; {known.effect}.", "bad"), *hints]
        if len(laid(whole, width)) <= most:
            return flowed(whole, width, most)
    room = min(cells(known.what), width * most)
    while room > SHORTEST:
        least: list[Piece] = [head, (number, "bold"), (f": {cut(known.what, room)}; {known.effect}.", "bad")]
        if len(laid(least, width)) <= most:
            return flowed(least, width, most)
        room -= max(1, (width_of(least) - width * most) // 2)
    return flowed([head, (number, "bold"), (f": {known.effect}", "bad")], width, most)
