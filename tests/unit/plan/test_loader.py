"""What a sound plan becomes, and that nothing a file holds makes loading raise."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.plan.loader import load
from tui.plan.model import Plan
from tui.plan.problems import Problem
from tui.words.said import say

from .desk import KINDS, PLAN, Desk, mutate


def test_the_plan_is_typed_and_normalised(desk: Desk) -> None:
    loaded = desk.load()
    assert loaded.problems == []
    plan = loaded.plan
    assert plan is not None
    window = plan.targets["production"].window
    assert window is not None and (window.duration, window.buffer) == (2700.0, 900.0)
    guard = plan.success[1]
    assert (guard.metric, guard.below, guard.for_, guard.except_) == ("cpu", 0.7, 60.0, ("dump",))
    tell, read = plan.phases[0].sections[0].steps
    assert (tell.kind, tell.spec["text"], read.spec["text"]) == ("sign", "", "Li o plano.")
    dump, migrate, follow = plan.phases[1].sections[0].steps
    assert dump.spec["run"] == ["pg_dump", "-Fc"] and dump.estimate == 5400.0
    assert plan.phases[0].starts == -1800.0 and migrate.milestone == 600.0
    assert migrate.spec["file"] == "migration.sql" and migrate.spec["lock_timeout"] == 0.5
    assert migrate.as_ == "app_owner" and migrate.needs == ("dump",) and follow.with_ == "migrate"
    assert migrate.undo is not None and migrate.undo.spec["file"] == "rollback.sql"
    assert migrate.cleanup is not None and migrate.cleanup.spec["text"] == "drop index leftover"
    assert migrate.prove is not None and migrate.prove.equals == 1
    assert plan.rollback.phases[0].sections[0].undo_applied
    assert loaded.files == ("migration.sql", "rollback.sql")


def test_the_journal_gives_the_same_plan_back(desk: Desk) -> None:
    plan = desk.load().plan
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_specs_fit_their_kinds(desk: Desk) -> None:
    plan = desk.load().plan
    assert plan is not None
    for phase in plan.phases:
        for section in phase.sections:
            for step in section.steps:
                KINDS[step.kind].typed(step.spec)


def test_positions_are_known_by_path(desk: Desk) -> None:
    positions = desk.load().positions
    lines = PLAN.split("\n")
    line, column = positions["steps.migrate.sql.file"]
    assert lines[line - 1][column - 1 :].startswith("migration.sql")
    line, column = positions["targets.production.window.opens"]
    assert lines[line - 1][column - 1 :].startswith('"2026-12-05T22:00"')
    line, column = positions["steps.check-again"]
    assert lines[line - 1][column - 1 :].startswith("{id: check-again")


def test_a_problem_in_words() -> None:
    problem = Problem("plan.yaml", 3, 7, "error", "unknown-key", "unknown key 'estimat'; did you mean 'estimate'?")
    assert str(problem) == "plan.yaml:3:7: error unknown-key unknown key 'estimat'; did you mean 'estimate'?"


def test_problems_cannot_write_to_the_terminal(desk: Desk) -> None:
    shown = "\n".join(say(problem.said) for problem in desk.load('"\\e[31mred\\nx": 1\n').problems)
    assert "\\x1b[31mred\\n" in shown and "\x1b" not in shown


def test_a_missing_plan_and_a_directory_are_problems(tmp_path: Path) -> None:
    (missing,) = load(tmp_path / "none.yaml", KINDS).problems
    assert (missing.code, missing.line, missing.column) == ("missing-file", 1, 1)
    (directory,) = load(tmp_path, KINDS).problems
    assert directory.code == "unreadable-file"
    (nul,) = load(Path("a\0b"), KINDS).problems
    assert nul.code == "unreadable-file"


def test_warnings_leave_the_plan(desk: Desk) -> None:
    loaded = desk.load(PLAN.replace("            undo: {sql: {file: rollback.sql}}\n", ""))
    assert [(p.level, p.code) for p in loaded.problems] == [("warning", "no-undo")]
    assert loaded.plan is not None


def test_ten_thousand_steps_load_in_seconds(desk: Desk) -> None:
    head, _steps = PLAN.split("phases:\n", 1)
    steps = "".join(
        f"          - id: step-{n}\n            title: Step {n}\n            role: DBA\n            estimate: 3m\n"
        f"            sql: {{file: migration.sql, lock_timeout: 500ms}}\n            undo: {{sql: select 1}}\n"
        for n in range(10_000)
    )
    head = head.replace(", except: [dump]", "")
    text = f"{head}phases:\n  - title: P\n    sections:\n      - title: S\n        steps:\n{steps}"
    started = time.process_time()
    loaded = desk.load(text)
    assert loaded.problems == []
    # Well beyond what it takes (about three seconds on a slow machine), well below what a quadratic rule would take.
    assert time.process_time() - started < 20


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_loading_never_raises_on_anything(content: bytes | str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        loaded = Desk(Path(directory)).load(raw)
        assert loaded.plan is None and loaded.errors


@settings(max_examples=300, deadline=None)
@given(st.integers(min_value=0))
def test_loading_never_raises_on_a_plan_that_was_damaged(seed: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        loaded = Desk(Path(directory)).load(mutate(PLAN, seed))
        assert (loaded.plan is None) == bool(loaded.errors)
        for problem in loaded.problems:
            assert problem.line >= 1 and problem.column >= 1 and "\n" not in str(problem)
