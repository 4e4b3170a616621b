"""How fast a step gets on is told of the last seconds, and of what is counted now."""

from __future__ import annotations

import math

import pytest

from tui.journal.events import StepProgress
from tui.run.pace import SPAN, Pace, paced
from tui.steps.batch.sizes import Size


def report(done: float | None, phase: str | None = None) -> StepProgress:
    return StepProgress(step="a", attempt=1, done=done, total=None, unit="rows", phase=phase)


def at_a_rate(known: Pace | None, rate: float, begin: int, end: int) -> Pace | None:
    done = 0.0 if known is None else known.last
    for second in range(begin, end):
        done += rate
        known = paced(known, report(done), float(second), float(begin - 1))
    return known


def test_a_steady_speed_is_told_from_the_first_report_on() -> None:
    for end in (3, 10, 100):
        pace = at_a_rate(None, 250.0, 1, end)
        assert pace is not None and pace.per_s == pytest.approx(250.0)


def test_what_was_faster_an_hour_ago_is_forgotten() -> None:
    pace = at_a_rate(at_a_rate(None, 1000.0, 1, 3600), 10.0, 3600, 3600 + int(3 * SPAN))
    assert pace is not None and pace.per_s == pytest.approx(10.0)


def test_another_phase_is_another_count() -> None:
    pace = paced(at_a_rate(None, 1000.0, 1, 20), report(5.0, "validating"), 21.0, 0.0)
    assert pace is not None and pace.per_s is None
    pace = paced(pace, report(25.0, "validating"), 22.0, 0.0)
    assert pace is not None and pace.per_s == pytest.approx(20.0)
    fewer = paced(pace, report(1.0, "validating"), 23.0, 0.0)
    assert fewer is not None and fewer.per_s is None


@pytest.mark.parametrize("done", [None, math.nan, math.inf])
def test_what_counts_nothing_has_no_speed(done: float | None) -> None:
    assert paced(at_a_rate(None, 10.0, 1, 5), report(done), 6.0, 0.0) is None


def test_two_reports_of_one_moment_divide_by_nothing() -> None:
    pace = paced(None, report(10.0), 5.0, 5.0)
    assert pace is not None and pace.per_s is None
    pace = paced(pace, report(20.0), 5.0, 5.0)
    assert pace is not None and pace.per_s is None


@pytest.mark.parametrize(("rows", "a_row"), [(1_000_000, 5e-5), (10_000_000, 1e-5), (300_000, 2e-3)])
def test_batches_that_grow_leave_the_time_that_is_left_right(rows: int, a_row: float) -> None:
    """Within 15 % from a tenth on: a walk begins with small batches, behind a moment of looking."""
    size, known, now, done = Size(0.2), None, 0.3, 0
    told: list[tuple[float, float]] = []
    while done < rows:
        batch = min(size.rows, rows - done)
        took = 0.02 + batch * a_row
        now, done = now + took, done + batch
        known = paced(known, report(float(done)), now, 0.0)
        size.took(took, batch, gently=False)
        if done >= rows / 10:
            assert known is not None and known.per_s is not None
            told.append((now, (rows - done) / known.per_s))
    assert all(abs(at + left - now) <= 0.15 * (now - at) for at, left in told if now - at > 1.0)
