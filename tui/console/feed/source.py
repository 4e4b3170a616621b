"""Where states come from: the journal as it grows, or a recording as it plays. Both give batches of folded entries.

Nothing else makes states, so that live, observed and replayed screens are the same projection of the same lines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from tui.journal.chain import Fault
from tui.journal.events import class_of
from tui.journal.position import Position
from tui.journal.reader import Entry, JournalReader
from tui.pictures.view import Moment, Playback, moment
from tui.recording.recent import RecentEntries
from tui.run.fold import fold
from tui.run.state import RunState

Look = Callable[[Mapping[str, Any]], bool | None]
"""Whether the run's engine lives, None where that cannot be known here; it is given what the last engine wrote of
itself into the journal."""
LOOK_EVERY = 1.0
"""Seconds between two looks at what is not in the journal: its file, its engine."""
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
    said: str | None = None
    """What a key did, where the picture alone does not tell."""


def merged(batches: Iterable[Batch]) -> Batch | None:
    """Several batches, in their order, as one: what came before the last jump is void."""
    found: Batch | None = None
    for batch in batches:
        if found is None:
            found = batch
            continue
        entries = batch.entries if batch.reset else (*found.entries, *batch.entries)
        found = Batch(
            previous=found.previous, state=batch.state, entries=entries, reset=found.reset or batch.reset,
            playback=batch.playback or found.playback, said=batch.said or found.said,
        )  # fmt: skip
    return found


Control = Literal[
    "toggle", "next", "step", "back", "incident", "incident_back", "faster", "slower", "tenth", "go", "go_step", "skip"
]


class PlayerCommand(Struct, frozen=True):
    """A key of the replay; `value`: the tenth (0 to 9); `to`: the position to go to; `step`: the step to go to."""

    control: Control
    value: float = 0.0
    to: Position | None = None
    step: str = ""


class StateSource(Protocol):
    """Gives batches; `start` is called once, `step` again and again with a monotonic time. Both may raise
    JournalCorrupt and OSError."""

    @property
    def state(self) -> RunState: ...

    @property
    def fault(self) -> Fault | None:
        """The first line, as far as was read, that does not follow the one before it."""

    def start(self) -> Batch: ...

    def step(self, now: float) -> Batch | None: ...

    def moment(self, state: RunState, playback: Playback | None) -> Moment: ...

    def close(self) -> None: ...


class JournalFollower:
    """Follows a journal that may still grow."""

    def __init__(
        self, reader: JournalReader, wall: Callable[[], float] = time.time,
        engine: Look | None = None,
    ) -> None:  # fmt: skip
        self._reader = reader
        self._wall = wall
        self._engine = engine
        self._alive: bool | None = None
        self._looked = 0.0
        self._arrived: float | None = None
        self._state = RunState()
        self._shown = self._state
        self._pending: list[Entry] = []
        self._last = 0.0

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def fault(self) -> Fault | None:
        return self._reader.fault

    def start(self) -> Batch:
        """Everything there is, folded before anything is painted."""
        tail = RecentEntries()
        state = self._state
        while entries := self._reader.poll():
            for entry in entries:
                state = fold(state, entry.line)
                tail.add(entry)
        self._state = self._shown = state
        # The first picture already says whether anything runs.
        self._looked, self._alive = time.monotonic(), self._whether_alive()
        return Batch(previous=RunState(), state=state, entries=tail.entries(), reset=True)

    def step(self, now: float) -> Batch | None:
        """What came since; transitions at once, output and samples a few times a second."""
        state, urgent = self._state, False
        changed = self._look(now)
        for entry in self._reader.poll():
            self._arrived = time.monotonic()
            state = fold(state, entry.line)
            urgent = urgent or not class_of(entry.line.type).BULK
            self._pending.append(entry)
        self._state = state
        if not changed and (not self._pending or (not urgent and now - self._last < OUTPUT_EVERY)):
            return None
        batch = Batch(previous=self._shown, state=state, entries=tuple(self._pending))
        self._pending, self._shown, self._last = [], state, now
        return batch

    def _look(self, now: float) -> bool:
        """Once a second: whether the engine lives; True when that is news.

        Raises JournalCorrupt when the path names another file by now.
        """
        if now - self._looked < LOOK_EVERY or self._state.closed is not None:
            return False
        self._looked = now
        self._reader.require_same()
        before, self._alive = self._alive, self._whether_alive()
        return before is not self._alive

    def _whether_alive(self) -> bool | None:
        return None if self._engine is None else self._engine(self._state.engine)

    def moment(self, state: RunState, playback: Playback | None) -> Moment:
        # Another machine's clock may be wrong: how old the picture is, is told by when its last line came.
        silent = None if self._arrived is None else time.monotonic() - self._arrived
        unseen = self._engine is not None and self._alive is None
        return moment(state, self._wall(), silent=silent, engine=self._alive, unseen=unseen)

    def close(self) -> None:
        self._reader.close()
