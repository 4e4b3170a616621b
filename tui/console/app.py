"""The application: takes batches in, keeps what the person chose, hands views to the pictures. One timer."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING

from textual import events
from textual.driver import Driver

from tui.console.base import ConsoleBase
from tui.console.feed.messages import Advanced, Answered, HelmChanged, SourceLost
from tui.console.feed.source import Batch, StateSource
from tui.console.input.actions import ACTIONS
from tui.console.key_dispatch import KeyDispatch
from tui.console.screen_keys import ScreenKeys
from tui.console.settings import ViewerSettings
from tui.console.terminal import hangup
from tui.journal.events import RunDriven, RunRecovered, class_of
from tui.journal.line import JournalError, Line
from tui.locale import _
from tui.pictures.log import log_lines
from tui.pictures.timezone import zone
from tui.pictures.view import Mode, StatusMessage
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.inert import visible
from tui.words.said import say

if TYPE_CHECKING:
    from tui.console.command_keys import CommandKeys
    from tui.console.commander import Connect
    from tui.runs.claim import Claim

POLL = 0.1
"""Seconds between two looks at the journal."""
SAID_FOR = 8.0
"""Seconds for which an answer stays in the notice line."""
TAKEN_WITHIN = 5.0
"""Seconds after which the source goes on although the screen has not taken its batch in."""
COMMANDS = frozenset(action.name for action in ACTIONS if action.commands)


class Console(ConsoleBase, inherit_bindings=False):
    """The console in one of its modes. `source` gives states, `connect` reaches the helm (operator only)."""

    def __init__(
        self, source: StateSource, paths: RunPaths, mode: Mode, settings: ViewerSettings, *, me: str = "",
        connect: Connect | None = None, take: str | None = None, ensure_engine: Callable[[], str | None] | None = None,
        claim: Claim | None = None, driver_class: type[Driver] | None = None, guard_process: bool = False,
        keeps_driving: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(source, paths, mode, settings, me=me, keeps_driving=keeps_driving, driver_class=driver_class)
        self._fault_said = False
        self._dispatch = KeyDispatch(self)
        self._guard_process = guard_process
        self._ended = threading.Event()
        self._taken = threading.Event()
        self._keys = ScreenKeys(self)
        # A screen that only looks on starts without what commands.
        self._command_keys: CommandKeys | None = None
        if mode == "operator":
            from tui.console.command_keys import CommandKeys

            self._command_keys = CommandKeys(self)
        if mode == "operator" and connect is not None:
            from tui.console.commander import Commander

            self.commander = Commander(
                connect, self.post_message, lambda: self.run_state, settings.keys, ensure_engine, take
            )
        self._claim = claim
        self._first = self.context.run(source.start)

    # -- life

    def on_load(self) -> None:
        # In the task of this app's messages, and so in that of every widget, timer and worker of it.
        self.settings.use()
        self._take_theme()

    async def on_mount(self) -> None:
        if self._guard_process:
            hangup.on_signals(self._end)
            hangup.watch_terminal(self._end)
        self.set_keymap(self.settings.keys.changed(self.mode))
        await self.push_screen(self.overview)
        self._take(self._first)
        self.set_interval(1.0, self.tick)
        run = copy_context().run
        threading.Thread(target=run, args=(self._poll,), name="virada-journal", daemon=True).start()
        if self.commander is not None and self._claim is None:
            self.commander.start()
        if self._claim is not None:
            from tui.console.claim_question import ask

            ask(self, self._claim)

    def on_unmount(self) -> None:
        self._ended.set()
        self._taken.set()
        if self.commander is not None:
            self.commander.close()

    def _fatal_error(self) -> None:
        """A crash of the console, told without the values of its variables: they are the run's, and may be long."""
        import rich
        from rich.segment import Segment, Segments
        from rich.traceback import Traceback

        traceback = Traceback(show_locals=False, width=None, suppress=[rich])
        told = (
            segment if segment.control else Segment("\n".join(map(visible, segment.text.split("\n"))), segment.style)
            for segment in self.console.render(traceback, self.console.options)
        )
        self._exit_renderables.append(Segments(told))
        self._close_messages_no_wait()

    def _end(self, status: int) -> None:
        self.exit(return_code=status)

    def _poll(self) -> None:
        """The source's thread: looks, folds, posts, and goes on when the batch was taken in."""
        try:
            while not self._ended.wait(POLL):
                try:
                    batch = self.source.step(time.monotonic())
                except (JournalError, OSError) as error:
                    if self.mode != "replay":
                        raise
                    # A jump that failed: what is shown stands, and other places may still be there.
                    self.post_message(SourceLost(say(error), final=False))
                    continue
                if batch is not None:
                    self._taken.clear()
                    self.post_message(Advanced(batch))
                    # What comes meanwhile becomes one batch: a slow screen gets fewer of them, never a queue.
                    self._taken.wait(TAKEN_WITHIN)
        except Exception as error:
            # Whatever it was: a screen that stands still must not look alive.
            self.post_message(SourceLost(say(error) or type(error).__name__))
        finally:
            self.source.close()

    # -- what comes in

    def on_advanced(self, message: Advanced) -> None:
        try:
            self._take(message.batch)
        finally:
            self._taken.set()

    def _take(self, batch: Batch) -> None:
        if batch.said is not None:
            self._said, self._said_at = StatusMessage(visible(batch.said)), time.monotonic()
        elif batch.reset and self.trouble is None:
            # What was said of another moment does not stand over this one.
            self._said = None
        self.run_state = batch.state
        self.playback = batch.playback or self.playback
        lines = [entry.line for entry in batch.entries]
        if batch.reset:
            self.overview.log_pane.clear()
        if not batch.reset:
            self._say_driver(batch.previous, batch.state, lines)
        if self.commander is not None and not batch.reset and any(line.type == RunRecovered.TYPE for line in lines):
            self.commander.forget()
        self.overview.log_pane.append(log_lines(lines, batch.state))
        self.overview.checklist.update(batch.state)
        self.overview.log_pane.zone = zone(batch.state)
        opened = (batch.previous.opened is None) != (batch.state.opened is None)
        if batch.reset or opened or set(batch.previous.metrics) != set(batch.state.metrics):
            self.overview.lay_out()
        else:
            self.overview.make_room()
        self._say_fault()
        self.repaint()

    def _say_driver(self, previous: RunState, state: RunState, lines: list[Line]) -> None:
        """That what went on by itself has ended, to whoever is at the helm here."""
        ended = previous.policy.drive != "by_hand" and state.policy.drive == "by_hand"
        taken_over = any(issubclass(class_of(line.type), RunDriven | RunRecovered) for line in lines)
        if self.mode == "operator" and ended and taken_over:
            from tui.words.driving import drive_word

            goal = state.steps.get(previous.policy.until or "")
            drive = drive_word(previous.policy.drive, "?" if goal is None else visible(goal.place.number))
            self.say(StatusMessage(_("A person drives from here on: {drive} has ended.").format(drive=drive)))

    def on_source_lost(self, message: SourceLost) -> None:
        if not message.final:
            self.say(
                StatusMessage(_("The journal cannot be read there: {reason}").format(reason=message.reason), "error")
            )
            return
        self.trouble = message.reason
        text = _("The journal cannot be read any further: {reason}").format(reason=message.reason)
        self.say(StatusMessage(text, "error"), keep=True)

    def on_answered(self, message: Answered) -> None:
        self.awaited = max(0, self.awaited - 1)
        if not self.awaited:
            self._waiting = None
        self.say(message.said)

    def on_helm_changed(self, message: HelmChanged) -> None:
        if message.person is not None:
            self.me = message.person
        if message.said is not None:
            self.say(message.said)
        self.repaint()

    def tick(self) -> None:
        """Once a second: the clock, what runs, and an answer that has stood long enough."""
        if not gc.isenabled():
            # What the start made is there for good: it is left out of every later collection.
            gc.freeze()
            gc.enable()
        if self._said is not None and time.monotonic() - self._said_at > SAID_FOR:
            self._said = None
        self._say_fault()
        self.repaint()

    def _say_fault(self) -> None:
        """Once in words; that the journal is broken stands in the header from then on."""
        if not self._fault_said and self.source.fault is not None:
            self._fault_said = True
            self._said, self._said_at = StatusMessage(say(self.source.fault.sentence()), "error"), time.monotonic()

    # -- what is done

    def do(self, name: str, key: str = "") -> None:
        """An action of the table."""
        if self._command_keys is not None and name in COMMANDS:
            self._dispatch.command(name, key, self._command_keys)
        else:
            self._keys.do(name, key)

    async def on_event(self, event: events.Event) -> None:
        """Keys go straight to what lies on top, one after the other."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._dispatch.press(event)
            return
        if isinstance(event, events.Paste) and not event.is_forwarded and not self._takes_text():
            self._dispatch.pasted()
            return
        await super().on_event(event)

    def _takes_text(self) -> bool:
        """Whether what lies on top is typed into."""
        return bool(self.screen_stack) and hasattr(self.screen, "on_paste")
