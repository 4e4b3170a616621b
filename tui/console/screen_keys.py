"""What keys do to the screen itself, in every mode: moving, panes, details, help, replay's controls, ways out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from tui.console.feed.source import Control, PlayerCommand
from tui.console.input.actions import ON_STEP, label
from tui.console.screens.overview import WIDE, Overview
from tui.console.widgets.pane import PANES
from tui.locale import _
from tui.pictures.lines import Line
from tui.pictures.view import StatusMessage
from tui.words.inert import visible

if TYPE_CHECKING:
    from tui.console.base import ConsoleBase
    from tui.console.feed.replay import Player
    from tui.console.screens.command_palette import PaletteChoice

# What opens over the overview is imported when it is opened: a console starts without it.
_CONTROLS: dict[str, Control] = {
    "toggle": "toggle", "next_event": "next", "step_back": "back", "step_on": "step", "incident_back": "incident_back",
    "incident_on": "incident", "slower": "slower", "faster": "faster", "skip_idle": "skip",
}  # fmt: skip
assert set(_CONTROLS.values()) < set(get_args(Control))
_FAR = 10**9
_MOVES: dict[str, Callable[[Overview], object]] = {
    "down": lambda overview: overview.move(1), "up": lambda overview: overview.move(-1),
    "page_down": lambda overview: overview.page(1), "page_up": lambda overview: overview.page(-1),
    "first": lambda overview: overview.move(-_FAR), "last": lambda overview: overview.move(_FAR),
    "next_pane": lambda overview: overview.next_pane(1), "previous_pane": lambda overview: overview.next_pane(-1),
    "back": lambda overview: overview.back(),
}  # fmt: skip


class ScreenKeys:
    """One method, or one entry above, for every action that does not command the engine."""

    def __init__(self, console: ConsoleBase) -> None:
        self._console = console

    def do(self, name: str, key: str) -> None:
        overview = self._console.overview
        if name in _MOVES:
            _MOVES[name](overview)
        elif name in _OWN:
            _OWN[name](self)
        elif name in _CONTROLS:
            self._control(PlayerCommand(_CONTROLS[name]))
        match name:
            case "pane":
                overview.show_pane(PANES[int(key) - 1])
            case "zoom":
                if overview.wide:
                    overview.zoom()
                else:
                    text = _("Every pane is alone on a screen of fewer than {n} columns.")
                    self._console.say(StatusMessage(text.format(n=WIDE)))
            case "help":
                from tui.console.screens.help import help_lines

                self._read("help", lambda width: help_lines(self._console.view(), self._console.settings.keys, width))
            case "team":
                from tui.console.screens.help import team_lines

                self._read("team", lambda width: team_lines(self._console.view(), width))
            case "errors":
                self._register()
            case "milestones":
                from tui.pictures.milestones import milestone_lines

                self._read("milestones", lambda width: milestone_lines(self._console.view(), width))
            case "palette":
                from tui.console.screens.command_palette import CommandPalette

                self._console.push_screen(
                    CommandPalette(self._console.view(), self._console.settings), lambda chosen: self._chosen(chosen)
                )
            case "fold":
                if not overview.checklist.unfold() and not overview.checklist.fold():
                    self._console.say(StatusMessage(_("There is nothing to fold.")))
            case "fold_ended":
                if not overview.checklist.fold_ended():
                    self._console.say(StatusMessage(_("No section has ended yet.")))
            case "copy":
                self._console.copied(overview.pane(overview.active).text())
            case "write":
                self._console.written(overview.active, overview.pane(overview.active).text())
            case "detach" | "leave":
                self._console.action_detach()
            case "interrupt":
                self._console.action_interrupt()
            case "tenth":
                self._control(PlayerCommand("tenth", value=float(key)))
            case _ if name.startswith("theme_"):
                self._console.use_theme(name.removeprefix("theme_"))

    def _read(self, name: str, lines: Callable[[int], list[Line]], whole: bool = False) -> None:
        from tui.console.screens.overlay import TextOverlay

        self._console.push_screen(TextOverlay(name, lines, self._console.mode, whole=whole))

    def _chosen(self, chosen: PaletteChoice | None) -> None:
        """Do what the person read: a command that has come to mean something else meanwhile is not given."""
        if chosen is None:
            return
        action, then, now = chosen.action, chosen.view, self._console.view()
        if action.commands:
            moved = action.name in ON_STEP and then.selected != now.selected
            if moved or label(action, then) != label(action, now):
                text = _("The run went on meanwhile: “{label}” was not done. Look again.")
                self._console.say(StatusMessage(text.format(label=label(action, then)), "warning"))
                return
        self._console.do(action.name)

    def _register(self) -> None:
        from tui.console.screens.register import RegisterOverlay

        def resolve(error: str) -> None:
            self._console.marked_error = error
            self._console.do("resolve")

        operates = self._console.mode == "operator"
        self._console.push_screen(RegisterOverlay(self._console.view, resolve if operates else None))

    def _next_error(self) -> None:
        overview = self._console.overview
        if not overview.log_pane.next_error():
            text = _("There is no error in the log.")
            if overview.log_pane.filter:
                text = _("No error is among the lines that the filter shows.")
            self._console.say(StatusMessage(text))
            return
        # What it has moved is where Esc and End count from here on.
        overview.show_pane("log")

    def _wrap(self) -> None:
        text = _("Long lines of the log are one row each; Right moves them.")
        if self._console.overview.log_pane.wrap():
            text = _("Long lines of the log wrap.")
        self._console.say(StatusMessage(text))

    def _sideways(self, by: int) -> None:
        log = self._console.overview.log_pane
        if not log.display:
            self._console.say(StatusMessage(_("Left and Right move the log, which is not on the screen.")))
        elif not log.sideways(by) and by > 0:
            self._console.say(StatusMessage(_("No line of the log on the screen goes further to the right.")))

    def _seek(self) -> None:
        self._console.ask_text(
            _("Look for in the log"), _("Look"), _("Text"), self._console.overview.log_pane.sought, self._sought
        )

    def _sought(self, text: str) -> None:
        overview = self._console.overview
        if not text:
            self._console.say(StatusMessage(_("Nothing has been looked for yet.")))
            return
        if not overview.log_pane.display:
            overview.show_pane("log")
        if not overview.log_pane.seek(text):
            self._console.say(StatusMessage(_("No line of the log holds “{text}”.").format(text=visible(text))))

    def _filter(self) -> None:
        overview = self._console.overview

        def narrowed(text: str) -> None:
            if not overview.log_pane.display:
                overview.show_pane("log")
            overview.log_pane.set_filter(text)

        self._console.ask_text(
            _("Filter the log"), _("Filter"), _("Text that its lines hold (empty: all lines)"),
            overview.log_pane.filter, narrowed,
        )  # fmt: skip

    def _log_line(self) -> None:
        """The line of the log that is marked, whole."""
        from tui.pictures.log import log_line

        line = self._console.overview.log_pane.chosen()
        if line is None:
            self._console.say(StatusMessage(_("There is no line in the log.")))
            return
        self._read("line", lambda width: log_line(line, width))

    def _details(self) -> None:
        from tui.console.feed.step_files import output_tail, plan_files
        from tui.pictures.details import StepFiles, details

        overview = self._console.overview
        if overview.active == "log":
            self._log_line()
            return
        if overview.checklist.unfold():
            return
        step = self._console.view().selected
        if step is None:
            self._console.say(StatusMessage(_("No step is selected."), "warning"))
            return
        at = self._console.run_state.steps.get(step)
        opened = self._console.run_state.opened
        files = () if at is None or opened is None else plan_files(self._console.paths, at, opened.seal)

        def lines(width: int) -> list[Line]:
            now = self._console.run_state.steps.get(step)
            if now is None:
                return [((_("The run has no such step at this moment."), "dim"),)]
            path, output = output_tail(self._console.paths, now, live=self._console.mode != "replay")
            material = StepFiles(files=files, output=output, output_path=path)
            return details(self._console.view(), now, material, width)

        self._read(step, lines, whole=True)

    @property
    def _player(self) -> Player | None:
        """The recording, in a replay."""
        if self._console.mode != "replay":
            return None
        from tui.console.feed.replay import Player

        source = self._console.source
        return source if isinstance(source, Player) else None

    def _control(self, asked: PlayerCommand) -> None:
        player = self._player
        if player is not None:
            player.ask(asked)

    def _go(self) -> None:
        from tui.journal.position import PositionError, parse_position
        from tui.pictures.timezone import at_time_of_day

        def gone(text: str) -> None:
            if not text:
                return
            step = self._step_named(text)
            if step is not None:
                self._go_step(step)
                return
            try:
                position = at_time_of_day(self._console.run_state, text) or parse_position(text)
            except PositionError:
                sentence = _("No position: “{text}”. Write 120, +00:12:30, 22:10:05, or a step.")
                self._console.say(StatusMessage(sentence.format(text=visible(text[:24])), "warning"))
            else:
                self._control(PlayerCommand("go", to=position))

        self._console.ask_text(
            _("Go to"), _("Go"), _("A line (120), an offset (+00:12:30), a time (22:10:05) or a step"), "", gone
        )

    def _find(self) -> None:
        def found(text: str) -> None:
            checklist = self._console.overview.checklist
            text = text.strip() or checklist.sought
            if not text:
                self._console.say(StatusMessage(_("Nothing has been looked for yet.")))
                return
            self._console.overview.show_pane("checklist")
            step = self._step_named(text)
            # Its own name, where it is selected already, is a word to be looked for further on.
            if not checklist.find(text, None if step == checklist.selected else step):
                self._console.say(StatusMessage(_("No step has “{text}”.").format(text=visible(text))))

        self._console.ask_text(
            _("Go to a step"), _("Go"), _("A number (2.3.1), an id, or words of its title"), "", found
        )  # fmt: skip

    def _step_named(self, text: str) -> str | None:
        """The step with this id, or with this number in the checklist."""
        steps = self._console.run_state.steps
        if text in steps:
            return text
        return next((at.id for at in steps if at.place.number == text and "." in text), None)

    def _go_step(self, step: str) -> None:
        player = self._player
        if player is not None and player.marks.done and step not in player.marks.begun:
            said = _("The step {step} never began in this recording.").format(step=step)
            self._console.say(StatusMessage(said, "warning"))
            return
        self._control(PlayerCommand("go_step", step=step))


_OWN: dict[str, Callable[[ScreenKeys], None]] = {
    "error": ScreenKeys._next_error, "wrap": ScreenKeys._wrap, "seek": ScreenKeys._seek, "filter": ScreenKeys._filter,
    "details": ScreenKeys._details, "go": ScreenKeys._go, "left": lambda keys: keys._sideways(-1),
    "right": lambda keys: keys._sideways(1), "find": ScreenKeys._find,
    "seek_on": lambda keys: keys._sought(keys._console.overview.log_pane.sought),
}  # fmt: skip
