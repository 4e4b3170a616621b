from __future__ import annotations

import msgspec
import pytest

from tests.unit.run.runs import (
    ANA,
    AUTOMATIC,
    Driven,
    close,
    companion,
    listed,
    phase,
    plan,
    query,
    rollback,
    section,
    sign,
    sql,
    undo,
    undo_again,
)
from tui.journal import events as e
from tui.plan.model import Step
from tui.run import commands as c
from tui.run.decide import decide
from tui.run.next import Run, Wait, exit_code
from tui.run.order import Refusal
from tui.run.state import RunState


def applied(*steps: str, back: tuple[Step, ...] = ()) -> Driven:
    """A run whose steps, each with an undo, have all been executed."""
    phases = (phase(section(*back)),) if back else ()
    run = Driven(listed(*(sql(step) for step in steps), back=phases))
    run.ran(steps)
    return run


def undone_in_order(run: Driven) -> list[str]:
    """Steps in the order in which their undo began."""
    found = []
    for before, after in zip(run.states, run.states[1:], strict=False):
        for step in after.active:
            at = after.steps[step]
            if at.undoes is not None and at.status == "running" and step not in before.active:
                found.append(at.undoes)
    return found


def roll_on(run: Driven) -> Wait:
    """Every step of the rollback passes."""
    while run.state.active:
        run.passed(run.state.active[0])
    return run.go()


