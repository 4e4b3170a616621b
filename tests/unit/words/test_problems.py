"""Problems of a plan: found once, told to each reader in their own language, with nothing of a secret in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tui import locale
from tui.plan.loader import load
from tui.plan.problems import Problem, ProblemReport
from tui.said import LANGUAGES, Quoted, Said
from tui.steps.registry import KINDS
from tui.words.said import say


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    locale.use("en")


def test_who_reads_decides_on_the_language(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("virada: 1\nname: x\nphases: 3\ntargets: {dev: {dsn: x, window: {opens: 25:00, duration: 1}}}\n")
    locale.use("pt_BR")
    problems = load(plan, KINDS).problems
    portuguese = [say(problem.said) for problem in problems]
    locale.use("en")
    english = [say(problem.said) for problem in problems]
    assert english == [str(problem) for problem in problems]
    assert any("expected a list, not the number 3" in line for line in english)
    assert any("esperava-se uma lista, não o número 3" in line for line in portuguese)
    assert not set(english) & set(portuguese)


def test_secrets_are_taken_out_of_what_is_quoted_and_not_out_of_the_sentence() -> None:
    report = ProblemReport("plan.yaml")
    said = Said("This statement is wrong: {what} {cut} {n}", what=Quoted("set x to statement"), cut="statem…", n=123456)
    report.add("x", (1, 1), said)
    report.add("x", (2, 1), "a bare statement")
    report.hide(["statement", "123456"])
    assert [say(problem.message) for problem in report.sorted()] == [
        "This statement is wrong: 'set x to [redacted]' [redacted] [redacted]",
        "a bare [redacted]",
    ]


def test_the_same_is_reported_once() -> None:
    report = ProblemReport("plan.yaml")
    for _again in range(2):
        report.add("x", (1, 1), Said("no {what}", what=["a", Quoted("b")]))
    report.add("x", (1, 1), Said("no {what}", what=["a", Quoted("c")]))
    assert len(report.sorted()) == report.errors == 2


def test_the_line_of_a_problem_is_for_other_programs_in_every_language() -> None:
    problem = Problem("plan.yaml", 3, 5, "warning", "no-prove", Said("A step needs a title."))
    for language in LANGUAGES:
        locale.use(language)
        assert say(problem.said).startswith("plan.yaml:3:5: warning no-prove ")
    locale.use("en")
