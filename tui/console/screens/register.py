"""The register of errors over the overview: one of them is marked, and can be resolved from there."""

from __future__ import annotations

from collections.abc import Callable

from tui.console.input.dialog import ENTER
from tui.console.input.overlay_keys import OverlayKey, register_keys
from tui.console.screens.overlay import TextOverlay
from tui.pictures.lines import Line
from tui.pictures.register import listed, register_lines
from tui.pictures.view import View

RESOLVE = "r"


class RegisterOverlay(TextOverlay):
    """`resolve`: what is asked of a person for the error of an id; None where nobody here may command."""

    def __init__(self, view: Callable[[], View], resolve: Callable[[str], object] | None) -> None:
        self._view = view
        self._resolve = resolve
        self._marked: str | None = None
        super().__init__("errors", self._picture, view().mode)

    def keys(self) -> tuple[OverlayKey, ...]:
        """Those of a text that scrolls, and what is done with the one that is marked."""
        own = register_keys(self.app.settings.keys) if self._resolve is not None else ()  # type: ignore[attr-defined]
        return (*own, *super().keys())

    def _picture(self, width: int) -> list[Line]:
        return register_lines(self._view(), width, self._marked)[0]

    def press(self, key: str, character: str | None, at: float) -> bool:
        keys = self.app.settings.keys  # type: ignore[attr-defined]
        by = {name: step for name, step in (("down", 1), ("up", -1)) if key in keys.action(name).keys}
        if by:
            self._mark(next(iter(by.values())))
            return True
        if self._resolve is None or not (character == RESOLVE or key in ENTER):
            return False
        resolve, marked = self._resolve, self._marked
        if marked is None:
            self._mark(1)
        else:
            self.dismiss()
            resolve(marked)
        return True

    def _mark(self, by: int) -> None:
        """The next or the one before; the lines of it come into sight."""
        ids = [error.id for error in listed(self._view())]
        if not ids:
            return
        at = ids.index(self._marked) + by if self._marked in ids else (0 if by > 0 else len(ids) - 1)
        self._marked = ids[max(0, min(at, len(ids) - 1))]
        width = self.query_one("#drawn").size.width
        begins = register_lines(self._view(), width, self._marked)[1]
        if not self._top <= begins < self._top + self._room - 2:
            self._top = max(0, begins - 2)
        self.repaint()
