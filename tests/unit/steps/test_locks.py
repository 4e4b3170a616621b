from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.steps.drive import LOCKED, committed, context, refused, step
from tui.journal.events import StepWaiting
from tui.steps.effects import Emit, RunTransaction, Sleep, SqlSettings, SqlStatement
from tui.steps.locks import gently, tries

WORK = RunTransaction(statements=(SqlStatement(text="select 1"),), settings=SqlSettings(lock_timeout=0.5))


def drive(limit: float | None, retries: int, results: list[Any], stop_at: int | None = None) -> tuple[Any, list[Any]]:
    """How it ended, and what was asked for; `stop_at`: the pause in which a person cancels."""
    generator = gently(context(step("sql", {})), WORK, limit, retries)
    asked: list[Any] = []
    answer: Any = None
    try:
        while True:
            effect = generator.send(answer)
            asked.append(effect)
            if isinstance(effect, RunTransaction):
                answer = results.pop(0)
            elif isinstance(effect, Sleep):
                answer = stop_at is not None and len([a for a in asked if isinstance(a, Sleep)]) == stop_at
            else:
                answer = None
    except StopIteration as ended:
        return ended.value, asked


@given(st.floats(0.01, 30.0), st.integers(-3, 30))
def test_timeouts_grow_and_never_pass_the_limit(limit: float, retries: int) -> None:
    plan = tries(limit, retries)
    assert len(plan) == max(0, retries) + 1
    timeouts, pauses = [t.lock_timeout for t in plan], [t.pause for t in plan]
    assert timeouts == sorted(timeouts) and pauses == sorted(pauses)
    assert timeouts[0] > 0 and timeouts[-1] == limit, "the last try takes all that the plan allows"
    assert retries <= 0 or timeouts[0] <= 0.1
    assert pauses[-1] <= 2.0


def test_a_lock_at_once() -> None:
    (done, number), asked = drive(0.5, 8, [committed(3)])
    assert (done.rows, number) == (3, 1)
    assert [effect.settings.lock_timeout for effect in asked] == [0.1]


def test_each_retry_waits_says_why_and_then_that_it_waits_no_more() -> None:
    (done, number), asked = drive(0.5, 8, [refused(LOCKED), refused(LOCKED), committed()])
    assert done.committed and number == 3
    kinds = [type(effect) for effect in asked]
    assert kinds == [RunTransaction, Emit, Sleep, Emit, RunTransaction, Emit, Sleep, Emit, RunTransaction]
    waits = [effect.event for effect in asked if isinstance(effect, Emit) and isinstance(effect.event, StepWaiting)]
    assert [wait.reason for wait in waits] == ["lock_retry", "", "lock_retry", ""]
    assert (waits[0].facts["try"], waits[0].facts["of"]) == (1, 9)
    pauses = [effect for effect in asked if isinstance(effect, Sleep)]
    assert all(not pause.compressible for pause in pauses), "the application's locks are no shorter in a rehearsal"
    assert 0.1 <= pauses[0].seconds <= 0.3
    assert waits[0].facts["pause_s"] == pytest.approx(pauses[0].seconds, abs=0.001)
    assert [effect.settings.lock_timeout for effect in asked if isinstance(effect, RunTransaction)] == [
        0.1, pytest.approx(0.15), pytest.approx(0.225)
    ]  # fmt: skip


def test_the_last_try_is_the_last() -> None:
    (done, number), asked = drive(0.5, 2, [refused(LOCKED)] * 3)
    assert not done.committed and number == 3
    assert isinstance(asked[-1], RunTransaction), "no pause after which nothing comes"
    assert [effect.settings.lock_timeout for effect in asked if isinstance(effect, RunTransaction)] == [
        0.1, pytest.approx(0.15), 0.5
    ]  # fmt: skip


def test_who_held_the_lock_is_told_with_the_retry() -> None:
    seen = {"wanted": "AccessExclusiveLock public.t", "blockers": [{"pid": 7}]}
    _ended, asked = drive(0.5, 8, [refused(replace(LOCKED, lock=seen)), committed()])
    waits = [effect.event for effect in asked if isinstance(effect, Emit) and isinstance(effect.event, StepWaiting)]
    facts = waits[0].facts
    assert facts.items() >= seen.items() and facts["try"] == 1


def test_another_error_is_not_tried_again() -> None:
    (done, number), _ = drive(0.5, 8, [refused(LOCKED), refused()])
    assert (done.error.sqlstate, number) == ("42P01", 2)


def test_asked_to_stop_it_stops() -> None:
    (done, number), asked = drive(0.5, 8, [refused(LOCKED), refused(LOCKED)], stop_at=2)
    assert not done.committed and number == 2
    assert isinstance(asked[-1], Sleep)


@pytest.mark.parametrize("limit", [None, 0.0])
def test_without_a_limit_it_is_sent_as_it_is_and_once(limit: float | None) -> None:
    (done, number), asked = drive(limit, 8, [refused(LOCKED)])
    assert asked == [WORK]
    assert not done.committed and number == 1


def test_no_retries_means_one_try() -> None:
    for retries in (0, -1):
        (_, number), asked = drive(25.0, retries, [refused(LOCKED)])
        assert number == 1
        assert asked[0].settings.lock_timeout == 25.0
