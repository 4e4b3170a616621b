"""A question to the person: fields and two buttons. Pure: keys and times in, an answer out.

Danger costs two deliberate acts: the focus never begins on the button that acts, and an Enter that follows another one
or the opening closely, as a held key's do, presses nothing. Letters always count: people type before they look. What
was typed is thrown away neither by the first Enter on Cancel nor by the first Esc.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.console.input.held_keys import HELD_WITHIN
from tui.console.input.text_field import LONGEST, TextField
from tui.locale import _, ngettext
from tui.pictures.cells import cut
from tui.pictures.lines import Line, Span, clipped, flowed, laid, sides, width_of
from tui.words.inert import visible

ENTER = ("enter", "ctrl+m", "ctrl+j")


class QuestionField(Struct, frozen=True, kw_only=True):
    """One field: its label, a text that must be typed exactly, and whether it may stay empty."""

    label: str
    exactly: str | None = None
    optional: bool = False
    text: str = ""


class Question(Struct, frozen=True, kw_only=True):
    """What is asked; `lines` explain it, in paragraphs; `confirm` names the deed on its button. `harmless`: the answer
    changes nothing but the screen, so that an Enter behind something typed counts at once. `typed_first`: dangerous,
    but begun in its first field, where Enter does nothing."""

    title: str
    confirm: str
    lines: tuple[Line, ...] = ()
    fields: tuple[QuestionField, ...] = ()
    danger: bool = False
    harmless: bool = False
    typed_first: bool = False
    cancel: str | None = None


class Dialog:
    """A question being answered. Focus counts the fields, then Cancel, then the confirming button."""

    def __init__(self, question: Question, now: float) -> None:
        self.question = question
        self.fields = [TextField(asked.text) for asked in question.fields]
        self.problem = ""
        self.top = 0
        """The first line of the explanation that is shown, and how many are: known once it was painted."""
        self.page = 1
        self.scrolls = False
        self._leaving: float | None = None
        # What opened the dialog may be a key that is still down: its repetitions follow the opening, not an Enter.
        self._last_enter = now
        careful = (question.danger and not question.typed_first) or not question.fields
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

    def paste(self, text: str) -> None:
        """Into a field, in one line; it presses nothing."""
        self._leaving = None
        self.problem = ""
        if not self._to_field():
            self.problem = self._where_to()
            return
        left_out = self.fields[self.focus].insert(text)
        if left_out:
            self.problem = _("Characters that found no room: {n}.").format(n=left_out)

    def take_back(self, count: int) -> None:
        """So many characters before the cursor were no text after all."""
        if self.focus < len(self.fields):
            for _n in range(count):
                self.fields[self.focus].key("backspace", None)

    def put(self, text: str) -> None:
        """Text that was typed a moment ago."""
        if text and self._to_field():
            self.fields[self.focus].insert(text)

    def unsaved(self) -> bool:
        """Whether a text would be lost: names that are typed to confirm are none."""
        fields = zip(self.question.fields, self.fields, strict=True)
        typed = (a.exactly is None and f.text.strip() not in ("", a.text.strip()) for a, f in fields)
        return not self.question.harmless and any(typed)

    def ready(self, now: float) -> bool:
        """Whether an Enter counts that comes now."""
        return now - self._last_enter >= HELD_WITHIN

    def key(self, key: str, character: str | None, now: float) -> Literal["cancel", "confirm"] | None:
        """What the key decides; None while the question stays open. `now`: seconds of a monotonic clock."""
        enter = key in ENTER
        held = enter and not self.ready(now)
        if enter:
            self._last_enter = now
        self.problem = ""
        if key == "escape":
            return self._left(now)
        if not enter:
            self._leaving = None
        if key in ("pagedown", "pageup"):
            self.top = max(0, self.top + (self.page if key == "pagedown" else -self.page))
        elif key in ("tab", "down", "ctrl+n"):
            self._turn(1)
        elif key in ("shift+tab", "up", "ctrl+p"):
            self._turn(-1)
        elif self.focus < len(self.fields):
            return self._in_field(key, character, enter, held)
        elif key in ("left", "right"):
            self.focus = self._confirm if self.focus == self._cancel else self._cancel
        elif enter:
            return self._pressed(held, now)
        elif character is not None and character.isprintable() and self.fields:
            if self._to_field():
                self.fields[self.focus].insert(character)
            else:
                self.problem = self._where_to()
        return None

    def _to_field(self) -> bool:
        """Text that comes while Cancel has the focus goes to the first field that is empty; whether it has a place."""
        if self.focus == self._cancel:
            empty = next((n for n, field in enumerate(self.fields) if not field.text), None)
            self.focus = self.focus if empty is None else empty
        return self.focus < len(self.fields)

    def _where_to(self) -> str:
        return _("Press Tab to go to the first field.") if self.fields else _("There is nothing to type here.")

    def _left(self, now: float) -> Literal["cancel"] | None:
        """Cancel, or what Cancel would lose is said, and it takes another press."""
        before, self._leaving = self._leaving, now
        if not self.unsaved() or (before is not None and now - before >= HELD_WITHIN):
            return "cancel"
        self.problem = _("What was typed would be lost: pause, then press it again.")
        return None

    def _turn(self, by: int) -> None:
        """The next place. Where Cancel comes first, the fields follow it, and the button is the last."""
        count = len(self.fields)
        order = [*range(count), self._cancel, self._confirm]
        if self.question.danger:
            order = [self._cancel, *range(count), self._confirm]
        self.focus = order[(order.index(self.focus) + by) % len(order)]

    def _in_field(self, key: str, character: str | None, enter: bool, held: bool) -> Literal["confirm"] | None:
        if not enter:
            field = self.fields[self.focus]
            full = character is not None and character.isprintable() and len(field.text) >= LONGEST
            if full:
                self.problem = _("The field is full: what is typed further finds no room.")
            if field.key(key, character) and self.question.harmless:
                # Where nothing is at stake, whoever has typed something means the Enter behind it.
                self._last_enter = float("-inf")
            return None
        if held:
            self.problem = held_sentence()
            return None
        if self.focus + 1 < len(self.fields):
            self.focus += 1
            return None
        if self.question.danger:
            # The button has to be gone to: Enter in the last field of a dangerous question does nothing.
            self.problem = self.missing() or _("Press Tab to go to the button.")
            return None
        self.problem = self.missing()
        return None if self.problem else "confirm"

    def _pressed(self, held: bool, now: float) -> Literal["cancel", "confirm"] | None:
        if held:
            self.problem = held_sentence()
            return None
        if self.focus == self._cancel:
            return self._left(now)
        self.problem = self.missing()
        return None if self.problem else "confirm"


def held_sentence() -> str:
    """What is said of an Enter that may come from a key held down."""
    return _("Enter counts after a short pause: press it again.")


def dialog_picture(dialog: Dialog, width: int, height: int) -> list[Line]:
    """The inside of the dialog's box. Everything is wrapped; what does not fit scrolls, never fields or buttons."""
    question = dialog.question
    title: Line = ((question.title, "bad" if question.danger else "title"),)
    labels: list[Line] = [
        ((asked.label, "key" if dialog.focus == number else "bold"),) for number, asked in enumerate(question.fields)
    ]
    head, body = laid(title, width), [row for line in question.lines for row in laid(line, width)]
    over = [laid(label, width) for label in labels]
    problem = flowed(((dialog.problem, "warn"),), width, 2) or [()]
    fixed = len(head) + sum(map(len, over)) + len(over) + len(problem) + 1
    if fixed + min(len(body), 2) > height:
        # The long ones are read in the part that scrolls, and stand at their places as far as a line goes.
        body = [row for rows in (head, *over) if len(rows) > 1 for row in rows] + body
        head, over = [clipped(title, width)], [[clipped(label, width)] for label in labels]
        problem = [clipped(((dialog.problem, "warn"),), width)]
        fixed = len(head) + 2 * len(over) + len(problem) + 1
    body, more = _scrolled(dialog, body, width, max(0, height - fixed))
    if more and not dialog.problem:
        problem = [more]
    fields = [field.line(width, dialog.focus == number) for number, field in enumerate(dialog.fields)]
    asked_rows = [row for rows, field in zip(over, fields, strict=True) for row in (*rows, field)]
    return [*head, *body, *asked_rows, *problem, _buttons(dialog, width)]


