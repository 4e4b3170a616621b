"""A recording frame by frame: the console's own screens over it, however long each of them takes to draw."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from tui.console.feed.source import Batch
from tui.console.settings import ViewerSettings
from tui.journal.chain import Fault
from tui.journal.events import class_of
from tui.journal.failure import JournalCorrupt
from tui.journal.reader import Entry, JournalReader
from tui.locale import _, language
from tui.pictures.view import Moment, Playback, replayed
from tui.recording.turning_points import TurningPoints
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.console.app import Console


EVERY = 0.5
"""Played seconds between two frames at least."""


class Writable(Protocol):
    """Takes the bytes of what is exported."""

    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> object: ...


class ExportOptions(Struct, frozen=True, kw_only=True):
    """How the recording is cut: `size` in columns and rows, `idle_limit` in recorded seconds, `speed` as a factor,
    `every`: played seconds between two frames at least."""

    size: tuple[int, int] = (120, 40)
    idle_limit: float = 2.0
    speed: float = 1.0
    every: float = EVERY


class Frame(Struct, frozen=True):
    """One picture: when it is played, in seconds, and what is new in it."""

    at: float
    batch: Batch


class FrameSource:
    """A recording as a source that only moves when the next frame is asked for."""

    def __init__(self, reader: JournalReader, options: ExportOptions) -> None:
        self._reader = reader
        self._options = options
        self.marks = TurningPoints(reader.path)
        self.marks.extend()
        self.state = RunState()
        self.length = 0.0
        self._first = next(self._entries(), None)
        reader.seek(0, -1)
        if self._first is None:
            raise JournalCorrupt(reader.path, 0, 0, _("it has no line."))
        self.length = self.marks.length

    @property
    def fault(self) -> Fault | None:
        return self.marks.chain.fault

    def start(self) -> Batch:
        """Nothing yet: the first frame is the first picture."""
        return self._batch(RunState(), (), 0.0, reset=True)

    def step(self, now: float) -> Batch | None:
        return None

    def moment(self, state: RunState, playback: Playback | None) -> Moment:
        return replayed(state, playback or self._playback(state.mono))

    def close(self) -> None:
        self._reader.close()

    def frames(self) -> Iterator[Frame]:
        """The frames in their order; every line of the journal is in exactly one. Raises JournalCorrupt, OSError."""
        window, limit, speed = self._options.every * self._options.speed, self._options.idle_limit, self._options.speed
        before, held = RunState(), list[Entry]()
        begun = busy = left_out = 0.0
        quiet = True
        for entry in self._entries():
            mono = entry.line.mono
            due = held and (mono - begun >= window or held[-1].line.seq == 0)
            # Samples alone are shown as long as the stretch may last; then they wait for what happens next.
            if due and (not quiet or self.state.mono - busy <= limit):
                # What is idle beyond the limit is left out with what ends it; time does not go on for it meanwhile.
                at = min(self.state.mono, busy + limit) - left_out
                yield Frame(at / speed, self._batch(before, held, self.state.mono))
                before, held, quiet = self.state, [], True
            if not held or mono - begun >= window:
                begun = mono
            if not class_of(entry.line.type).IDLE:
                left_out += max(0.0, mono - busy - limit)
                busy, quiet = mono, False
            self.state = fold(self.state, entry.line)
            held.append(entry)
        if held:
            left_out += max(0.0, self.state.mono - busy - limit)
            yield Frame((self.state.mono - left_out) / speed, self._batch(before, held, self.state.mono))

    def _entries(self) -> Iterator[Entry]:
        while entries := self._reader.poll(1024 * 1024):
            yield from entries

    def _playback(self, position: float) -> Playback:
        return Playback(
            position=position, length=self.length, speed=self._options.speed, playing=position < self.length, skip=True,
            marks=self.marks,
        )  # fmt: skip

    def _batch(self, previous: RunState, entries: Iterable[Entry], position: float, reset: bool = False) -> Batch:
        return Batch(
            previous=previous, state=self.state, entries=tuple(entries), reset=reset, playback=self._playback(position)
        )  # fmt: skip


def frames_of(paths: RunPaths, options: ExportOptions) -> FrameSource:
    """The recording, and the console in its own colours: whoever plays it decides about colour. Raises JournalError,
    OSError."""
    os.environ.pop("NO_COLOR", None)
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    return FrameSource(JournalReader(paths.journal), options)


async def played(
    source: FrameSource, paths: RunPaths, options: ExportOptions, tell: Callable[[float], None] | None = None
) -> AsyncGenerator[tuple[float, Frame, Console], None]:
    """Every frame: when it is played, what is new in it, and the console that shows it."""
    from tui.console.app import Console
    from tui.console.feed.messages import Advanced

    app = Console(source, paths, "replay", settings=ViewerSettings(language=language()))
    app.settings.use()
    async with app.run_test(size=options.size) as pilot:
        for frame in source.frames():
            app.on_advanced(Advanced(frame.batch))
            await settled(app, pilot)
            # Rounded once, here: times are absolute, so nothing adds up.
            yield round(frame.at, 3), frame, app
            if tell is not None:
                tell(min(1.0, source.state.mono / max(source.length, 1e-9)))


async def settled(app: Console, pilot: Pilot[None]) -> None:
    """Until the screen shows what came in, however busy the machine is: no widget has a message left, no screen
    anything to lay out or draw. The pilot's own pause ends earlier. Textual has no public way to know.
    """
    while True:
        await pilot._wait_for_screen()
        pumps = (app, *(pump for screen in app.screen_stack for pump in screen.walk_children(with_self=True)))
        busy = any(pump.message_queue_size or pump._next_callbacks for pump in pumps)
        drawing = any(screen._callbacks or screen._update_timer._active.is_set() for screen in app.screen_stack)
        if not busy and not drawing:
            break
        await asyncio.sleep(0.002 if drawing else 0)
    app.screen._on_timer_update()
