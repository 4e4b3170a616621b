"""A rollback is proposed by the conditions that a plan states, with the facts that made them true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.run.runs import Driven, listed, query, sql
from tui.journal import events as e
from tui.journal.codes import TriggerReason
from tui.plan.kinds import Kind
from tui.plan.model import ErrorLimit, Guard, Step, Trigger
from tui.run.status import status
from tui.steps.registry import KINDS
from tui.words.proposal import grounds_of

CPU = Guard(metric="cpu", below=0.7)
MEMORY = Guard(metric="memory", below=0.8)


@pytest.fixture
def comparing() -> Iterator[str]:
    """The name of a kind that compares where its spec has a value."""
    known = KINDS["query"]
    changed: dict[str, Any] = {name: getattr(known, name) for name in Kind.__struct_fields__}
    KINDS.data["comparing"] = Kind(**changed | {"name": "comparing", "compares": lambda spec: spec.equals is not None})
    yield "comparing"
    del KINDS.data["comparing"]


def fired(run: Driven) -> list[tuple[str, str]]:
    return [(each.event.title, each.event.reason) for each in run.state.fired]


def breached(run: Driven, guard: Guard) -> None:
    limit = guard.below or 0.0
    run.settle(e.GuardBreached(metric=guard.metric, value=0.9, limit=limit, source="db1", since=run.state.mono))


def test_any_of_several_critical_steps_fires_it() -> None:
    run = Driven(listed(query("a"), query("b"), query("c"), triggers=(Trigger(title="Broken", steps=("a", "b")),)))
    for step in ("a", "b", "c"):
        run.append(e.StepStarted(step=step, attempt=1))
        run.append(e.StepFailed(step=step, attempt=1, reason="not_as_expected", sqlstate="P0001"))
        run.go()
    assert fired(run) == [("Broken", "step_failed")] * 2
    assert run.state.fired[0].event.grounds == {"why": "not_as_expected", "sqlstate": "P0001"}


@pytest.mark.unsaid(TriggerReason.COMPARISON_FAILED)
@pytest.mark.parametrize("trigger", [{"comparison": "a"}, {"comparisons": True}], ids=["one", "any"])
def test_a_step_that_compares_and_finds_a_difference_fires_it(comparing: str, trigger: dict[str, Any]) -> None:
    """Not one whose question was not answered, and none that only asks."""
    spec = {"sql": "select 1", "equals": 1}
    steps = (Step(id="a", title="A", kind=comparing, spec=spec), query("b"))
    for reason, expected in (("not_as_expected", [("Data", "comparison_failed")]), ("not_answered", [])):
        run = Driven(listed(*steps, triggers=(Trigger(title="Data", **trigger),)))
        for step in ("b", "a"):
            run.append(e.StepStarted(step=step, attempt=1), e.StepFailed(step=step, attempt=1, reason=reason))
            run.go()
        assert fired(run) == expected


def test_several_guards_and_how_long_they_must_last() -> None:
    trigger = Trigger(title="Slow", guards=("cpu", "memory"), for_=120.0)
    run = Driven(listed(sql("a"), success=(CPU, MEMORY), triggers=(trigger,)))
    breached(run, CPU)
    run.sleep(100)
    run.settle(e.MetricsSampled(values={"cpu": 0.9}))
    assert not fired(run)
    run.settle(e.GuardCleared(metric="cpu", value=0.1))
    breached(run, MEMORY)
    run.sleep(130)
    run.settle(e.MetricsSampled(values={"memory": 0.9}, sources={"memory": "db2"}))
    run.settle(e.NoteAdded(text="x"))
    assert fired(run) == [("Slow", "guard_breached")]
    grounds = run.state.fired[0].event.grounds
    assert grounds["value"] == 0.9 and grounds["limit"] == 0.8 and grounds["source"] == "db2"
    assert grounds["for_s"] == pytest.approx(130, abs=5)
    assert "90 %" in grounds_of(run.state.fired[0].event, run.state)
    breached(run, CPU)
    run.sleep(121)
    run.settle(e.MetricsSampled(values={"cpu": 0.9, "memory": 0.1}))
    assert [each.event.metric for each in run.state.fired] == ["memory", "cpu"]


@pytest.mark.parametrize(
    ("limit", "errors", "fires"),
    [
        (ErrorLimit(unresolved=2), ["", ""], True),
        (ErrorLimit(from_="application"), ["step", "server"], False),
        (ErrorLimit(from_="application"), ["application"], True),
        (ErrorLimit(from_="server"), ["application", "step"], False),
        (ErrorLimit(from_="run"), ["application", "step"], True),
        (ErrorLimit(classes=("42", "23505")), ["step"], True),
        (ErrorLimit(classes=("23",)), ["step"], False),
        (ErrorLimit(classes=("42P01",)), ["step"], False),
        (ErrorLimit(from_="run"), ["unanswered"], False),
    ],
)
def test_which_errors_fire_it(limit: ErrorLimit, errors: list[str], fires: bool) -> None:
    run = Driven(listed(sql("a"), triggers=(Trigger(title="Errors", errors=limit),)))
    for number, source in enumerate(errors, 1):
        run.settle(e.ErrorRecorded(id=f"E{number}", text="x", sqlstate="42703", source=source))
    assert fired(run) == ([("Errors", "errors_unresolved")] if fires else [])
    if fires:
        last = f"E{len(errors)}"
        assert run.state.fired[0].event.grounds["errors"][-1] == last and run.state.proposed
        for number in range(1, len(errors) + 1):
            run.settle(e.ErrorResolved(id=f"E{number}", text="deployed"))
        assert not run.state.proposed


def test_a_warning_is_no_error_to_fire_for() -> None:
    run = Driven(listed(sql("a"), triggers=(Trigger(title="Errors", errors=1),)))
    run.settle(e.ErrorRecorded(id="E1", text="x", sqlstate="01000", level="warning"))
    assert not fired(run) and run.state.errors.unresolved == 1


def test_it_says_how_long_a_rollback_takes_and_for_how_long_one_is_safe() -> None:
    of = listed(sql("a", on_failure="propose_rollback"))
    run = Driven(of, window=True)
    run.append(e.StepStarted(step="a", attempt=1), e.StepFailed(step="a", attempt=1, reason="sql_error"))
    run.go()
    event = run.state.fired[0].event
    assert (event.rollback_s, event.safe_s) == (None, None)
    known = run.lines[0]
    assert known.type == "run.opened"
    told = status(run.state)["proposed"][0]
    assert told["grounds"] == {"why": "sql_error"} and told["rollback_s"] is None
