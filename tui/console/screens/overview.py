"""The one screen people live in: header, clock, panes, what is now, keys. The same in all three modes."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from tui.console.input.actions import ACTIONS
from tui.console.screens.overlay import Overlay
from tui.console.widgets.checklist import Checklist
from tui.console.widgets.footer import footer, overlay_footer
from tui.console.widgets.log import Log
from tui.console.widgets.pane import PANES, Pane, pane_title, tabs
from tui.console.widgets.picture_pane import PicturePane
from tui.pictures.clock import clock_lines
from tui.pictures.failure import failure
from tui.pictures.gauges import gauges, rows_needed
from tui.pictures.glyphs import glyphs
from tui.pictures.header import header
from tui.pictures.lines import Line, Span, sides, width_of
from tui.pictures.now import now
from tui.pictures.timeline import timeline
from tui.pictures.view import Mode, View
from tui.pictures.waits import waits
from tui.pictures.window_bar import window_lines

WIDE = 120
"""From this many columns all panes show; below, one of them and a row of tabs."""

BETWEEN = 3
"""Columns between the two columns of panes."""
LEFT, RIGHT = 56, 48
"""Columns of each of them at least."""
AMPLE, BEHIND = 90, 30
"""Where the right one has so many, so many more go to what stands behind the titles: why a step failed or waits."""
BAR_FROM = 30
"""Lines from which the window's bar is shown as well."""


class Between(Pane):
    """The line between the two columns of panes."""

    def picture(self, width: int, height: int) -> list[Line]:
        return [((glyphs().separator, "rule"),)] * height


def bindings(mode: Mode) -> list[BindingType]:
    """Every key of a mode, made from the table of actions. What a mode has no action for, it has no binding for.

    A viewer's own keys are the app's keymap, which knows bindings by their ids: what has no key has a binding as well.
    """
    return [
        Binding(key, f"do('{action.name}', '{key}')", action.name, show=False, id=action.name)
        for action in ACTIONS
        if mode in action.modes
        for key in action.keys or (f"without_{action.name}",)
    ]


