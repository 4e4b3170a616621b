"""What keys do to the screen itself, in every mode: moving, panes, details, help, replay's controls, ways out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from tui.console.actions import ON_STEP
from tui.console.controls import Asked, Control
from tui.console.offered import label
from tui.console.pieces import Line
from tui.console.screens.overview import WIDE
from tui.console.view import Said
from tui.console.widgets.tabs import PANES
from tui.locale import _
from tui.words.inert import visible

if TYPE_CHECKING:
    from tui.console.desk import Desk
    from tui.console.replay import Player
    from tui.console.screens.overlay import Chosen

# What opens over the overview is imported when it is opened: a console starts without it.
_CONTROLS: dict[str, Control] = {
    "toggle": "toggle", "next_event": "next", "step_back": "back", "step_on": "step", "incident_back": "incident_back",
    "incident_on": "incident", "slower": "slower", "faster": "faster", "skip_idle": "skip",
}  # fmt: skip
assert set(_CONTROLS.values()) < set(get_args(Control))


class Keys:
    """One method, or one entry above, for every action that does not command the engine."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def do(self, name: str, key: str) -> None:
        overview = self._desk.overview
        match name:
            case "down":
                overview.move(1)
            case "up":
                overview.move(-1)
            case "page_down":
                overview.page(1)
            case "page_up":
                overview.page(-1)
            case "first":
                overview.move(-(10**9))
            case "last":
                overview.move(10**9)
            case "pane":
                overview.show_pane(PANES[int(key) - 1])
            case "next_pane":
                overview.next_pane(1)
            case "previous_pane":
                overview.next_pane(-1)
            case "zoom":
                if overview.wide:
                    overview.zoom()
                else:
                    text = _("Every pane is alone on a screen of fewer than {n} columns.")
                    self._desk.say(Said(text.format(n=WIDE)))
            case "back":
                overview.back()
            case "error":
                self._next_error()
            case "wrap":
                self._wrap()
            case "left" | "right":
                self._sideways(1 if name == "right" else -1)
            case "seek":
                self._seek()
            case "seek_on":
                self._sought(overview.log_pane.sought)
            case "filter":
                self._filter()
            case "details":
                self._details()
            case "help":
                from tui.console.pictures.help import help_lines

                self._read("help", lambda width: help_lines(self._desk.view(), width))
            case "team":
                from tui.console.pictures.help import team_lines

                self._read("team", lambda width: team_lines(self._desk.view(), width))
            case "milestones":
                from tui.console.pictures.milestones import milestone_lines

                self._read("milestones", lambda width: milestone_lines(self._desk.view(), width))
            case "palette":
                from tui.console.screens.overlay import Palette

                self._desk.push_screen(Palette(self._desk.view()), lambda chosen: self._chosen(chosen))
            case "fold":
                if not overview.checklist.unfold() and not overview.checklist.fold():
                    self._desk.say(Said(_("There is nothing to fold.")))
            case "fold_ended":
                if not overview.checklist.fold_ended():
                    self._desk.say(Said(_("No section has ended yet.")))
            case "copy":
                self._desk.copied(overview.pane(overview.active).text())
            case "write":
                self._desk.written(overview.active, overview.pane(overview.active).text())
            case "detach" | "leave":
                self._desk.action_detach()
            case "interrupt":
                self._desk.action_interrupt()
            case "tenth":
                self._control(Asked("tenth", value=float(key)))
            case "go":
                self._go()
            case _ if name.startswith("theme_"):
                self._desk.use_theme(name.removeprefix("theme_"))
            case _ if name in _CONTROLS:
                self._control(Asked(_CONTROLS[name]))

    def _read(self, name: str, lines: Callable[[int], list[Line]], whole: bool = False) -> None:
        from tui.console.screens.overlay import Reader

        self._desk.push_screen(Reader(name, lines, self._desk.mode, whole=whole))

    def _chosen(self, chosen: Chosen | None) -> None:
        """Do what the person read: a command that has come to mean something else meanwhile is not given."""
        if chosen is None:
            return
        action, then, now = chosen.action, chosen.view, self._desk.view()
        if action.commands:
            moved = action.name in ON_STEP and then.selected != now.selected
            if moved or label(action, then) != label(action, now):
                text = _("The run went on meanwhile: “{label}” was not done. Look again.")
                self._desk.say(Said(text.format(label=label(action, then)), "warning"))
                return
        self._desk.do(action.name)

    def _next_error(self) -> None:
        overview = self._desk.overview
        if not overview.log_pane.next_error():
            text = _("There is no error in the log.")
            if overview.log_pane.filter:
                text = _("No error is among the lines that the filter shows.")
            self._desk.say(Said(text))
            return
        # What it has moved is where Esc and End count from here on.
        overview.show_pane("log")

    def _wrap(self) -> None:
        text = _("Long lines of the log are one row each; Right moves them.")
        if self._desk.overview.log_pane.wrap():
            text = _("Long lines of the log wrap.")
        self._desk.say(Said(text))

    def _sideways(self, by: int) -> None:
        log = self._desk.overview.log_pane
        if not log.display:
            self._desk.say(Said(_("Left and Right move the log, which is not on the screen.")))
        elif not log.sideways(by) and by > 0:
            self._desk.say(Said(_("No line of the log on the screen goes further to the right.")))

    def _seek(self) -> None:
        self._desk.ask_text(
            _("Look for in the log"), _("Look"), _("Text"), self._desk.overview.log_pane.sought, self._sought
        )

    def _sought(self, text: str) -> None:
        overview = self._desk.overview
        if not text:
            self._desk.say(Said(_("Nothing has been looked for yet.")))
            return
        if not overview.log_pane.display:
            overview.show_pane("log")
        if not overview.log_pane.seek(text):
            self._desk.say(Said(_("No line of the log holds “{text}”.").format(text=visible(text))))

    def _filter(self) -> None:
        overview = self._desk.overview

        def narrowed(text: str) -> None:
            if not overview.log_pane.display:
                overview.show_pane("log")
            overview.log_pane.set_filter(text)

        self._desk.ask_text(
            _("Filter the log"), _("Filter"), _("Text that its lines hold (empty: all lines)"),
            overview.log_pane.filter, narrowed,
        )  # fmt: skip

    def _log_line(self) -> None:
        """The line of the log that is marked, whole."""
        from tui.console.pictures.logline import log_line

        line = self._desk.overview.log_pane.chosen()
        if line is None:
            self._desk.say(Said(_("There is no line in the log.")))
            return
        self._read("line", lambda width: log_line(line, width))

    def _details(self) -> None:
        from tui.console.material import output_tail, plan_files
        from tui.console.pictures.details import Material, details

        overview = self._desk.overview
        if overview.active == "log":
            self._log_line()
            return
        if overview.checklist.unfold():
            return
        step = self._desk.view().selected
        if step is None:
            self._desk.say(Said(_("No step is selected."), "warning"))
            return
        at = self._desk.run_state.steps.get(step)
        opened = self._desk.run_state.opened
        files = () if at is None or opened is None else plan_files(self._desk.paths, at, opened.seal)

        def lines(width: int) -> list[Line]:
            now = self._desk.run_state.steps.get(step)
            if now is None:
                return [((_("The run has no such step at this moment."), "dim"),)]
            path, output = output_tail(self._desk.paths, now, live=self._desk.mode != "replay")
            material = Material(files=files, output=output, output_path=path)
            return details(self._desk.view(), now, material, width)

        self._read(step, lines, whole=True)

    @property
    def _player(self) -> Player | None:
        """The recording, in a replay."""
        if self._desk.mode != "replay":
            return None
        from tui.console.replay import Player

        source = self._desk.source
        return source if isinstance(source, Player) else None

    def _control(self, asked: Asked) -> None:
        player = self._player
        if player is not None:
            player.ask(asked)

    def _go(self) -> None:
        from tui.console.timezone import at_time_of_day
        from tui.journal.position import PositionError, parse_position

        def gone(text: str) -> None:
            if not text:
                return
            step = self._step_named(text)
            if step is not None:
                self._go_step(step)
                return
            try:
                position = at_time_of_day(self._desk.run_state, text) or parse_position(text)
            except PositionError:
                sentence = _("No position: “{text}”. Write 120, +00:12:30, 22:10:05, or a step.")
                self._desk.say(Said(sentence.format(text=visible(text[:24])), "warning"))
            else:
                self._control(Asked("go", to=position))

        self._desk.ask_text(
            _("Go to"),
            _("Go"),
            _("A line (120), an offset (+00:12:30), a time (22:10:05) or a step"),
            "",
            gone,
        )

    def _step_named(self, text: str) -> str | None:
        """The step with this id, or with this number in the checklist."""
        steps = self._desk.run_state.steps
        if text in steps:
            return text
        return next((at.id for at in steps if at.place.number == text and "." in text), None)

    def _go_step(self, step: str) -> None:
        player = self._player
        if player is not None and player.marks.done and step not in player.marks.begun:
            said = _("The step {step} never began in this recording.").format(step=step)
            self._desk.say(Said(said, "warning"))
            return
        self._control(Asked("go_step", step=step))
