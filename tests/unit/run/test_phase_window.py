"""A phase with a window of its own: what belongs into which, and what the clock shows."""

from __future__ import annotations

import pytest

from tests.unit.run.runs import OPENED, TARGET, Driven, phase, plan, query, section, sql
from tui.plain.table import status_lines
from tui.plan.model import PhaseWindow, Plan
from tui.run import commands as c
from tui.run.clock import rfc3339, window_clock
from tui.run.next import Wait
from tui.run.projection import projection
from tui.run.status import status

DAY = 86400.0
ZERO = OPENED + 60
"""The target's window opens a minute after the run; it takes 45 minutes and 15 of buffer."""
OWN = PhaseWindow(opens=DAY, duration=7200.0, buffer=1800.0)


def load_test_a_day_later() -> Plan:
    return plan(
        phase(section(sql("a", estimate=60.0))),
        phase(section(sql("load", estimate=600.0), query("look")), window=OWN),
        phase(section(sql("tidy", estimate=60.0))),
    )


def run_to_the_load_test() -> Driven:
    run = Driven(load_test_a_day_later(), window=True)
    run.ran(["a"])
    return run


def at(run: Driven, t: float) -> Driven:
    """The run at this T."""
    run.sleep(ZERO + t - run.wall)
    return run


def test_the_clock_shows_the_window_of_the_step_at_which_the_run_stands() -> None:
    run = Driven(load_test_a_day_later(), window=True)
    clock = window_clock(run.state, ZERO + 60)
    assert clock is not None and (clock.phase, clock.closes - clock.zero) == (None, 3600.0)
    run.ran(["a"])
    clock = window_clock(run.state, ZERO + 120)
    assert clock is not None
    assert (clock.phase, clock.opens, clock.closes) == ("Phase", ZERO + DAY, ZERO + DAY + 9000.0)
    assert (clock.t, clock.remaining_s) == (120.0, DAY - 120.0), "T is always of the target's window"
    assert not (clock.is_open or clock.in_buffer or clock.is_over)
    told = status(run.state, wall=ZERO + 120)["window"]
    assert (told["phase"], told["opens"], told["buffer_s"]) == ("Phase", rfc3339(ZERO + DAY), 1800.0)
    shown = "\n".join(status_lines(status(run.state, wall=ZERO + 120)))
    assert "window of the phase Phase: 2026-11-23 06:01:00 UTC to" in shown and "opens in 23 h 58 min" in shown


def test_its_steps_wait_for_it_and_are_free_in_it() -> None:
    run = run_to_the_load_test()
    assert run.refused(c.Execute(step="load")).code == "too-early"
    at(run, DAY + 7000.0)
    assert run.go() == Wait(reason="person", step="load"), "a day after the target's window"
    run.do(c.Execute(step="load"))


@pytest.mark.parametrize(("t", "why"), [(DAY + 7200.0, "buffer"), (DAY + 9000.0, "window")])
def test_it_ends_like_any_other(t: float, why: str) -> None:
    run = at(run_to_the_load_test(), t)
    assert run.go() == Wait(reason=why, step="load")
    told = status(run.state, wall=run.wall)
    assert told["window"]["state"] == {"buffer": "buffer", "window": "over"}[why]
    left = {"buffer": "only the buffer is left, closes in", "window": "over since"}[why]
    assert left in "\n".join(status_lines(told))
    assert run.refused(c.Execute(step="load")).facts["why"] == why
    run.do(c.Execute(step="load", confirm=TARGET, reason="the team agreed"))


def test_what_has_none_belongs_into_the_targets() -> None:
    run = at(run_to_the_load_test(), DAY + 60.0)
    run.ran(["load", "look"])
    assert run.go() == Wait(reason="window", step="tidy"), "that closed yesterday"


def test_the_work_is_projected_into_the_window_in_force() -> None:
    run = Driven(load_test_a_day_later(), window=True)
    found = projection(run.state, ZERO)
    assert (found.ends, found.left) == (ZERO + 60.0, 1), "the load test is no reason to fear for the change"
    run.ran(["a"])
    found = projection(run.state, ZERO + 120)
    assert (found.ends, found.left) == (ZERO + DAY + 600.0, 2)


def test_in_a_compressed_rehearsal_it_comes_sooner() -> None:
    run = Driven(load_test_a_day_later(), window=True, compress=100.0)
    run.ran(["a"])
    clock = window_clock(run.state, ZERO)
    assert clock is not None and clock.opens == ZERO + DAY / 100.0


def test_a_target_without_a_window_has_none_anywhere() -> None:
    run = Driven(load_test_a_day_later())
    run.ran(["a", "load"])
    assert window_clock(run.state, run.wall) is None
