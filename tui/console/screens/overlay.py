"""What lies over the overview: the box of all of them, and text that scrolls."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen

from tui.console.input.actions import ACTIONS
from tui.console.input.overlay_keys import READER, OverlayKey, reader_keys
from tui.console.widgets.pane import Pane
from tui.pictures.glyphs import ASCII, glyphs
from tui.pictures.lines import Line, sides
from tui.pictures.verbatim import UNBOUNDED
from tui.pictures.view import Mode

Result = TypeVar("Result")
FIXED = ("ctrl+c", "ctrl+q")
"""Keys that mean the same everywhere, even while something is typed."""
ABOVE, BELOW = 2, 3
"""Rows of the overview that are never covered: the header; what is now, and the keys."""
UNCOVERED_FROM = 16
"""Rows of a screen from which that is so."""


class DrawnPane(Pane):
    """A pane whose picture somebody else draws."""

    def __init__(self, draw: Callable[[int, int], list[Line]], *, id: str) -> None:
        super().__init__(id=id)
        self._draw = draw

    def picture(self, width: int, height: int) -> list[Line]:
        return self._draw(width, height)


class Overlay(ModalScreen[Result], Generic[Result], inherit_bindings=False):
    """A box over the overview, which goes on behind it and shows the box's keys in its footer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c,ctrl+q", "app.interrupt", show=False)]
    DEFAULT_CSS = """
    Overlay { background: $background 50%; align: center middle; }
    Overlay #box { border: round $accent; padding: 0 1; background: $background; }
    Overlay.danger #box { border: heavy $error; }
    Overlay.ascii #box { border: ascii $accent; }
    Overlay.ascii.danger #box { border: ascii $error; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.set_class(glyphs() is ASCII, "ascii")

    def compose(self) -> ComposeResult:
        with Container(id="box"):
            yield DrawnPane(self.draw, id="drawn")

    def draw(self, width: int, height: int) -> list[Line]:
        raise NotImplementedError

    def on_mount(self) -> None:
        self._place()
        # What is drawn tells which keys do something: the footer comes after it.
        self.call_after_refresh(self.app.repaint)  # type: ignore[attr-defined]

    def on_unmount(self) -> None:
        self.app.repaint()  # type: ignore[attr-defined]

    def keys(self) -> tuple[OverlayKey, ...]:
        """What the footer shows while the box is open."""
        return ()

    def press(self, key: str, character: str | None, at: float) -> bool:
        """A key that came `at` this time of a monotonic clock; whether it was taken. Bindings get the others."""
        return False

    def on_resize(self) -> None:
        self._place()

    def _place(self) -> None:
        width, height = self.app.size
        wanted_width, wanted_height = self.wanted(width)
        # A screen that is opened while the console ends gets no box any more.
        box = next(iter(self.query("#box")), None)
        if box is None:
            return
        # The environment above and what goes on below stay in sight, whatever lies over the rest.
        above, below = (ABOVE, BELOW) if height >= UNCOVERED_FROM else (0, 0)
        box.styles.width = min(width, wanted_width + 4)
        box.styles.height = min(height - above - below, wanted_height + 2)
        box.styles.margin = (above, 0, below, 0)

    def wanted(self, width: int) -> tuple[int, int]:
        """Width and height of the inside that would show everything on a screen so wide."""
        return 76, 20

    def repaint(self) -> None:
        for pane in self.query(Pane):
            pane.repaint()


class TextOverlay(Overlay[None]):
    """Lines that scroll: details, help, team. `lines` is asked again whenever the run goes on. Space,
    b, g and G move as in less where they are nobody's own keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # As in less, beside the keys of the table.
        Binding("space", "do('page_down')", show=False),
        Binding("b", "do('page_up')", show=False),
        Binding("g", "do('first')", show=False),
        *(
            Binding(key, f"do('{action.name}')", show=False, id=action.name)
            for action in ACTIONS
            if action.name in READER
            for key in action.keys
        ),
    ]

    def __init__(self, title: str, lines: Callable[[int], list[Line]], mode: Mode, *, whole: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._mode: Mode = mode
        self._whole = whole
        self._top = 0
        self._room = 1
        self._long = False

    def keys(self) -> tuple[OverlayKey, ...]:
        found = reader_keys(self.app.settings.keys, self._mode)  # type: ignore[attr-defined]
        return found if self._long else tuple(own for own in found if not own.scrolls)

    def wanted(self, width: int) -> tuple[int, int]:
        if self._whole:
            return width, 1000
        inside = min(width - 4, 96)
        return inside, len(self._lines(inside)) + 1

    def draw(self, width: int, height: int) -> list[Line]:
        lines = self._lines(width)
        self._room = room = max(1, height - 1)
        self._top = max(0, min(self._top, len(lines) - room))
        self._long = len(lines) > room
        place = f"{min(len(lines), self._top + room)}/{len(lines)}" if len(lines) > room else ""
        covered = self.app.size.height < UNCOVERED_FROM
        hint = ", ".join(f"{own.shown} {own.label}" for own in self.keys()) if covered else ""
        bottom = sides(width, [(hint, "dim")], [(place, "dim")])
        shown = lines[self._top : self._top + room]
        return [*shown, *([()] * (room - len(shown))), bottom]

    def action_do(self, name: str) -> None:
        """One of the actions it knows."""
        match name:
            case "down" | "up" | "page_down" | "page_up" | "first" | "last":
                page = max(1, self._room - 1)
                by = {"down": 1, "up": -1, "page_down": page, "page_up": -page, "first": -(10**6), "last": 10**6}
                self._top = max(0, self._top + by[name])
                self.repaint()
            case "copy":
                self.app.copied(self.text())  # type: ignore[attr-defined]
            case "write":
                self.app.written(self._title, self.text())  # type: ignore[attr-defined]
            case "back":
                self.dismiss()
            case "detach" | "leave":
                self.app.action_detach()  # type: ignore[attr-defined]

    def text(self) -> str:
        return "".join("".join(text for text, _style in line).rstrip() + "\n" for line in self._lines(UNBOUNDED))
