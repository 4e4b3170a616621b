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
    assert [(x.other_s, x.seen, x.more_s) for x in found.locks] == [(None, ("held", "not_known"), None)]
    text = "\n".join(compared_lines(found, None))
    assert "a: ACCESS EXCLUSIVE on app.orders, A 200 ms, B not known" in text


def locked(*taken: dict[str, Any], **more: Any) -> RunState:
    """A run whose step `a` tells these locks."""
    run = Driven(listed(sql("a")))
    run.append(e.StepStarted(step="a", attempt=1))
    evidence = {"locks": {"taken": list(taken), "count": len(taken)} | more}
    run.append(e.StepPassed(step="a", attempt=1, effect="all", evidence=evidence))
    return run.state


def test_a_lock_that_was_kept_was_not_held_for_nothing() -> None:
    found = comparison(locked(LOCK), locked(LOCK | {"held_s": None}, LOCK | {"held_s": 0.3}), ({}, {}))
    (lock,) = found.locks
    assert (lock.other_s, lock.seen, lock.more_s) == (None, ("held", "kept"), None)
    text = "\n".join(compared_lines(found, None))
    assert "app.orders, A 200 ms, B kept by a prepared transaction" in text and "0 ms" not in text.replace("200 ms", "")


@pytest.mark.parametrize("less", [{"not_looked": 2}, {"count": 70}])
def test_what_nobody_looked_at_or_named_is_not_taken_for_not_taken(less: dict[str, int]) -> None:
    found = comparison(locked(LOCK), locked(**less), ({}, {}))
    (lock,) = found.locks
    assert (lock.seen, lock.more_s) == (("held", "not_known"), None)
    text = "\n".join(compared_lines(found, None))
    assert "A 200 ms, B not known" in text
    told = "behind 2 transactions nobody could look" if "not_looked" in less else "70 further locks were taken"
    assert f"a, B: {told}" in text and "a, A: " not in text
    whole = comparison(locked(LOCK), locked(), ({}, {}))
    assert (whole.locks[0].seen, whole.locks[0].more_s) == (("held", "not_taken"), -0.2) and not whole.locks_unsaid


def test_a_lock_of_which_too_little_is_known_is_not_the_greatest_difference() -> None:
    short, long = LOCK | {"relation": "short"}, LOCK | {"relation": "long", "held_s": 9.0}
    kept = LOCK | {"relation": "kept", "held_s": None}
    found = comparison(locked(short, long, kept), locked(short | {"held_s": 0.3}, not_looked=1), ({}, {}))
    assert [lock.relation for lock in found.locks] == ["short", "kept", "long"]
    assert [lock.more_s for lock in found.locks] == [0.1, None, None]
    text = compared_lines(found, None)
    assert "locks, the greatest difference first; behind them those of which it is not known" in text


def test_what_was_seen_from_time_to_time_was_held_for_at_least_that_long() -> None:
    found = comparison(locked(LOCK | {"sampled": True}), locked(LOCK), ({}, {}))
    assert found.locks[0].least == (True, False)
    assert "A at least 200 ms, B 200 ms" in "\n".join(compared_lines(found, None))


def test_locks_that_are_not_shown_say_how_many_of_them_are_not_known() -> None:
    many = [LOCK | {"relation": f"t{number}"} for number in range(25)]
    found = comparison(locked(*many), locked(*many[:12], not_looked=1), ({}, {}))
    text = "\n".join(compared_lines(found, None))
    assert "and 5 more, 5 of them with a difference that is not known" in text


def test_a_step_whose_end_nobody_saw_is_no_difference() -> None:
    run = Driven(listed(sql("a")))
    run.tick = 0.0
    run.append(e.StepStarted(step="a", attempt=1))
    run.sleep(36000.0)
    run.append(e.RunRecovered(), e.StepFate(step="a", attempt=1, fate="applied", reason="ledger"))
    run.append(e.StepPassed(step="a", attempt=1, effect="all"))
    found = comparison(ran({"a": 1.0}), run.state, ({}, {}))
    step = next(step for step in found.steps if step.step == "a")
    assert (step.other.seconds, step.other.why, step.other.between_s, step.more_s) == (None, "unseen", 36000.0, None)
    assert "B at most 10 h 00 min: nobody saw its end" in "\n".join(compared_lines(found, None))


@pytest.mark.parametrize(
    ("one", "other", "worst", "told"),
    [
        (None, "below", "most", "20 % / 50 %"), (None, None, "most", "20 % / 50 %"),
        (None, "above", "least", "20 % / 10 %"), ("above", None, "least", "20 % / 10 %"),
        ("above", "below", None, "20 % / 10 % to 50 %"), ("equals", "equals", None, "20 % / 10 % to 50 %"),
    ],
)  # fmt: skip
def test_the_worst_of_both_runs_is_the_same_end(one: str | None, other: str | None, worst: str | None,
                                                told: str) -> None:  # fmt: skip
    def run(relation: str | None) -> RunState:
        limit: dict[str, Any] = {} if relation is None else {relation: 0.7}
        success = () if relation is None else (Guard(metric="cpu", **limit),)
        return Driven(listed(sql("a"), success=success)).state

    figure = {"cpu": MetricFigure(median=0.2, least=0.1, most=0.5, samples=60)}
    found = comparison(run(one), run(other), (figure, figure))
    assert found.metrics[0].worst == worst
    (cpu,) = (line for line in compared_lines(found, None) if line.strip().startswith("CPU"))
    assert cpu.count(told) == 2


def test_as_a_person_reads_it() -> None:
    one, other = ran({"a": 1.0, "b": 10.0}), ran({"a": 9.0, "b": 11.0})
    first = {"cpu": MetricFigure(median=0.2, least=0.1, most=0.5, samples=60)}
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


def test_a_metric_of_two_names_is_compared_once() -> None:
    figure = MetricFigure(median=5e9, least=4e9, most=6e9, samples=60)
    both = {"disk_free": figure, "disk_free_bytes": figure}
    found = comparison(ran({"a": 1.0}), ran({"a": 1.0}), (both, both))
    assert [metric.metric for metric in found.metrics] == ["cpu", "disk_free_bytes"]
