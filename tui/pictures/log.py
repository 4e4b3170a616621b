"""Journal entries as lines of the log: output of steps, lines of logs, and every decision in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from tui.journal import events as e
from tui.journal.line import Line as JournalLine
from tui.locale import _
from tui.pictures.cells import cells, cut, fit, head
from tui.pictures.lines import Line, Span, clipped, width_of
from tui.pictures.verbatim import exact
from tui.run.clock import instant
from tui.run.lockwait import LOCKS
from tui.run.reviewed import of_earlier
from tui.run.state import RunState
from tui.run.steps import kind_of
from tui.words.codes import STREAM, word
from tui.words.events import event_of, told
from tui.words.figures import time_of_day
from tui.words.inert import visible
from tui.words.progress import counting
from tui.words.review import earlier_lines
from tui.words.severity import Severity, logged, printed, severity_word

LONGEST = 4000
"""Characters kept of a line; the whole of it lies in the step's output file."""


class LogEntry(Struct, frozen=True, gc=False):
    """One line: `at` as in the journal, `source` the step's number or a log's name, `text` not yet made inert.

    A line with a `key` says anew what the line with the same key has said, and stands in its place: wherever that is
    (`counts`), or as long as its source has said nothing else since."""

    at: str
    severity: Severity
    source: str
    text: str
    key: str = ""
    counts: bool = False


def log_lines(lines: Iterable[JournalLine], state: RunState) -> Iterator[LogEntry]:
    """The lines these entries give. `state`: a state in which their steps are known."""
    for line in lines:
        if e.class_of(line.type).SILENT:
            continue
        event = event_of(line)
        source = word(STREAM, event.stream) if isinstance(event, e.LogLines) else _number(event, state)
        if isinstance(event, e.StepOutput):
            for severity, text in printed(event.text):
                yield LogEntry(line.at, severity, source, text[:LONGEST])
        elif isinstance(event, e.LogLines):
            for severity, text, _record in logged(event):
                yield LogEntry(line.at, severity, source, text[:LONGEST])
        if isinstance(event, e.StepEvent) and _is_counted(event, state):
            # A statement that is repeated a thousand times is one line, so that what the server says is seen beside it.
            count = counting(event, line, state)
            if count:
                yield LogEntry(line.at, "event", source, count, f"count {event.step}.{event.attempt}", counts=True)
            if isinstance(event, e.TxCommitted):
                continue
        said = None if isinstance(event, e.StepProgress) else told(event, line, state)
        if said is not None:
            yield LogEntry(line.at, said.severity, source, said.sentence, _wait_key(event))
        if isinstance(event, e.RunOpened):
            for text in earlier_lines(*of_earlier(event), instant(line.at)):
                yield LogEntry(line.at, "warning", source, text)


def _wait_key(event: e.Event | None) -> str:
    """A wait is told again with every look at it, and one for a lock with every try."""
    if not isinstance(event, e.StepWaiting):
        return ""
    return f"wait {event.step}.{event.attempt} {'lock' if event.reason in LOCKS else event.reason}"


def _is_counted(event: e.StepEvent, state: RunState) -> bool:
    """Whether the event is of a step whose log is one line that counts."""
    known = state.steps.get(event.step)
    kind = None if known is None else kind_of(known.step.kind)
    return kind is not None and kind.own_progress


def _number(event: Any, state: RunState) -> str:
    step = getattr(event, "step", None)
    known = state.steps.get(step) if isinstance(step, str) else None
    return "" if known is None else known.place.number


COLUMNS_FROM = 60
"""Columns from which severities stand in a column of their own; below, only errors and warnings are named."""
INDENT = 9
"""Columns by which further rows stand behind the time."""
NARROW = 12
"""Columns beside when and from where below which a text begins in the next row."""
STYLES = {"error": "bad", "warning": "warn", "event": "ok", "person": "run", "output": "section"}


def log_rows(line: LogEntry, width: int, zone: tzinfo, most: int, marked: bool = False) -> list[Line]:
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


def log_row(line: LogEntry, width: int, zone: tzinfo, left: int, marked: bool = False) -> Line:
    """One row: the text from column `left` on; when and from where stand still."""
    start = _start(line, width, zone)
    room = max(0, width - width_of(start))
    text = visible(line.text[: (left + width) * 4])
    behind = text[len(head(text, left)) :]
    return _marked(clipped((*start, (cut(behind, room), _style(line))), width), marked)


def text_width(line: LogEntry) -> int:
    """Columns that its text takes."""
    return cells(visible(line.text))


def text_room(line: LogEntry, width: int, zone: tzinfo) -> int:
    """Columns that are left for its text in one row."""
    return max(1, width - width_of(_start(line, width, zone)))


def _start(line: LogEntry, width: int, zone: tzinfo) -> list[Span]:
    start: list[Span] = [(f"{time_of_day(line.at, zone)} ", "dim")]
    word = severity_word(line.severity)
    if width >= COLUMNS_FROM:
        start.append((f"{fit(word, 5)} ", STYLES[line.severity]))
    elif line.severity in ("error", "warning"):
        start.append((f"{word} ", STYLES[line.severity]))
    if line.source:
        start.append((f"{visible(line.source)} ", "dim"))
    return start


def _style(line: LogEntry) -> str:
    return STYLES[line.severity] if line.severity in ("error", "warning", "output") else "text"


def _marked(row: Line, marked: bool) -> Line:
    return tuple((text, f"selected:{name}") for text, name in row) if marked else row


def log_line(line: LogEntry, width: int) -> list[Line]:
    """Its head, and its text folded where it is wider than the screen."""
    head = [visible(part) for part in (line.at, severity_word(line.severity), line.source) if part]
    return [((_("A line of the log"), "title"),), (("  ".join(head), "dim"),), (), *exact(line.text, width)]
