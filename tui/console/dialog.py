"""A question to the person: fields and two buttons. Pure: keys and times in, an answer out.

Danger costs two deliberate acts. Keys pressed before the dialog has settled are ignored, Cancel is focused where
something dangerous is asked, and an Enter that follows another one closely, as a held key's do, confirms nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from tui.console.field import Field
from tui.console.pieces import Line, Piece, clipped, sides, width_of
from tui.console.visible import cut, visible, wrapped
from tui.locale import _

SETTLED_AFTER = 0.4
"""Seconds after its opening in which a dialog takes no key."""
HELD_WITHIN = 0.7
"""Seconds: longer than any terminal's delay before a held key repeats (660 ms is the longest default)."""


class Asked(Struct, frozen=True, kw_only=True):
    """One field: its label, a text that must be typed exactly, and whether it may stay empty."""

    label: str
    exactly: str | None = None
    optional: bool = False
    text: str = ""


class Question(Struct, frozen=True, kw_only=True):
    """What is asked; `lines` explain it, `confirm` names the deed on its button."""

    title: str
    confirm: str
    lines: tuple[Line, ...] = ()
    fields: tuple[Asked, ...] = ()
    danger: bool = False
    cancel: str | None = None


class Dialog:
    """A question being answered. Focus counts the fields, then Cancel, then the confirming button."""

    def __init__(self, question: Question, now: float) -> None:
        self.question = question
        self.fields = [Field(asked.text) for asked in question.fields]
        self.problem = ""
        self._opened = now
        self._last_enter = float("-inf")
        careful = question.danger or not question.fields
        self.focus = self._cancel if careful else 0

    @property
    def _cancel(self) -> int:
        return len(self.fields)

    @property
    def _confirm(self) -> int:
        return len(self.fields) + 1

    def values(self) -> list[str]:
        return [field.text.strip() for field in self.fields]

    def missing(self) -> str:
        """What is not filled in as it must be, as a sentence; empty when all is."""
        for asked, field in zip(self.question.fields, self.fields, strict=True):
            text = field.text.strip()
            if asked.exactly is not None and text != asked.exactly:
                return _("Type “{text}” exactly to confirm.").format(text=visible(asked.exactly))
            if not text and not asked.optional:
                return _("Fill in: {label}.").format(label=asked.label)
        return ""

    def paste(self, text: str, now: float) -> None:
        if self.settled(now) and self.focus < len(self.fields):
            self.fields[self.focus].insert(text)

    def settled(self, now: float) -> bool:
        return now - self._opened >= SETTLED_AFTER

    def key(self, key: str, character: str | None, now: float) -> Literal["cancel", "confirm"] | None:
        """What the key decides; None while the question stays open. `now`: seconds of a monotonic clock."""
        enter = key in ("enter", "ctrl+m", "ctrl+j")
        held = enter and now - self._last_enter < HELD_WITHIN
        if enter:
            self._last_enter = now
        if not self.settled(now):
            return None
        self.problem = ""
        if key == "escape":
            return "cancel"
        if key in ("tab", "down", "ctrl+n"):
            self.focus = (self.focus + 1) % (len(self.fields) + 2)
        elif key in ("shift+tab", "up", "ctrl+p"):
            self.focus = (self.focus - 1) % (len(self.fields) + 2)
        elif self.focus < len(self.fields):
            return self._in_field(key, character, enter, held)
        elif key in ("left", "right", "h", "l"):
            self.focus = self._confirm if self.focus == self._cancel else self._cancel
        elif enter:
            return self._pressed(held)
        return None

    def _in_field(self, key: str, character: str | None, enter: bool, held: bool) -> Literal["confirm"] | None:
        if not enter:
            self.fields[self.focus].key(key, character)
            return None
        if self.question.danger or held:
            # The button has to be gone to: Enter in a field of a dangerous question does nothing.
            self.problem = self.missing() or _("Press Tab to go to the button.") if not held else ""
            return None
        if self.focus + 1 < len(self.fields):
            self.focus += 1
            return None
        self.problem = self.missing()
        return None if self.problem else "confirm"

    def _pressed(self, held: bool) -> Literal["cancel", "confirm"] | None:
        if held:
            return None
        if self.focus == self._cancel:
            return "cancel"
        self.problem = self.missing()
        return None if self.problem else "confirm"


def dialog_picture(dialog: Dialog, width: int, height: int) -> list[Line]:
    """The inside of the dialog's box. With little room explanations are shortened, never fields or buttons."""
    question = dialog.question
    tail: list[Line] = []
    for number, (asked, field) in enumerate(zip(question.fields, dialog.fields, strict=True)):
        on = dialog.focus == number
        tail.append(clipped(((asked.label, "key" if on else "bold"),), width))
        tail.append(field.line(width, on))
    tail.append(clipped(((dialog.problem, "warn"),), width))
    tail.append(_buttons(dialog, width))
    head: list[Line] = [clipped(((question.title, "bad" if question.danger else "title"),), width)]
    room = height - len(head) - len(tail)
    lines: Sequence[Line] = question.lines
    if len(lines) > room > 0:
        more = _("and {n} more lines").format(n=len(lines) - room + 1)
        lines = (*lines[: room - 1], ((more, "dim"),))
    body = [clipped(line, width) for line in lines[: max(0, room)]]
    return [*head, *body, *tail]


def rows_wanted(question: Question) -> int:
    """The height in which nothing of the question is shortened."""
    return 1 + len(question.lines) + 2 * len(question.fields) + 2


def _buttons(dialog: Dialog, width: int) -> Line:
    question = dialog.question
    count = len(dialog.fields)
    cancel = question.cancel or _("Cancel")
    cancel = f" {cancel} "
    confirm = cut(f" {question.confirm} ", width // 2)
    if dialog.focus == count + 1:
        style = "button.danger" if question.danger else "button.on"
    else:
        style = "button.off" if dialog.missing() else "button"
    pieces: list[Piece] = [(cancel, "button.on" if dialog.focus == count else "button"), ("  ", "text")]
    pieces.append((confirm, style))
    keys = _("Tab moves, Esc cancels")
    if width_of(pieces) + len(keys) + 2 > width:
        return clipped(pieces, width)
    return sides(width, pieces, [(keys, "dim")])


def explained(text: str, width: int, style: str = "text") -> tuple[Line, ...]:
    """A sentence as lines of a question."""
    return tuple(((line, style),) for line in wrapped(text, width))
