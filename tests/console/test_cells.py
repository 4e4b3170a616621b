"""Server text is inert: nothing that a terminal acts upon comes through, and widths are kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.pictures.cells import cells, cut, fit, head, wrapped
from tui.pictures.lines import clipped, sides, width_of
from tui.words.inert import visible

ANY = st.text(st.characters(), max_size=80)


@given(ANY)
def test_nothing_that_a_terminal_acts_upon_comes_through(text: str) -> None:
    for character in visible(text):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@given(ANY)
def test_twice_is_as_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=40))
def test_harmless_text_is_unchanged(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edef", "abc\\u202edef"),
        ("a\tb", "a    b"),
        ("a\u00a0b", "a b"),
        ("\u200d", "\\u200d"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY, st.integers(0, 30))
def test_a_cut_text_never_is_wider_than_asked(text: str, width: int) -> None:
    text = visible(text)
    assert cells(cut(text, width)) <= width
    assert cells(head(text, width)) <= width
    assert cells(fit(text, width)) == width


@given(ANY, st.integers(4, 30))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(visible(part) for part in text.split("\n")).replace(" ", "")


@given(ANY, ANY, st.integers(1, 60))
def test_both_sides_of_a_line_fit_into_it(left: str, right: str, width: int) -> None:
    line = sides(width, [(visible(left), "text")], [(visible(right), "dim")])
    assert width_of(line) <= width
    assert width_of(clipped(line, width // 2)) <= width // 2


def test_a_line_of_a_megabyte_costs_no_more_than_it_shows() -> None:
    assert cells(cut("ü" * 1_000_000, 80)) == 80
