"""A long text is cut at so many bytes, says how long it was, and is not torn inside a character."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.journal.cut import cut, cut_bytes, length, within

MARK = re.compile(r"…\[(\d+)/(\d+) bytes\]\Z")


@given(text=st.text(alphabet="aé€😀 \n", max_size=200), most=st.integers(1, 120))
def test_what_is_kept_is_a_beginning_and_the_mark_tells_the_lengths(text: str, most: int) -> None:
    kept = cut(text, most)
    if length(text) <= most:
        assert kept == text
        return
    mark = MARK.search(kept)
    assert mark is not None
    beginning = kept[: mark.start()]
    assert text.startswith(beginning) and length(beginning) == int(mark[1]) <= most
    assert int(mark[2]) == length(text)


@given(data=st.binary(max_size=200), most=st.integers(1, 120))
def test_bytes_are_cut_alike(data: bytes, most: int) -> None:
    kept = cut_bytes(data, most)
    if len(data) <= most:
        assert kept == data.decode("utf-8", "backslashreplace")
    else:
        mark = MARK.search(kept)
        assert mark is not None and int(mark[2]) == len(data)


def test_a_character_is_not_torn() -> None:
    assert cut_bytes("€€€".encode(), 4) == "€…[3/9 bytes]"
    assert cut("€€€", 4) == "€…[3/9 bytes]"


def test_a_second_cut_tells_the_first_length() -> None:
    once = cut("x" * 5000, 1000)
    assert once.endswith("…[1000/5000 bytes]")
    assert cut(once, 100).endswith("…[100/5000 bytes]")


def test_it_is_cut_at_a_blank_so_that_no_half_of_a_secret_is_left() -> None:
    assert cut("the password is hunter2hunter2", 22) == "the password is…[15/30 bytes]"


@pytest.mark.parametrize("value", [None, 1, 2.5, True, "short", ["a", {"b": "c"}], {"a": None}])
def test_what_is_short_stays_as_it_is(value: object) -> None:
    assert within(value, 100) == value


def test_texts_of_data_are_cut_wherever_they_are() -> None:
    found = within({"k": ["x" * 300, {"deep": "y" * 300}]}, 100)
    assert found["k"][0].endswith("…[100/300 bytes]") and found["k"][1]["deep"].endswith("…[100/300 bytes]")
