"""`status --json`: the fields the contract names, and that only `engine` depends on the present."""

from __future__ import annotations

import msgspec
import pytest

from tests.unit.cli.journals import OPENED, Journal, plan, sign, sql, story
from tests.unit.run import runs
from tui.journal import events as e
from tui.plain.table import status_lines
from tui.plan.model import Guard, Trigger
from tui.run import commands as c
from tui.run.fold import fold_all
from tui.run.state import RunState
from tui.run.status import status

CONTRACT = (
    "id plan target seal work environment mode status seq mono helm engine window steps guards metrics rollback "
    "undecided"
)
STEP_CONTRACT = "id number title phase kind status attempt started ended duration_s waiting evidence"


def test_it_has_every_field_of_the_contract() -> None:
    told = status(fold_all(story().lines))
    assert set(CONTRACT.split()) <= set(told)
    assert set(told["window"]) >= {"opens", "closes", "buffer_s", "remaining_s", "last_safe_rollback_s"}
    assert set(told["engine"]) == {"pid", "host", "alive"}
    for step in told["steps"]:
        assert set(STEP_CONTRACT.split()) <= set(step)
    for guard in told["guards"]:
        assert set(guard) >= {"metric", "value", "limit", "state", "source"}
    msgspec.json.encode(told)


def test_rollback_steps_join_when_a_rollback_starts() -> None:
    lines = story().lines
    before = status(fold_all(lines[:12]))
    after = status(fold_all(lines))
    assert [step["id"] for step in before["steps"]] == ["go", "expand", "fill"]
    assert [(step["id"], step["number"]) for step in after["steps"]][3:] == [
        ("undo.expand", "U1.1.2"),
        ("told", "R1.1.1"),
    ]
    assert after["status"] == "rolled_back"
    assert after["rollback"]["undo"] == ["expand"]


def test_at_every_line_it_is_a_function_of_the_lines_up_to_there() -> None:
    lines = story().lines
    state = RunState()
    from tui.run.fold import fold

    for line in lines:
        state = fold(state, line)
        cut = status(fold_all(lines[: line.seq + 1]), {"pid": 1, "host": "elsewhere", "alive": True})
        here = status(state, {"pid": 2, "host": "here", "alive": False})
        assert cut.pop("engine") != here.pop("engine")
        assert cut == here


def running() -> Journal:
    journal = Journal(plan(sql("expand"), sign("go")))
    journal.add(e.StepStarted(step="expand", attempt=1, kind="sql"), after=10.0)
    journal.add(e.StepWaiting(step="expand", attempt=1, reason="lock", facts={"pid": "1"}), after=2.0)
    journal.add(e.StepProgress(step="expand", attempt=1, done=1.0), after=3.0)
    return journal


def test_durations_end_at_the_last_event_without_an_instant_and_at_the_instant_with_one() -> None:
    state = fold_all(running().lines)
    step = status(state)["steps"][0]
    assert (step["duration_s"], step["waiting"]["duration_s"]) == (5.0, 3.0)
    later = status(state, wall=OPENED + 25.0)
    assert (later["steps"][0]["duration_s"], later["steps"][0]["waiting"]["duration_s"]) == (15.0, 13.0)
    assert later["steps"][1]["duration_s"] is None
    assert later["mono"] == 15.0


def test_the_window_counts_to_its_opening_and_then_to_its_close() -> None:
    state = fold_all(running().lines)
    assert status(state)["window"]["remaining_s"] == 45.0
    assert status(state, wall=OPENED + 100.0)["window"]["remaining_s"] == 3560.0
    assert status(fold_all(Journal(plan(sign("go")), window=False).lines))["window"] is None


def test_an_instant_before_the_last_event_is_a_clock_that_lags_and_not_negative_time() -> None:
    state = fold_all(running().lines)
    assert status(state, wall=OPENED)["steps"][0]["duration_s"] == 5.0


def test_an_undecided_step_is_named() -> None:
    journal = running()
    journal.add(e.StepFate(step="expand", attempt=1, fate="undecided", reason="other_system"))
    told = status(fold_all(journal.lines))
    assert told["undecided"] == ["expand"]
    assert told["status"] == "undecided"
    assert told["waiting"] == {"reason": "undecided", "step": "expand"}


def test_a_journal_without_its_opening_has_no_status() -> None:
    with pytest.raises(ValueError, match="not been opened"):
        status(RunState())


def test_a_rollback_answers_the_triggers_before_it_and_no_later_ones() -> None:
    run = runs.Driven(runs.listed(runs.sql("a"), runs.sql("b", on_failure="propose_rollback")))
    run.ran(["a"])
    run.do(c.Execute(step="b"))
    run.failed("b", effect="some")
    assert [fired["step"] for fired in status(run.state)["proposed"]] == ["b"]
    run.do(runs.rollback(to="a"))
    assert status(run.state)["proposed"] == []
    run.passed("undo.b")
    assert run.state.rollback is not None and run.state.rollback.status == "rolled_back_to"
    assert status(run.state)["proposed"] == []
    run.do(c.Resume())
    run.do(c.Retry(step="b"))
    run.failed("b")
    assert [fired["step"] for fired in status(run.state)["proposed"]] == ["b"]


