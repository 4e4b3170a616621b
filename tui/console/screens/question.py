"""A question over the overview, and the text typed into it."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual import events

from tui.console.input.dialog import Dialog, Question, dialog_picture, rows_wanted
from tui.console.input.held_keys import KEPT_FOR, OpeningKey
from tui.console.input.overlay_keys import OverlayKey, question_keys
from tui.console.screens.overlay import FIXED, Overlay
from tui.pictures.lines import Line


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
