"""The palette: every command by its name."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct
from textual import events

from tui.console.input.actions import ConsoleAction, applies, label
from tui.console.input.dialog import ENTER, held_sentence
from tui.console.input.held_keys import HELD_WITHIN
from tui.console.input.overlay_keys import OverlayKey, palette_keys
from tui.console.input.text_field import TextField
from tui.console.screens.overlay import FIXED, Overlay
from tui.console.settings import ViewerSettings
from tui.locale import _
from tui.pictures.cells import cells, fit
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, clipped, tinted
from tui.pictures.palette import PLAIN, THEMES
from tui.pictures.view import View


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
        self._names = max((cells(label(action, view)) for action in self._all), default=0)
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
                    (fit(label(action, self._view), self._names) + " ", "bold"),
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
