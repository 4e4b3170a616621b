"""Danger costs two deliberate acts: early keys, held keys and a wrong name confirm nothing."""

from __future__ import annotations

import pytest
from msgspec import structs

from tui.console.input.dialog import Dialog, Question, QuestionField, dialog_picture
from tui.console.input.held_keys import HELD_WITHIN
from tui.console.input.text_field import LONGEST, TextField
from tui.pictures.lines import plain, width_of

DANGER = Question(title="ROLL BACK", confirm="Roll back", danger=True,
                  fields=(QuestionField(label="Reason"),
                          QuestionField(label="Target", exactly="production")))  # fmt: skip
TEXT = Question(title="Note", confirm="Write", fields=(QuestionField(label="Text"),))
PLAIN = Question(title="Cancel", confirm="Cancel the step", danger=True)


class Hand:
    """Types into a dialog, each key a second after the one before."""

    def __init__(self, question: Question) -> None:
        self.now = 100.0
        self.dialog = Dialog(question, self.now)

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


def test_of_early_keys_only_enter_is_ignored() -> None:
    for question in (DANGER, TEXT, PLAIN):
        dialog = Dialog(question, 100.0)
        for number in range(7):
            assert dialog.key("enter", None, 100.0 + number * 0.1) is None
        assert dialog.problem == "Enter counts after a short pause: press it again."
    dialog = Dialog(TEXT, 100.0)
    for number, letter in enumerate("support ready"):
        assert dialog.key("space" if letter == " " else letter, letter, 100.0 + number * 0.01) is None
    assert dialog.values() == ["support ready"]
    assert Dialog(TEXT, 100.0).key("escape", None, 100.0) == "cancel", "nothing is lost by it"


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
    field = TextField()
    field.insert("abc def\x1b[31m\nsecond line")
    assert field.text == "abc def[31m second line"
    for key, text in (
        ("ctrl+w", "abc def[31m second "),
        ("ctrl+w", "abc def[31m "),
        ("ctrl+w", "abc "),
        ("ctrl+u", ""),
        ("a", "a"),
        ("left", "a"),
        ("delete", ""),
    ):
        assert field.key(key, key if len(key) == 1 else None)
        assert field.text == text
    assert not field.key("f5", None)
    field.insert("ação " * 30)
    assert width_of(field.line(20, True)) == 20
    assert width_of(field.line(20, False)) == 20


def test_letters_on_cancel_go_to_the_first_empty_field_and_none_is_lost() -> None:
    hand = Hand(DANGER)
    hand.type("broken")
    assert hand.dialog.focus == 0 and hand.dialog.values() == ["broken", ""]
    hand.press("shift+tab")
    hand.type("production")
    assert hand.dialog.focus == 1 and hand.dialog.values() == ["broken", "production"]
    hand.press("down")
    hand.type("x")
    assert hand.dialog.values() == ["broken", "production"] and "first field" in hand.dialog.problem


def test_what_opens_in_its_field_still_takes_the_way_to_the_button() -> None:
    hand = Hand(structs.replace(DANGER, typed_first=True))
    assert hand.dialog.focus == 0
    hand.type("broken")
    for _n in range(3):
        assert hand.press("enter") is None
    # To the next field, and no further.
    assert hand.dialog.focus == 1 and hand.dialog.problem == "Type “production” exactly to confirm."
    hand.type("production")
    assert hand.press("enter") is None and "go to the button" in hand.dialog.problem
    hand.press("tab")
    assert hand.press("enter") == "confirm"


@pytest.mark.parametrize("keys", [("escape",), ("enter",), ("escape", "enter"), ("enter", "escape")])
@pytest.mark.parametrize("question", [DANGER, TEXT], ids=lambda question: question.title)
def test_a_text_is_thrown_away_by_no_single_key(question: Question, keys: tuple[str, ...]) -> None:
    hand = Hand(question)
    hand.press("tab") if question is DANGER else None
    hand.type("broken")
    hand.press("shift+tab" if question is DANGER else "tab")
    assert hand.dialog.focus == len(hand.dialog.fields)
    assert hand.press(keys[0]) is None
    assert "would be lost" in hand.dialog.problem and hand.dialog.values()[0] == "broken"
    for _repeat in range(40):
        assert hand.press(keys[0], after=0.03) is None, "a key that is held down"
    hand.press("left"), hand.press("right")
    assert hand.dialog.focus == len(hand.dialog.fields)
    assert hand.press(keys[0]) is None, "whoever went on is asked again"
    assert hand.press(keys[-1]) == "cancel"


def test_without_a_text_cancel_asks_nothing() -> None:
    for question, typed in ((DANGER, ""), (TEXT, ""), (TEXT, "   "), (PLAIN, "")):
        hand = Hand(question)
        hand.type(typed)
        assert hand.press("escape") == "cancel"
    hand = Hand(DANGER)
    hand.press("tab"), hand.press("tab")
    hand.type("production")
    assert hand.press("escape") == "cancel", "the target's name alone is no text"


PASTED = "first line\r\nsecond\tline\n\nthird\u00a0and\u2028last\r"


@pytest.mark.parametrize("question", [DANGER, TEXT], ids=lambda question: question.title)
def test_pasted_lines_stay_words_apart_and_press_nothing(question: Question) -> None:
    dialog = Dialog(question, 100.0)
    dialog.paste(PASTED)
    assert dialog.values()[0] == "first line second line third and last"
    assert dialog.focus == 0


def test_what_of_a_paste_finds_no_room_is_said() -> None:
    dialog = Dialog(TEXT, 100.0)
    dialog.paste("x" * (LONGEST + 7))
    assert len(dialog.values()[0]) == LONGEST and dialog.problem == "Characters that found no room: 7."
    dialog.key("y", "y", 200.0)
    assert "full" in dialog.problem
    dialog = Dialog(PLAIN, 100.0)
    dialog.paste("x\n")
    assert dialog.problem == "There is nothing to type here."
