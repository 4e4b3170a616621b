from __future__ import annotations

from typing import Any

from tests.unit.run.runs import Driven, listed, query, sign, sql
from tui.journal import events as e
from tui.journal.codes import FailReason
from tui.plan.model import Quality
from tui.run.quality import qualities
from tui.run.status import status


def told(run: Driven) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.state, each.steps) for each in qualities(run.state)]


def ended(run: Driven, step: str, attempt: int = 1, **failed: Any) -> None:
    run.append(e.StepStarted(step=step, attempt=attempt))
    if failed:
        run.append(e.StepFailed(step=step, attempt=attempt, reason=FailReason.NOT_AS_EXPECTED))
    else:
        run.append(e.StepPassed(step=step, attempt=attempt))


def seen(*steps: str) -> Driven:
    of = listed(query("rows"), query("rls"), sign("seen"), sql("b"), quality=(Quality(title="Sound", steps=steps),))
    return Driven(of)


def test_a_criterion_is_met_when_all_its_steps_have_said_so() -> None:
    run = seen("rows", "rls")
    assert told(run) == [("open", ("rows", "rls"))]
    ended(run, "rows")
    assert told(run) == [("open", ("rls",))]
    ended(run, "rls")
    assert told(run) == [("met", ())]
    assert status(run.state)["quality"] == [{"title": "Sound", "state": "met", "steps": []}]


def test_one_step_denies_it_until_it_has_said_something_else() -> None:
    run = seen("rows", "rls")
    ended(run, "rows", failed=True)
    assert told(run) == [("not_met", ("rows",))]
    ended(run, "rows", attempt=2)
    assert told(run) == [("open", ("rls",))]


def test_a_step_that_failed_and_was_left_out_denies_it_still() -> None:
    run = seen("rows")
    ended(run, "rows", failed=True)
    run.append(e.StepSkipped(step="rows", attempt=2, reason="seen by hand"))
    assert told(run) == [("not_met", ("rows",))]


def test_a_step_that_was_left_out_tells_nothing() -> None:
    run = seen("rows")
    run.append(e.StepSkipped(step="rows", attempt=1, reason="no time"))
    assert told(run) == [("open", ("rows",))]
