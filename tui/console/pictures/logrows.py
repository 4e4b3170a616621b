"""A line of the log on the screen: wrapped into some rows, or one row of it from a column on."""

from __future__ import annotations

from datetime import tzinfo

from tui.console.cells import cells, cut, fit, head
from tui.console.loglines import LogLine
from tui.console.pieces import Line, Piece, clipped, width_of
from tui.words.figures import time_of_day
from tui.words.inert import visible
from tui.words.severity import severity_word

COLUMNS_FROM = 60
"""Columns from which severities stand in a column of their own; below, only errors and warnings are named."""
INDENT = 9
"""Columns by which further rows stand behind the time."""
NARROW = 12
"""Columns beside when and from where below which a text begins in the next row."""
STYLES = {"error": "bad", "warning": "warn", "event": "ok", "person": "run", "output": "section"}


def log_rows(line: LogLine, width: int, zone: tzinfo, most: int, marked: bool = False) -> list[Line]:
    """The line in at most `most` rows, broken at spaces; the last one ends in an ellipsis where that is not all."""
    start, style = _start(line, width, zone), _style(line)
    rows: list[Line] = []
    # A row shows no more than so many characters; the text may be as long as a value of the database.
    left, room = visible(line.text[: width * most * 4]), width - width_of(start)
    indent = min(INDENT, width // 4)
    before = start
    if room < NARROW and left and most > 1:
        # A log's long name leaves the text no room beside it.
        rows.append(tuple(start))
        before, room = [(" " * indent, "text")], max(2, width - indent)
    while len(rows) < most - 1 and cells(left) > room:
        place = head(left, room + 1).rfind(" ")
        if place < room // 2:
            # A word that is longer than half a row is broken itself.
            place = max(1, len(head(left, room)))
        rows.append((*before, (left[:place], style)))
        left = left[place:].lstrip(" ")
        before, room = [(" " * indent, "text")], max(2, width - indent)
    rows.append((*before, (cut(left, room), style)))
    return [_marked(clipped(row, width), marked) for row in rows]


def log_row(line: LogLine, width: int, zone: tzinfo, left: int, marked: bool = False) -> Line:
    """One row: the text from column `left` on; when and from where stand still."""
    start = _start(line, width, zone)
    room = max(0, width - width_of(start))
    text = visible(line.text[: (left + width) * 4])
    behind = text[len(head(text, left)) :]
    return _marked(clipped((*start, (cut(behind, room), _style(line))), width), marked)


def text_width(line: LogLine) -> int:
    """Columns that its text takes."""
    return cells(visible(line.text))


def text_room(line: LogLine, width: int, zone: tzinfo) -> int:
    """Columns that are left for its text in one row."""
    return max(1, width - width_of(_start(line, width, zone)))


def _start(line: LogLine, width: int, zone: tzinfo) -> list[Piece]:
    start: list[Piece] = [(f"{time_of_day(line.at, zone)} ", "dim")]
    word = severity_word(line.severity)
    if width >= COLUMNS_FROM:
        start.append((f"{fit(word, 5)} ", STYLES[line.severity]))
    elif line.severity in ("error", "warning"):
        start.append((f"{word} ", STYLES[line.severity]))
    if line.source:
        start.append((f"{visible(line.source)} ", "dim"))
    return start


def _style(line: LogLine) -> str:
    return STYLES[line.severity] if line.severity in ("error", "warning", "output") else "text"


def _marked(row: Line, marked: bool) -> Line:
    return tuple((text, f"selected:{name}") for text, name in row) if marked else row
