"""Pastes are taken out of the terminal's input before anything of them could be a key."""

from __future__ import annotations

import random

from tui.console.input.paste import END, LONGEST, START, PastedText, PasteSplitter

TEXT = "xRh\r\n\x03q:close the run\r" + "y" * 60


def whole(pieces: list[str | PastedText]) -> tuple[str, list[str]]:
    """The input without pastes, and the pastes."""
    return "".join(p for p in pieces if isinstance(p, str)), [p.text for p in pieces if isinstance(p, PastedText)]


def test_nothing_of_a_paste_is_input_wherever_it_is_torn() -> None:
    data = f"jk{START}{TEXT}{END}\x1b[Bq{START}{END}\x1b"
    for at in range(1, len(data)):
        pastes = PasteSplitter()
        pieces = [*pastes.feed(data[:at]), *pastes.feed(data[at:]), pastes.released()]
        assert whole(pieces) == ("jk\x1b[Bq\x1b", [TEXT, ""]), at
    chance = random.Random(9)
    for _n in range(50):
        pastes, pieces, rest = PasteSplitter(), [], data
        while rest:
            size = chance.randrange(1, 5)
            pieces += pastes.feed(rest[:size])
            rest = rest[size:]
        assert whole([*pieces, pastes.released()]) == ("jk\x1b[Bq\x1b", [TEXT, ""])


def test_a_paste_is_waited_for_and_an_escape_key_is_not() -> None:
    pastes = PasteSplitter()
    assert pastes.feed("\x1b") == [] and pastes.waits
    assert pastes.released() == "\x1b" and not pastes.waits
    assert pastes.feed(START + "x\x1b[20") == [] and not pastes.waits
    assert pastes.released() == "", "nothing of a paste is input because it was slow"
    assert whole(pastes.feed("1~x")) == ("x", ["x"])


def test_a_long_paste_is_bounded() -> None:
    pastes = PasteSplitter()
    for piece in (START, "y" * LONGEST, "z" * 10, END):
        found = pastes.feed(piece)
    assert found == [PastedText("y" * LONGEST, cut=True)]
