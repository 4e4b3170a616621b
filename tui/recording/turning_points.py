"""Where a recording's turning points stand: found by reading only the head of each line, a few bytes kept of each."""

from __future__ import annotations

import os
import re
from array import array
from bisect import bisect_right
from pathlib import Path

import msgspec

from tui.files import reading
from tui.journal.chain import Chain
from tui.journal.events import Event, StepEvent, StepFate, class_of
from tui.journal.line import MAX_LINE, LineError, decode, head

IDLE_FROM = 2.0
"""Seconds: longer stretches in which nothing happens are shortened to this."""
CHUNK = 4 * 1024 * 1024
_HEAD = re.compile(rb'\{"v":\d+,"seq":(\d+),"at":"[^"]{1,40}","mono":([0-9.eE+-]+),"type":"([^"\\]{1,80})"')


class _Step(msgspec.Struct, frozen=True):
    """What of a step's event is looked at."""

    step: str = ""
    fate: str = ""


class TurningPoints:
    """Lines that are no mere output or sample, by number, time (seconds since the opening) and byte; idle stretches.

    `extend` may run in a thread of its own while others read: arrays only grow, and what is known is right.
    """

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.offsets = array("q")
        """Where every transition's line starts."""
        self.steps = array("q")
        self.step_times = array("d")
        self.incidents = array("q")
        self.incident_times = array("d")
        self.failure_times = array("d")
        self.begun: dict[str, int] = {}
        """The line of a step's first event."""
        self.scanned = 0
        """Bytes of the journal that were looked at."""
        self.done = False
        self.chain = Chain()
        """Whether each line follows the one before it."""
        self._gap_starts = array("d")
        self._gap_ends = array("d")
        self._busy = 0.0
        self._last = 0.0

    def extend(self) -> None:
        """Look at what has come since. Ends without a word at a line that is none: readers say what is wrong there."""
        with reading(self.journal) as fd:
            size = CHUNK
            while block := os.pread(fd, size, self.scanned):
                end = block.rfind(b"\n") + 1
                if end == 0:
                    # A line longer than a block, or a last one that is not complete.
                    if len(block) < size or size > 2 * MAX_LINE:
                        break
                    size *= 2
                    continue
                self.chain.take_all(block[: end - 1].split(b"\n"))
                if not self._take(block, end):
                    break
                self.scanned += end
        self._gap(self._last)
        self.done = True

    @property
    def length(self) -> float:
        """Seconds from the opening to the last line that was looked at."""
        return self._last

    def gap_after(self, mono: float) -> tuple[float, float] | None:
        """The next stretch, longer than `IDLE_FROM`, in which nothing happens; one that began may be under way."""
        place = bisect_right(self._gap_ends, mono)
        return (self._gap_starts[place], self._gap_ends[place]) if place < len(self._gap_ends) else None

    def _take(self, block: bytes, end: int) -> bool:
        start = 0
        while start < end:
            stop = block.find(b"\n", start)
            found = _HEAD.match(block, start, stop)
            if found is not None:
                seq, mono, type_ = int(found[1]), float(found[2]), found[3].decode("ascii", "replace")
            else:
                try:
                    line = head(block[start:stop])
                except LineError:
                    return False
                seq, mono, type_ = line.seq, line.mono, line.type
            self._last = mono
            class_ = class_of(type_)
            if not class_.IDLE:
                self._gap(mono)
                if not (class_.BULK or class_.ROUTINE):
                    self._transition(seq, mono, class_, self.scanned + start, block[start:stop])
            start = stop + 1
        return True

    def _gap(self, mono: float) -> None:
        if mono - self._busy > IDLE_FROM:
            # The end is what is searched by: a reader in another thread must find the start when it finds the end.
            self._gap_starts.append(self._busy)
            self._gap_ends.append(mono)
        self._busy = max(mono, self._busy)

    def _transition(self, seq: int, mono: float, class_: type[Event], offset: int, raw: bytes) -> None:
        self.offsets.append(offset)
        step = _step_of(raw) if issubclass(class_, StepEvent) else _Step()
        if class_ is StepFate and step.fate == "applied":
            return
        if class_.FAILURE:
            self.failure_times.append(mono)
        if class_.FAILURE or class_.INCIDENT:
            self.incident_times.append(mono)
            self.incidents.append(seq)
        if class_.TURN:
            self.step_times.append(mono)
            self.steps.append(seq)
            if step.step:
                self.begun.setdefault(step.step, seq)


def _step_of(raw: bytes) -> _Step:
    try:
        return msgspec.json.decode(decode(raw).data, type=_Step)
    except (LineError, msgspec.MsgspecError):
        return _Step()


def type_of(raw: bytes) -> str:
    """The line's type, by its head alone; LineError where it is no line."""
    found = _HEAD.match(raw)
    return head(raw).type if found is None else found[3].decode("ascii", "replace")
