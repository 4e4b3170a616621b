from __future__ import annotations

import pytest

from tests.unit.run.runs import (
    AUTOMATIC,
    OPENED,
    TARGET,
    UNSIGNED,
    Driven,
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
)
from tui.cli.exit import Exit
from tui.cli.outcome import of_run
from tui.journal import events as e
from tui.journal.codes import TriggerReason
from tui.plan.model import Guard, Trigger
from tui.run import commands as c
from tui.run.next import Append, Interrupt, Recover, Run, Wait, exit_code, next_effects
from tui.run.state import RunState


def test_before_the_run_is_opened_it_waits() -> None:
    assert next_effects(RunState(), 0.0) == (Wait(reason="person"),)


def test_by_hand_every_step_waits_for_its_command() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    assert run.go() == Wait(reason="person", step="a")
    assert run.do(c.Execute(step="a")) == Wait(reason="running", step="a")
    assert run.effects()[0] == Run(step="a", attempt=1)
    assert run.passed("a") == Wait(reason="person", step="b")
    run.do(c.Execute(step="b"))
    assert run.passed("b") == Wait(reason="completed")
    assert run.status() == "completed"
    assert run.state.closed is None


def test_headless_with_a_sign_off_goes_to_the_end_and_closes() -> None:
    run = Driven(listed(sql("a"), sign("b"), query("d")), policy=AUTOMATIC)
    run.go()
    run.passed("a")
    assert run.at("b").status == "signed"
    assert run.at("b").evidence == {"signed_by": "engine", "note": "as agreed", "sign_off": True}
    assert run.passed("d") == Wait(reason="closed")
    assert run.status() == "completed"
    assert exit_code(run.state) == 0


def test_headless_without_a_sign_off_stops_at_the_signed_step_and_names_it() -> None:
    run = Driven(listed(sql("a"), sign("b"), query("d")), policy=UNSIGNED)
    run.go()
    assert run.passed("a") == Wait(reason="person", step="b")
    assert exit_code(run.state) == 6
    assert run.do(c.Sign(step="b", note="seen"), keep_driving=True) == Wait(reason="running", step="d")


def test_autopilot_signs_as_the_person_it_was_told() -> None:
    policy = e.Policy(drive="autopilot", sign_off="shown", signer="demo")
    run = Driven(listed(sign("a"), sign("b")), policy=policy)
    run.go()
    assert {run.at(step).by for step in "ab"} == {"demo"}
    assert run.status() == "completed"


@pytest.mark.parametrize("drive", ["headless", "autopilot"])
def test_what_drives_by_itself_stops_before_what_is_dangerous(drive: e.Drive) -> None:
    run = Driven(listed(sql("a", confirm="typed"), sql("b")), policy=e.Policy(drive=drive, on_failure="rollback"))
    assert run.go() == Wait(reason="typed", step="a")
    assert exit_code(run.state) == 6
    executed = run.do(c.Execute(step="a", confirm=TARGET), keep_driving=True)
    assert executed == Wait(reason="running", step="a")
    assert run.passed("a") == Wait(reason="running", step="b")


