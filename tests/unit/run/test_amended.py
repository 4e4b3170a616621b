"""An amendment in a run's state: the new plan from there on, what was done before as it was done."""

from __future__ import annotations

from typing import Any

from tests.unit.run.runs import Driven, companion, listed, opening, phase, plan, query, rollback, section, sign, sql
from tui.journal import events as e
from tui.journal.codes import FailReason
from tui.plan.model import Action, Plan, Trigger
from tui.recording.keyframes import decode_state, encode_state
from tui.run import commands as c
from tui.run.fold import fold_all

SEAL, WORK = "ee" * 32, "ff" * 32
MENDED = {"spec": {"text": "select 2"}}


def amendment(of: Plan, *changes: tuple[str, Any], **more: Any) -> e.RunAmended:
    """The event of a plan in which these steps differ, as `decide` makes it."""
    steps = tuple(e.StepChange(step=step, how=how) for step, how in changes)
    given: dict[str, Any] = {"seal": SEAL, "work": WORK, "reason": "a typo", "steps": steps} | more
    return e.RunAmended(plan=of, **given)


def passed(run: Driven, step: str) -> None:
    run.do(c.Execute(step=step))
    run.append(e.StepPassed(step=step, attempt=run.state.steps[step].attempt, effect="all", evidence={"rows": 1}))
    run.go()


def half_way() -> Driven:
    run = Driven(listed(sql("first"), sql("second"), sign("agreed"), triggers=(Trigger(title="Hot", guard="cpu"),)))
    passed(run, "first")
    return run


def test_from_there_on_the_new_plan_is_carried_out_and_what_was_done_stays() -> None:
    run = half_way()
    before = run.state
    run.append(amendment(listed(sql("first"), sql("second", **MENDED), query("third")), ("second", "changed"),
                         ("third", "added"), ("agreed", "removed")), by="ana@jump1")  # fmt: skip
    state = run.state
    assert [at.id for at in state.steps] == ["first", "second", "third"]
    assert state.steps["first"] == before.steps["first"] and state.steps["first"].evidence == {"rows": 1}
    assert state.steps["second"].step.spec == {"text": "select 2"} and state.steps["second"].amended == 1
    assert [at.amended for at in state.steps] == [0, 1, 1]
    assert state.opened is not None and (state.opened.seal, state.opened.work) == (SEAL, WORK)
    assert (state.checklist, state.unended) == (3, 1) and state.current() is state.steps["second"]
    known = state.amendments[0]
    assert (known.number, known.by, known.reason, known.before_seal) == (1, "ana@jump1", "a typo", "5e" * 32)
    assert known.voids and known.of("third") == e.StepChange(step="third", how="added") and known.of("first") is None
    passed(run, "second")
    assert run.do(c.Execute(step="third")).reason == "running"


def test_before_it_the_run_is_as_it_was_then_and_a_keyframe_has_the_plan_in_force() -> None:
    run = half_way()
    before = run.state
    run.append(amendment(listed(sql("first"), query("new"), sql("second", **MENDED)), ("new", "added"),
                         ("second", "changed"), ("agreed", "removed")))  # fmt: skip
    passed(run, "new")
    assert fold_all(run.lines[: before.seq + 1]) == before
    for state in run.states:
        assert decode_state(encode_state(state), run.states[0]) == state


def test_what_was_rehearsed_of_what_changed_says_nothing_any_more() -> None:
    run = Driven(listed(sql("first"), sql("second")))
    assert run.state.opened is not None
    basis = e.Basis(run="r", target="demo", environment="development")
    known = dict.fromkeys(("first", "second"), e.Rehearsed(3.0, 0))
    first = opening(run.state.opened.plan)
    run = Driven(run.state.opened.plan)
    told = e.RunOpened(**{name: getattr(first, name) for name in first.__struct_fields__} | {
        "bases": (basis,), "rehearsed": known, "durations": {"first": 3.0, "second": 3.0}, "rollback_s": 9.0,
        "rollback_rehearsed": e.Rehearsed(9.0, 0),
    })  # fmt: skip
    run.append(told)
    run.append(amendment(listed(sql("first"), sql("second", **MENDED)), ("second", "changed")))
    opened = run.state.opened
    assert opened is not None and set(opened.durations) == set(opened.rehearsed) == {"first"}
    assert opened.rollback_s == 9.0
    back = e.StepChange(step="second", how="changed", back=True)
    run.append(amendment(listed(sql("first"), sql("second")), steps=(back,)))
    assert run.state.opened is not None and run.state.opened.rollback_s is None
    assert run.state.opened.rollback_rehearsed is None


