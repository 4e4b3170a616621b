"""A time without a unit is refused: to who knows PostgreSQL it means milliseconds, and elsewhere it means seconds."""

from __future__ import annotations

import pytest

from .desk import PLAN, Desk

ESTIMATE = "        estimate: 3m"


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("lock_timeout: 500ms", "lock_timeout: 500", "500ms, or 500s"),
        ("lock_timeout: 500ms", 'lock_timeout: "500"', "500ms, or 500s"),
        ("lock_timeout: 500ms", "lock_timeout: 0x1F4", "500ms, or 500s"),
        ("lock_timeout: 500ms", "lock_timeout: 2e3", "2000ms, or 2000s"),
        (ESTIMATE, "        estimate: 0.5", "0.5ms, or 0.5s"),
        (ESTIMATE, "        estimate: ' 90 '", "90ms, or 90s"),
        ("duration: 45m", "duration: 45", "45ms, or 45s"),
        ("for: 30s", "for: 30", "30ms, or 30s"),
        ("every: 1s", "every: 1", "1ms, or 1s"),
        ("estimate: 1h30m", "timeout: 600", "600ms, or 600s"),
        ("below: 100ms", "below: 100", "100ms, or 100s"),
        ("below: 100ms", 'below: "100"', "100ms, or 100s"),
        ("below: 100ms", "below: 0.25", "0.25ms, or 0.25s"),
        ("response_time, below: 100ms", "replication_lag, below: 5", "5ms, or 5s"),
    ],
)
def test_what_it_would_mean_and_what_to_write(desk: Desk, old: str, new: str, written: str) -> None:
    (problem,) = desk.load(PLAN.replace(old, new, 1)).errors
    assert "milliseconds in PostgreSQL" in str(problem.message) and f"write {written} for seconds" in str(
        problem.message
    )


@pytest.mark.parametrize("number", ["-5", ".inf", ".nan", "1e300", "true"])
def test_what_is_no_time_at_all_gets_no_advice(desk: Desk, number: str) -> None:
    (problem,) = desk.load(PLAN.replace(ESTIMATE, f"        estimate: {number}", 1)).errors
    assert "milliseconds" not in str(problem.message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lock_timeout: 500ms", "lock_timeout: 0"),
        ("below: 100ms", "below: 0"),
        ("below: 70%", "below: 0.7"),
        ("metric: cpu, below: 70%", "metric: oldest_transaction_s, below: 600"),
    ],
)
def test_nothing_needs_no_unit_and_a_number_that_is_no_time_neither(desk: Desk, old: str, new: str) -> None:
    assert desk.load(PLAN.replace(old, new, 1)).errors == []