def test_figures_that_nobody_measures_any_more_are_no_present_ones() -> None:
    run = runs.Driven(runs.listed(runs.sql("a"), success=(Guard(metric="cpu", below=0.7),)))
    run.append(e.MetricsSampled(values={"cpu": 0.12}, sources={"cpu": "db1"}))
    told = status(run.state)
    assert (told["metrics"], told["guards"][0]["state"]) == ({"cpu": 0.12}, "ok")
    assert told["guards"][0]["unmeasured_s"] is None
    run.sleep(11.0)
    run.append(e.NoteAdded(text="the server is gone, and no sample comes"))
    told = status(run.state)
    (guard,) = told["guards"]
    assert told["metrics"] == {}
    assert (guard["value"], guard["state"], guard["source"], guard["unmeasured_s"]) == (None, "unknown", "db1", 12.0)
    assert any(line.startswith("CPU: ?, limit 70 %, not measured for 12") for line in status_lines(told))


def test_with_an_instant_figures_are_as_old_as_they_are_then() -> None:
    run = runs.Driven(runs.listed(runs.sql("a"), success=(Guard(metric="cpu", below=0.7),)))
    run.append(e.MetricsSampled(values={"cpu": 0.9}), e.GuardBreached(metric="cpu", value=0.9, limit=0.7))
    assert status(run.state)["guards"][0]["value"] == 0.9
    (guard,) = status(run.state, wall=run.wall + 9.0)["guards"]
    assert (guard["value"], guard["state"], guard["unmeasured_s"]) == (None, "breached", 10.0)
    told = status(run.state, wall=run.wall + 9.0)
    assert any(line.startswith("CPU: ?, limit 70 %, BREACHED, not measured for 10") for line in status_lines(told))


def proposed(run: runs.Driven) -> list[object]:
    return [fired["step"] or fired["metric"] or fired["title"] for fired in status(run.state)["proposed"]]


def test_a_step_that_passed_at_last_proposes_no_rollback_any_more() -> None:
    run = runs.Driven(runs.listed(runs.sql("a", on_failure="propose_rollback"), runs.sql("b")))
    run.do(c.Execute(step="a"))
    run.failed("a")
    assert proposed(run) == ["a"]
    run.do(c.Retry(step="a"))
    assert proposed(run) == ["a"], "nobody knows yet how it ends"
    run.failed("a")
    assert proposed(run) == ["a"], "one proposal, of the latest attempt"
    run.do(c.Retry(step="a"))
    run.passed("a")
    assert proposed(run) == []
    assert [fired.attempt for fired in run.state.fired] == [1, 2], "that they fired stays"
    run.do(runs.undo("a"))
    run.passed("undo.a")
    run.do(c.Retry(step="a"))
    assert proposed(run) == [], "a later attempt is no old failure"
    assert fold_all(run.lines) == run.state


@pytest.mark.parametrize("by", [c.Skip(step="a", reason="no need"), c.ByHand(step="a", note="in psql")])
def test_a_step_that_a_person_settled_proposes_no_rollback_any_more(by: c.Command) -> None:
    run = runs.Driven(runs.listed(runs.sql("a", on_failure="propose_rollback"), runs.sql("b")))
    run.do(c.Execute(step="a"))
    run.failed("a")
    run.do(by)
    if run.state.active:
        run.passed("a")
    assert proposed(run) == []


def test_a_step_after_which_the_run_goes_on_still_proposes() -> None:
    trigger = Trigger(title="The data is wrong", step="a")
    of = runs.listed(runs.query("a", on_failure="continue"), runs.query("b"), triggers=(trigger,))
    run = runs.Driven(of, policy=runs.AUTOMATIC)
    run.go()
    run.failed("a")
    run.passed("b")
    assert proposed(run) == ["a"]


def test_a_criterion_that_holds_again_proposes_no_rollback_any_more() -> None:
    guards = (Guard(metric="cpu", below=0.7), Guard(metric="cpu", below=0.95))
    run = runs.Driven(runs.listed(runs.sql("a"), triggers=(Trigger(title="Hot", guard="cpu"),), success=guards))
    first, second = (
        e.GuardBreached(metric="cpu", value=0.97, limit=limit, relation="below") for limit in (0.7, 0.95)
    )  # fmt: skip
    run.settle(first)
    run.settle(second)
    assert proposed(run) == ["cpu", "cpu"]
    run.settle(e.GuardCleared(metric="cpu", value=0.8, limit=0.95, relation="below"))
    assert "cpu" in proposed(run), "one of its criteria is still breached"
    run.settle(e.GuardCleared(metric="cpu", value=0.1, limit=0.7, relation="below"))
    assert proposed(run) == []
    run.settle(first)
    assert proposed(run) == ["cpu"], "the new breach's and no earlier one's"
    assert len(run.state.fired) == 3


def test_errors_propose_for_as_long_as_enough_of_them_are_unresolved() -> None:
    run = runs.Driven(runs.listed(runs.sql("a"), triggers=(Trigger(title="Errors", errors=2),)))
    run.settle(e.ErrorRecorded(id="E1", text="x"), e.ErrorRecorded(id="E2", text="x"))
    assert proposed(run) == ["Errors"]
    run.do(c.Resolve(error="E1", text="a known one"))
    assert proposed(run) == []
    run.settle(e.ErrorRecorded(id="E3", text="x"))
    assert proposed(run) == ["Errors"]
    assert len(run.state.fired) == 1