class Overview(Screen[None], inherit_bindings=False):
    """Base of the three modes; subclasses differ by their bindings only."""

    DEFAULT_CSS = """
    Overview { layout: vertical; background: $background; }
    Overview #header, Overview #clock, Overview #now { height: 2; }
    Overview #between { width: 1; margin: 0 1; }
    Overview #tabs, Overview #footer, Overview #timeline { height: 1; }
    Overview #body { height: 1fr; }
    Overview #left { width: 4fr; }
    Overview #right { width: 1fr; }
    """
    mode: ClassVar[Mode] = "observer"

    def __init__(self, look: object) -> None:
        super().__init__()
        assert callable(look)
        self._look = look
        self.active = "checklist"
        self.zoomed = False
        self._roomy = False
        self._barred = False
        self._parted = 0
        self.checklist = Checklist(self.view)
        self.log_pane = Log(self.view)
        self._gauges = PicturePane(self.view, gauges, id="gauges", title=pane_title("gauges"))
        self._waits = PicturePane(self.view, waits, id="waits", title=pane_title("waits"))

    def view(self) -> View:
        """What the pictures are made from, now."""
        view = self._look()
        assert isinstance(view, View)
        return view

    def compose(self) -> ComposeResult:
        yield PicturePane(self.view, header, id="header")
        yield PicturePane(self.view, self._clock, id="clock")
        if self.mode == "replay":
            yield PicturePane(self.view, timeline, id="timeline")
        yield PicturePane(self.view, self._tabs, id="tabs")
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.checklist
            yield Between(id="between")
            with Vertical(id="right"):
                yield self._gauges
                yield self._waits
                yield self.log_pane
        yield PicturePane(self.view, lambda view, width: now(view, width, self._below), id="now")
        yield PicturePane(self.view, self._footer, id="footer")

    def _clock(self, view: View, width: int) -> list[Line]:
        return [*clock_lines(view, width), *(window_lines(view, width) if self._bar else ())]

    @property
    def _bar(self) -> bool:
        """Whether the window's bar has room, and there is a window."""
        opened = self.view().state.opened
        size = self.app.size
        return size.width >= WIDE and size.height >= BAR_FROM and opened is not None and opened.window is not None

    @property
    def wide(self) -> bool:
        """Whether the panes have room beside each other."""
        return self.app.size.width >= WIDE

    @property
    def _below(self) -> int:
        """Lines for what is now: sentences that a wide screen holds in one line take two on a narrow one; why a run is
        held comes with the way on, and why a step failed with what is in the database, which are never what is cut."""
        return (2 if self.app.size.width >= WIDE else 3) + self._is_barred()

    def _tabs(self, view: View, width: int) -> list[Line]:
        marks: dict[str, tuple[str, str]] = {}
        if any(guard.breached for guard in view.state.guards):
            marks["gauges"] = ("!", "bad")
        if any(at.waiting for at in view.state.running()):
            marks["waits"] = ("!", "warn")
        errors = view.state.errors
        if errors.unresolved:
            marks["log"] = ("!", "bad" if errors.unresolved > errors.warnings else "warn")
        aside: list[Span] = list(self.pane(self.active).aside())
        row = tabs(self.active, marks, self.mode != "replay")
        gap = 2 if aside else 1
        overall = self.checklist.overall(width - width_of(row) - width_of(aside) - gap)
        told = [*aside, *([("  ", "text")] if aside and overall else []), *overall]
        return [sides(width, row, told)]

    def _footer(self, view: View, width: int) -> list[Line]:
        over = self.app.screen
        if isinstance(over, Overlay):
            return [overlay_footer(over.keys(), width)]
        return [footer(view, self.app.settings.keys, width)]  # type: ignore[attr-defined]

    # -- layout

    def on_mount(self) -> None:
        for name in PANES:
            self.pane(name).told = self.query_one("#tabs", PicturePane).repaint
        self.lay_out()

    def on_resize(self, event: events.Resize) -> None:
        self.lay_out()

    def lay_out(self) -> None:
        """Which panes are shown, by the width, the zoom and the active pane."""
        size = self.app.size
        wide = size.width >= WIDE and not self.zoomed
        self.query_one("#tabs").display = not wide
        self.query_one("#between").display = wide
        self.query_one("#now").styles.height = self._below
        for name in PANES:
            pane = self.pane(name)
            pane.display = wide or name == self.active
            pane.headed = wide
            pane.active = wide and name == self.active
        left = self.query_one("#left")
        left.display = wide or self.active == "checklist"
        left.styles.width = self._split if wide else "1fr"
        self.query_one("#right").display = wide or self.active != "checklist"
        self.query_one("#clock").styles.height = 4 if self._bar else 2
        rows = (7 if self._bar else 5) + self._below + (1 if self.mode == "replay" else 0)
        body = max(1, size.height - rows)
        self._gauges.styles.height = min(rows_needed(self.view().state) + 1, max(4, body * 2 // 5)) if wide else "1fr"
        self._roomy, self._barred, self._parted = self._is_waiting(), self._is_barred(), self._split
        # A lock's whole tree where there is room for it; half the column stays with gauges and log.
        wanted = self._waits.wanted(max(20, self._waits.size.width or size.width * 3 // 7)) + 1 if self._roomy else 5
        self._waits.styles.height = max(5, min(wanted, body // 2)) if wide else "1fr"
        self.repaint()

    def make_room(self) -> None:
        """More room for the sessions concerned while a step waits, and for what holds it up, and less afterwards."""
        if (self._is_waiting(), self._is_barred(), self._split) != (self._roomy, self._barred, self._parted):
            self.lay_out()

    @property
    def _split(self) -> int:
        """Columns of the checklist beside the other panes: what its titles need, and no more."""
        room, needed = self.app.size.width - BETWEEN, self.checklist.needed
        return max(LEFT, min(max(needed, min(needed + BEHIND, room - AMPLE)), room - RIGHT))

    def _is_waiting(self) -> bool:
        return any(at.waiting for at in self.view().state.running())

    def _is_barred(self) -> bool:
        view = self.view()
        return view.state.barrier is not None or failure(view) is not None

    def pane(self, name: str) -> Pane:
        found: dict[str, Pane] = {
            "checklist": self.checklist, "gauges": self._gauges, "log": self.log_pane, "waits": self._waits,
        }  # fmt: skip
        return found[name]

    def repaint(self) -> None:
        """Every pane compares its picture with what it painted; what is equal costs nothing on the wire."""
        if getattr(self.app, "stalled", False):
            return
        for pane in self.query(Pane):
            pane.repaint()

    # -- what every mode can do

    def action_do(self, name: str, key: str) -> None:
        """One action of the table."""
        self.app.do(name, key)  # type: ignore[attr-defined]

    def show_pane(self, name: str) -> None:
        self.active = name
        self.lay_out()

    def next_pane(self, by: int) -> None:
        self.show_pane(PANES[(PANES.index(self.active) + by) % len(PANES)])

    def zoom(self) -> None:
        self.zoomed = not self.zoomed
        self.lay_out()

    def move(self, by: int) -> None:
        """Down or up in the active pane."""
        pane = self.pane(self.active)
        if isinstance(pane, Checklist | Log):
            pane.move(by)
        elif isinstance(pane, PicturePane):
            pane.scroll(by)
        self.query_one("#footer", PicturePane).repaint()

    def page(self, by: int) -> None:
        pane = self.pane(self.active)
        self.move(by * (pane.page if isinstance(pane, Checklist | Log) else max(1, pane.size.height - 2)))

    def back(self) -> None:
        """One step back towards the run as it is: the zoom, then the filter, then the selection."""
        if self.zoomed and self.wide:
            self.zoom()
        elif self.active == "log" and self.log_pane.filter:
            self.log_pane.set_filter("")
        else:
            self.checklist.follow()
            self.repaint()

    def on_click(self, event: events.Click) -> None:
        """With `--mouse`: a click selects a step or a pane."""
        if event.widget is self.checklist and self.checklist.select_at(event.y):
            self.active = "checklist"
            self.lay_out()

    def on_mouse_scroll_down(self) -> None:
        self.move(1)

    def on_mouse_scroll_up(self) -> None:
        self.move(-1)


class OperatorScreen(Overview, inherit_bindings=False):
    mode = "operator"
    BINDINGS = bindings("operator")


class ObserverScreen(Overview, inherit_bindings=False):
    mode = "observer"
    BINDINGS = bindings("observer")


class ReplayScreen(Overview, inherit_bindings=False):
    mode = "replay"
    BINDINGS = bindings("replay")


SCREENS: dict[Mode, type[Overview]] = {
    "operator": OperatorScreen, "observer": ObserverScreen, "replay": ReplayScreen,
}  # fmt: skip
