"""Lessons and improvements: what they need, who they wait for, and what they leave to the next run."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.unit.run.runs import ANA, OPENED, Driven, listed, opening, phase, plan, query, section, sign, sql
from tui.journal import events as e
from tui.run import commands as c
from tui.run.next import Wait
from tui.run.order import Refusal
from tui.run.phase_starts import due
from tui.run.review import Improvement
from tui.run.reviewed import is_overdue, left_behind

DUE = "2026-12-31"


def improve(text: str = "shorter", **more: Any) -> c.Improve:
    return c.Improve(**{"text": text, "owner": "bruno", "due": DUE} | more)


def test_an_improvement_has_an_owner_and_a_day() -> None:
    run = Driven(listed(query("a")))
    assert run.refused(improve(owner="  ")).code == "owner"
    for bad in ("soon", "31.12.2026", "2026-13-01", "2026-11-01", "20261231"):
        assert run.refused(improve(due=bad)).code == "due", bad
    run.ask(improve(" lock_timeout "))
    run.ask(improve("two"))
    assert [(x.id, x.owner, x.due, x.by) for x in run.state.improvements] == [
        ("I1", "bruno", DUE, ANA), ("I2", "bruno", DUE, ANA),
    ]  # fmt: skip
    assert run.refused(c.Improved(improvement="I7", text="x")).code == "no-improvement"
    run.ask(c.Improved(improvement="I1", text="in 14.2"))
    assert run.state.improvements[0].done == "in 14.2" and run.state.improvements[0].done_by == ANA
    assert run.refused(c.Improved(improvement="I1", text="again")).code == "improved"


@pytest.mark.parametrize(
    ("wants", "code", "command"),
    [("lesson", "no-lesson", c.Lesson(text="ask first")), ("improvement", "no-improvements", improve())],
)
def test_a_step_that_wants_a_lesson_is_not_signed_without_one(wants: str, code: str, command: c.Command) -> None:
    run = Driven(listed(sign("review", spec={"wants": wants}), query("b")))
    assert run.refused(c.Sign(step="review", note="all of it")).code == code
    run.ask(command)
    run.do(c.Sign(step="review", note="all of it"))
    assert run.state.steps["review"].status == "signed"


def test_what_an_earlier_run_has_left_is_none_of_this_ones() -> None:
    first = opening(listed(sign("review", spec={"wants": "lesson"})))
    run = Driven(first.plan)
    run.append(msgspec.structs.replace(first, lessons=(e.PastLesson(run="r0", id="L1", text="old"),)))
    assert [x.run for x in run.state.lessons] == ["r0"]
    assert run.refused(c.Sign(step="review", note="x")).code == "no-lesson"


def test_a_sign_off_of_a_rehearsal_needs_no_lesson_and_on_production_it_waits_for_a_person() -> None:
    spec = {"wants": "lesson", "sign_off": True}
    policy = e.Policy(drive="headless", sign_off="rehearsed", signer="ci")
    run = Driven(listed(sign("review", spec=spec), query("b")), policy=policy)
    run.go()
    assert run.state.steps["review"].status == "signed"
    production = msgspec.structs.replace(
        opening(listed(sign("review", spec=spec), query("b")), policy=policy), environment="production", mode="live"
    )
    run = Driven(listed(query("b")))
    run.append(production)
    assert run.go() == Wait(reason="person", step="review")
    run.ask(c.Lesson(text="ask first"))
    # Whoever writes something down ends nothing of what goes on by itself.
    assert run.state.policy.drive == "headless"
    run.go()
    assert run.state.steps["review"].status == "signed"


def left(*runs: Driven) -> Driven:
    """A run that opens behind these, the newest first."""
    carried = left_behind(run.state for run in runs)
    of = opening(listed(query("a")))
    run = Driven(of.plan)
    run.append(msgspec.structs.replace(of, id="20270101T000000Z-next", improvements=carried.improvements,
                                       lessons=carried.lessons))  # fmt: skip
    return run


def test_what_a_run_leaves_stands_at_the_head_of_the_next_until_somebody_has_done_it() -> None:
    first = Driven(listed(query("a")))
    for command in (
        c.Lesson(text="ask first"),
        improve("one"),
        improve("two"),
        c.Improved(improvement="I2", text="ok"),
    ):
        first.ask(command)
    second = left(first)
    assert first.state.opened is not None
    own = first.state.opened.id
    assert [(x.run, x.id, x.text, x.done) for x in second.state.improvements] == [(own, "I1", "one", None)]
    assert [(x.run, x.id, x.text) for x in second.state.lessons] == [(own, "L1", "ask first")]
    second.ask(improve("three"))
    assert second.state.improvements[-1].id == "I1", "it counts its own"
    second.ask(c.Improved(improvement=f"{own[:8]}:I1", text="done meanwhile"))
    assert [(x.run, x.done) for x in second.state.improvements] == [(own, "done meanwhile"), (None, None)]
    third = left(second, first)
    assert [x.text for x in third.state.improvements] == ["three"]


def test_overdue_is_what_nobody_has_done_when_its_day_is_over_everywhere() -> None:
    one = Improvement(id="I1", text="x", owner="ana", due="2026-11-22")
    assert not is_overdue(one, OPENED) and not is_overdue(one, OPENED + 86400 + 3600)
    assert is_overdue(one, OPENED + 2 * 86400)
    assert not is_overdue(msgspec.structs.replace(one, done="yes"), OPENED + 9 * 86400)
    assert not is_overdue(msgspec.structs.replace(one, due="whenever"), OPENED + 9 * 86400)


@pytest.mark.parametrize(
    ("hours", "first"), [(0, "2026-11-21"), (5.9, "2026-11-21"), (6.1, "2026-11-22"), (29.9, "2026-11-22")]
)
def test_what_is_accepted_is_not_overdue_the_moment_it_stands_there(hours: float, first: str) -> None:
    """The run opens at six in the morning UTC; west of everything else it is still yesterday until noon."""
    for day in ("2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"):
        run = Driven(listed(query("a")))
        run.sleep(hours * 3600.0)
        accepted = not isinstance(run.ask(improve(due=day)), Refusal)
        assert accepted is (day >= first)
        assert not any(is_overdue(one, run.wall) for one in run.state.improvements)


def test_a_phase_is_due_when_its_time_has_come_and_nothing_of_it_has_begun() -> None:
    run = Driven(plan(phase(section(sql("a"))), phase(section(sign("b"), sign("d")), starts=120.0)), window=True)
    assert due(run.state, OPENED + 9999) is None, "the first phase has no time of its own"
    run.do(c.Execute(step="a"))
    run.append(e.StepPassed(step="a", attempt=1, effect="all"))
    assert due(run.state, OPENED + 100) is None
    found = due(run.state, OPENED + 7 * 86400)
    assert found is not None and found.at == OPENED + 180
    run.sleep(300)
    run.do(c.Sign(step="b", note="seen"))
    assert due(run.state, OPENED + 7 * 86400) is None


def test_it_is_written_down_in_a_closed_run_no_more() -> None:
    run = Driven(listed(query("a")))
    run.append(e.RunClosed(outcome="completed"))
    decision = run.ask(improve())
    assert isinstance(decision, Refusal) and decision.code == "closed"
