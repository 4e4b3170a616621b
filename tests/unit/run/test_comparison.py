"""Two runs beside each other: the greatest differences first, and what nobody knows as unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tui.locale
from tests.unit.run.runs import Driven, listed, query, sign, sql
from tui.journal import events as e
from tui.plain.compared_runs import compared_lines
from tui.plan.model import Guard
from tui.run.comparison import MetricFigure, comparison
from tui.run.state import RunState

LOCK = {"relation": "app.orders", "mode": "ACCESS EXCLUSIVE", "held_s": 0.2}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    tui.locale.use("en")
    yield
    tui.locale.use("en")


def ran(durations: dict[str, float], *more: Any, locks: tuple[dict[str, Any], ...] | None = None,
        compressed: tuple[str, ...] = ()) -> RunState:  # fmt: skip
    run = Driven(listed(sql("a"), sql("b"), query("q"), sign("s"), *more, success=(Guard(metric="cpu", below=0.7),)))
    run.tick = 0.0
    for step, seconds in durations.items():
        run.append(e.StepStarted(step=step, attempt=1))
        run.sleep(seconds)
        evidence: dict[str, Any] = {} if locks is None else {"locks": {"taken": list(locks), "count": len(locks)}}
        if step in compressed:
            evidence["compressed"] = True
        run.append(e.StepPassed(step=step, attempt=1, effect="all", evidence=evidence))
    return run.state


def test_the_greatest_difference_comes_first_and_the_unknown_last() -> None:
    one, other = ran({"a": 1.0, "b": 10.0, "q": 0.5}, query("old")), ran({"a": 9.0, "b": 11.0}, query("new"))
    found = comparison(one, other, ({}, {}))
    assert [(step.step, step.more_s) for step in found.steps[:2]] == [("a", 8.0), ("b", 1.0)]
    assert [(step.step, step.more_s) for step in found.steps[2:]] == [("q", None), ("s", None)]
    assert found.steps[0].times == 9.0
    assert (found.steps[2].one.seconds, found.steps[2].other.why) == (0.5, "not_reached")
    assert (found.only_one, found.only_other) == (("old",), ("new",))


def test_time_that_passed_faster_is_no_duration() -> None:
    found = comparison(ran({"a": 1.0}, compressed=("a",)), ran({"a": 9.0}), ({}, {}))
    step = next(step for step in found.steps if step.step == "a")
    assert (step.one.seconds, step.one.why, step.other.seconds, step.more_s) == (None, "compressed", 9.0, None)


def test_locks_of_either_and_whether_anybody_looked() -> None:
    longer = LOCK | {"held_s": 3.0}
    found = comparison(ran({"a": 1.0}, locks=(LOCK,)), ran({"a": 1.0}, locks=(longer,)), ({}, {}))
    assert [(x.step, x.one_s, x.other_s) for x in found.locks] == [("a", 0.2, 3.0)]
    found = comparison(ran({"a": 1.0}, locks=(LOCK,)), ran({"a": 1.0}), ({}, {}))
    assert [(x.other_s, x.looked) for x in found.locks] == [(None, (True, False))]
    text = "\n".join(compared_lines(found, None))
    assert "a: ACCESS EXCLUSIVE on app.orders, A 200 ms, B not known" in text


def test_as_a_person_reads_it() -> None:
    one, other = ran({"a": 1.0, "b": 10.0}), ran({"a": 9.0, "b": 11.0})
    first = {"cpu": MetricFigure(median=0.2, worst=0.5, samples=60)}
    found = comparison(one, other, (first, {}))
    for width in (None, 80, 40):
        lines = compared_lines(found, width)
        assert width is None or all(len(line) <= width for line in lines), [x for x in lines if len(x) > (width or 0)]
    text = compared_lines(found, None)
    assert text[0].startswith("A  20261122T060000Z-7f3a  demo (development, rehearsal), running, opened 2026-11-22")
    assert "Both carried out the same work." in text
    rows = [line.split() for line in text if line.startswith("  1.1.1 a")]
    assert rows == [["1.1.1", "a", "A", "1.0", "s", "B", "9.0", "s", "+8.0", "s", "(9", "times)"]]
    (cpu,) = (line for line in text if line.strip().startswith("CPU"))
    assert cpu.split() == ["CPU", "A", "20", "%", "/", "50", "%", "B", "not", "measured"]


def test_a_hostile_name_steers_no_terminal() -> None:
    run = Driven(listed(query("a"), query("b\x1b]0;x")))
    lines = compared_lines(comparison(run.state, run.state, ({}, {})), None)
    assert not any("\x1b" in line for line in lines)