def test_the_window_holds_as_amended_and_the_amendment_tells_both() -> None:
    run = Driven(listed(sql("first")), window=True)
    assert run.state.opened is not None and run.state.opened.window is not None
    window = e.OpenWindow(opens=run.state.opened.window.opens, closes="2026-11-22T08:00:00Z", duration_s=4500.0,
                          buffer_s=900.0)  # fmt: skip
    run.append(amendment(listed(sql("first")), window=window, work="a0" * 32))
    assert run.state.opened.window == window
    known = run.state.amendments[0]
    assert known.window == window and known.before_window is not None and not known.voids


def test_a_run_to_whose_step_is_gone_is_over() -> None:
    run = half_way()
    triggers = (Trigger(title="Hot", guard="cpu"),)
    run.ask(c.RunTo(step="second"))
    run.append(amendment(listed(sql("first"), sign("agreed"), triggers=triggers), ("second", "removed")))
    assert run.state.policy.drive == "by_hand" and run.go().step == "agreed"


def test_a_failed_step_is_another_one_and_its_attempts_are_kept() -> None:
    run = Driven(listed(sql("first"), sql("second")))
    passed(run, "first")
    run.do(c.Execute(step="second"))
    run.append(e.StepFailed(step="second", attempt=1, reason="sql_error", message="no table ordres"))
    run.append(amendment(listed(sql("first"), sql("second", **MENDED)), ("second", "changed")))
    at = run.state.steps["second"]
    assert (at.status, at.attempt, at.step.spec) == ("failed", 1, {"text": "select 2"}) and len(at.attempts) == 1
    assert run.state.failed == (at,)
    assert run.do(c.Retry(step="second")).reason == "running"
    assert run.state.steps["second"].amended == 1, "a further attempt is one of the amended step"


def test_a_rollback_under_way_has_the_steps_of_its_plan_as_it_is_now() -> None:
    back = (phase(section(query("told"), query("looked"))),)
    mended = (phase(section(query("told"), query("counted"), query("looked"))),)
    run = Driven(listed(sql("first"), sql("second"), back=back))
    passed(run, "first")
    run.do(rollback())
    assert [at.id for at in run.state.steps] == ["first", "second", "undo.first", "told", "looked"]
    run.append(e.StepPassed(step="undo.first", attempt=1, effect="all"))
    run.go()
    before = run.state.steps["undo.first"]
    run.append(amendment(listed(sql("first"), sql("second"), back=mended), ("counted", "added")))
    assert [at.id for at in run.state.steps] == ["first", "second", "undo.first", "told", "counted", "looked"]
    assert run.state.steps["undo.first"] == before and run.state.steps["told"].status == "running"
    assert run.state.steps["first"].status == "undone"
    run.append(e.StepPassed(step="told", attempt=1))
    assert run.go().step == "counted"
    assert decode_state(encode_state(run.state), run.states[0]) == run.state


def test_the_undo_of_a_step_that_was_taken_back_is_the_new_one() -> None:
    run = Driven(listed(sql("first"), sql("second")))
    passed(run, "first")
    run.do(c.Undo(step="first", confirm="demo"))
    run.append(e.StepPassed(step="undo.first", attempt=1, effect="all"))
    run.go()
    assert run.state.steps["first"].status == "undone"
    other = Action(kind="sql", spec={"text": "select 3"})
    run.append(amendment(listed(sql("first", undo=other), sql("second")), ("first", "changed")))
    assert run.state.steps["undo.first"].step.spec == {"text": "select 3"}
    assert run.state.steps["undo.first"].status == "passed"


def test_every_undo_that_does_not_run_is_that_of_the_plan_in_force() -> None:
    """Also of a step that is as it was: the plan in force alone holds its secrets, what was journaled does not."""
    undo = Action(kind="sql", spec={"text": "alter role app password 'known'"})
    hidden = Action(kind="sql", spec={"text": "alter role app password '[redacted]'"})
    run = Driven(listed(sql("first", undo=hidden), sql("second")))
    passed(run, "first")
    run.do(c.Undo(step="first", confirm="demo"))
    run.append(e.StepFailed(step="undo.first", attempt=1, effect="none", reason=FailReason.TIMEOUT))
    run.append(amendment(listed(sql("first", undo=undo), sql("second", **MENDED)), ("second", "changed")))
    again = run.state.steps["undo.first"]
    assert (again.step.spec, again.status, again.amended) == (undo.spec, "failed", 0)


def test_companions_and_criteria_that_a_person_signs_are_carried_along() -> None:
    of = plan(phase(section(sql("first"), companion("watch", "first"), sql("second"))))
    run = Driven(of)
    run.append(amendment(plan(phase(section(sql("first"), companion("watch", "first"), sql("second"),
                                            companion("also", "second")))), ("also", "added")))  # fmt: skip
    assert run.state.companions == {"first": ("watch",), "second": ("also",)}
    run.do(c.Execute(step="first"))
    assert run.state.steps["watch"].status == "running"
