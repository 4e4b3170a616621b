"""An engine's end of the helm in memory, and a console over a made journal: without a socket or a terminal."""

from __future__ import annotations

import asyncio
import math
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.events import Key
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message import Message
from textual.pilot import Pilot

from tests.console.journals import ANA, Story
from tui import locale
from tui.console.app import Console
from tui.console.feed.replay import Player
from tui.console.feed.source import JournalFollower, Look, StateSource
from tui.console.settings import ViewerSettings
from tui.helm.protocol import Accepted, Refused, Welcome
from tui.journal.reader import JournalReader
from tui.pictures.view import Mode
from tui.run.clock import instant
from tui.run.commands import AnyCommand
from tui.runs.claim import Claim


def _character(key: str) -> str | None:
    """What a terminal sends along for a key of Textual's names."""
    try:
        return unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        return key if len(key) == 1 else None


class HelmTwin:
    """Takes every command down; refuses with `refusal` where one is set."""

    def __init__(self, refusal: Refused | None = None) -> None:
        self.taken: list[tuple[AnyCommand, str | None]] = []
        self.refusal = refusal
        self.closed = False

    @property
    def welcome(self) -> Welcome:
        return Welcome(run="r", person=ANA)

    def request(self, command: AnyCommand, take: str | None = None, timeout: float = 10) -> Accepted | Refused:
        self.taken.append((command, take))
        return self.refusal or Accepted(seq=1)

    def close(self) -> None:
        self.closed = True


class Seen:
    """A console under test: its pilot, its helm's twin, the messages it saw."""

    def __init__(self, app: Console, pilot: Pilot[None], helm: HelmTwin, messages: list[Message], story: Story) -> None:
        self.app = app
        self.pilot = pilot
        self.helm = helm
        self.messages = messages
        self.story = story
        self._last_key = math.inf

    async def press(self, *keys: str) -> None:
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            key = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
            event = Key(key, _character(key))
            event.time = self._at_once()
            event.set_sender(self.app)
            driver.send_message(event)
            # It comes by way of the event loop: what is asked of the console before that is asked too early.
            deadline = time.monotonic() + 30
            while not any(message is event for message in reversed(self.messages[-500:])):
                assert time.monotonic() < deadline, f"{key} never came"
                await asyncio.sleep(0)
            await self.quiet()

    def _at_once(self) -> float:
        """When a key came that follows the last one at once, however long a busy machine takes for that."""
        self._last_key = min(time.monotonic(), self._last_key + 0.02)
        return self._last_key

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.quiet()

    async def quiet(self) -> None:
        """Until no widget has a message left and no screen anything to draw. The pilot waits until the process looks
        idle instead, which takes it a tenth of a second for each key."""
        while True:
            await self.pilot._wait_for_screen()
            screens = self.app.screen_stack
            pumps = (self.app, *(pump for screen in screens for pump in screen.walk_children(with_self=True)))
            busy = any(pump.message_queue_size or pump._next_callbacks for pump in pumps)
            drawing = any(screen._callbacks or screen._update_timer._active.is_set() for screen in screens)
            if not busy and not drawing:
                break
            # Frames have a time of their own.
            await asyncio.sleep(0.002 if drawing else 0)
        self.app.screen._on_timer_update()

    async def type(self, text: str) -> None:
        await self.press(*({" ": "space", "-": "minus"}.get(c, c) for c in text))

    async def settle(self) -> None:
        """Let what is open take keys, and an Enter."""
        from tui.console.screens.command_palette import CommandPalette
        from tui.console.screens.question import QuestionOverlay

        screen = self.app.screen
        assert isinstance(screen, QuestionOverlay | CommandPalette), screen
        asked = screen.dialog if isinstance(screen, QuestionOverlay) else screen
        await self.until(lambda: asked.ready(time.monotonic()))

    async def hold(self, key: str, delay: float, repeats: int, at: float | None = None) -> float:
        """A key held down from `at` (now) on as a keyboard sends it: once, again after its delay, then every 30 ms.
        When the last one came. The times are those of the events: nothing is waited for."""
        at = self._at_once() if at is None else at
        for number in range(repeats + 1):
            if number:
                at += delay if number == 1 else 0.03
            event = Key(key, key if len(key) == 1 else None)
            event.time = at
            self.app.post_message(event)
            await self.quiet()
        self._last_key = at
        return at

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s\n{self.text()}"
            await asyncio.sleep(0.01)
        await self.pilot.pause()
        self._last_key = math.inf

    async def commands(self, count: int = 1) -> list[AnyCommand]:
        """The commands that reached the helm, once there are so many."""
        await self.until(lambda: len(self.helm.taken) >= count)
        return [command for command, _take in self.helm.taken]

    def text(self) -> str:
        """What stands on the screen, as lines of text."""
        width, height = self.app.size
        # What lies below an overlay is rendered with it, as far as it is told here.
        visible_screen_stack.set(self.app._background_screens)
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip)[:width].rstrip() for strip in lines[:height])


@contextmanager
def _undrawn() -> Iterator[None]:
    """What changed on the screen is not put together for a terminal behind each key, which takes a third of the time
    and which nobody sees: `Seen.text` renders what stands there."""

    def nothing(compositor: Compositor, *_arguments: object, **_named: object) -> None:
        compositor._dirty_regions.clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compositor, "render_update", nothing)
        yield


@asynccontextmanager
async def shown(
    story: Story,
    directory: Path,
    *,
    mode: Mode = "operator",
    size: tuple[int, int] = (120, 40),
    helm: HelmTwin | None = None,
    connect: Callable[[str | None], HelmTwin] | None = None,
    ensure_engine: Callable[[], str | None] | None = None,
    claim: Claim | None = None,
    later: float = 2.0,
    engine: Look | None = lambda told: True,
    keeps_driving: bool = False,
    settings: ViewerSettings | None = None,
    drawn: bool = False,
) -> AsyncIterator[Seen]:
    """The console over a story, `later` seconds after its last event; the wall clock stands. `engine`: whether one
    lives. `settings`: as shipped, in the language in force. `drawn`: for a terminal, too."""
    paths = story.save(directory / "run")
    reader = JournalReader(paths.journal)
    wall = instant(story.lines[-1].at) + later
    source: StateSource = (
        Player(reader) if mode == "replay" else JournalFollower(reader, wall=lambda: wall, engine=engine)
    )
    twin = helm or HelmTwin()
    messages: list[Message] = []
    app = Console(
        source, paths, mode, settings or ViewerSettings(language=locale.language()), me=ANA,
        connect=connect or (lambda take: twin), ensure_engine=ensure_engine, claim=claim,
        keeps_driving=keeps_driving,
    )  # fmt: skip
    with nullcontext() if drawn else _undrawn():
        async with app.run_test(size=size, message_hook=messages.append) as pilot:
            await pilot.pause()
            yield Seen(app, pilot, twin, messages, story)
