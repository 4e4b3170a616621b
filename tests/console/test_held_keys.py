"""The key that opened a question: held down it is no text, pressed again it is the first letter of one."""

from __future__ import annotations

import pytest

from tests.console.test_held import DELAYS
from tui.console.input.dialog import Dialog, Question, QuestionField
from tui.console.input.held_keys import OpeningKey

SIGN = Question(title="Sign", confirm="Sign", fields=(QuestionField(label="What was seen"),))
REPEATS = (0.011, 0.03, 0.04, 0.092)
"""Seconds between two repetitions: a fast setting, X11's and Windows' own, the Linux console's own."""


class Hand:
    """Fingers over a question that the key `opener` opened; every time is of the events, none is waited for."""

    def __init__(self, opener: str) -> None:
        self.opener = opener
        self.now = 100.0
        self.dialog = Dialog(SIGN, self.now)
        self.opening = OpeningKey(opener, self.now)

    def press(self, letter: str, after: float) -> None:
        self.now += after
        name = {" ": "space", "-": "minus"}.get(letter, letter)
        taken_back, text, counts = self.opening.press(name, letter, self.now)
        self.dialog.take_back(taken_back)
        self.dialog.put(text)
        if counts:
            self.dialog.key(name, letter, self.now)

    def hold(self, delay: float, pace: float, count: int) -> None:
        for number in range(count):
            self.press(self.opener, delay if number == 0 else pace)

    @property
    def text(self) -> str:
        return self.dialog.fields[0].text


FIRST = (0.0, 0.02, 0.05, 0.19, 0.25, 0.3, 0.5, 0.66, 0.69, 0.9, 3.0)
PACE = (0.0, 0.01, 0.05, 0.08, 0.2, 0.5)
TEXTS = (("s", "support ready"), ("s", "ssh is closed"), ("b", "bb8 did it"), ("n", "no"), ("x", "x"), ("s", "all"),
         ("R", "Rolled back"), ("minus", "- not needed"))  # fmt: skip


@pytest.mark.parametrize(("opener", "text"), TEXTS)
def test_every_letter_behind_the_key_is_kept(opener: str, text: str) -> None:
    for first in FIRST:
        for pace in PACE:
            if text[:2] == opener * 2 and first >= 0.2 and pace < 0.075:
                # No finger strikes one key twice so fast once it has waited.
                continue
            hand = Hand(opener)
            for number, letter in enumerate(text):
                hand.press(letter, pace if number else first)
            hand.dialog.put(hand.opening.flushed())
            assert hand.text == text, (first, pace)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("pace", REPEATS)
@pytest.mark.parametrize("count", [3, 4, 40])
def test_a_key_held_down_is_no_text_and_what_follows_is_whole(delay: float, pace: float, count: int) -> None:
    hand = Hand("s")
    hand.hold(delay, pace, count)
    assert hand.text == ""
    for letter in "support ready":
        hand.press(letter, 0.3)
    assert hand.text == "support ready"


def test_repetitions_that_come_bunched_are_no_text() -> None:
    hand = Hand("n")
    hand.hold(0.0, 0.0, 30)
    assert hand.text == ""
    hand.press("n", 1.0)
    assert hand.text == "n"


def test_what_something_else_opened_takes_every_letter() -> None:
    opening = OpeningKey(None, 100.0)
    assert opening.press("s", "s", 100.3) == (0, "", True) and opening.kept == 0
