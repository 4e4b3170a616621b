"""Screens that lie over the overview: text that scrolls, questions, the palette."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen

from tui.console.actions import Action, label, of_mode
from tui.console.dialog import Dialog, Question, dialog_picture, rows_wanted
from tui.console.field import Field
from tui.console.pictures.exact import UNBOUNDED
from tui.console.pieces import Line, clipped, sides, tinted
from tui.console.view import View
from tui.console.visible import fit
from tui.console.widgets.pane import Pane
from tui.locale import _

Result = TypeVar("Result")
ABOVE, BELOW = 2, 3
"""Rows of the overview that are never covered: the header; what is now, and the keys."""


class Drawn(Pane):
    """A pane whose picture somebody else draws."""

    def __init__(self, draw: Callable[[int, int], list[Line]], *, id: str) -> None:
        super().__init__(id=id)
        self._draw = draw

    def picture(self, width: int, height: int) -> list[Line]:
        return self._draw(width, height)


class Overlay(ModalScreen[Result], Generic[Result], inherit_bindings=False):
    """A box over the overview, which goes on behind it. `q` detaches here as everywhere, except while typing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c,ctrl+q", "app.interrupt", show=False)]
    DEFAULT_CSS = """
    Overlay { background: $background 50%; align: center middle; }
    Overlay #box { border: round $accent; padding: 0 1; background: $background; }
    Overlay.danger #box { border: heavy $error; }
    """

    def compose(self) -> ComposeResult:
        with Container(id="box"):
            yield Drawn(self.draw, id="drawn")

    def draw(self, width: int, height: int) -> list[Line]:
        raise NotImplementedError

    def on_mount(self) -> None:
        self._place()

    def on_resize(self) -> None:
        self._place()

    def _place(self) -> None:
        width, height = self.app.size
        wanted_width, wanted_height = self.wanted(width)
        box = self.query_one("#box")
        # The environment above and what goes on below stay in sight, whatever lies over the rest.
        above, below = (ABOVE, BELOW) if height >= 16 else (0, 0)
        box.styles.width = min(width, wanted_width + 4)
        box.styles.height = min(height - above - below, wanted_height + 2)
        box.styles.margin = (above, 0, below, 0)

    def wanted(self, width: int) -> tuple[int, int]:
        """Width and height of the inside that would show everything on a screen so wide."""
        return 76, 20

    def repaint(self) -> None:
        for pane in self.query(Pane):
            pane.repaint()


class Reader(Overlay[None]):
    """Lines that scroll: details, help, team. `lines` is asked again whenever the run goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("j,down", "move(1)", show=False), Binding("k,up", "move(-1)", show=False),
        Binding("pagedown,space", "move(15)", show=False), Binding("pageup", "move(-15)", show=False),
        Binding("home", "move(-1000000)", show=False), Binding("end", "move(1000000)", show=False),
        Binding("y", "copy", show=False), Binding("w", "write", show=False), Binding("q", "app.detach", show=False),
    ]  # fmt: skip

    def __init__(self, title: str, lines: Callable[[int], list[Line]], *, whole: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._whole = whole
        self._top = 0

    def wanted(self, width: int) -> tuple[int, int]:
        if self._whole:
            return width, 1000
        inside = min(width - 4, 96)
        return inside, len(self._lines(inside)) + 1

    def draw(self, width: int, height: int) -> list[Line]:
        lines = self._lines(width)
        room = max(1, height - 1)
        self._top = max(0, min(self._top, len(lines) - room))
        place = f"{min(len(lines), self._top + room)}/{len(lines)}" if len(lines) > room else ""
        hint = _("j k scroll, y copy, w write, Esc closes")
        bottom = sides(width, [(hint, "dim")], [(place, "dim")])
        shown = lines[self._top : self._top + room]
        return [*shown, *([()] * (room - len(shown))), bottom]

    def action_move(self, by: int) -> None:
        self._top = max(0, self._top + by)
        self.repaint()

    def text(self) -> str:
        return "".join("".join(text for text, _style in line).rstrip() + "\n" for line in self._lines(UNBOUNDED))

    def action_copy(self) -> None:
        self.app.copied(self.text())  # type: ignore[attr-defined]

    def action_write(self) -> None:
        self.app.written(self._title, self.text())  # type: ignore[attr-defined]


class Asking(Overlay[list[str] | None]):
    """A question; its result are the fields' texts, or None when the person thought better of it."""

    def __init__(self, question: Question, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self.dialog = Dialog(question, now())
        self.set_class(question.danger, "danger")

    def wanted(self, width: int) -> tuple[int, int]:
        return min(72, width - 4), rows_wanted(self.dialog.question)

    def draw(self, width: int, height: int) -> list[Line]:
        return dialog_picture(self.dialog, width, height)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("ctrl+c", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        decided = self.dialog.key(event.key, event.character, self._now())
        if decided is None:
            self.repaint()
        else:
            self.dismiss(self.dialog.values() if decided == "confirm" else None)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.dialog.paste(event.text, self._now())
        self.repaint()


class Palette(Overlay[str | None]):
    """Every action by name: type to narrow, Enter to do the marked one."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view
        self._field = Field()
        self._at = 0
        self._all = [a for a in of_mode(view.mode) if a.palette and a.applies(view)]

    def wanted(self, width: int) -> tuple[int, int]:
        return min(72, width - 4), len(self._all) + 2

    def _found(self) -> list[Action]:
        words = self._field.text.casefold().split()
        return [
            a for a in self._all
            if all(word in f"{label(a, self._view)} {_(a.help)} {a.name}".casefold() for word in words)
        ]  # fmt: skip

    def draw(self, width: int, height: int) -> list[Line]:
        found = self._found()
        self._at = max(0, min(self._at, len(found) - 1))
        room = max(1, height - 1)
        top = max(0, min(self._at - room + 1, len(found) - room))
        lines: list[Line] = [((": ", "key"), *self._field.line(width - 2, True))]
        for number, action in enumerate(found[top : top + room], top):
            line = clipped(
                (
                    (fit(action.shown, 6), "key"),
                    (fit(label(action, self._view), 22) + " ", "bold"),
                    (_(action.help), "dim"),
                ),
                width,
            )
            lines.append(tinted(line, "selected", width) if number == self._at else line)
        if not found:
            lines.append(((_("No command of that name."), "dim"),))
        return lines

    def on_key(self, event: events.Key) -> None:
        if event.key in ("ctrl+c", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        found = self._found()
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(found[self._at].name if found else None)
        elif event.key in ("down", "tab", "ctrl+n"):
            self._at += 1
            self.repaint()
        elif event.key in ("up", "shift+tab", "ctrl+p"):
            self._at = max(0, self._at - 1)
            self.repaint()
        elif self._field.key(event.key, event.character):
            self._at = 0
            self.repaint()
