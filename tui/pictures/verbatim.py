"""Texts shown to the letter, as they are executed or were printed: nothing is cut, and every fold is marked."""

from __future__ import annotations

from functools import lru_cache

from tui.pictures.cells import cells, head
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span
from tui.words.inert import visible

UNBOUNDED = 10_000
"""Columns from which nothing is folded, because it goes to the clipboard or into a file."""


def exact(text: str, width: int, *, numbered: bool = False) -> tuple[Line, ...]:
    """Every line of the text, with its number where asked for; one that is wider goes on in the next row, and a mark at
    the end of the row says so."""
    # Where the lines are asked for without an end, they are copied or written: numbers would be in the way there.
    return _exact(text, width, numbered and width < UNBOUNDED, glyphs().goes_on)


@lru_cache(maxsize=16)
def _exact(text: str, width: int, numbered: bool, mark: str) -> tuple[Line, ...]:
    # Kept between repaints: a screen that scrolls through a long file lays it out once.
    parts = text.split("\n")
    margin = len(str(len(parts))) + 1 if numbered else 2
    room = max(4, width - margin)
    found: list[Line] = []
    for number, part in enumerate(parts, 1):
        label = f"{number:>{margin - 1}} " if numbered else " " * margin
        left = visible(part)
        while len(left) > room // 2 and cells(left) > room:
            first = head(left, room - 1)
            found.append((_margin(label), (first, "text"), (mark, "rule")))
            label, left = " " * margin, left[len(first) :]
        found.append((_margin(label), (left, "text")))
    return tuple(found)


def _margin(label: str) -> Span:
    return (label, "dim")
