"""Journal entries as lines of the log: output of steps, lines of logs, and every decision in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from tui.journal import events as e
from tui.journal.line import Line
from tui.run.lockwait import LOCKS
from tui.run.state import RunState
from tui.run.steps import kind_of
from tui.words.events import event_of, told
from tui.words.progress import counting
from tui.words.severity import Severity, logged, printed

LONGEST = 4000
"""Characters kept of a line; the whole of it lies in the step's output file."""


class LogLine(Struct, frozen=True, gc=False):
    """One line: `at` as in the journal, `source` the step's number or a log's name, `text` not yet made inert.

    A line with a `key` says anew what the line with the same key has said, and stands in its place: wherever that is
    (`counts`), or as long as its source has said nothing else since."""

    at: str
    severity: Severity
    source: str
    text: str
    key: str = ""
    counts: bool = False


def log_lines(lines: Iterable[Line], state: RunState) -> Iterator[LogLine]:
    """The lines these entries give. `state`: a state in which their steps are known."""
    for line in lines:
        if e.class_of(line.type).SILENT:
            continue
        event = event_of(line)
        source = event.stream if isinstance(event, e.LogLines) else _number(event, state)
        if isinstance(event, e.StepOutput):
            for severity, text in printed(event.text):
                yield LogLine(line.at, severity, source, text[:LONGEST])
        elif isinstance(event, e.LogLines):
            for severity, text, _record in logged(event):
                yield LogLine(line.at, severity, source, text[:LONGEST])
        if isinstance(event, e.StepEvent) and _is_counted(event, state):
            # A statement that is repeated a thousand times is one line, so that what the server says is seen beside it.
            count = counting(event, line, state)
            if count:
                yield LogLine(line.at, "event", source, count, f"count {event.step}.{event.attempt}", counts=True)
            if isinstance(event, e.TxCommitted):
                continue
        said = None if isinstance(event, e.StepProgress) else told(event, line, state)
        if said is not None:
            yield LogLine(line.at, said.severity, source, said.sentence, _wait_key(event))


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