class TestRunTo:
    def test_it_ends_with_the_selected_step(self) -> None:
        run = Driven(listed(sql("a"), sql("b"), sql("d")))
        run.do(c.RunTo(step="b"))
        run.passed("a")
        assert run.at("b").status == "running"
        assert run.passed("b") == Wait(reason="person", step="d")
        assert run.state.policy == e.Policy()

    def test_it_stops_at_a_signed_step_and_goes_on_after_a_signature_that_keeps_it(self) -> None:
        run = Driven(listed(sql("a"), sign("b"), sql("d")))
        run.do(c.RunTo(step="d"))
        assert run.passed("a") == Wait(reason="person", step="b")
        assert run.do(c.Sign(step="b", note="seen"), keep_driving=True) == Wait(reason="running", step="d")

    def test_it_stops_before_a_dangerous_step_be_it_its_end(self) -> None:
        run = Driven(listed(sql("a"), sql("b", confirm="typed"), sql("d")))
        run.do(c.RunTo(step="d"))
        assert run.passed("a") == Wait(reason="typed", step="b")
        assert run.do(c.RunTo(step="b")) == Wait(reason="typed", step="b")
        assert run.do(c.Execute(step="b", confirm=TARGET)) == Wait(reason="running", step="b")

    def test_it_stops_at_a_failure_and_goes_on_when_a_retry_that_keeps_it_passes(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.do(c.RunTo(step="b"))
        assert run.failed("a") == Wait(reason="failed", step="a")
        assert run.refused(c.RunTo(step="b")).code == "order"
        run.do(c.Retry(step="a"), keep_driving=True)
        assert run.passed("a") == Wait(reason="running", step="b")

    def test_a_failure_of_its_last_step_is_rolled_back_when_the_policy_says_so(self) -> None:
        run = Driven(listed(sql("a"), sql("b")), policy=e.Policy(on_failure="rollback"))
        run.do(c.RunTo(step="b"))
        run.passed("a")
        run.failed("b", effect="none")
        assert run.status() == "rolling_back"
        assert run.at("undo.a").status == "running"

    def test_a_step_cancelled_by_a_person_stops_it(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.do(c.RunTo(step="b"))
        run.do(c.Cancel(step="a"), keep_driving=True)
        assert run.cancelled("a") == Wait(reason="failed", step="a")
        assert run.refused(c.RunTo(step="b")).code == "order"

    def test_it_is_refused_for_what_has_ended_and_for_a_companion(self) -> None:
        run = Driven(listed(sql("a"), companion("log", "a"), sql("b")))
        assert run.refused(c.RunTo(step="log")).code == "companion"
        run.do(c.Execute(step="a"))
        run.passed("a")
        assert run.refused(c.RunTo(step="a")).code == "status"
        assert run.refused(c.RunTo(step="nowhere")).code == "no-step"

    def test_in_a_parallel_section_it_begins_nothing_behind_its_end(self) -> None:
        run = Driven(plan(phase(section(sql("a"), sql("b"), sql("d"), parallel=True))))
        run.do(c.RunTo(step="b"))
        assert run.active() == ("a", "b")


class TestFailure:
    def test_hold_waits_for_a_person(self) -> None:
        run = Driven(listed(sql("a"), sql("b")), policy=AUTOMATIC)
        run.go()
        assert run.failed("a") == Wait(reason="failed", step="a")
        assert run.status() == "failed"
        assert exit_code(run.state) == 1
        going_on = run.do(c.Skip(step="a", reason="not needed"), keep_driving=True)
        assert going_on == Wait(reason="running", step="b")

    def test_continue_goes_on(self) -> None:
        run = Driven(listed(sql("a", on_failure="continue"), sql("b")), policy=AUTOMATIC)
        run.go()
        assert run.failed("a") == Wait(reason="running", step="b")
        run.passed("b")
        assert run.status() == "completed"

    def test_rollback_undoes_what_was_applied_and_closes(self) -> None:
        policy = e.Policy(drive="headless", on_failure="rollback")
        run = Driven(listed(sql("a"), sql("b"), sql("d")), policy=policy)
        run.go()
        run.passed("a")
        run.passed("b")
        assert run.failed("d", effect="none") == Wait(reason="running", step="undo.b")
        assert run.passed("undo.b") == Wait(reason="running", step="undo.a")
        assert run.passed("undo.a") == Wait(reason="closed")
        assert run.statuses() == {"a": "undone", "b": "undone", "d": "failed", "undo.b": "passed", "undo.a": "passed"}
        assert run.status() == "rolled_back"
        assert exit_code(run.state) == 3

    def test_the_trigger_fires_once_for_an_attempt(self) -> None:
        run = Driven(listed(query("a", on_failure="propose_rollback")), policy=AUTOMATIC)
        run.go()
        assert run.failed("a") == Wait(reason="failed", step="a")
        assert [f.event.step for f in run.state.fired] == ["a"]
        run.append(e.NoteAdded(text="looking"))
        run.go()
        assert len(run.state.fired) == 1
        run.do(c.Retry(step="a"))
        run.failed("a")
        assert [(f.event.step, f.attempt) for f in run.state.fired] == [("a", 1), ("a", 2)]
        assert run.state.rollback is None

    def test_a_trigger_that_names_the_step_fires_although_the_run_continues(self) -> None:
        trigger = Trigger(title="The data is wrong", step="a")
        run = Driven(listed(query("a", on_failure="continue"), query("b"), triggers=(trigger,)), policy=AUTOMATIC)
        run.go()
        run.failed("a")
        assert [f.event.title for f in run.state.fired] == ["The data is wrong"]
        assert run.at("b").status == "running"

    def test_a_failed_companion_can_propose_a_rollback_and_stops_nothing(self) -> None:
        watch = companion("watch", "a", on_failure="propose_rollback")
        run = Driven(listed(sql("a"), watch, sql("b")), policy=AUTOMATIC)
        run.go()
        run.failed("watch", reason="guard_breached")
        assert [f.event.step for f in run.state.fired] == ["watch"]
        assert run.passed("a") == Wait(reason="running", step="b")
        assert run.passed("b") == Wait(reason="proposed")
        assert run.status() == "completed" and run.state.closed is None

    def test_a_run_does_not_close_itself_over_a_proposed_rollback(self) -> None:
        """Whoever drives, it waits for a person, who closes it or rolls back; headless it is closed where the cause is
        over."""
        guard = Guard(metric="cpu", below=0.7)
        breach = e.GuardBreached(metric="cpu", value=0.9, limit=0.7)
        by_hand = Driven(listed(sql("a"), triggers=(Trigger(title="Too hot", guard="cpu"),), success=(guard,)))
        by_hand.do(c.Execute(step="a"))
        by_hand.settle(breach)
        assert by_hand.passed("a") == Wait(reason="proposed")
        assert by_hand.settle(e.GuardCleared(metric="cpu", value=0.1)) == Wait(reason="completed")
        for end in ("close", "rollback", "over"):
            run = Driven(
                listed(sql("a"), triggers=(Trigger(title="Too hot", guard="cpu"),), success=(guard,)), policy=AUTOMATIC
            )
            run.go()
            run.settle(breach)
            assert run.passed("a") == Wait(reason="proposed")
            verdict = of_run(run.state, 0.0)
            assert verdict is not None and verdict.code == Exit.WAITING
            if end == "close":
                run.do(c.Close())
                assert run.state.closed is not None and run.state.closed.outcome == "completed"
            elif end == "rollback":
                run.do(c.Rollback(reason="too hot", confirm=run.state.opened.target if run.state.opened else ""))
                assert run.state.rollback is not None and run.state.closed is None
            else:
                run.settle(e.GuardCleared(metric="cpu", value=0.1))
                run.go()
                assert run.state.closed is not None

    def test_a_guard_fires_once_for_a_breach(self) -> None:
        guard = Guard(metric="cpu", below=0.7)
        run = Driven(listed(sql("a"), triggers=(Trigger(title="Too hot", guard="cpu"),), success=(guard,)))
        breach = e.GuardBreached(metric="cpu", value=0.9, limit=0.7)
        run.settle(breach)
        run.settle(e.NoteAdded(text="x"))
        assert len(run.state.fired) == 1
        run.settle(e.GuardCleared(metric="cpu", value=0.1))
        run.settle(breach)
        assert len(run.state.fired) == 2

    def test_unresolved_errors_fire_once(self) -> None:
        run = Driven(listed(sql("a"), triggers=(Trigger(title="Errors", errors=2),)))
        run.settle(e.ErrorRecorded(id="E1", text="x"))
        assert not run.state.fired
        run.settle(e.ErrorRecorded(id="E2", text="x"))
        run.settle(e.ErrorRecorded(id="E3", text="x"))
        assert [f.event.reason for f in run.state.fired] == ["errors_unresolved"]

    @pytest.mark.unsaid(TriggerReason.STEP_FAILED, TriggerReason.ERRORS_UNRESOLVED)
    @pytest.mark.parametrize("reason", ["not_answered", "not_measured", "connection"])
    def test_what_was_not_answered_fires_nothing_and_is_rolled_back_by_nobody(self, reason: str) -> None:
        policy = e.Policy(drive="headless", on_failure="rollback")
        triggers = (Trigger(title="Named", step="b"), Trigger(title="Errors", errors=1))
        run = Driven(listed(sql("a"), query("b", on_failure="propose_rollback"), triggers=triggers), policy=policy)
        run.go()
        run.passed("a")
        run.failed("b", reason=reason)
        run.settle(e.ErrorRecorded(id="E1", text="lock timeout", source="unanswered"))
        assert run.go() == Wait(reason="failed", step="b")
        assert not run.state.fired and run.state.rollback is None and exit_code(run.state) == 1
        run.do(c.Retry(step="b"), keep_driving=True)
        assert run.failed("b", reason="not_as_expected") == Wait(reason="running", step="undo.a")
        assert [f.event.title for f in run.state.fired] == ["Named"]

    def test_triggers_may_fire_again_after_a_rollback_to_a_step(self) -> None:
        run = Driven(listed(query("first"), query("a", on_failure="propose_rollback")))
        run.ran(["first"])
        run.do(c.Execute(step="a"))
        run.failed("a")
        run.do(rollback(to="first"))
        run.do(c.Resume())
        run.do(c.Retry(step="a"))
        run.failed("a")
        assert [f.attempt for f in run.state.fired] == [1, 2]


class TestCompanions:
    def test_they_begin_and_end_with_their_step(self) -> None:
        run = Driven(listed(sql("a"), companion("log", "a"), companion("load", "a"), sql("b")))
        run.do(c.Execute(step="a"))
        assert run.active() == ("a", "log", "load")
        assert run.passed("a") == Wait(reason="person", step="b")
        interrupts = [effect for effect in run.effects() if isinstance(effect, Interrupt)]
        assert interrupts == [
            Interrupt(step="log", attempt=1, companion=True),
            Interrupt(step="load", attempt=1, companion=True),
        ]
        run.passed("log")
        run.passed("load")
        run.ran(["b"])
        assert run.status() == "completed"

    def test_it_need_not_stand_next_to_its_step(self) -> None:
        run = Driven(listed(sql("a"), sql("b"), sql("d"), companion("log", "a")))
        run.do(c.Execute(step="a"))
        assert run.active() == ("a", "log")

    @pytest.mark.parametrize("how", ["skip", "by-hand"])
    def test_without_an_attempt_of_its_step_it_is_left_out(self, how: str) -> None:
        run = Driven(listed(sql("a"), companion("log", "a"), sql("b")))
        run.do(c.Skip(step="a", reason="no") if how == "skip" else c.ByHand(step="a", note="done"))
        assert run.at("log").status == "skipped"
        assert run.at("log").reason == "host_ended"
        run.ran(["b"])
        assert run.status() == "completed"

    def test_a_proof_by_hand_is_not_accompanied(self) -> None:
        from tui.plan.model import Proof

        run = Driven(listed(sql("a", prove=Proof(query="select 1", equals=1)), companion("log", "a")))
        run.do(c.ByHand(step="a", note="done"))
        assert run.active() == ("a",)
        run.passed("a")
        assert run.statuses() == {"a": "by_hand", "log": "skipped"}

    def test_it_accompanies_every_attempt_but_each_only_once(self) -> None:
        run = Driven(listed(sql("a"), companion("log", "a")))
        run.do(c.Execute(step="a"))
        run.do(c.Cancel(step="log"))
        run.cancelled("log")
        assert run.active() == ("a",), "cancelled by a person it stays away"
        run.failed("a")
        run.do(c.Retry(step="a"))
        assert run.active() == ("a", "log")
        assert run.at("log").attempt == 2

    def test_what_it_left_in_the_database_keeps_it_from_being_begun_again(self) -> None:
        load = companion("load", "a")
        run = Driven(listed(sql("a"), load))
        run.do(c.Execute(step="a"))
        run.failed("load", effect="some")
        run.failed("a")
        run.do(c.Retry(step="a"))
        assert run.active() == ("a",)

    def test_it_does_not_begin_while_the_run_is_held(self) -> None:
        run = Driven(listed(sql("a"), companion("log", "a")))
        run.ask(c.Execute(step="a"))
        run.ask(c.Hold())
        run.go()
        assert run.active() == ("a",)
        run.do(c.Resume())
        assert run.active() == ("a", "log")

    def test_it_does_not_begin_beside_a_step_whose_fate_is_being_decided(self) -> None:
        run = Driven(listed(sql("a"), companion("log", "a")))
        run.ask(c.Execute(step="a"))
        run.crash()
        assert run.active() == ("a",)

    def test_in_a_parallel_section_each_has_its_own(self) -> None:
        steps = (sql("a"), sql("b"), sql("d"), companion("log-a", "a"), companion("log-b", "b"))
        run = Driven(plan(phase(section(*steps, parallel=True))), policy=AUTOMATIC)
        run.go()
        assert set(run.state.active) == {"a", "b", "d", "log-a", "log-b"}

    def test_in_the_rollback_it_runs_with_its_step(self) -> None:
        back = (phase(section(query("r"), companion("r-log", "r"), query("s"))),)
        run = Driven(listed(sql("a"), back=back))
        run.do(rollback())
        assert run.active() == ("r", "r-log")
        run.passed("r")
        run.passed("r-log")
        run.passed("s")
        assert run.status() == "rolled_back"


class TestParallel:
    def test_its_steps_begin_together_and_the_next_section_waits_for_all(self) -> None:
        run = Driven(plan(phase(section(sql("a"), sql("b"), parallel=True), section(sql("d")))), policy=AUTOMATIC)
        run.go()
        assert run.active() == ("a", "b")
        assert run.passed("b") == Wait(reason="running", step="a")
        assert run.passed("a") == Wait(reason="running", step="d")

    def test_needs_put_them_in_order(self) -> None:
        run = Driven(plan(phase(section(sql("a", needs=("b",)), sql("b"), parallel=True))), policy=AUTOMATIC)
        run.go()
        assert run.active() == ("b",)
        run.passed("b")
        assert run.active() == ("a",)

    def test_a_signature_holds_nothing_up_but_itself(self) -> None:
        run = Driven(plan(phase(section(sign("s"), sql("a"), sql("b"), parallel=True))), policy=UNSIGNED)
        run.go()
        assert run.active() == ("a", "b")
        run.passed("a")
        assert run.passed("b") == Wait(reason="person", step="s")

    def test_after_a_failure_nothing_more_of_it_begins(self) -> None:
        steps = (sql("a"), sql("b"), sql("d", needs=("a",)))
        run = Driven(plan(phase(section(*steps, parallel=True))), policy=AUTOMATIC)
        run.go()
        assert run.failed("b") == Wait(reason="running", step="b")
        assert run.passed("a") == Wait(reason="failed", step="b")
        assert run.at("d").status == "pending"
        assert run.status() == "failed"

    def test_sections_of_the_same_title_are_not_one(self) -> None:
        run = Driven(plan(phase(section(sql("a"), parallel=True), section(sql("b"), parallel=True))), policy=AUTOMATIC)
        run.go()
        assert run.active() == ("a",)

    def test_nothing_begins_beside_an_undo(self) -> None:
        run = Driven(plan(phase(section(sql("a"), sql("b"), parallel=True))))
        run.do(c.Execute(step="a"))
        run.passed("a")
        run.do(undo("a"))
        assert run.refused(c.Execute(step="b")).code == "busy"
        run.ask(c.RunTo(step="b"))
        assert run.go() == Wait(reason="running", step="undo.a")

    def test_a_failure_is_rolled_back_when_the_others_have_ended(self) -> None:
        policy = e.Policy(drive="headless", on_failure="rollback")
        run = Driven(plan(phase(section(sql("a"), sql("b"), parallel=True))), policy=policy)
        run.go()
        assert run.failed("a", effect="none").reason == "running"
        assert run.passed("b") == Wait(reason="running", step="undo.b")


class TestClock:
    def opened(self, **more: object) -> Driven:
        of = plan(phase(section(query("early"))), phase(section(sql("a")), starts=120.0))
        return Driven(of, window=True, **more)  # type: ignore[arg-type]

    def test_a_phase_begins_at_its_time(self) -> None:
        run = self.opened(policy=AUTOMATIC)
        run.go()
        assert run.passed("early") == Wait(reason="clock", step="a", until=OPENED + 60 + 120)
        run.sleep(180)
        assert run.go() == Wait(reason="running", step="a")

    def test_compressed_it_comes_sooner(self) -> None:
        run = self.opened(policy=AUTOMATIC, compress=10.0)
        run.go()
        assert run.passed("early") == Wait(reason="clock", step="a", until=OPENED + 60 + 12)

    def test_by_hand_it_is_refused_before_and_may_be_done_by_hand(self) -> None:
        run = self.opened()
        run.ran(["early"])
        refusal = run.refused(c.Execute(step="a"))
        assert refusal.code == "too-early"
        assert refusal.facts["seconds"] == pytest.approx(180 - (run.wall - OPENED))
        run.do(c.ByHand(step="a", note="had to be sooner"))
        assert run.status() == "completed"

    def test_without_a_window_nothing_waits(self) -> None:
        run = Driven(plan(phase(section(sql("a")), starts=120.0)), policy=AUTOMATIC)
        assert run.go() == Wait(reason="running", step="a")


class TestHeld:
    def test_nothing_begins_and_what_runs_goes_on(self) -> None:
        run = Driven(listed(sql("a"), sql("b")), policy=AUTOMATIC)
        run.go()
        run.do(c.Hold(reason="lunch"), keep_driving=True)
        assert run.effects()[0] == Run(step="a", attempt=1)
        assert run.passed("a") == Wait(reason="held")
        assert run.status() == "held"
        assert run.refused(c.Hold()).code == "held"
        assert run.do(c.Resume()) == Wait(reason="running", step="b")
        assert run.refused(c.Resume()).code == "not-held"

    def test_a_rollback_is_not_held(self) -> None:
        run = Driven(listed(sql("a")))
        run.ran(["a"])
        run.do(rollback())
        assert run.refused(c.Hold()).code == "rollback"


class TestRecovery:
    def test_a_running_step_is_recovered_and_the_helm_is_void(self) -> None:
        run = Driven(listed(sql("a")))
        run.append(e.HelmTaken(person="ana@jump1"))
        run.do(c.Execute(step="a"))
        run.crash()
        assert run.state.helm is None
        assert run.effects() == (Recover(step="a", attempt=1), Wait(reason="running", step="a"))

    def test_interrupted_it_goes_on_by_itself_under_headless(self) -> None:
        run = Driven(listed(sql("a")), policy=AUTOMATIC)
        run.go()
        run.crash()
        assert run.cancelled("a", reason="interrupted") == Wait(reason="running", step="a")
        assert run.at("a").attempt == 2

    def test_interrupted_it_waits_by_hand(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.crash()
        assert run.cancelled("a", reason="interrupted") == Wait(reason="person", step="a")
        run.do(c.Execute(step="a"))
        assert run.at("a").attempt == 2

    def test_it_goes_on_behind_what_is_proved_to_be_committed(self) -> None:
        run = Driven(listed(sql("a")), policy=AUTOMATIC)
        run.go()
        run.append(
            e.TxBegin(step="a", attempt=1, statement=0, witness={"xid": "1"}),
            e.TxCommitted(step="a", attempt=1, statement=0),
            e.TxBegin(step="a", attempt=1, statement=1, witness={"xid": "2"}),
            e.TxCommitSent(step="a", attempt=1, statement=1),
        )
        run.crash()
        run.append(e.StepFate(step="a", attempt=1, fate="applied", reason="status"))
        run.cancelled("a", reason="interrupted", effect="some")
        assert run.at("a").status == "running"
        assert (run.at("a").resume_from, run.at("a").effect) == (2, "some")

    def test_an_interrupted_undo_goes_on_in_a_rollback(self) -> None:
        run = Driven(listed(sql("a")))
        run.ran(["a"])
        run.do(rollback())
        run.append(
            e.TxBegin(step="undo.a", attempt=1, statement=0, witness={"xid": "1"}),
            e.TxCommitted(step="undo.a", attempt=1, statement=0),
        )
        run.crash()
        assert run.cancelled("undo.a", effect="some", reason="interrupted") == Wait(reason="running", step="undo.a")
        assert (run.at("undo.a").attempt, run.at("undo.a").resume_from) == (2, 1)
        run.passed("undo.a")
        assert run.status() == "rolled_back"

    def test_a_person_may_give_up_waiting_for_a_fate(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.crash()
        run.do(c.Cancel(step="a"))
        assert run.effects()[0] == Interrupt(step="a", attempt=1)

    def test_a_cancel_asked_for_before_the_crash_still_counts(self) -> None:
        run = Driven(listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.do(c.Cancel(step="a"))
        run.crash()
        assert run.effects()[0] == Interrupt(step="a", attempt=1)

    def test_an_undo_whose_mark_was_lost_is_marked(self) -> None:
        run = Driven(listed(sql("a")))
        run.ran(["a"])
        run.do(undo("a"))
        run.append(e.StepPassed(step="undo.a", attempt=1, effect="all"))
        run.crash()
        assert run.at("a").status == "undone"
        assert run.types().count("step.undone") == 1


class TestUndecided:
    def lost(self, policy: e.Policy | None = None) -> Driven:
        run = Driven(listed(sql("a"), sql("b")), policy=policy)
        run.ask(c.Execute(step="a"))
        run.go()
        run.crash()
        assert run.undecided("a") == Wait(reason="undecided", step="a")
        assert run.status() == "undecided"
        assert exit_code(run.state) == 4
        assert [at.id for at in run.state.undecided] == ["a"]
        return run

    def test_it_blocks_whoever_drives(self) -> None:
        run = self.lost(AUTOMATIC)
        assert run.active() == ()
        assert run.refused(c.Execute(step="b")).code == "undecided"

    def test_by_hand_settles_it(self) -> None:
        run = self.lost()
        assert run.do(c.ByHand(step="a", note="it is there")) == Wait(reason="person", step="b")
        assert run.at("a").may_have_effect

    def test_skip_settles_it_and_a_rollback_still_undoes_it(self) -> None:
        run = self.lost()
        run.do(c.Skip(step="a", reason="look later"))
        run.do(rollback())
        assert run.at("undo.a").status == "running"

    def test_retry_needs_the_reason_that_denies_its_effect(self) -> None:
        run = self.lost()
        assert run.refused(c.Retry(step="a")).code == "reason"
        assert run.refused(c.Retry(step="a", reason=" ")).code == "reason"
        run.do(c.Retry(step="a", reason="the table has no such column"))
        assert run.at("a").attempt == 2
        run.failed("a")
        assert not run.at("a").may_have_effect

    def test_by_hand_with_a_proof_asks_for_it(self) -> None:
        from tui.plan.model import Proof

        run = Driven(listed(sql("a", prove=Proof(query="select 1", equals=1)), sql("b")))
        run.do(c.Execute(step="a"))
        run.crash()
        run.undecided("a")
        run.do(c.ByHand(step="a", note="it is there"))
        assert run.at("a").by_hand == "it is there"
        assert run.passed("a") == Wait(reason="person", step="b")
        assert (run.at("a").status, run.at("a").note, run.at("a").effect) == ("by_hand", "it is there", "all")


def test_a_closed_run_has_nothing_left_to_do() -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Close(reason="given up"))
    assert run.effects() == (Wait(reason="closed"),)


def test_an_append_is_the_last_of_the_effects() -> None:
    run = Driven(listed(sql("a"), companion("log", "a")))
    run.ask(c.Execute(step="a"))
    first, last = run.effects()
    assert isinstance(first, Run) and isinstance(last, Append)