class TestExecute:
    def test_it_is_the_intent_with_the_next_attempt(self) -> None:
        run = Driven(listed(sql("a")))
        decision = decide(run.state, c.Execute(step="a"), ANA, run.wall)
        assert decision == (e.StepStarted(step="a", attempt=1, kind="sql"),)

    def test_what_comes_later_is_refused_with_what_comes_first(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        refusal = run.refused(c.Execute(step="b"))
        assert (refusal.code, refusal.facts) == ("order", {"step": "a", "status": "pending"})

    def test_one_at_a_time(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.do(c.Execute(step="a"))
        assert run.refused(c.Execute(step="b")).code == "busy"
        assert run.refused(c.Execute(step="a")).code == "status"

    def test_a_signed_step_is_not_executed(self) -> None:
        run = Driven(listed(sign("a")))
        assert run.refused(c.Execute(step="a")).code == "sign"
        assert run.refused(c.Retry(step="a")).code == "status"

    def test_whoever_has_the_engine_drive_signs_and_nobody_they_name(self) -> None:
        run = Driven(listed(sign("a")))
        asked = msgspec.json.decode(b'{"do":"drive","sign_off":"seen","signer":"rui@jump1"}', type=c.AnyCommand)
        decision = decide(run.state, asked, ANA, run.wall)
        assert decision == (e.RunResumed(policy=e.Policy(drive="headless", sign_off="seen", signer=ANA)),)
        unsigned = decide(run.state, c.Drive(), ANA, run.wall)
        assert unsigned == (e.RunResumed(policy=e.Policy(drive="headless")),)

    def test_a_failed_one_wants_retry(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.failed("a")
        assert run.refused(c.Execute(step="a")).code == "retry"

    def test_a_companion_runs_with_its_step_only(self) -> None:
        run = Driven(listed(sql("a"), companion("log", "a")))
        assert run.refused(c.Execute(step="log")).code == "companion"

    def test_an_unknown_step_is_named(self) -> None:
        run = Driven(listed(sql("a")))
        commands: list[c.Command] = [
            c.Execute(step="x"), c.Retry(step="x"), c.Skip(step="x", reason="r"), c.Sign(step="x", note="n"),
            c.ByHand(step="x", note="n"), c.Undo(step="x"), c.Cancel(step="x"), c.RunTo(step="x"),
            c.Note(text="t", step="x"), rollback(to="x"),
        ]  # fmt: skip
        for command in commands:
            refusal = run.refused(command)
            assert refusal.code == "no-step", command
            assert "x" in refusal.message

    def test_needs_are_waited_for(self) -> None:
        run = Driven(plan(phase(section(sql("a", needs=("b",)), sql("b"), parallel=True))))
        assert run.refused(c.Execute(step="a")).code == "needs"

    def test_held(self) -> None:
        run = Driven(listed(sql("a"), sign("b")))
        run.do(c.Hold())
        for command in (c.Execute(step="a"), c.ByHand(step="a", note="n")):
            assert run.refused(command).code == "held"
        run.do(c.Skip(step="a", reason="no need"))
        assert run.refused(c.Sign(step="b", note="n")).code == "held"


class TestRetry:
    def test_a_failure_that_was_passed_over_can_be_retried_later(self) -> None:
        run = Driven(listed(sql("a", on_failure="continue"), sql("b")))
        run.do(c.Execute(step="a"))
        run.failed("a")
        run.ran(["b"])
        assert run.status() == "completed"
        run.do(c.Retry(step="a"))
        assert run.status() == "running"
        current = run.state.current()
        assert current is not None and current.id == "a"
        run.cancelled("a")
        assert run.go() == Wait(reason="person", step="a")

    def test_what_passed_is_not_retried(self) -> None:
        run = applied("a")
        assert run.refused(c.Retry(step="a")).code == "status"


class TestSign:
    def test_it_records_who_and_what(self) -> None:
        run = Driven(listed(sign("a")))
        run.do(c.Sign(step="a", note="seen"))
        at = run.at("a")
        assert (at.status, at.person, at.note, at.by) == ("signed", ANA, "seen", ANA)
        assert at.evidence == {"signed_by": ANA, "note": "seen"}

    def test_it_needs_a_note_and_a_signed_step(self) -> None:
        run = Driven(listed(sign("a"), sql("b")))
        assert run.refused(c.Sign(step="a", note=" ")).code == "note"
        assert run.refused(c.Sign(step="b", note="seen")).code == "sensed"
        run.do(c.Sign(step="a", note="seen"))
        assert run.refused(c.Sign(step="a", note="again")).code == "status"


class TestSkip:
    def test_it_needs_a_reason_and_its_turn(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        assert run.refused(c.Skip(step="a", reason="")).code == "reason"
        assert run.refused(c.Skip(step="b", reason="no")).code == "order"
        run.do(c.Skip(step="a", reason="no"))
        assert (run.at("a").status, run.at("a").reason, run.at("a").effect) == ("skipped", "no", "none")
        assert run.refused(c.Skip(step="a", reason="no")).code == "status"

    def test_what_a_failed_step_left_is_not_forgotten(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.do(c.Execute(step="a"))
        run.failed("a", effect="some")
        run.do(c.Skip(step="a", reason="half of it is enough"))
        assert run.at("a").may_have_effect
        run.do(rollback())
        assert undone_in_order(run) == ["a"]

    def test_a_running_step_is_cancelled_first(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        assert run.refused(c.Skip(step="a", reason="no")).code == "status"
        run.do(c.Cancel(step="a"))
        assert run.refused(c.Cancel(step="a")).code == "status"
        run.cancelled("a")
        run.do(c.Skip(step="a", reason="no"))


class TestByHand:
    def test_without_a_proof_it_is_believed_and_may_be_anything(self) -> None:
        run = Driven(listed(sql("a")))
        assert run.refused(c.ByHand(step="a", note="")).code == "note"
        run.do(c.ByHand(step="a", note="in psql"))
        at = run.at("a")
        assert (at.status, at.effect, at.evidence) == ("by_hand", "unknown", {"note": "in psql", "proved": False})

    def test_with_a_proof_it_is_asked_for_and_may_fail(self) -> None:
        from tui.plan.model import Proof

        run = Driven(listed(sql("a", prove=Proof(query="select 1", equals=1))))
        run.do(c.ByHand(step="a", note="in psql"))
        assert run.effects()[0] == Run(step="a", attempt=1)
        assert (run.at("a").by_hand, run.at("a").person) == ("in psql", ANA)
        run.failed("a", effect="all", reason="not_proved")
        run.do(c.ByHand(step="a", note="now really"))
        run.passed("a")
        assert run.at("a").status == "by_hand"


class TestUndo:
    def test_it_is_a_step_of_its_own_and_then_a_retry_is_legal(self) -> None:
        run = applied("a")
        assert run.refused(c.Retry(step="a")).code == "status"
        run.do(undo("a"))
        assert run.at("undo.a").place.number == "U1.1.1"
        run.passed("undo.a", attempt=1)
        assert run.at("a").status == "undone"
        assert not run.at("a").may_have_effect
        assert run.refused(c.Undo(step="a")).code == "status"
        run.do(c.Retry(step="a"))
        run.passed("a")
        run.do(undo("a"))
        assert run.at("undo.a").attempt == 2

    def test_what_was_applied_later_goes_first(self) -> None:
        run = applied("a", "b")
        refusal = run.refused(c.Undo(step="a"))
        assert (refusal.code, refusal.facts) == ("order", {"step": "b"})

    def test_it_needs_an_undo_and_an_effect(self) -> None:
        run = Driven(listed(query("q"), sql("a")))
        assert run.refused(c.Undo(step="q")).code == "no-undo"
        assert run.refused(c.Undo(step="a")).code == "status"

    def test_it_takes_the_wheel_from_a_driven_run(self) -> None:
        run = Driven(listed(sql("a"), sign("s")), policy=e.Policy(drive="headless"))
        run.go()
        run.passed("a")
        run.do(undo("a"))
        assert run.passed("undo.a") == Wait(reason="person", step="a")

    def test_a_failed_one_is_retried_and_does_nothing_twice(self) -> None:
        run = applied("a")
        run.do(undo("a"))
        run.append(e.TxCommitted(step="undo.a", attempt=1, statement=0))
        run.failed("undo.a", effect="some")
        assert run.refused(c.Execute(step="a")).code == "status"
        run.do(undo("a"))
        assert (run.at("undo.a").attempt, run.at("undo.a").resume_from) == (2, 1)
        run.failed("undo.a", effect="some")
        run.do(undo_again("a"))
        assert (run.at("undo.a").attempt, run.at("undo.a").resume_from) == (3, 1)
        run.passed("undo.a")
        assert run.at("a").status == "undone"

    def test_a_step_is_not_retried_over_half_an_undo(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.failed("a", effect="some")
        run.do(undo("a"))
        run.failed("undo.a", effect="some")
        assert run.refused(c.Retry(step="a")).code == "undo"

    def test_an_undecided_one_needs_its_reason(self) -> None:
        run = applied("a")
        run.do(undo("a"))
        run.crash()
        run.undecided("undo.a")
        assert run.refused(c.Undo(step="a")).code == "undecided"
        run.do(c.ByHand(step="undo.a", note="it is gone"))
        assert run.at("a").status == "undone"

    def test_by_hand_it_marks_the_step(self) -> None:
        run = applied("a")
        run.do(undo("a"))
        run.failed("undo.a")
        run.do(c.ByHand(step="undo.a", note="in psql"))
        assert run.statuses() == {"a": "undone", "undo.a": "by_hand"}


class TestRollback:
    def test_it_is_confirmed_with_the_targets_name_and_a_reason(self) -> None:
        run = applied("a")
        assert run.refused(c.Rollback(reason="x", confirm="production")).code == "confirm"
        assert run.refused(rollback(" ")).code == "reason"

    def test_it_undoes_in_reverse_and_then_runs_the_plans_own_steps(self) -> None:
        run = applied("a", "b", back=(query("r"),))
        run.do(rollback())
        assert run.status() == "rolling_back"
        assert list(run.statuses()) == ["a", "b", "undo.b", "undo.a", "r"]
        assert roll_on(run) == Wait(reason="rolled_back")
        assert undone_in_order(run) == ["b", "a"]
        assert run.status() == "rolled_back"
        assert run.refused(rollback()).code == "rollback"
        assert run.refused(c.Retry(step="a")).code == "rollback"
        assert run.refused(c.RunTo(step="a")).code == "rollback"
        run.do(c.Close())
        assert exit_code(run.state) == 3

    def test_the_plan_says_where_the_undos_go(self) -> None:
        back = (phase(section(query("before")), section(undo_applied=True), section(sign("after"))),)
        run = Driven(listed(sql("a"), back=back))
        run.ran(["a"])
        run.do(rollback())
        assert list(run.statuses()) == ["a", "before", "undo.a", "after"]
        assert run.refused(c.Execute(step="undo.a")).code == "busy"
        run.passed("before")
        assert run.passed("undo.a") == Wait(reason="person", step="after")
        assert run.do(c.Sign(step="after", note="told")) == Wait(reason="rolled_back")

    def test_a_person_cannot_undo_before_the_plans_step_that_comes_first(self) -> None:
        back = (phase(section(sign("stop-application")), section(undo_applied=True)),)
        run = Driven(listed(sql("a"), back=back))
        run.ran(["a"])
        assert run.do(rollback()) == Wait(reason="person", step="stop-application")
        assert run.refused(c.Execute(step="undo.a")).code == "order"

    def test_steps_without_an_undo_are_named(self) -> None:
        run = Driven(listed(sql("a"), sql("b", undo=None), query("q")))
        run.ran(["a", "b", "q"])
        run.do(rollback())
        assert run.state.rollback is not None
        assert (run.state.rollback.undo, run.state.rollback.without_undo) == (("a",), ("b",))

    def test_what_runs_is_cancelled_first(self) -> None:
        run = Driven(listed(sql("a"), sql("b"), companion("log", "b")))
        run.ran(["a"])
        run.do(c.Execute(step="b"))
        assert run.do(rollback()) == Wait(reason="running", step="b")
        assert run.at("b").cancel and run.at("log").cancel
        run.passed("log")
        run.cancelled("b", effect="some", reason="rollback")
        roll_on(run)
        assert undone_in_order(run) == ["b", "a"]

    def test_what_ran_and_left_nothing_is_not_undone(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.ran(["a"])
        run.do(c.Execute(step="b"))
        run.do(rollback())
        run.cancelled("b", effect="none", reason="rollback")
        assert (run.at("undo.b").status, run.at("undo.b").reason) == ("skipped", "nothing_applied")
        roll_on(run)
        assert undone_in_order(run) == ["a"]

    def test_a_fate_that_is_being_decided_is_waited_for(self) -> None:
        run = applied("a")
        run.do(undo("a"))
        run.passed("undo.a")
        run.do(c.Retry(step="a"))
        run.crash()
        assert run.do(rollback()) == Wait(reason="running", step="a")
        assert not run.at("a").cancel
        run.append(e.StepFate(step="a", attempt=2, fate="applied", reason="status"))
        run.passed("a")
        assert run.at("undo.a").status == "running"

    def test_an_undo_that_runs_already_is_not_begun_anew(self) -> None:
        run = applied("a")
        run.do(undo("a"))
        run.do(rollback())
        assert (run.at("undo.a").status, run.at("undo.a").attempt) == ("running", 1)
        run.passed("undo.a")
        assert run.status() == "rolled_back"
        assert undone_in_order(run) == ["a"]

    def test_the_order_is_that_of_this_rollback_not_of_an_earlier_one(self) -> None:
        run = applied("a", "b", "d")
        run.do(rollback(to="a"))
        roll_on(run)
        run.do(c.Resume())
        for step in ("b", "d"):
            run.do(c.Retry(step=step))
            run.passed(step)
        before = len(undone_in_order(run))
        run.do(rollback())
        roll_on(run)
        assert undone_in_order(run)[before:] == ["d", "b", "a"]

    def test_the_order_is_kept_when_one_was_undone_on_its_own_before(self) -> None:
        run = Driven(listed(sql("a"), sql("b"), sql("d")))
        run.ran(["a", "b"])
        run.do(undo("b"))
        run.passed("undo.b")
        run.do(c.Retry(step="b"))
        run.passed("b")
        run.ran(["d"])
        run.do(rollback())
        roll_on(run)
        assert undone_in_order(run) == ["b", "d", "b", "a"]

    def test_an_effect_of_an_earlier_attempt_is_not_forgotten(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.failed("a", effect="unknown")
        run.do(c.Retry(step="a"))
        run.failed("a", effect="none", reason="not_started")
        run.do(rollback())
        assert run.at("undo.a").status == "running"

    def test_undecided_it_is_rolled_back_too(self) -> None:
        run = applied("a", "b")
        run.do(undo("b"))
        run.passed("undo.b")
        run.do(c.Retry(step="b"))
        run.crash()
        run.undecided("b")
        run.do(rollback())
        roll_on(run)
        assert undone_in_order(run) == ["b", "b", "a"]
        assert run.status() == "rolled_back"

    def test_at_the_very_end_and_before_anything(self) -> None:
        run = Driven(listed(sql("a")), policy=AUTOMATIC)
        assert not isinstance(run.ask(rollback(), keep_driving=True), Refusal)
        assert run.go() == Wait(reason="closed")
        assert run.status() == "rolled_back"


class TestRollbackTo:
    def test_it_takes_back_what_came_after_and_holds(self) -> None:
        run = applied("a", "b", "d", back=(query("r"),))
        assert run.do(rollback(to="a")) == Wait(reason="running", step="undo.d")
        assert roll_on(run) == Wait(reason="held")
        assert run.statuses() == {
            "a": "passed", "b": "undone", "d": "undone", "undo.d": "passed", "undo.b": "passed"
        }  # fmt: skip
        assert run.state.held == "rolled_back_to"
        assert run.refused(c.Retry(step="b")).code == "held"
        run.do(c.Resume())
        run.do(c.Retry(step="b"))
        run.passed("b")
        assert run.status() == "running"

    def test_not_to_a_step_that_was_not_reached(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.ran(["a"])
        assert run.refused(rollback(to="b")).code == "status"

    def test_after_a_full_one_failed_it_leaves_the_plans_steps_alone(self) -> None:
        run = applied("a", "b", back=(query("r"),))
        run.do(rollback())
        run.failed("undo.b")
        run.do(rollback(to="a"))
        assert "r" not in run.state.steps
        run.passed("undo.b")
        assert run.state.rollback is not None
        assert run.state.rollback.status == "rolled_back_to"


class TestRollbackFailed:
    def failed(self) -> Driven:
        run = applied("a", "b", back=(query("r"), sql("s")))
        run.do(rollback())
        assert run.failed("undo.b") == Wait(reason="rollback_failed", step="undo.b")
        assert run.status() == "rollback_failed"
        assert exit_code(run.state) == 1
        return run

    def test_the_retry_goes_on_with_the_rollback(self) -> None:
        run = self.failed()
        run.do(c.Retry(step="undo.b"))
        assert run.at("undo.b").attempt == 2
        roll_on(run)
        assert run.status() == "rolled_back"
        assert undone_in_order(run) == ["b", "b", "a"]

    def test_done_by_hand_it_goes_on(self) -> None:
        run = self.failed()
        run.do(c.ByHand(step="undo.b", note="in psql"))
        assert run.at("b").status == "undone"
        assert run.at("undo.a").status == "running"
        roll_on(run)
        assert run.status() == "rolled_back"

    def test_left_out_it_goes_on_without_it(self) -> None:
        run = self.failed()
        run.do(c.Skip(step="undo.b", reason="restored from the backup"))
        roll_on(run)
        assert run.status() == "rolled_back"
        assert run.at("b").status == "passed"
        assert undone_in_order(run) == ["b", "a"]

    def test_what_the_rollback_has_done_is_not_done_again(self) -> None:
        run = self.failed()
        run.do(c.Retry(step="undo.b"))
        run.passed("undo.b")
        run.passed("undo.a")
        run.passed("r")
        run.failed("s", effect="some")
        for again in (c.Retry(step="s"), rollback("once more")):
            run.do(again)
            assert run.at("r").attempt == 1
            assert run.active() == ("s",)
            run.failed("s", effect="some")
        run.do(c.Retry(step="s"))
        run.passed("s")
        assert run.status() == "rolled_back"

    def test_an_undo_taken_up_again_goes_on_behind_what_it_has_taken_back(self) -> None:
        run = applied("a")
        run.do(rollback())
        run.append(e.TxCommitted(step="undo.a", attempt=1, statement=0))
        run.failed("undo.a", effect="some")
        run.do(c.Retry(step="undo.a"))
        assert (run.at("undo.a").attempt, run.at("undo.a").resume_from) == (2, 1)
        run.failed("undo.a", effect="none", reason="not_started")
        assert run.at("undo.a").effect == "some", "what the first attempt did is still done"

    def test_a_step_cancelled_by_a_person_stops_it(self) -> None:
        run = applied("a")
        run.do(rollback())
        run.do(c.Cancel(step="undo.a"))
        assert run.cancelled("undo.a") == Wait(reason="rollback_failed", step="undo.a")

    def test_undecided_it_stops_until_a_person_has_looked(self) -> None:
        run = applied("a")
        run.do(rollback())
        run.crash()
        assert run.undecided("undo.a") == Wait(reason="undecided", step="undo.a")
        assert run.status() == "undecided" and exit_code(run.state) == 4
        assert run.refused(rollback("again")).code == "undecided"
        run.do(c.Retry(step="undo.a", reason="it is still there"))
        roll_on(run)
        assert run.status() == "rolled_back"

    def test_a_step_of_the_checklist_that_is_undecided_does_not_stop_it(self) -> None:
        run = Driven(listed(sql("a"), sql("b", undo=None)))
        run.ran(["a"])
        run.do(c.Execute(step="b"))
        run.crash()
        run.undecided("b")
        run.do(rollback())
        run.failed("undo.a")
        run.do(c.Retry(step="undo.a"))
        assert run.at("undo.a").status == "running"

    def test_the_checklist_does_not_go_on(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.ran(["a"])
        run.do(rollback())
        run.failed("undo.a")
        for command in (c.Execute(step="b"), c.ByHand(step="b", note="n"), c.RunTo(step="b")):
            assert run.refused(command).code == "rollback"

    def test_its_companion_ends_before_it_has_failed(self) -> None:
        run = Driven(listed(sql("a"), back=(phase(section(query("r"), companion("log", "r"))),)))
        run.ran(["a"])
        run.do(rollback())
        run.passed("undo.a")
        assert run.failed("r") == Wait(reason="running", step="log")
        assert run.passed("log") == Wait(reason="rollback_failed", step="r")
        run.do(rollback(to="a"))
        assert "r" not in run.state.steps

    def test_closed_it_is_a_failed_rollback(self) -> None:
        run = self.failed()
        assert run.refused(c.Close(reason="restored elsewhere")).facts["why"] == "close"
        run.do(close("restored elsewhere"))
        assert run.status() == "rollback_failed"


class TestClose:
    def test_not_while_anything_runs(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        assert run.refused(c.Close(reason="x")).code == "busy"

    def test_not_in_a_rollback(self) -> None:
        run = Driven(listed(sql("a"), back=(phase(section(sign("s"))),)))
        run.do(rollback())
        assert run.refused(c.Close(reason="x")).code == "rollback"

    def test_unfinished_it_needs_a_reason_and_has_failed(self) -> None:
        run = Driven(listed(sql("a")))
        assert run.refused(c.Close()).code == "reason"
        assert run.refused(c.Close(reason="  ")).code == "reason"
        run.do(c.Close(reason="the window is over"))
        assert run.status() == "failed"

    def test_finished_it_needs_none(self) -> None:
        run = applied("a")
        run.do(c.Close())
        assert run.status() == "completed"
        assert run.state.helm is None

    def test_afterwards_nothing_is_taken_any_more(self) -> None:
        run = applied("a")
        run.do(c.Close())
        refused: list[c.Command] = [
            c.Undo(step="a"), c.Hold(), c.Resume(), rollback(), c.Close(), c.Handover(note="n"),
            c.Resolve(error="E1", text="t"), c.Note(text="went well"), c.Feedback(text="more of it"),
        ]  # fmt: skip
        for command in refused:
            assert run.refused(command).code == "closed"


def test_errors_are_resolved_by_their_id() -> None:
    run = Driven(listed(sql("a")))
    assert run.refused(c.Resolve(error="E1", text="x")).code == "no-error"
    run.append(e.ErrorRecorded(id="E1", text="no space"))
    run.do(c.Resolve(error="E1", text="made room"))
    assert run.state.errors[0].resolved == "made room"


def test_a_handover_frees_the_helm_and_leaves_its_note() -> None:
    run = Driven(listed(sql("a")))
    run.append(e.HelmTaken(person=ANA, account="ana"), by=ANA)
    run.do(c.Handover(note="the backup has been verified"))
    assert run.state.helm is None
    assert [(r.kind, r.by, r.text) for r in run.state.remarks] == [("handover", ANA, "the backup has been verified")]


def test_the_helm_has_one_holder() -> None:
    run = Driven(listed(sql("a")))
    run.append(e.HelmTaken(person=ANA), by=ANA)
    assert run.state.helm == ANA
    run.append(e.HelmTaken(person="rui@jump1", reason="Ana is away", taken_from=ANA), by="rui@jump1")
    assert run.state.helm == "rui@jump1"


def test_before_the_opening_everything_is_refused() -> None:
    refusal = decide(RunState(), c.Note(text="x"), ANA, 0.0)
    assert isinstance(refusal, Refusal) and refusal.code == "not-open"


@pytest.mark.parametrize("command", [c.Execute(step="a"), c.Skip(step="a", reason="r"), c.ByHand(step="a", note="n")])
def test_a_decision_alone_changes_nothing(command: c.Command) -> None:
    run = Driven(listed(sql("a")))
    before = run.state
    decide(run.state, command, ANA, run.wall)
    assert run.state is before
    assert run.state.steps == before.steps