def _scrolled(dialog: Dialog, body: list[Line], width: int, room: int) -> tuple[list[Line], Line]:
    """What is shown of the explanation, and a line on what is not; that one stands among the first where there is
    room for it."""
    dialog.scrolls = len(body) > room
    if not dialog.scrolls:
        dialog.top, dialog.page = 0, max(1, room)
        return body, ()
    own = room >= 3
    dialog.page = max(1, room - own)
    dialog.top = max(0, min(dialog.top, len(body) - dialog.page))
    shown = body[dialog.top : dialog.top + min(room, dialog.page)]
    more: list[Span] = []
    below = len(body) - dialog.top - len(shown)
    if below:
        text = ngettext("{n} line more below", "{n} lines more below", below).format(n=below)
        more += [("PgDn", "key"), (f" {text}  ", "warn")]
    if dialog.top:
        text = ngettext("{n} line more above", "{n} lines more above", dialog.top).format(n=dialog.top)
        more += [("PgUp", "key"), (f" {text}", "warn")]
    said = clipped(more, width)
    return ([*shown, said], ()) if own else (shown, said)


def rows_wanted(question: Question, width: int) -> int:
    """The height in which nothing of the question has to scroll."""
    lines = (((question.title, ""),), *question.lines, *(((asked.label, ""),) for asked in question.fields))
    return sum(len(laid(line, width)) for line in lines) + len(question.fields) + 2


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
    pieces: list[Span] = [(cancel, "button.on" if dialog.focus == count else "button"), ("  ", "text")]
    pieces.append((confirm, style))
    keys = _("Tab moves, Esc cancels")
    if width_of(pieces) + len(keys) + 2 > width:
        return clipped(pieces, width)
    return sides(width, pieces, [(keys, "dim")])
