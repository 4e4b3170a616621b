"""A criterion that nothing measures is a line at the checklist's end: without a person's signature no run completes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.run import runs
from tests.unit.run.runs import Driven, listed, query, sql
from tui.journal import events as e
from tui.plan.model import Guard, Plan
from tui.run import commands as c
from tui.run.attested import title_of
from tui.run.next import exit_code
from tui.run.order import Refusal
from tui.run.status import status

CPU = Guard(metric="cpu", below=0.7, for_=60.0)
ERRORS = Guard(metric="critical_errors", equals=0.0)
HEADLESS = e.Policy(drive="headless")
SIGNED_OFF = e.Policy(drive="headless", sign_off="agreed", signer="ana@jump1")


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run of which these criteria are not measured."""
    opening = runs.opening

    def made(of: Plan, unmeasured: tuple[int, ...], policy: e.Policy | None = None, where: str = "staging") -> Driven:
        def open_(*given: Any, **more: Any) -> e.RunOpened:
            return replace(opening(*given, **more), unmeasured=unmeasured, environment=where)

        monkeypatch.setattr(runs, "opening", open_)
        return Driven(of, policy=policy)

    return made


def passed(run: Driven, step: str) -> None:
    run.do(c.Execute(step=step))
    run.append(e.StepPassed(step=step, attempt=1))


def test_it_is_signed_behind_everything_else(drive: Any) -> None:
    run = drive(listed(query("a"), success=(CPU, ERRORS)), (0,))
    assert [at.id for at in run.state.steps] == ["a", "criterion.cpu"]
    assert run.refused(c.Sign(step="criterion.cpu", note="top says 20%")).code == "order"
    passed(run, "a")
    assert run.state.status == "running" and run.state.current().id == "criterion.cpu"
    assert run.refused(c.Close()).code == "reason", "it is not completed"
    for command in (c.Skip(step="criterion.cpu", reason="no"), c.ByHand(step="criterion.cpu", note="no")):
        assert run.refused(command).code == "attest"
    assert run.refused(c.Sign(step="criterion.cpu", note=" ")).code == "note"
    run.do(c.Sign(step="criterion.cpu", note="top says 20%"))
    assert run.state.status == "completed"
    run.do(c.Close())
    assert run.state.closed.outcome == "completed" and status(run.state)["unmeasured"] == ["criterion.cpu"]


def test_without_it_a_person_closes_what_is_not_completed(drive: Any) -> None:
    run = drive(listed(query("a"), success=(CPU,)), (0,))
    passed(run, "a")
    run.do(c.Close(reason="nobody looked"))
    assert run.state.closed.outcome == "failed"


@pytest.mark.parametrize(
    ("policy", "where", "signed"),
    [(HEADLESS, "staging", False), (SIGNED_OFF, "staging", True), (SIGNED_OFF, "production", False)],
)
def test_headless_stops_there(drive: Any, policy: e.Policy, where: str, signed: bool) -> None:
    run = drive(listed(query("a"), success=(CPU,)), (0,), policy, where)
    run.go()
    run.append(e.StepPassed(step="a", attempt=1))
    waits = run.go()
    assert (waits.reason, waits.step) == (("closed", None) if signed else ("person", "criterion.cpu"))
    assert exit_code(run.state) == (0 if signed else 6)


def test_a_run_that_is_rolled_back_needs_none(drive: Any) -> None:
    run = drive(listed(sql("a"), success=(CPU,)), (0,), HEADLESS)
    run.go()
    run.append(e.StepPassed(step="a", attempt=1, effect="all"))
    assert not isinstance(run.ask(c.Rollback(reason="no", confirm=runs.TARGET)), Refusal)
    run.go()
    run.append(e.StepPassed(step="undo.a", attempt=1, effect="all"))
    assert run.go().reason == "rolled_back"
    run.do(c.Close())
    assert run.state.closed.outcome == "rolled_back"


def test_without_any_nothing_is_added(drive: Any) -> None:
    """As in a journal of before, and in one that names places that the plan does not have."""
    for unmeasured in ((), (7, -1)):
        run = drive(listed(query("a"), success=(CPU,)), unmeasured)
        assert len(run.state.steps) == run.state.checklist == 1


def test_two_criteria_of_one_metric_have_names_of_their_own(drive: Any) -> None:
    run = drive(listed(query("a"), success=(CPU, replace(CPU, below=0.9))), (0, 1))
    assert [at.id for at in run.state.steps][1:] == ["criterion.cpu", "criterion.cpu.2"]
    assert [at.step.title for at in run.state.steps][1:] == ["cpu < 70%", "cpu < 90%"]


@pytest.mark.parametrize(
    ("guard", "title"),
    [
        (ERRORS, "critical_errors = 0"),
        (Guard(metric="response_time", below=0.1), "response_time < 100 ms"),
        (Guard(metric="replication_lag", below=5.0), "replication_lag < 5 s"),
        (Guard(metric="tps", above=20.0), "tps > 20"),
    ],
)
def test_its_title_is_what_has_to_hold(guard: Guard, title: str) -> None:
    assert title_of(guard) == title
