"""Lines of a picture before they are painted: pieces of text with the name of a style.

Pictures are pure functions from a view to lines, so that they are tested as text; only the panes know Textual.
"""

from __future__ import annotations

from collections.abc import Iterable

from tui.pictures.cells import cells, cut, fit, head
from tui.pictures.glyphs import glyphs
from tui.words.inert import visible

Span = tuple[str, str]
"""A text (already inert) and the name of its style, such as `bold` or `warn`; see `palette`."""
Line = tuple[Span, ...]
EMPTY: Line = ()


def width_of(line: Iterable[Span]) -> int:
    return sum(cells(text) for text, _ in line)


def plain(line: Line) -> str:
    """Its text alone."""
    return "".join(text for text, _ in line)


def clipped(line: Iterable[Span], width: int) -> Line:
    """At most `width` columns of it; the piece that does not fit is cut with an ellipsis."""
    found: list[Span] = []
    left = width
    for text, style in line:
        if left <= 0:
            break
        size = cells(text)
        if size > left:
            found.append((cut(text, left), style))
            break
        if text:
            found.append((text, style))
            left -= size
    return tuple(found)


def flowed(line: Iterable[Span], width: int, most: int) -> list[Line]:
    """The line broken at spaces into at most `most` lines; the last one is cut with an ellipsis."""
    left = tuple(line)
    found: list[Line] = []
    while left and len(found) < most - 1 and width_of(left) > width:
        first, left = _broken(left, width)
        found.append(first)
    return [*found, clipped(left, width)] if left else found


def laid(line: Iterable[Span], width: int) -> list[Line]:
    """The whole line broken at spaces into lines of at most `width` columns, all of them indented as the first is."""
    whole = tuple(line)
    text = plain(whole)
    indent = len(text) - len(text.lstrip(" "))
    # A wide character needs two columns; on a screen too small for it, what is wider is clipped when painted.
    room = max(2, width - indent)
    if not text.strip():
        return [()]
    _blanks, left = _split(whole, indent)
    found: list[Line] = []
    while left and width_of(left) > room:
        first, left = _broken(left, room)
        found.append(first)
    rows = [*found, left] if left else found
    return [((" " * indent, row[0][1]), *row) if indent else row for row in rows if row]


def _broken(line: Line, width: int) -> tuple[Line, Line]:
    """The line up to the last space within the width, and what stands behind it."""
    text = plain(line)
    place = head(text, width + 1).rfind(" ")
    return _split(line, place if place > 0 else max(1, len(head(text, width))))


def _split(line: Line, place: int) -> tuple[Line, Line]:
    """Both sides of a place in the line's text, the second without blanks at its start."""
    first: list[Span] = []
    rest: list[Span] = []
    for piece, style in line:
        room = max(0, place - sum(len(part) for part, _style in first))
        first.append((piece[:room], style))
        rest.append((piece[room:] if rest and any(part for part, _s in rest) else piece[room:].lstrip(" "), style))
    return tuple(p for p in first if p[0]), tuple(p for p in rest if p[0])


def sides(width: int, left: Iterable[Span], right: Iterable[Span], fill: Span = (" ", "text")) -> Line:
    """`left` and `right` at the ends of a line; where both do not fit, the left one is cut, but keeps half the line."""
    left, right = tuple(left), tuple(right)
    wanted_left, wanted_right = width_of(left), width_of(right)
    if wanted_left + wanted_right + (1 if wanted_right else 0) > width:
        room_right = max(width - wanted_left - 1, min(wanted_right, width - width // 2 - 1))
        right = clipped(right, max(0, room_right))
        left = clipped(left, max(0, width - width_of(right) - 1))
    gap = max(0, width - width_of(left) - width_of(right))
    return (*left, (fill[0] * gap, fill[1]), *right) if gap else (*left, *right)


def columns(*parts: tuple[str, int, str], gap: int = 1) -> Line:
    """Texts in columns of a fixed width: (text, width, style); a negative width is right-aligned."""
    found: list[Span] = []
    for text, width, style in parts:
        if width:
            found.append((fit(text, abs(width), right=width < 0) + " " * gap, style))
    return tuple(found)


def heading(width: int, title: str, right: Iterable[Span] = (), style: str = "title", rule: str | None = None) -> Line:
    """A pane's title line: the title, a rule, and what stands at its right end."""
    rule = glyphs().rule if rule is None else rule
    tail = tuple(right)
    if tail:
        tail = ((" ", "rule"), *tail)
    return sides(width, [(f"{title} ", style)], tail, fill=(rule, "rule"))


def tinted(line: Line, tint: str, width: int) -> Line:
    """The whole line under a further style such as `selected`, filled to the width."""
    missing = width - width_of(line)
    filled = (*line, (" " * missing, "text")) if missing > 0 else line
    return tuple((text, f"{tint}:{style}") for text, style in filled)


def explained(text: str, style: str = "text") -> tuple[Line, ...]:
    """A text as paragraphs; they are wrapped when they are painted."""
    return tuple(((visible(paragraph), style),) for paragraph in text.split("\n"))
