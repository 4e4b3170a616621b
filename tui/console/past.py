"""What a screen that jumps to a moment shows of the time before it: read backwards from there, and bounded."""

from __future__ import annotations

import os
from bisect import bisect_left

from tui.console.marks import Marks, type_of
from tui.console.tail import step_of
from tui.journal.events import StepProgress, class_of
from tui.journal.io import open_for_reading
from tui.journal.line import decode
from tui.journal.reader import Entry

BACK = 4 * 1024 * 1024
"""Bytes read backwards at most."""
BULK = 256 * 1024
"""Bytes of output and log lines kept: some thousand lines."""
TRANSITIONS = 2000
"""Decisions, outcomes and errors kept; each is read from its place."""


def before(marks: Marks, offset: int) -> tuple[Entry, ...]:
    """The latest transitions and the latest output before byte `offset`, in their order. Raises OSError, LineError."""
    found: list[Entry] = []
    counted: set[bytes] = set()
    fd = open_for_reading(marks.journal)
    try:
        start = max(0, offset - BACK)
        block = os.pread(fd, offset - start, start)
        first = block.find(b"\n") + 1 if start else 0
        bulk, transitions = BULK, TRANSITIONS
        # The marks know every transition up to where they were made: only output is looked for line by line.
        marked = marks.scanned >= offset
        end = len(block)
        while end > first and (bulk > 0 or (transitions > 0 and not marked)):
            begin = block.rfind(b"\n", 0, end - 1) + 1
            raw = block[begin : end - 1]
            end = begin
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
                    found.append(Entry(start + begin, raw, decode(raw)))
            elif transitions > 0:
                transitions -= 1
                found.append(Entry(start + begin, raw, decode(raw)))
        older = bisect_left(marks.offsets, start + end)
        for place in range(older - 1, max(-1, older - 1 - transitions), -1):
            found.append(_at(fd, marks.offsets[place]))
    finally:
        os.close(fd)
    found.reverse()
    return tuple(found)


def _at(fd: int, offset: int) -> Entry:
    size = 4096
    while (end := (block := os.pread(fd, size, offset)).find(b"\n")) < 0 and len(block) == size:
        size *= 4
    raw = block if end < 0 else block[:end]
    return Entry(offset, raw, decode(raw))


def last_mono(journal: os.PathLike[str]) -> float | None:
    """Seconds from the opening to the last complete line; None where it is no line, 0 where there is none."""
    fd = open_for_reading(journal)  # type: ignore[arg-type]
    try:
        size, reach = os.fstat(fd).st_size, 64 * 1024
        while True:
            start = max(0, size - reach)
            block = os.pread(fd, size - start, start)
            end = block.rfind(b"\n")
            begin = block.rfind(b"\n", 0, max(0, end)) + 1
            if end < 0 and start == 0:
                return 0.0
            if end >= 0 and (begin > 0 or start == 0):
                return decode(block[begin:end]).mono
            reach *= 4
    except ValueError:
        return None
    finally:
        os.close(fd)
