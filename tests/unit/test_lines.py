"""The shipped plans carry out every line of the execution plan, in its words and its order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.lines import DOCUMENT, FILE, ROOT, PlanLine, document, lines, page
from tui.plan.loader import load
from tui.plan.model import Plan, steps_of
from tui.steps.registry import KINDS

PLANS = {"pt": ROOT / "plans" / "producao.yaml", "en": ROOT / "plans" / "production.yaml"}
TEXTS = {"title", "text", "expect", "name", "contact", "duty", "role", "roles", "opens", "locale"}
"""Keys of what people read; in all else the two plans are the same."""
LINES = lines()


def loaded(language: str) -> Plan:
    found = load(PLANS[language], KINDS)
    assert found.plan is not None, [str(problem) for problem in found.problems]
    return found.plan


def test_the_page_is_what_the_table_says() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.lines"


def test_the_table_has_every_line_of_the_document_in_its_order() -> None:
    assert [(line.section, line.portuguese) for line in LINES] == document()
    assert len(LINES) == 94 and DOCUMENT.exists()


def _words(plan: Plan, line: PlanLine) -> str:
    """What the plan says where the line stands."""
    what, _blank, which = line.where.partition(" ")
    steps = {step.id: step for step in steps_of(plan)}
    window = plan.targets["production"].window
    assert window is not None
    match what:
        case "step":
            return steps[which].title
        case "undo":
            return next(s.title for p in plan.rollback.phases for s in p.sections if s.undo_applied)
        case "trigger":
            return plan.rollback.triggers[int(which) - 1].title
        case "duty":
            member = plan.team[int(which) - 1]
            return f"{member.role}: {member.duty}"
        case "contact":
            member = plan.team[int(which) - 1]
            return f"{member.role}: {member.contact}"
        case "success":
            return plan.success[int(which) - 1].title
        case "quality":
            return plan.quality[int(which) - 1].title
    raise AssertionError(line.where)


@pytest.mark.parametrize("language", PLANS)
def test_each_line_stands_in_the_plan_in_its_own_words(language: str) -> None:
    plan = loaded(language)
    for line in LINES:
        if line.section.startswith("6"):
            continue
        assert _words(plan, line) == (line.portuguese if language == "pt" else line.english)


@pytest.mark.parametrize("language", PLANS)
def test_window_and_milestones_are_those_of_the_document(language: str) -> None:
    plan = loaded(language)
    window = plan.targets["production"].window
    assert window is not None and (window.duration, window.buffer) == (45 * 60, 15 * 60)
    assert window.opens == {"pt": "[Data e hora]", "en": "[Date and time]"}[language]
    steps = {step.id: step for step in steps_of(plan)}
    stones = [line for line in LINES if line.section == "6.2"]
    for line in stones:
        minutes = int(line.english.split("T+")[1].split()[0])
        assert steps[line.where.removeprefix("milestone ")].milestone == 60 * minutes
    assert len(stones) == 5


@pytest.mark.parametrize("language", PLANS)
def test_the_steps_stand_in_the_order_of_the_document(language: str) -> None:
    order = [step.id for step in steps_of(loaded(language))]
    named = [line.where.removeprefix("step ") for line in LINES if line.where.startswith("step ")]
    review = named.index("doc-log")
    first, last = named.index("rb-assess"), named.index("rb-document") + 1
    # What is documented and reviewed stands before the rollback, which has phases of its own.
    wanted = [*named[:first], *named[review:], *named[first:last]]
    assert [step for step in order if step in named] == wanted


def _bare(value: Any) -> Any:
    """Without what people read."""
    if isinstance(value, dict):
        return {key: _bare(part) for key, part in value.items() if key not in TEXTS}
    return [_bare(part) for part in value] if isinstance(value, list | tuple) else value


def test_the_two_plans_differ_in_their_words_alone() -> None:
    one, other = (msgspec.to_builtins(loaded(language)) for language in PLANS)
    assert _bare(one) == _bare(other)


def _tests_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_every_line_names_how_it_is_carried_out_and_a_test_that_is_there() -> None:
    there: dict[str, set[str]] = {}
    for line in LINES:
        file, _colons, name = line.test.partition("::")
        assert line.how in ("sensed", "signed", "sensed and signed") and line.by, line
        there.setdefault(file, set(_tests_of(ROOT / file)))
        assert name in there[file], line.test


@pytest.mark.parametrize("language", PLANS)
def test_placeholders_are_warnings_until_it_is_meant(language: str) -> None:
    found = load(PLANS[language], KINDS)
    levels = {(problem.code, problem.level) for problem in found.problems}
    assert {level for _code, level in levels} <= {"warning"}, found.problems
