"""Where states come from: the journal as it grows, or a recording as it plays. Both give batches of folded entries.

Nothing else makes states, so that live, observed and replayed screens are the same projection of the same lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from tui.console.tail import BULKY, Tail
from tui.console.view import Moment, Playback, moment
from tui.journal.reader import Entry, JournalReader
from tui.run.fold import fold
from tui.run.state import RunState

OUTPUT_EVERY = 0.25
"""Seconds between two batches that bring nothing but output and samples."""


class Batch(Struct, frozen=True, kw_only=True):
    """Entries folded in one go. With `reset` the state was reached by a jump: entries are what is still to be shown
    of everything before, and what a screen holds of the past is void."""

    previous: RunState
    state: RunState
    entries: tuple[Entry, ...] = ()
    reset: bool = False
    playback: Playback | None = None


class Source(Protocol):
    """Gives batches; `start` is called once, `step` again and again with a monotonic time. Both may raise
    JournalCorrupt and OSError."""

    @property
    def state(self) -> RunState: ...

    def start(self) -> Batch: ...

    def step(self, now: float) -> Batch | None: ...

    def moment(self, state: RunState, playback: Playback | None) -> Moment: ...

    def close(self) -> None: ...


class Follower:
    """Follows a journal that may still grow."""

    def __init__(self, reader: JournalReader, wall: Callable[[], float] = time.time) -> None:
        self._reader = reader
        self._wall = wall
        self._state = RunState()
        self._shown = self._state
        self._pending: list[Entry] = []
        self._last = 0.0

    @property
    def state(self) -> RunState:
        return self._state

    def start(self) -> Batch:
        """Everything there is, folded before anything is painted."""
        tail = Tail()
        state = self._state
        while entries := self._reader.poll():
            for entry in entries:
                state = fold(state, entry.line)
                tail.add(entry)
        self._state = self._shown = state
        return Batch(previous=RunState(), state=state, entries=tail.entries(), reset=True)

    def step(self, now: float) -> Batch | None:
        """What came since; transitions at once, output and samples a few times a second."""
        state, urgent = self._state, False
        for entry in self._reader.poll():
            state = fold(state, entry.line)
            urgent = urgent or entry.line.type not in BULKY
            self._pending.append(entry)
        self._state = state
        if not self._pending or (not urgent and now - self._last < OUTPUT_EVERY):
            return None
        batch = Batch(previous=self._shown, state=state, entries=tuple(self._pending))
        self._pending, self._shown, self._last = [], state, now
        return batch

    def moment(self, state: RunState, playback: Playback | None) -> Moment:
        return moment(state, self._wall())

    def close(self) -> None:
        self._reader.close()
