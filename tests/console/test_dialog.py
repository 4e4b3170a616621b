"""Danger costs two deliberate acts: early keys, held keys and a wrong name confirm nothing."""

from __future__ import annotations

from tui.console.dialog import SETTLED_AFTER, Asked, Dialog, Question, dialog_picture
from tui.console.field import Field
from tui.console.pieces import plain, width_of
from tui.console.repeats import HELD_WITHIN

DANGER = Question(title="ROLL BACK", confirm="Roll back", danger=True,
                  fields=(Asked(label="Reason"), Asked(label="Target", exactly="production")))  # fmt: skip
TEXT = Question(title="Note", confirm="Write", fields=(Asked(label="Text"),))
PLAIN = Question(title="Cancel", confirm="Cancel the step", danger=True)


class Hand:
    """Types into a dialog, each key a second after the one before."""

    def __init__(self, question: Question) -> None:
        self.now = 100.0
        self.dialog = Dialog(question, self.now)
        self.now += SETTLED_AFTER

    def press(self, key: str, after: float = 1.0) -> str | None:
        self.now += after
        return self.dialog.key(key, key if len(key) == 1 else None, self.now)

    def type(self, text: str) -> None:
        for character in text:
            assert self.press(character) is None

    def fill(self) -> None:
        """Both fields right, and back on Cancel."""
        self.press("tab")
        self.type("broken")
        self.press("tab")
        self.type("production")
        self.press("tab"), self.press("tab")


def test_cancel_is_focused_where_something_dangerous_is_asked() -> None:
    hand = Hand(DANGER)
    assert hand.press("enter") == "cancel"


def test_keys_before_it_settled_are_ignored() -> None:
    dialog = Dialog(DANGER, 100.0)
    for number, key in enumerate(("escape", "tab", "enter", "x")):
        assert dialog.key(key, None, 100.0 + number * 0.1) is None
    assert dialog.focus == len(dialog.fields)


def test_the_whole_way_confirms() -> None:
    hand = Hand(DANGER)
    hand.fill()
    assert hand.press("shift+tab") is None
    assert hand.press("enter") == "confirm"
    assert hand.dialog.values() == ["broken", "production"]


def test_a_wrong_name_does_not_confirm() -> None:
    hand = Hand(DANGER)
    hand.fill()
    hand.press("up"), hand.press("up")
    hand.press("backspace")
    hand.press("tab")
    assert hand.press("enter") is None
    assert "production" in hand.dialog.problem


def test_a_held_enter_never_confirms() -> None:
    hand = Hand(DANGER)
    hand.fill()
    hand.press("up"), hand.press("up")
    # Held in the last field, where it does nothing; Tab moves on while it still repeats.
    for _repeat in range(20):
        assert hand.press("enter", after=0.03) is None
    hand.press("tab", after=0.01)
    for _repeat in range(50):
        assert hand.press("enter", after=0.03) is None
    assert hand.press("enter", after=HELD_WITHIN) == "confirm"


def test_an_enter_held_since_before_the_dialog_opened_decides_nothing() -> None:
    dialog = Dialog(PLAIN, 100.0)
    for repeat in range(200):
        assert dialog.key("enter", None, 100.03 + repeat * 0.03) is None


def test_a_text_is_asked_with_one_enter() -> None:
    hand = Hand(TEXT)
    assert hand.press("enter") is None
    hand.type("seen")
    assert hand.press("enter") == "confirm"
    assert hand.dialog.values() == ["seen"]


def test_a_button_alone_needs_the_way_to_it() -> None:
    hand = Hand(PLAIN)
    assert hand.press("right") is None
    assert hand.press("enter") == "confirm"


def test_the_picture_keeps_fields_and_buttons_where_there_is_little_room() -> None:
    lines = tuple(((f"line {n}", "text"),) for n in range(40))
    dialog = Dialog(Question(title="R", confirm="Roll back", lines=lines, fields=DANGER.fields, danger=True), 0.0)
    for height in (8, 10, 16):
        picture = dialog_picture(dialog, 50, height)
        assert len(picture) <= height
        assert "Roll back" in plain(picture[-1])
        assert all(width_of(line) <= 50 for line in picture)
        assert "Target" in "\n".join(plain(line) for line in picture)


def test_a_field_edits_and_takes_no_control_characters() -> None:
    field = Field()
    field.insert("abc def\x1b[31m\nsecond line")
    assert field.text == "abc def[31m"
    for key, text in (("ctrl+w", "abc "), ("ctrl+u", ""), ("a", "a"), ("left", "a"), ("delete", "")):
        assert field.key(key, key if len(key) == 1 else None)
        assert field.text == text
    assert not field.key("f5", None)
    field.insert("ação " * 30)
    assert width_of(field.line(20, True)) == 20
    assert width_of(field.line(20, False)) == 20


def test_a_letter_on_cancel_moves_nothing_and_says_where_to_go() -> None:
    hand = Hand(DANGER)
    for letter in "help":
        assert hand.press(letter) is None
    assert hand.dialog.focus == len(hand.dialog.fields) and hand.dialog.values() == ["", ""]
    assert hand.dialog.problem == "Press Tab to go to the first field."
