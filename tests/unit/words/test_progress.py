"""How far a step is, is told in words, whatever it counts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tui
from tui.postgres import progress as server
from tui.said import LANGUAGES
from tui.words.steps import PHASES, UNITS, progress_sentence, unit_word

SOURCE = Path(tui.__file__).parent


def counted() -> set[str]:
    """Units with which progress is journaled, as they are written."""
    found = {unit for unit, *_ in (*server._COUNTERS, *server._OPEN)}
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text if "StepProgress(" in text else "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("StepProgress"):
                found |= {
                    str(each.value.value)
                    for each in node.keywords
                    if each.arg == "unit" and isinstance(each.value, ast.Constant)
                }
    return found


def test_every_unit_of_progress_has_words() -> None:
    assert counted() <= set(UNITS), "a unit's words stand in tui/words/steps.py"
    assert {"rows", "blocks", "lockers", "s", "levels"} <= counted()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_unit_agrees_with_its_count(language: str) -> None:
    tui.locale.use(language)
    try:
        for unit in UNITS:
            assert unit_word(unit, 1) and unit_word(unit, 3)
        assert unit_word("of_a\x1b_later_version", 3) == r"of_a\x1b_later_version"
    finally:
        tui.locale.use("en")


def test_a_sentence() -> None:
    assert progress_sentence({"done": 1, "total": None, "unit": "blocks"}) == "1 block"
    told = progress_sentence({"phase": "create_index: building index", "done": 3, "total": 12, "unit": "lockers"})
    assert told == "create_index: building index: 3 of 12 lockers (25 %)"
    assert progress_sentence({"phase": "writing", "done": 2_500_000, "unit": "bytes"}) == "writing: 2.5 MB"
    assert set(PHASES) == {"writing"}
