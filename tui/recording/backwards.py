"""What a screen that jumps to a moment shows of the time before it: read backwards from there, and bounded."""

from __future__ import annotations

import os
from bisect import bisect_left
from pathlib import Path

from tui.files import reading
from tui.journal.events import StepProgress, class_of
from tui.journal.io import line_at, lines_backwards
from tui.journal.line import LineError, decode
from tui.journal.reader import Entry
from tui.recording.recent import step_of
from tui.recording.turning_points import TurningPoints, type_of

BACK = 4 * 1024 * 1024
"""Bytes read backwards at most."""
BULK = 256 * 1024
"""Bytes of output and log lines kept: some thousand lines."""
TRANSITIONS = 2000
"""Decisions, outcomes and errors kept; each is read from its place."""


def before(marks: TurningPoints, offset: int) -> tuple[Entry, ...]:
    """The latest transitions and the latest output before byte `offset`, in their order. Raises OSError, LineError."""
    found: list[Entry] = []
    counted: set[bytes] = set()
    with reading(marks.journal) as fd:
        bulk, transitions = BULK, TRANSITIONS
        # The marks know every transition up to where they were made: only output is looked for line by line.
        marked = marks.scanned >= offset
        first = offset
        for begin, raw in lines_backwards(fd, offset):
            if begin < offset - BACK or not (bulk > 0 or (transitions > 0 and not marked)):
                break
            first = begin
            class_ = class_of(type_of(raw))
            if class_.SILENT:
                continue
            if class_ is StepProgress:
                # The latest says all of them.
                if (step := step_of(raw)) in counted:
                    continue
                counted.add(step)
            if class_.BULK or class_.ROUTINE:
                if bulk > 0:
                    bulk -= len(raw)
                    found.append(Entry(begin, raw, decode(raw)))
            elif transitions > 0:
                transitions -= 1
                found.append(Entry(begin, raw, decode(raw)))
        older = bisect_left(marks.offsets, first)
        for place in range(older - 1, max(-1, older - 1 - transitions), -1):
            raw = line_at(fd, marks.offsets[place]) or b""
            found.append(Entry(marks.offsets[place], raw, decode(raw)))
    found.reverse()
    return tuple(found)


def last_mono(journal: Path) -> float | None:
    """Seconds from the opening to the last complete line; None where it is no line, 0 where there is none."""
    with reading(journal) as fd:
        last = next(lines_backwards(fd, os.fstat(fd).st_size), None)
    try:
        return 0.0 if last is None else decode(last[1]).mono
    except LineError:
        return None
