"""What costs the target's name, typed, and a reason: the same for a person's command and for an engine that drives."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.unit.run.runs import (
    AUTOMATIC,
    OPENED,
    TARGET,
    Driven,
    companion,
    listed,
    phase,
    query,
    rollback,
    section,
    sign,
    sql,
    undo,
    undo_again,
)
from tui.journal import events as e
from tui.journal.codes import CancelReason
from tui.plan.model import Plan, Step
from tui.run import commands as c
from tui.run.confirmation import foretold, late
from tui.run.decide import decide
from tui.run.fold import fold_all
from tui.run.next import Wait, exit_code
from tui.run.order import Refusal
from tui.run.status import status
from tui.run.steps import Confirmed
from tui.steps.registry import KINDS
from tui.words.refusals import refusal_words

INSIDE, BUFFER, OVER = OPENED + 120.0, OPENED + 60 + 2700 + 1, OPENED + 3660 + 1
"""The window of the tests opens after a minute, lasts 45 minutes, and has a buffer of 15."""
OUTSIDE = [(BUFFER, "buffer"), (OVER, "window")]
HEADLESS = e.Policy(drive="headless")


def program(step: str, changes: bool | None = None, **more: Any) -> Step:
    return Step(id=step, title=f"Run {step}", kind="command", spec={"run": ["true"]}, changes=changes, **more)


def at(wall: float, of: Plan, policy: e.Policy | None = None) -> Driven:
    """A run of the plan with a window, at this instant."""
    run = Driven(of, policy=policy, window=True)
    run.sleep(wall - run.wall)
    return run


def paid(step: str, reason: str | None = "the DBA says so") -> c.Execute:
    return c.Execute(step=step, confirm=TARGET, reason=reason)


class TestOutsideTheWindow:
    @pytest.mark.parametrize(("wall", "why"), OUTSIDE)
    def test_what_changes_something_costs_name_and_reason(self, wall: float, why: str) -> None:
        run = at(wall, listed(sql("a")))
        assert run.go() == Wait(reason=why, step="a")
        refused = run.refused(c.Execute(step="a"))
        assert (refused.code, refused.facts) == (
            "confirm", {"target": TARGET, "why": why, "step": "a", "reason": True}
        )  # fmt: skip
        for short in (c.Execute(step="a", confirm=TARGET), c.Execute(step="a", reason="x"), paid("a", "  ")):
            assert run.refused(short).code == "confirm"
        other = run.refused(c.Execute(step="a", confirm="staging", reason="x"))
        assert other.facts == {"target": TARGET, "why": "other", "reason": True}
        run.do(paid("a"))
        assert run.at("a").status == "running"

    def test_until_the_buffer_nothing_does(self) -> None:
        last = at(BUFFER - 2.0, listed(sql("a")))
        assert last.go() == Wait(reason="person", step="a")
        last.do(c.Execute(step="a"))
        assert Driven(listed(sql("a"))).do(c.Execute(step="a")) == Wait(reason="running", step="a"), "no window"

    @pytest.mark.parametrize("kind", sorted(KINDS))
    def test_what_counts_as_changing_is_a_trait_of_the_kind(self, kind: str) -> None:
        step = Step(id="a", title="A", kind=kind, spec={})
        refused = decide(at(OVER, listed(step)).state, c.Execute(step="a"), "ana", OVER)
        changing = kind in ("sql", "batch", "psql", "command", "quiesce", "restore", "load")
        assert (isinstance(refused, Refusal) and refused.code == "confirm") is changing

    def test_a_program_that_changes_nothing_needs_no_window(self) -> None:
        run = at(OVER, listed(program("a", changes=False), program("b", changes=True), program("d")), HEADLESS)
        assert run.go() == Wait(reason="running", step="a")
        assert run.passed("a") == Wait(reason="window", step="b")
        run.do(paid("b"))
        assert run.passed("b") == Wait(reason="window", step="d")

    @pytest.mark.parametrize(("wall", "why"), OUTSIDE)
    @pytest.mark.parametrize("drive", ["headless", "autopilot", "run_to"])
    def test_nothing_that_changes_something_begins_by_itself(self, drive: e.Drive, wall: float, why: str) -> None:
        policy = e.Policy(drive=drive, until="d" if drive == "run_to" else None)
        run = at(INSIDE, listed(sql("a"), query("b"), sql("d")), policy)
        run.go()
        run.sleep(wall - run.wall)
        assert run.passed("a") == Wait(reason="running", step="b"), "what began goes on, and so does what only looks"
        assert run.passed("b") == Wait(reason=why, step="d")
        assert exit_code(run.state) == 6
        assert run.crash() == Wait(reason=why, step="d"), "another engine meets the same"
        assert run.do(paid("d")) == Wait(reason="running", step="d")

    def test_an_attempt_that_was_lost_there_is_not_begun_again_by_itself(self) -> None:
        run = at(OVER, listed(sql("a")), HEADLESS)
        run.do(paid("a"))
        assert run.cancelled("a", reason="connection_lost") == Wait(reason="window", step="a")
        assert run.refused(c.Execute(step="a")).code == "confirm"

    def test_another_attempt_costs_the_same(self) -> None:
        run = at(INSIDE, listed(sql("a")))
        run.do(c.Execute(step="a"))
        run.failed("a")
        run.sleep(OVER - run.wall)
        assert run.refused(c.Retry(step="a", reason="mended")).facts["why"] == "window"
        assert run.do(c.Retry(step="a", reason="mended", confirm=TARGET)) == Wait(reason="running", step="a")
        assert run.at("a").confirmed == Confirmed(TARGET, "mended")
        assert run.state.remarks == (), "its reason stands with the attempt"

    def test_a_rollback_needs_no_window(self) -> None:
        back = (phase(section(sql("r", undo=None))),)
        run = at(INSIDE, listed(sql("a"), back=back))
        run.ran(["a"])
        run.sleep(OVER - run.wall)
        run.do(rollback())
        assert run.passed("undo.a") == Wait(reason="running", step="r")
        assert run.failed("r") == Wait(reason="rollback_failed", step="r")
        run.do(c.Retry(step="r"))
        assert run.passed("r") == Wait(reason="rolled_back")

    def test_nor_does_the_one_that_a_run_was_opened_with(self) -> None:
        policy = e.Policy(drive="headless", on_failure="rollback")
        run = at(INSIDE, listed(sql("a"), query("b")), policy)
        run.go()
        run.passed("a")
        run.sleep(OVER - run.wall)
        run.failed("b", reason="not_as_expected")
        assert run.passed("undo.a") == Wait(reason="closed")
        assert run.status() == "rolled_back"

    def test_an_undo_costs_the_name_and_no_reason(self) -> None:
        run = at(INSIDE, listed(sql("a")))
        run.ran(["a"])
        run.sleep(OVER - run.wall)
        run.do(undo("a"))
        assert run.at("undo.a").status == "running"


class TestCompanions:
    def test_one_that_changes_something_does_not_begin_with_its_step(self) -> None:
        run = at(OVER, listed(query("a"), program("w", with_="a"), companion("log", "a")), HEADLESS)
        run.go()
        assert (run.at("w").status, run.at("log").status) == ("pending", "running")
        assert run.refused(c.Execute(step="w")).code == "confirm"
        run.do(paid("w"))
        assert run.at("w").status == "running"

    def test_it_does_with_a_step_that_was_confirmed(self) -> None:
        run = at(OVER, listed(sql("a"), program("w", with_="a"), companion("log", "a")))
        refused = run.refused(c.Execute(step="a"))
        assert refused.facts["with"] == ["w"] and "With it begin: w." in (refusal_words(refused) or "")
        run.do(paid("a"))
        assert (run.at("w").status, run.at("log").status) == ("running", "running")

    def test_a_dangerous_one_is_confirmed_itself(self) -> None:
        run = at(OVER, listed(sql("a"), program("w", with_="a", confirm="typed")))
        assert "with" not in run.refused(c.Execute(step="a")).facts
        run.do(paid("a"))
        assert run.at("w").status == "pending"
        run.do(paid("w"))
        assert run.at("w").status == "running"


class TestLate:
    """What had begun in its window, and has done nothing when that is over."""

    @pytest.mark.parametrize("wall", [BUFFER, OVER])
    def test_what_nobody_confirmed_is(self, wall: float) -> None:
        run = at(INSIDE, listed(sql("a"), program("w", with_="a"), companion("log", "a")))
        run.do(c.Execute(step="a"))
        assert not any(late(run.state, run.at(step), run.wall) for step in ("a", "w", "log"))
        assert [late(run.state, run.at(step), wall) for step in ("a", "w", "log")] == [True, True, False]
        run.sleep(wall - run.wall)
        run.append(e.StepCancelled(step="a", attempt=1, reason=CancelReason.OUTSIDE_WINDOW))
        for drive in ("by_hand", "headless"):
            run.crash(e.Policy(drive=drive))
            assert run.go().reason in ("buffer", "window") and run.at("a").status == "cancelled"
        assert run.refused(c.Execute(step="a")).code == "confirm"
        run.do(paid("a"))

    def test_what_was_confirmed_is_not_nor_what_begins_with_it(self) -> None:
        run = at(BUFFER, listed(sql("a"), program("w", with_="a")))
        run.do(paid("a"))
        assert not any(late(run.state, run.at(step), OVER) for step in ("a", "w"))

    def test_nor_is_a_rollback_nor_what_is_only_dangerous(self) -> None:
        back = (phase(section(sql("r", undo=None))),)
        run = at(INSIDE, listed(sql("a", confirm="typed"), back=back))
        run.do(paid("a", None))
        assert not late(run.state, run.at("a"), INSIDE) and late(run.state, run.at("a"), OVER)
        run.passed("a")
        run.do(rollback())
        assert not late(run.state, run.at("undo.a"), OVER)
        run.passed("undo.a")
        assert not late(run.state, run.at("r"), OVER)


class TestDangerous:
    def test_a_step_of_which_the_plan_says_so_costs_the_name(self) -> None:
        run = Driven(listed(sql("a", confirm="typed")))
        assert run.refused(c.Execute(step="a")).facts == {
            "target": TARGET,
            "why": "typed",
            "step": "a",
            "reason": False,
        }
        run.do(paid("a", None))
        run.failed("a")
        assert run.refused(c.Retry(step="a")).code == "confirm", "another attempt is no less dangerous"
        run.do(c.Retry(step="a", confirm=TARGET))

    def test_in_a_rollback_too(self) -> None:
        back = (phase(section(sql("r", undo=None, confirm="typed"))),)
        run = Driven(listed(sql("a"), query("b"), back=back), policy=replace(AUTOMATIC, on_failure="rollback"))
        run.go()
        run.passed("a")
        run.failed("b", reason="not_as_expected")
        assert run.passed("undo.a") == Wait(reason="typed", step="r"), "the undo was confirmed with the rollback"
        assert run.refused(c.Execute(step="r")).code == "confirm"
        assert run.do(paid("r", None)) == Wait(reason="running", step="r")
        assert run.failed("r") == Wait(reason="rollback_failed", step="r")
        assert run.refused(c.Retry(step="r", reason="mended")).code == "confirm"
        again = c.Retry(step="r", reason="mended", confirm=TARGET)
        assert run.do(again) == Wait(reason="running", step="r"), "it is confirmed once"
        assert run.at("r").confirmed == Confirmed(TARGET, "mended")
        assert run.passed("r").reason in ("closed", "rolled_back")

    def test_undoing_a_step_costs_the_name_each_time(self) -> None:
        run = Driven(listed(sql("a")))
        run.ran(["a"])
        assert run.refused(c.Undo(step="a")).facts["why"] == "undo"
        run.do(undo("a"))
        run.failed("undo.a")
        assert run.refused(c.Retry(step="undo.a")).facts["why"] == "undo"
        run.do(undo_again("a"))
        run.passed("undo.a")

    def test_closing_costs_name_and_reason_while_work_stays_applied(self) -> None:
        run = Driven(listed(sql("a"), sql("b")))
        run.ran(["a"])
        for short in (c.Close(), c.Close(reason="x"), c.Close(confirm=TARGET)):
            assert run.refused(short).facts == {
                "target": TARGET, "why": "close", "reason": True, "run": "running", "applied": ["a"], "unresolved": [],
            }  # fmt: skip
        run.do(c.Close(confirm=TARGET, reason="goes on tomorrow"))
        assert run.state.closed == e.RunClosed(outcome="failed", reason="goes on tomorrow", confirm=TARGET)

    def test_nothing_applied_or_all_of_it_done_costs_no_name(self) -> None:
        untouched = Driven(listed(sql("a")))
        untouched.do(c.Close(reason="not today"))
        done = Driven(listed(sql("a")))
        done.ran(["a"])
        done.do(c.Close())

    def test_the_name_of_another_target_is_refused_even_where_none_is_wanted(self) -> None:
        run = Driven(listed(sql("a")))
        facts = {"target": TARGET, "why": "other", "reason": False}
        assert run.refused(c.Execute(step="a", confirm="production")).facts == facts
        run.do(paid("a"))

    def test_what_stands_in_the_way_is_said_before_the_price(self) -> None:
        run = Driven(listed(sql("a"), sql("b", confirm="typed")))
        assert run.refused(c.Execute(step="b")).code == "order"


def test_who_confirmed_what_and_why_is_in_the_journal() -> None:
    run = Driven(listed(sql("a", confirm="typed"), sql("b")))
    run.do(paid("a", "as agreed with Rui"))
    run.passed("a")
    started = [e.decode(line.type, line.data) for line in run.lines if line.type == "step.started"]
    assert started == [
        e.StepStarted(step="a", attempt=1, kind="sql", confirm=TARGET, reason="as agreed with Rui")
    ]  # fmt: skip
    assert fold_all(run.lines) == run.state
    told = {step["id"]: step["confirmed"] for step in status(run.state)["steps"]}
    assert told == {"a": {"target": TARGET, "reason": "as agreed with Rui"}, "b": None}


def test_a_journal_of_before_says_nothing_of_it() -> None:
    event = e.decode("step.started", b'{"step":"a","attempt":1,"kind":"sql"}')
    assert event == e.StepStarted(step="a", attempt=1, kind="sql")
    assert e.decode("run.closed", b'{"outcome":"failed"}') == e.RunClosed(outcome="failed")


class TestSignOff:
    def run(self, environment: str, *steps: Step) -> Driven:
        run = Driven(listed(*steps), policy=AUTOMATIC)
        assert run.state.opened is not None
        run.state = replace(run.state, opened=replace(run.state.opened, environment=environment))
        return run

    def test_on_production_it_signs_what_the_plan_leaves_to_it(self) -> None:
        run = self.run("production", sign("a", spec={"sign_off": True}), sign("b"), sign("d", spec={"sign_off": False}))
        assert run.go() == Wait(reason="person", step="b")
        assert (run.at("a").status, run.at("a").by) == ("signed", run.at("a").person)
        assert run.do(c.Sign(step="b", note="seen")) == Wait(reason="person", step="d")

    def test_elsewhere_it_signs_all(self) -> None:
        run = self.run("staging", sign("a"), sign("b"))
        run.go()
        assert run.status() == "completed"


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_load_test_is_dangerous_on_production_alone(environment: str) -> None:
    """Whatever the plan says; a kind that is always dangerous costs the name elsewhere, too."""
    for kind, elsewhere in (("load", False), ("restore", True), ("sql", False)):
        step = Step(id="a", title="A", kind=kind, spec={})
        run = at(INSIDE, listed(step))
        assert run.state.opened is not None
        opened = msgspec.structs.replace(run.state.opened, environment=environment)
        state = msgspec.structs.replace(run.state, opened=opened)
        refused = decide(state, c.Execute(step="a"), "ana", INSIDE)
        costs = isinstance(refused, Refusal) and refused.code == "confirm"
        assert costs is (elsewhere or (kind == "load" and environment == "production"))


def test_what_was_foretold_holds_until_something_may_have_been_written() -> None:
    """A figure of before is no figure; that it is being asked is said in its place."""
    restore = Step(id="restore", title="Restore", kind="restore", spec={"of": "a"})
    run = Driven(listed(query("q"), sql("a"), restore, sql("b")))

    def told() -> dict[str, Any] | None:
        return foretold(run.state, run.at("restore"))

    def tell() -> None:
        run.append(e.StepForetold(step="restore", attempt=1, facts={"rows": 1}))
        assert told() == {"rows": 1}

    tell()
    run.append(e.StepStarted(step="q", attempt=1))
    assert told() is not None, "what only looks writes nothing"
    for event in (
        e.StepStarted(step="a", attempt=1), e.StepByHand(step="b", attempt=0, note="psql"),
        e.QuiesceBegun(step="a", attempt=1), e.QuiesceReleased(of="a"),
    ):  # fmt: skip
        run.append(event)
        assert told() is None, event
        tell()
