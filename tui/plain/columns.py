"""How many columns of a terminal a text takes, and a text laid out in so many: cut, filled, folded at spaces."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import lru_cache


def cells(text: str) -> int:
    """The columns: two for a wide character, none for a mark that stands on the one before it."""
    return len(text) if text.isascii() else sum(map(_cells, text))


@lru_cache(maxsize=4096)
def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def cut(text: str, width: int | None) -> str:
    """At most `width` columns of it, with an ellipsis where something is missing; all of it where `width` is None."""
    if width is None or cells(text) <= width:
        return text
    taken = 0
    for place, character in enumerate(text):
        taken += cells(character)
        if taken > width - 1:
            return text[:place] + "…" if width > 0 else ""
    return text


def filled(text: str, width: int) -> str:
    """The text with blanks up to `width` columns; longer ones stay as they are."""
    return text + " " * max(0, width - cells(text))


def folded(text: str, width: int | None, indent: int = 0, further: int = 2) -> list[str]:
    """The whole text in lines of `width` columns, broken at spaces; one line where `width` is None. `further`: columns
    by which the second line stands deeper than the first."""
    margin = " " * indent
    if width is None or cells(text) + indent <= width:
        return [margin + text]
    if cells(text) != len(text):
        # textwrap counts characters; of wide ones half as many have room.
        width = indent + further + max(8, (width - indent - further) // 2)
    return textwrap.wrap(
        text, max(width, indent + further + 8), initial_indent=margin, subsequent_indent=margin + " " * further,
        break_on_hyphens=False,
    ) or [""]  # fmt: skip
