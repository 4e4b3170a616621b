from __future__ import annotations

import pytest

from tests.unit.run.runs import OPENED, Driven, listed, phase, query, section, sign, sql
from tui.plan.model import Section
from tui.run.clock import (
    expected,
    instant,
    mono_at,
    rfc3339,
    rollback_at_least,
    rollback_seconds,
    starts_in,
    window_clock,
)
from tui.run.projection import milestones
from tui.run.state import RunState

OPENS = OPENED + 60
CLOSES = OPENED + 3660


def test_instants_are_read_and_written() -> None:
    assert instant("1970-01-01T00:00:01Z") == 1.0
    assert instant("1970-01-01T01:00:01.500000+01:00") == 1.5
    assert rfc3339(1.5) == "1970-01-01T00:00:01.500000Z"
    assert instant(rfc3339(OPENED + 0.123456)) == pytest.approx(OPENED + 0.123456, abs=1e-6)
    with pytest.raises(ValueError):
        instant("yesterday")


def test_without_a_window_there_is_no_clock() -> None:
    run = Driven(listed(sql("a", milestone=60.0)))
    assert window_clock(run.state, run.wall) is None
    assert milestones(run.state, run.wall) == ()
    assert starts_in(run.state, 60.0, run.wall) is None
    assert window_clock(RunState(), 0.0) is None
    assert rollback_seconds(RunState()) is None


@pytest.mark.parametrize(
    ("wall", "t", "remaining", "is_open", "in_buffer", "is_over"),
    [
        (OPENS - 30, -30, 30, False, False, False),
        (OPENS, 0, 3600, True, False, False),
        (CLOSES - 900, 2700, 900, True, True, False),
        (CLOSES - 1, 3599, 1, True, True, False),
        (CLOSES, 3600, 0, False, False, True),
        (CLOSES + 10, 3610, -10, False, False, True),
    ],
)
def test_the_window(wall: float, t: float, remaining: float, is_open: bool, in_buffer: bool, is_over: bool) -> None:
    clock = window_clock(Driven(listed(sql("a")), window=True).state, wall)
    assert clock is not None
    assert clock.t == pytest.approx(t)
    assert clock.remaining_s == pytest.approx(remaining)
    assert (clock.is_open, clock.in_buffer, clock.is_over) == (is_open, in_buffer, is_over)
    assert clock.last_safe_rollback is None


def test_a_phase_starts_relative_to_the_opening() -> None:
    run = Driven(listed(sql("a")), window=True)
    assert starts_in(run.state, -1800.0, OPENS) == pytest.approx(-1800)
    assert starts_in(run.state, None, OPENS) is None
    fast = Driven(listed(sql("a")), window=True, compress=60.0)
    assert starts_in(fast.state, 600.0, OPENS) == pytest.approx(10)


def test_what_was_rehearsed_counts_more_than_an_estimate() -> None:
    run = Driven(listed(sql("a", estimate=100.0), sql("b", estimate=5.0), sql("d")), window=True)
    opened = run.state.opened
    assert opened is not None
    from msgspec.structs import replace

    state = replace(run.state, opened=replace(opened, durations={"a": 7.0}))
    assert expected(state, state.steps["a"]) == 7.0
    assert expected(state, state.steps["b"]) == 5.0
    assert expected(state, state.steps["d"]) is None


def test_the_last_safe_rollback() -> None:
    back = (phase(section(query("r", estimate=100.0), query("s", estimate=20.0)), section(query("t"), estimate=30.0)),)
    run = Driven(listed(sql("a"), back=back), window=True)
    assert rollback_seconds(run.state) == 150.0
    clock = window_clock(run.state, OPENS)
    assert clock is not None
    assert clock.last_safe_rollback == pytest.approx(CLOSES - 150)
    assert clock.last_safe_rollback_s == pytest.approx(3450)
    from msgspec.structs import replace

    opened = run.state.opened
    assert opened is not None
    rehearsed = replace(run.state, opened=replace(opened, rollback_s=600.0))
    assert rollback_seconds(rehearsed) == 600.0
    assert not rollback_at_least(rehearsed)


def test_a_rollback_of_which_a_part_is_unknown_takes_longer_than_the_rest() -> None:
    def least(*sections: Section, undo: bool = False) -> bool:
        step = sql("a") if undo else query("a")
        return rollback_at_least(Driven(listed(step, back=(phase(*sections),)), window=True).state)

    known = section(query("r", estimate=100.0), sign("s"))
    assert not least(known)
    assert least(known, section(query("t")))
    assert not least(known, section(query("t"), estimate=5.0))
    assert least(known, undo=True), "nobody has said how long the undo takes"
    assert least(known, section(undo_applied=True), undo=True)
    assert not least(known, section(undo_applied=True, estimate=60.0), undo=True)
    clock = window_clock(Driven(listed(sql("a"), back=(phase(known),)), window=True).state, OPENS)
    assert clock is not None and clock.safe_at_most


def test_a_section_that_takes_less_than_its_steps_is_not_believed() -> None:
    back = (phase(section(query("r", estimate=100.0), query("s", estimate=20.0), estimate=30.0)),)
    assert rollback_seconds(Driven(listed(sql("a"), back=back)).state) == 120.0


def test_the_clock_of_the_run_goes_on_while_nothing_is_journaled() -> None:
    run = Driven(listed(sql("a")), window=True)
    assert mono_at(run.state, run.wall) == run.state.mono
    assert mono_at(run.state, run.wall + 240) == pytest.approx(run.state.mono + 240)
    assert mono_at(run.state, run.wall - 10) == run.state.mono, "it never goes back"
