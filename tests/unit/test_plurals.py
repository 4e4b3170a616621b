"""What is counted has the number that the language asks for, whatever the count."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui
import tui.locale
from tests.unit.cli.journals import Journal, plan, sql
from tui.journal import events as e
from tui.plain.narrator import end_line, narrate
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words.codes import STEP_STATUS
from tui.words.runs import counted_steps
from tui.words.steps import progress_sentence

COUNTED = re.compile(r"\{(?:n|count|rows|lines|bytes|more|left|total)\}(?: [a-z]+)? [a-z]+(?:s|ies)\b")
NEVER_ONE = (
    "further values", "critical errors of the server on its list", "Every pane is alone", "fits {count} runs",
    "must be", "{n} min", "ends about",
)  # fmt: skip
"""Their numbers are constants, or always more than one."""


def messages() -> Iterator[tuple[str, str]]:
    for path in Path(tui.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                text = node.args[0]
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield f"{path.name}:{node.lineno}", text.value


def test_nothing_that_is_counted_has_one_form_only() -> None:
    found = [
        (place, text) for place, text in messages()
        if COUNTED.search(text) and not any(part in text for part in NEVER_ONE)
    ]  # fmt: skip
    assert not found


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_every_status_of_a_step_is_counted(language: str) -> None:
    tui.locale.use(language)
    try:
        for status in STEP_STATUS:
            assert counted_steps(status, 1).startswith("1 ") and counted_steps(status, 2).startswith("2 ")
    finally:
        tui.locale.use("en")
    assert counted_steps("of_another_version", 2) == "2 of_another_version"


def test_a_run_of_one_step_and_one_row() -> None:
    tui.locale.use("en")
    journal = Journal(plan(sql("fill")))
    journal.add(e.StepStarted(step="fill", attempt=1))
    journal.add(e.StepProgress(step="fill", attempt=1, done=1.0, total=1.0, unit="rows"))
    journal.add(e.LogLines(stream="server", dropped=1))
    state, told = RunState(), []
    for line in journal.lines:
        previous, state = state, fold(state, line)
        told += narrate(previous, state, line)
    text = "\n".join(told)
    assert ", 1 step\n" in text and "1 of 1 row (" in text and "(1 line left out)" in text
    assert end_line(state).endswith("steps: 1 running.")
    assert progress_sentence({"done": 1, "total": 1, "unit": "rows"}) == "1 of 1 row (100 %)"
    assert progress_sentence({"done": 1, "total": 2, "unit": "rows"}) == "1 of 2 rows (50 %)"
    assert progress_sentence({"done": 1, "total": None, "unit": "rows"}) == "1 row"
