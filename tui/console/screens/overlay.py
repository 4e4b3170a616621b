"""Screens that lie over the overview: text that scrolls, questions, the palette."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen

from tui.console.input.actions import ACTIONS, ConsoleAction, applies, label
from tui.console.input.dialog import ENTER, Dialog, Question, dialog_picture, held_sentence, rows_wanted
from tui.console.input.held_keys import HELD_WITHIN, KEPT_FOR, OpeningKey
from tui.console.input.overlay_keys import READER, OverlayKey, palette_keys, question_keys, reader_keys
from tui.console.input.text_field import TextField
from tui.console.settings import ViewerSettings
from tui.console.widgets.pane import Pane
from tui.locale import _
from tui.pictures.cells import fit
from tui.pictures.glyphs import ASCII, glyphs
from tui.pictures.lines import Line, clipped, sides, tinted
from tui.pictures.palette import PLAIN, THEMES
from tui.pictures.verbatim import UNBOUNDED
from tui.pictures.view import Mode, View

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
        box = self.query_one("#box")
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
    """Lines that scroll: details, help, team. `lines` is asked again whenever the run goes on. Space
    pages down where it is nobody's own key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "do('page_down')", show=False),
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


class QuestionOverlay(Overlay[list[str] | None]):
    """A question; its result are the fields' texts, or None when the person thought better of it."""

    def __init__(
        self, question: Question, now: Callable[[], float] = time.monotonic, *, opened_by: str | None = None,
        barred: Callable[[], str] | None = None,
    ) -> None:  # fmt: skip
        """`opened_by`: the key that may still be down; `barred` says why nothing can be confirmed now."""
        super().__init__()
        self.dialog = Dialog(question, now())
        self._opening = OpeningKey(opened_by, now())
        self._barred = barred if barred is not None and not question.harmless else lambda: ""
        self.set_class(question.danger, "danger")

    def wanted(self, width: int) -> tuple[int, int]:
        inside = min(72, width - 4)
        return inside, rows_wanted(self.dialog.question, inside)

    def draw(self, width: int, height: int) -> list[Line]:
        return dialog_picture(self.dialog, width, height)

    def keys(self) -> tuple[OverlayKey, ...]:
        return tuple(own for own in question_keys() if self.dialog.scrolls or not own.scrolls)

    def press(self, key: str, character: str | None, at: float) -> bool:
        if key in FIXED:
            return False
        taken_back, text, counts = self._opening.press(key, character, at)
        self.dialog.take_back(taken_back)
        self.dialog.put(text)
        if not counts:
            # The key that opened the question, and may still be down.
            if self._opening.kept:
                kept = self._opening.kept
                self.set_timer(KEPT_FOR, lambda: self._put_kept(kept))
            self.repaint()
            return True
        decided = self.dialog.key(key, character, at)
        why = self._barred() if decided == "confirm" else ""
        if why:
            self.dialog.problem = why
        if decided is None or why:
            self.repaint()
        else:
            self.dismiss(self.dialog.values() if decided == "confirm" else None)
        return True

    def _put_kept(self, kept: int) -> None:
        """Nothing has followed a key that was kept: it was a letter."""
        if self._opening.kept == kept:
            self.dialog.put(self._opening.flushed())
            self.repaint()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.dialog.put(self._opening.flushed())
        self.dialog.paste(event.text)
        self.repaint()


class PaletteChoice(Struct, frozen=True):
    """What was chosen in the palette, and what the person saw when it opened."""

    action: ConsoleAction
    view: View


class CommandPalette(Overlay[PaletteChoice | None]):
    """Every action by name: type to narrow, Enter to do the marked one. Nothing is marked of itself."""

    def __init__(self, view: View, settings: ViewerSettings, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._view = view
        self._keys = settings.keys
        self._field = TextField()
        self._at: int | None = None
        # A theme is offered where another one is in force, and none where NO_COLOR asks for none.
        other = (
            () if settings.palette is PLAIN else {f"theme_{name}" for name in THEMES if name != settings.palette.name}
        )
        self._all = [
            a for a in settings.keys.of_mode(view.mode)
            if a.palette and (a.name in other if a.name.startswith("theme_") else applies(a, view))
        ]  # fmt: skip
        # What opened it may be a key that is still down.
        self._last_enter = now()
        self._problem = ""

    def wanted(self, width: int) -> tuple[int, int]:
        return min(72, width - 4), len(self._all) + 2

    def keys(self) -> tuple[OverlayKey, ...]:
        return palette_keys()

    def ready(self, now: float) -> bool:
        """Whether an Enter counts that comes now."""
        return now - self._last_enter >= HELD_WITHIN

    def _found(self) -> list[ConsoleAction]:
        words = self._field.text.casefold().split()
        found = [
            a for a in self._all
            if all(word in f"{label(a, self._view)} {_(a.help)} {a.name}".casefold() for word in words)
        ]  # fmt: skip
        # What is called so stands before what is only described so.
        return sorted(found, key=lambda a: not all(word in label(a, self._view).casefold() for word in words))

    def draw(self, width: int, height: int) -> list[Line]:
        found = self._found()
        room = max(1, height - 2)
        top = 0 if self._at is None else max(0, min(self._at - room + 1, len(found) - room))
        lines: list[Line] = [((": ", "key"), *self._field.line(width - 2, True))]
        for number, action in enumerate(found[top : top + room], top):
            line = clipped(
                (
                    (glyphs().pointer if number == self._at else " ", "key"),
                    (fit(action.shown, 6), "key"),
                    (fit(label(action, self._view), 22) + " ", "bold"),
                    (_(action.help), "dim"),
                ),
                width,
            )
            lines.append(tinted(line, "selected", width) if number == self._at else line)
        if not found:
            lines.append(((_("No command of that name."), "dim"),))
        lines.extend([()] * (height - 1 - len(lines)))
        return [*lines, clipped(((self._problem, "warn"),), width)]

    def press(self, key: str, character: str | None, at: float) -> bool:
        if key in FIXED:
            return False
        self._problem = ""
        found = self._found()
        printed = character is not None and character.isprintable()
        if key == "escape":
            self.dismiss(None)
        elif key in ENTER:
            held, self._last_enter = not self.ready(at), at
            self._enter(found, held)
        elif key in ("down", "tab", "ctrl+n") or (not printed and key in self._keys.action("down").keys):
            self._at = 0 if self._at is None else min(self._at + 1, max(0, len(found) - 1))
        elif key in ("up", "shift+tab", "ctrl+p") or (not printed and key in self._keys.action("up").keys):
            self._at = max(0, len(found) - 1) if self._at is None else max(0, self._at - 1)
        elif self._field.key(key, character):
            self._at = 0 if self._field.text.strip() else None
        self.repaint()
        return True

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._field.insert(event.text)
        self._at = 0 if self._field.text.strip() else None
        self.repaint()

    def _enter(self, found: list[ConsoleAction], held: bool) -> None:
        if held:
            self._problem = held_sentence()
        elif self._at is None:
            self._problem = _("Nothing is marked yet: type a part of a name, or go down.")
        elif self._at < len(found):
            self.dismiss(PaletteChoice(found[self._at], self._view))
