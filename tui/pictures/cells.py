"""Text measured and cut by the columns it takes."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

from tui.pictures.glyphs import glyphs
from tui.words.inert import visible


def cells(text: str) -> int:
    """How many columns the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """At most `width` columns of the text; what was cut ends in an ellipsis."""
    if width <= 0:
        return ""
    # A text of a megabyte is not measured to show eighty columns of it.
    if len(text) <= width * 4 and cells(text) <= width:
        return text
    mark = glyphs().ellipsis
    room = width - cells(mark)
    if room <= 0:
        return mark[:width]
    return head(text, room) + mark


def head(text: str, width: int) -> str:
    """At most `width` columns of the text from its start, without an ellipsis."""
    if width <= 0:
        return ""
    # Four characters a column leave room for combining marks; more of them in a row are not shown.
    text = text[: width * 4]
    if text.isascii():
        return text[:width]
    if cell_len(text) <= width:
        return text
    pieces = chop_cells(text, width)
    return pieces[0] if pieces and cell_len(pieces[0]) <= width else ""


def fit(text: str, width: int, right: bool = False) -> str:
    """The text in exactly `width` columns: cut, or filled with spaces on the right (on the left with `right`)."""
    text = cut(text, width)
    missing = " " * max(0, width - cells(text))
    return missing + text if right else text + missing


def wrapped(text: str, width: int) -> list[str]:
    """The text broken at spaces into lines of at most `width` columns; a word that is longer is broken itself."""
    lines: list[str] = []
    # A wide character needs two columns; on a screen too small for it, what is wider is clipped when painted.
    width = max(2, width)
    for paragraph in text.split("\n"):
        line = ""
        for word in visible(paragraph).split(" "):
            joined = f"{line} {word}" if line else word
            if cells(joined) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            *whole, line = chop_cells(word, width) or [""]
            lines.extend(whole)
        lines.append(line)
    return lines
