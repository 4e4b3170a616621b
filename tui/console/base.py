"""The console as what works at it sees it: what is shown, what is said and asked, and the ways out."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver

from tui.console.feed.source import StateSource
from tui.console.input.dialog import Question, QuestionField
from tui.console.screens.overview import SCREENS, Overview
from tui.console.settings import ViewerSettings, theme
from tui.console.widgets.pane import Pane
from tui.locale import _, ngettext
from tui.pictures.no_engine import no_engine_sentence
from tui.pictures.palette import THEMES
from tui.pictures.view import Mode, Playback, StatusMessage, View
from tui.run.commands import AnyCommand
from tui.run.state import RunState
from tui.runs.owner import other_owner
from tui.runs.paths import RunPaths

if TYPE_CHECKING:
    from tui.console.commander import Commander


class ConsoleBase(App[None], inherit_bindings=False):
    """`pressed`: the key that is at work, None where what is done was chosen otherwise; `awaited`: commands that the
    engine has not answered yet; `marked_error`: the one that the next `resolve` means, None the latest."""

    BINDINGS: ClassVar[list[BindingType]] = []
    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self, source: StateSource, paths: RunPaths, mode: Mode, settings: ViewerSettings, *, me: str,
        keeps_driving: bool, driver_class: type[Driver] | None,
    ) -> None:  # fmt: skip
        super().__init__(driver_class=driver_class, ansi_color=True if settings.palette.own else None)
        self.settings = settings
        self.source = source
        self.paths = paths
        self.mode = mode
        self.me = me
        self.run_state = RunState()
        self.playback: Playback | None = None
        self.detached = False
        self.trouble: str | None = None
        self.commander: Commander | None = None
        self.pressed: str | None = None
        self.awaited = 0
        self.marked_error: str | None = None
        self._key_names = settings.keys.names
        self._keeps_driving = keeps_driving
        self._owner = other_owner(paths)
        self._said: StatusMessage | None = None
        self._said_at = 0.0
        self._waiting: str | None = None
        # Whoever makes a console may speak another language, and make another one.
        self.context = copy_context()
        self.context.run(settings.use)
        self.overview: Overview = self.context.run(SCREENS[mode], self.view)

    # -- what is shown

    def _take_theme(self) -> None:
        found = theme(self.settings.palette)
        self.register_theme(found)
        self.theme = found.name

    def use_theme(self, name: str) -> None:
        """Another theme, at once and for this screen only; `VIRADA_THEME` chooses it from the start."""
        self.settings = replace(self.settings, palette=THEMES[name])
        self.ansi_color = True if self.settings.palette.own else None
        self._take_theme()
        for pane in self.overview.query(Pane):
            pane.refresh()
        self.say(StatusMessage(_("VIRADA_THEME={name} chooses this theme from the start.").format(name=name)))

    @property
    def stalled(self) -> bool:
        """The terminal takes nothing at present: nothing is painted, the next tick paints what is then."""
        return bool(getattr(self._driver, "stalled", False))

    def view(self) -> View:
        checklist = self.overview.checklist
        return View(
            state=self.run_state, moment=self.source.moment(self.run_state, self.playback), mode=self.mode,
            keys=self._key_names, me=self.me, selected=checklist.selected, following=checklist.following,
            playback=self.playback, said=self._said, waiting=self._waiting, lost=self.trouble is not None,
            broken=None if self.source.fault is None else self.source.fault.seq, keeps_driving=self._keeps_driving,
            owner=self._owner,
        )  # fmt: skip

    def repaint(self) -> None:
        if not self.is_running or self.stalled:
            return
        self.overview.repaint()
        if self.screen is not self.overview:
            # Whatever lies over it: all of them are overlays.
            self.screen.repaint()  # type: ignore[attr-defined]

    def say(self, said: StatusMessage, keep: bool = False) -> None:
        """A sentence in the notice line, which nothing ever covers; a toast would cover other things."""
        self._said, self._said_at = said, float("inf") if keep else time.monotonic()
        self.repaint()

    def follow(self) -> None:
        self.overview.checklist.follow()

    def ask(self, question: Question, answered: Callable[[list[str]], None]) -> None:
        from tui.console.screens.question import QuestionOverlay

        asking = QuestionOverlay(question, opened_by=self.pressed, barred=self._barred)
        self.push_screen(asking, lambda values: None if values is None else answered(values))

    def _barred(self) -> str:
        """Why nothing can be commanded now; what was typed stays where it is. Empty where something can."""
        view = self.view()
        return no_engine_sentence(view) if view.nothing_runs else ""

    def keep_waiting(self) -> None:
        """Nothing further begins before the engine has answered."""
        self._waiting = _("The engine has not answered the last command yet; this one was not given.")
        self.repaint()

    @property
    def said(self) -> StatusMessage | None:
        """What stands in the notice line."""
        return self._said

    def ask_text(self, title: str, confirm: str, label: str, text: str, then: Callable[[str], None]) -> None:
        """One text that may be empty."""
        field = QuestionField(label=label, optional=True, text=text)
        question = Question(title=title, confirm=confirm, fields=(field,), harmless=True)
        self.ask(question, lambda values: then(values[0]))

    def send(self, command: AnyCommand, take: str | None = None) -> None:
        """To the helm. The screen changes when the journal does, not before."""
        if self.commander is None:
            self.say(StatusMessage(_("This screen cannot command the engine."), "error"))
            return
        self._said = None
        self._waiting = _("Asked the engine; its answer is awaited.")
        self.awaited += 1
        self.commander.send(command, take)
        self.repaint()

    def do(self, name: str, key: str = "") -> None:
        """An action of the table."""
        raise NotImplementedError

    # -- ways out

    @property
    def left(self) -> bool:
        """Whether the person has left this screen: what is typed behind that is meant for somebody else."""
        return self._exit

    def action_detach(self) -> None:
        self.detached = self.mode != "replay"
        self.exit(return_code=0)

    def action_interrupt(self) -> None:
        still = self.mode != "replay" and self.view().nothing_runs
        text = (
            _("{detach} leaves this screen; no engine runs.")
            if still
            else _("{detach} detaches this screen; the engine goes on.")
        )
        if self.mode == "replay":
            text = _("{detach} leaves the replay.")
        self.say(StatusMessage(self.settings.keys.keyed(text), "warning" if still else "information"))

    def copied(self, text: str) -> None:
        """Through the terminal's own clipboard sequence, and tmux where it lies between."""
        from tui.console.terminal.text_export import clipboard_sequences

        sequences, cut = clipboard_sequences(text)
        if self._driver is not None:
            for sequence in sequences:
                self._driver.write(sequence)
        count = cut or text.count("\n")
        said = ngettext(
            "Copied {n} line through the terminal; if nothing arrives there, {write} writes it to a file.",
            "Copied {n} lines through the terminal; if nothing arrives there, {write} writes them to a file.",
            count,
        )
        if cut:
            said = ngettext(
                "Copied the last {n} line, more the terminal does not take; {write} writes everything to a file.",
                "Copied the last {n} lines, more the terminal does not take; {write} writes everything to a file.",
                count,
            )
        self.say(StatusMessage(self.settings.keys.keyed(said, n=count)))

    def written(self, name: str, text: str) -> None:
        """Into a file of its own in the working directory, else in the home directory."""
        from tui.console.terminal.text_export import write_text

        run = self.run_state.opened.id if self.run_state.opened is not None else self.paths.id
        try:
            path: Path = write_text(f"virada-{run}-{name}", text)
        except OSError as error:
            reason = error.strerror or str(error)
            self.say(StatusMessage(_("The file cannot be written: {reason}.").format(reason=reason), "error"))
        else:
            # The name first, where a narrow screen cannot cut it off.
            self.say(StatusMessage(_("Written: {name} in {directory}").format(name=path.name, directory=path.parent)))
