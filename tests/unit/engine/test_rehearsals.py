"""What counts as a rehearsal of the same work: one that went to its end, with every change made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.run import runs
from tests.unit.run.runs import Driven, listed, query, sql
from tui.engine.preflight.findings import Findings
from tui.engine.preflight.rehearsals import rehearsal_problems, rehearsed
from tui.journal import events as e
from tui.journal.line import encode
from tui.plan.model import Target
from tui.run import commands as c

WORK = "a0" * 32
PLAN = listed(sql("a"), query("b"))


def passed(run: Driven, *steps: str) -> None:
    for step in steps:
        run.do(c.Execute(step=step))
        run.append(e.StepPassed(step=step, attempt=1, effect="all" if step == "a" else "none"))


def whole(run: Driven) -> None:
    passed(run, "a", "b")


def not_to_its_end(run: Driven) -> None:
    passed(run, "a")


def without_the_change(run: Driven) -> None:
    run.do(c.Skip(step="a", reason="not today"))
    passed(run, "b")


def without_a_question(run: Driven) -> None:
    passed(run, "a")
    run.do(c.Skip(step="b", reason="not today"))


def rolled_back(run: Driven) -> None:
    whole(run)
    run.do(c.Rollback(reason="tried", confirm=runs.TARGET))
    run.append(e.StepPassed(step="undo.a", attempt=1, effect="all"))
    run.go()


@pytest.mark.parametrize(
    ("drive", "of", "counts"),
    [
        (whole, {}, True),
        (without_a_question, {}, True),
        (whole, {"compress": 10.0}, True),
        (whole, {"mode": "live"}, False),
        (whole, {"work": "b1" * 32}, False),
        (not_to_its_end, {}, False),
        (without_the_change, {}, False),
        (rolled_back, {}, False),
    ],
)
def test_what_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drive: Callable[[Driven], None], of: dict[str, Any], counts: bool
) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    opening = runs.opening
    monkeypatch.setattr(runs, "opening", lambda *given, **more: replace(opening(*given, **more), **of))
    run = Driven(PLAN)
    drive(run)
    directory = tmp_path / "runs" / "20261122T060000Z-7f3a"
    directory.mkdir(parents=True)
    (directory / "journal.jsonl").write_bytes(b"".join(encode(line) + b"\n" for line in run.lines))
    (tmp_path / "runs" / "20261123T060000Z-0000").mkdir()
    assert rehearsed(WORK) is counts
    found = Findings("plan.yaml", {}, "prod")
    rehearsal_problems(found, Target(environment="production", dsn="x", rehearsal="required"), WORK)
    assert [problem.code for problem in found.errors] == ([] if counts else ["no-rehearsal"])


def test_a_target_that_wants_none_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    found = Findings("plan.yaml", {}, "prod")
    rehearsal_problems(found, Target(environment="production", dsn="x"), WORK)
    assert found.errors == []
