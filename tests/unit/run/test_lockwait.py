"""A wait for a lock counts from its first try, and no wait is told longer than it was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.run.runs import ANA, TARGET, listed, sql
from tui.journal import events as e
from tui.journal.line import GENESIS, Line, encode_data
from tui.run.fold import fold
from tui.run.state import RunState
from tui.run.status import status


class Told:
    """A run of one step whose waits are told second by second."""

    def __init__(self) -> None:
        self.state = RunState()
        self.mono = 0.0
        opened = e.RunOpened(
            id="r", plan=listed(sql("a")), seal="0" * 64, work="0" * 64, target=TARGET, environment="development"
        )
        self.add(opened).add(e.StepStarted(step="a", attempt=1, kind="sql"))

    def add(self, event: e.Event, after: float = 0.0) -> Told:
        self.mono += after
        at = f"2026-11-22T06:{int(self.mono) // 60:02d}:{self.mono % 60:09.6f}Z"
        line = Line(1, self.state.seq + 1, at, self.mono, event.TYPE, ANA, encode_data(event), GENESIS)
        self.state = fold(self.state, line)
        return self

    def waits(self, reason: str, after: float, **facts: Any) -> Told:
        return self.add(e.StepWaiting(step="a", attempt=1, reason=reason, facts=facts), after)

    @property
    def since(self) -> float | None:
        return self.state.steps["a"].waiting_since


def test_a_wait_goes_on_over_every_try() -> None:
    told = Told().waits("lock", 10.0)
    for number in range(1, 9):
        told.waits("lock_retry", 0.5, **{"try": number, "of": 9})
        assert told.since == 10.0, "the pause belongs to it"
        assert told.waits("", 2.0).since is None, "nothing is known to wait while the next try begins"
        assert told.waits("lock", 0.9).since == 10.0
    waiting = status(told.state)["steps"][0]["waiting"]
    assert waiting["duration_s"] == pytest.approx(told.mono - 10.0)


def test_tries_that_no_look_saw_are_counted_too() -> None:
    told = Told().waits("lock_retry", 1.1, **{"try": 1, "of": 9}).waits("", 0.2)
    told.waits("lock_retry", 30.0, **{"try": 2, "of": 9})
    assert told.since == pytest.approx(1.1)


def test_who_got_the_lock_begins_anew_at_the_next_one() -> None:
    told = Told().waits("lock", 1.0).waits("", 5.0)
    assert told.waits("lock", 0.5).since == 6.5, "the first one was granted: nothing was tried again"
    told.waits("lock_retry", 0.5, **{"try": 1, "of": 9}).waits("", 0.2)
    assert told.waits("lock", 60.0).since == pytest.approx(67.2), "for a minute nobody saw it wait"


def test_a_commit_ends_it() -> None:
    told = Told().waits("lock_retry", 1.0, **{"try": 1, "of": 9}).waits("", 0.2)
    told.add(e.TxCommitted(step="a", attempt=1), 0.5)
    assert told.waits("lock_retry", 0.5, **{"try": 1, "of": 9}).since == pytest.approx(2.2)


def test_another_reason_and_another_attempt_begin_anew() -> None:
    told = Told().waits("lock", 1.0).waits("blocks_others", 4.0)
    assert told.since == 5.0
    told.add(e.StepFailed(step="a", attempt=1, reason="sql_error"), 1.0)
    told.add(e.StepStarted(step="a", attempt=2, kind="sql"), 1.0)
    told.add(e.StepWaiting(step="a", attempt=2, reason="lock"), 1.0)
    assert told.since == 8.0
