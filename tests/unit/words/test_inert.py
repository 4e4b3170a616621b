"""Nothing that comes out steers a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

import tui
from tui.words.inert import visible, visible_json, visible_lines


@given(st.text(st.characters()))
def test_what_comes_out_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown


def test_controls_are_named() -> None:
    assert visible("\x1b[31m\x9b\u202e\ud800\t|\n\r\xa0.") == "\\x1b[31m\\x9b\\u202e\\ud800    |\\n\\r ."


def test_lines_end_only_where_a_line_ends() -> None:
    assert visible_lines("one\r\ntwo\x0bthree\u2028four\n") == ["one", "two\\x0bthree\\u2028four"]
    assert visible_lines("") == []
    assert visible_lines("a\n\nb") == ["a", "", "b"]


@given(st.text(st.characters(codec="utf-8")))
def test_json_means_the_same_and_is_printable(text: str) -> None:
    raw = msgspec.json.format(msgspec.json.encode({text: [text]}), indent=2).decode()
    shown = visible_json(raw)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert json.loads(shown) == {text: [text]}


def test_there_is_one_way_to_make_text_inert() -> None:
    """What is escaped elsewhere for another purpose is called otherwise; no module hands this on by its name."""
    for path in Path(tui.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "def visible(" not in text or path.name == "inert.py", path
        for module in re.findall(r"from (\S+) import [^\n]*\bvisible\b", text):
            assert module == "tui.words.inert", path
