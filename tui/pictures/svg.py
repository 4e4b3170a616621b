"""Lines of a picture as SVG: rows of text that take the columns that they took, whatever font is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape

from msgspec import Struct
from rich.style import Style

from tui.pictures.cells import cells
from tui.pictures.lines import Line
from tui.pictures.palette import Palette, ground, style

WIDTH, HEIGHT, BASE = 8.4, 17, 13
"""Of a character's cell, and where in it the letters stand, in pixels."""
MARGIN = 8
FONT = "ui-monospace,Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace"
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document can hold, escaped or not."""


class StyledText(Struct, frozen=True):
    """A text in one style from a column on."""

    x: int
    text: str
    style: Style


def drawn(pieces: Iterable[StyledText], paper: str, name: Callable[[str], str]) -> Iterator[str]:
    """The elements of a row, from its own upper left corner. `name`: the class of a CSS rule."""
    for piece in pieces:
        x, width = piece.x * WIDTH, cells(piece.text) * WIDTH
        block = _block(piece.style, paper)
        if block:
            yield f'<rect class="{name(block)}" x="{x:g}" width="{width:g}" height="{HEIGHT}"/>'
        text = piece.text.strip(" ")
        if text:
            x += (len(piece.text) - len(piece.text.lstrip(" "))) * WIDTH
            yield (
                f'<text class="{name(_fill(piece.style))}" x="{x:g}" y="{BASE}" '
                f'textLength="{cells(text) * WIDTH:g}">{xml_text(text)}</text>'
            )


def _fill(style: Style) -> str:
    color = style.bgcolor if style.reverse else style.color
    rule = f"fill:{color.get_truecolor().hex}" if color is not None else ""
    if style.bold:
        rule += ";font-weight:700"
    if style.underline:
        rule += ";text-decoration:underline"
    return rule or "fill:#fff"


def _block(style: Style, paper: str) -> str:
    """The rule of what lies behind the text; empty where it is the ground of all."""
    color = style.color if style.reverse else style.bgcolor
    if color is None or color.get_truecolor().hex == paper:
        return ""
    return f"fill:{color.get_truecolor().hex}"


def xml_text(text: str) -> str:
    """The text between the tags of an XML document."""
    # Of several blanks in a row some browsers make one, whatever they are told.
    text = text.replace("  ", "\u00a0\u00a0")
    return escape(_FORBIDDEN.sub("\ufffd", text), quote=False)


def apart(text: str, room: int) -> Iterator[str]:
    """The text up to column `room` and from there on, and wide characters apart from others: each run has one width."""
    part = ""
    taken = 0
    for character in text:
        size = cells(character)
        if part and (taken == room or (size and not alike(part, character))):
            yield part
            part = ""
        part += character
        taken += size
    if part:
        yield part


def alike(one: str, other: str) -> bool:
    """Whether both are of wide characters, or of others."""
    return (cells(one[0]) > 1) == (cells(other[0]) > 1)


class Drawing(Struct, frozen=True):
    """A picture: its SVG, and the texts of its lines for those who see none."""

    svg: str
    lines: tuple[str, ...]


def picture(lines: Iterable[Line], width: int, palette: Palette, name: Callable[[str], str], title: str) -> Drawing:
    """The lines as one SVG of so many columns, whose rules are classes of `name`."""
    rows, paper, told = [], ground(palette), []
    for y, line in enumerate(lines):
        x, pieces = 0, list[StyledText]()
        for text, named in line:
            for part in apart(text, -1):
                pieces.append(StyledText(x, part, style(palette, named)))
                x += cells(part)
        rows.append(
            f'<g transform="translate({MARGIN},{MARGIN + y * HEIGHT})">{"".join(drawn(pieces, paper, name))}</g>'
        )
        told.append("".join(text for text, _named in line).rstrip())
    size = f"{width * WIDTH + 2 * MARGIN:.0f} {len(rows) * HEIGHT + 2 * MARGIN}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="screen" viewBox="0 0 {size}" role="img" '
        f'aria-label="{escape(xml_text(title))}"><rect width="100%" height="100%" class="{name("fill:" + paper)}"/>'
        f"{''.join(rows)}</svg>"
    )
    return Drawing(svg, tuple(told))
