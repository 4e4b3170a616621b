"""A recording that plays: the same lines folded by their own clock, at any speed, from any place."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Literal

from msgspec import Struct

from tui.console.source import Batch
from tui.console.tail import Tail
from tui.console.view import Moment, Playback, replayed
from tui.journal.position import Position
from tui.journal.reader import Entry, JournalReader
from tui.run.fold import fold
from tui.run.state import RunState

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 250.0, 1000.0)
PAINT_EVERY = 0.2
STEPS = frozenset(
    ("step.started", "step.passed", "step.failed", "step.skipped", "step.signed", "step.by_hand", "step.cancelled",
     "step.undone", "run.opened", "run.closed")
)  # fmt: skip
INCIDENTS = frozenset(
    ("step.failed", "step.fate", "guard.breached", "trigger.fired", "rollback.started", "rollback.finished",
     "run.held", "run.recovered", "helm.taken", "step.skipped", "step.cancelled", "error.recorded")
)  # fmt: skip

Control = Literal["toggle", "next", "step", "back", "incident", "incident_back", "faster", "slower", "tenth", "go"]


class Asked(Struct, frozen=True):
    """A key of the replay; `value`: the tenth (0 to 9); `to`: the position to go to."""

    control: Control
    value: float = 0.0
    to: Position | None = None


class Recording:
    """Where every line of a journal stands in time; read once, few bytes a line."""

    def __init__(self, reader: JournalReader) -> None:
        self.monos = array("d")
        self.steps: list[int] = []
        self.incidents: list[int] = []
        self._ats: list[str] = []
        last = 0.0
        while entries := reader.poll():
            for entry in entries:
                line = entry.line
                last = max(last, line.mono)
                self.monos.append(last)
                self._ats.append(line.at)
                if line.type in STEPS:
                    self.steps.append(line.seq)
                if line.type in INCIDENTS:
                    self.incidents.append(line.seq)

    @property
    def length(self) -> float:
        """Seconds from the run's opening to the last event."""
        return self.monos[-1] if self.monos else 0.0

    def __len__(self) -> int:
        return len(self.monos)

    def until(self, mono: float) -> int:
        """How many lines lie at this time or before it."""
        return bisect.bisect_right(self.monos, mono)

    def count_of(self, position: Position) -> int:
        """How many lines a position admits."""
        if position.by == "seq":
            return min(len(self), int(position.value) + 1)
        if position.by == "mono":
            return self.until(position.value)
        for seq, at in enumerate(self._ats):
            if at > position.time:
                return seq
        return len(self)


class Player:
    """Plays a recording; controls are asked for from any thread and take effect with the next step."""

    def __init__(self, reader: JournalReader, *, at: Position | None = None, speed: float = 1.0) -> None:
        self._reader = reader
        self._at = at
        self._asked: SimpleQueue[Asked] = SimpleQueue()
        self._state = RunState()
        self._count = 0
        self._ready: list[Entry] = []
        self._position = 0.0
        self._speed = speed
        self._playing = False
        self._then: float | None = None
        self._painted = 0.0
        self.recording = Recording(reader)

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def playback(self) -> Playback:
        return Playback(position=self._position, length=self.recording.length, speed=self._speed, playing=self._playing)

    def ask(self, asked: Asked) -> None:
        self._asked.put(asked)

    def start(self) -> Batch:
        """Paused at the asked position; without one it plays from the beginning."""
        self._playing = self._at is None
        count = 1 if self._at is None else max(1, self.recording.count_of(self._at))
        return self._jump(count)

    def step(self, now: float) -> Batch | None:
        """The next batch: a jump that was asked for, else what the time that passed brings."""
        then, self._then = self._then, now
        batch = self._carried_out()
        if batch is not None:
            self._painted = now
            return batch
        if not self._playing or then is None:
            return None
        self._position = min(self.recording.length, self._position + (now - then) * self._speed)
        if self._position >= self.recording.length:
            self._playing = False
        if self._playing and now - self._painted < PAINT_EVERY:
            return None
        self._painted = now
        return self._on(self.recording.until(self._position))

    def moment(self, state: RunState, playback: Playback | None) -> Moment:
        return replayed(state, playback or self.playback)

    def close(self) -> None:
        self._reader.close()

    def _carried_out(self) -> Batch | None:
        batch: Batch | None = None
        while True:
            try:
                asked = self._asked.get_nowait()
            except Empty:
                return batch
            batch = self._do(asked)

    def _do(self, asked: Asked) -> Batch:
        match asked.control:
            case "toggle":
                if not self._playing and self._position >= self.recording.length:
                    self._playing = True
                    return self._jump(1)
                self._playing = not self._playing
            case "faster" | "slower":
                self._speed = _other_speed(self._speed, 1 if asked.control == "faster" else -1)
            case "next":
                self._playing = False
                return self._jump(min(len(self.recording), self._count + 1))
            case "tenth":
                position = self.recording.length * asked.value / 10
                return self._jump(max(1, self.recording.until(position)), position)
            case "go" if asked.to is not None:
                return self._jump(max(1, self.recording.count_of(asked.to)))
            case "step" | "back" | "incident" | "incident_back":
                marks = self.recording.steps if asked.control in ("step", "back") else self.recording.incidents
                return self._jump(self._mark(marks, -1 if asked.control.endswith("back") else 1))
        return self._batch(self._state, ())

    def _mark(self, marks: list[int], direction: int) -> int:
        """The count of lines up to the next mark, or the one before; where there is none, as now."""
        here = self._count - 1
        if direction > 0:
            place = bisect.bisect_right(marks, here)
            return marks[place] + 1 if place < len(marks) else self._count
        place = bisect.bisect_left(marks, here)
        return marks[place - 1] + 1 if place > 0 else max(1, self._count)

    def _jump(self, count: int, position: float | None = None) -> Batch:
        previous = self._state
        # A jump back folds from the first line again; forward it goes on from here, but shows as much of the past.
        self._reader.seek(0, -1)
        self._state, self._count, self._ready = RunState(), 0, []
        tail = Tail()
        for entry in self._take(count):
            tail.add(entry)
        self._position = self._state.mono if position is None else position
        return self._batch(previous, tail.entries(), reset=True)

    def _on(self, count: int) -> Batch:
        previous = self._state
        return self._batch(previous, tuple(self._take(count)))

    def _take(self, count: int) -> Iterator[Entry]:
        while self._count < count:
            if not self._ready:
                self._ready = self._reader.poll(256 * 1024)
                self._ready.reverse()
                if not self._ready:
                    break
            entry = self._ready.pop()
            self._state = fold(self._state, entry.line)
            self._count += 1
            yield entry

    def _batch(self, previous: RunState, entries: tuple[Entry, ...], reset: bool = False) -> Batch:
        return Batch(previous=previous, state=self._state, entries=entries, reset=reset, playback=self.playback)


def _other_speed(speed: float, by: int) -> float:
    if by > 0:
        return next((known for known in SPEEDS if known > speed), SPEEDS[-1])
    return next((known for known in reversed(SPEEDS) if known < speed), SPEEDS[0])
