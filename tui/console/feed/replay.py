"""A recording that plays: the same lines folded by their own clock, at any speed, from any place."""

from __future__ import annotations

import threading
import time
from array import array
from bisect import bisect_left, bisect_right
from contextvars import copy_context
from queue import Empty, SimpleQueue

from msgspec.structs import replace

from tui.console.feed.source import Batch, Control, PlayerCommand, merged
from tui.journal.chain import Fault
from tui.journal.line import JournalError
from tui.journal.position import Position
from tui.journal.reader import Entry, JournalReader
from tui.locale import _
from tui.pictures.view import Moment, Playback, replayed
from tui.recording.backwards import before, last_mono
from tui.recording.keyframes import Recording
from tui.recording.turning_points import IDLE_FROM, TurningPoints
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words.said import say

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 250.0, 1000.0)
PAINT_EVERY = 0.2
INLINE = 4 * 1024 * 1024
"""Bytes of journal that are read before the first picture; more of them in the background, behind it."""
MOVES = frozenset(("next", "step", "back", "incident", "incident_back", "tenth", "go", "go_step"))
LOOK_EVERY = 1.0
"""Seconds between two looks at whether the journal has grown."""
AGAIN = 1.5
"""Seconds within which a further press goes back from where the last one led."""
FAR = 600.0
"""Seconds of recorded time from which going on is a jump."""


class Player:
    """Plays a recording; controls are asked for from any thread and take effect with the next step.

    A place that the keyframes do not cover yet is gone to as soon as they do. `keep`: leave the keyframes of a
    closed run beside its journal, where that is permitted.
    """

    def __init__(
        self, reader: JournalReader, *, at: Position | None = None, speed: float = 1.0, keep: bool = False
    ) -> None:
        self._reader = reader
        self._at = at
        self._keep = keep
        self._asked: SimpleQueue[PlayerCommand] = SimpleQueue()
        self._pending: PlayerCommand | None = None
        self._state = RunState()
        self._ready: list[Entry] = []
        self._position = 0.0
        self._speed = speed
        self._playing = False
        self._skip = True
        self._then: float | None = None
        self._painted = 0.0
        self._failure: JournalError | OSError | None = None
        self._covered = False
        self._partial = False
        self._size = 1
        self._looked = 0.0
        self._said: str | None = None
        self._back: tuple[str, int, float] | None = None
        self.marks = TurningPoints(reader.path)
        self._recording = Recording(reader.path)
        self.length = last_mono(reader.path) or 0.0
        """Seconds from the run's opening to the last event."""

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def fault(self) -> Fault | None:
        return self.marks.chain.fault

    @property
    def playback(self) -> Playback:
        read = None if self._covered else min(0.99, self._recording.covered / self._size)
        return Playback(
            position=self._position, length=self.length, speed=self._speed, playing=self._playing, skip=self._skip,
            read=read, marks=self.marks, goes_on=self._covered and self._recording.state.closed is None,
        )  # fmt: skip

    def ask(self, asked: PlayerCommand) -> None:
        self._asked.put(asked)

    def start(self) -> Batch:
        """Paused at the asked position; without one it plays from the beginning. Raises JournalError, OSError."""
        self._size = max(1, self._reader.path.stat().st_size)
        if self._size - self._recording.covered <= INLINE:
            self._cover()
        if self._size <= INLINE:
            self._build()
        if self._failure is not None:
            raise self._failure
        if not self._ready_for_all:
            run = copy_context().run
            threading.Thread(target=run, args=(self._build,), name="virada-keyframes", daemon=True).start()
        self._playing = self._at is None
        if self._at is None:
            return self._jump(_FIRST)
        self._pending = PlayerCommand("go", to=self._at)
        return self._carried_out() or self._jump(_FIRST)

    def step(self, now: float) -> Batch | None:
        """The next batch: a jump that was asked for, else what the time that passed brings."""
        then, self._then = self._then, now
        was_covered = self._covered
        self._look(now)
        batch = self._carried_out()
        if batch is not None:
            self._painted = now
            return batch
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        if self._partial and self.marks.done:
            # The past of the first picture was shown before all of it was known.
            return self._jump(Position("seq", self._state.seq), self._position)
        if not self._playing or then is None:
            if was_covered or now - self._painted < PAINT_EVERY:
                return None
            self._painted = now
            return self._batch(self._state, ())
        self._position = min(self.length, self._after((now - then) * self._speed))
        if self._position >= self.length:
            self._playing = False
        if self._playing and now - self._painted < PAINT_EVERY:
            return None
        self._painted = now
        if self._position - self._state.mono > FAR and self._covers(Position("mono", self._position)):
            return self._jump(Position("mono", self._position), self._position)
        return self._on(self._position)

    def _look(self, now: float) -> None:
        """Once a second, where the run goes on: what has come since belongs to the recording as well."""
        if now - self._looked < LOOK_EVERY or not self._ready_for_all or self._recording.state.closed is not None:
            return
        self._looked = now
        size = self._reader.path.stat().st_size
        if size != self._size:
            self._size = size
            self._reader.require_same()
            self.marks.extend()
            self._recording.extend()
            self.length = max(self.length, self._recording.state.mono)

    def moment(self, state: RunState, playback: Playback | None) -> Moment:
        return replayed(state, playback or self.playback)

    def close(self) -> None:
        self._reader.close()

    # -- keyframes and marks

    def _build(self) -> None:
        """Read the marks, and what is not covered by keyframes; in a thread of its own where that takes long."""
        # The states first: a place that was asked for is shown as soon as they reach it.
        if not self._covered:
            self._cover()
        try:
            self.marks.extend()
        except (JournalError, OSError) as error:
            self._failure = error

    def _cover(self) -> None:
        try:
            self._recording.extend()
            self.length = max(self.length, self._recording.state.mono)
            if self._keep and self._recording.state.closed is not None:
                # The engine has ended: nobody else appends to the keyframes.
                self._recording.extend(write=True)
        except JournalError as error:
            if self._recording.state.opened is None:
                self._failure = error
            else:
                # What is whole is played, and it is said where that ends.
                self.length = max(self._recording.state.mono, 0.0)
                self._said = say(error)
        except OSError as error:
            self._failure = error
        self._covered = True

    @property
    def _ready_for_all(self) -> bool:
        return self._covered and self.marks.done

    def _covers(self, position: Position) -> bool:
        return self._covered or not position.admits(self._recording.state)

    # -- what was asked for

    def _carried_out(self) -> Batch | None:
        done: list[Batch] = []
        asked, self._pending = self._pending, None
        while True:
            if asked is not None:
                if self._playing and self._position > self._state.mono and asked.control != "go":
                    # What is asked for is asked of what the position says, not of what was painted last.
                    done.append(self._on(self._position))
                if asked.control in MOVES:
                    # Whatever is asked for last is where it goes.
                    self._pending = None
                found = self._do(asked)
                if found is None:
                    self._pending = asked
                else:
                    done.append(found)
            try:
                asked = self._asked.get_nowait()
            except Empty:
                batch = merged(done)
                if batch is not None and self._said is not None:
                    batch, self._said = replace(batch, said=self._said), None
                return batch

    def _do(self, asked: PlayerCommand) -> Batch | None:
        """None: it is not known yet where that is."""
        match asked.control:
            case "toggle":
                if not self._playing and self._position >= self.length:
                    self._playing = True
                    return self._jump(_FIRST)
                self._playing = not self._playing
            case "faster" | "slower":
                self._speed = _other_speed(self._speed, 1 if asked.control == "faster" else -1)
            case "skip":
                self._skip = not self._skip
            case "next":
                self._playing = False
                previous = self._state
                entry = self._peek()
                if entry is not None:
                    self._take(entry)
                    self._position = self._state.mono
                return self._batch(previous, () if entry is None else (entry,))
            case "tenth":
                mono = self.length * asked.value / 10
                return self._go(Position("mono", mono), mono)
            case "go" if asked.to is not None:
                shown = min(asked.to.value, self.length) if asked.to.by == "mono" else None
                found = self._go(asked.to, shown)
                if found is not None:
                    self._told_where(asked.to)
                return found
            case "go_step":
                seq = self.marks.begun.get(asked.step)
                if seq is None:
                    return self._batch(self._state, ()) if self.marks.done else None
                return self._go(Position("seq", seq))
            case "step" | "back" | "incident" | "incident_back":
                return self._mark(asked.control)
        return self._batch(self._state, ())

    def _mark(self, control: Control) -> Batch | None:
        """To the next mark, or the one before; where there is none, as now, and that is said."""
        marks: array[int] = self.marks.steps if control in ("step", "back") else self.marks.incidents
        here = self._state.seq
        if control.endswith("back"):
            now = time.monotonic()
            if self._playing and self._back is not None and self._back[0] == control and now - self._back[2] < AGAIN:
                # It plays on from where the last press led: another press goes back from there, not from here.
                here = min(here, self._back[1])
            place = bisect_left(marks, here) - 1
            if place < 0:
                self._said = _("There is none before this one.")
                return self._batch(self._state, ())
            seq = marks[place]
            self._back = control, seq, now
        else:
            place = bisect_right(marks, here)
            if place >= len(marks):
                if not self.marks.done:
                    return None
                self._said = _("There is none after this one.")
                return self._batch(self._state, ())
            seq = marks[place]
        return self._go(Position("seq", seq))

    def _told_where(self, position: Position) -> None:
        """Say where it went when that is not the place that was asked for."""
        if not position.admits(self._recording.first):
            self._said = _("That lies before the run was opened; this is its beginning.")
        elif self._covered and position.admits(self._recording.state):
            beyond = position.value > self.length if position.by == "mono" else True
            if beyond and not (position.by == "seq" and position.value == self._recording.state.seq):
                self._said = _("That lies behind the last event; this is the end.")

    def _go(self, position: Position, shown: float | None = None) -> Batch | None:
        return self._jump(position, shown) if self._covers(position) else None

    def _jump(self, position: Position, shown: float | None = None) -> Batch:
        previous = self._state
        state, offset = self._recording.state_and_offset(position)
        if state.seq < 0:
            state, offset = self._recording.state_and_offset(_FIRST)
        if self.marks.done and self.marks.scanned < offset:
            self.marks.extend()
        self._state, self._ready = state, []
        self._reader.seek(offset, state.seq)
        self._position = state.mono if shown is None else max(shown, state.mono)
        self._partial = self.marks.scanned < offset and not self.marks.done
        return self._batch(previous, before(self.marks, offset), reset=True)

    # -- how it goes on

    def _after(self, seconds: float) -> float:
        """The position after so many seconds of playing; where nothing happens for long, that is left out."""
        at, edge = self._position, IDLE_FROM / 2
        while self._skip and (gap := self.marks.gap_after(at + edge)) is not None:
            # It plays a second of the stretch at either end.
            begin = max(at, gap[0] + edge)
            if at + seconds <= begin:
                break
            seconds -= begin - at
            at = gap[1] - edge
        return at + seconds

    def _on(self, mono: float) -> Batch:
        previous = self._state
        entries = []
        while (entry := self._peek()) is not None and entry.line.mono <= mono:
            self._take(entry)
            entries.append(entry)
        return self._batch(previous, tuple(entries))

    def _peek(self) -> Entry | None:
        if not self._ready:
            try:
                self._ready = self._reader.poll(256 * 1024)
            except JournalError as error:
                if self._recording.state.opened is None:
                    raise
                self._said = say(error)
            self._ready.reverse()
        return self._ready[-1] if self._ready else None

    def _take(self, entry: Entry) -> None:
        self._ready.pop()
        self._state = fold(self._state, entry.line)

    def _batch(self, previous: RunState, entries: tuple[Entry, ...], reset: bool = False) -> Batch:
        return Batch(previous=previous, state=self._state, entries=entries, reset=reset, playback=self.playback)


_FIRST = Position("seq", 0)


def _other_speed(speed: float, by: int) -> float:
    if by > 0:
        return next((known for known in SPEEDS if known > speed), max(speed, SPEEDS[-1]))
    return next((known for known in reversed(SPEEDS) if known < speed), min(speed, SPEEDS[0]))
