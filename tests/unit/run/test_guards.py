from __future__ import annotations

import pytest

from tests.unit.run.runs import Driven, listed, sql
from tui.journal import events as e
from tui.plan.model import Guard, Trigger
from tui.run import commands as c
from tui.run.guards import observe


def watched(*guards: Guard) -> Driven:
    return Driven(listed(sql("a"), sql("backup"), success=guards))


def sample(run: Driven, after: float = 0.0, **values: float) -> tuple[e.Event, ...]:
    """A tick, and what is observed of it, recorded."""
    run.sleep(after)
    run.append(e.MetricsSampled(values=values, sources=dict.fromkeys(values, "db1")))
    found = observe(run.state)
    run.append(*found)
    return found


def lasting(run: Driven, seconds: int, **values: float) -> tuple[e.Event, ...]:
    """A tick a second, and all that is observed of them."""
    found: list[e.Event] = []
    for _tick in range(seconds):
        found.extend(sample(run, **values))
    return tuple(found)


def test_nothing_is_known_before_the_first_sample() -> None:
    run = watched(Guard(metric="cpu", below=0.7))
    assert run.state.guards[0].state == "unknown"
    assert observe(run.state) == ()


def test_a_breach_lasts_as_long_as_the_plan_says() -> None:
    run = watched(Guard(metric="cpu", below=0.7, for_=30.0))
    assert sample(run, cpu=0.8) == ()
    assert run.state.guards[0].state == "over"
    over_since = run.state.guards[0].over_since
    assert lasting(run, 29, cpu=0.9) == ()
    (breach,) = sample(run, cpu=0.95)
    assert breach == e.GuardBreached(metric="cpu", value=0.95, limit=0.7, source="db1", since=over_since or 0.0,
                                     relation="below")  # fmt: skip
    assert run.state.guards[0].state == "breached"
    assert sample(run, cpu=0.99) == (), "a breach is told once"
    (cleared,) = sample(run, after=9.0, cpu=0.1)
    assert isinstance(cleared, e.GuardCleared)
    assert cleared.lasted_s == pytest.approx(run.state.mono - run.tick - (over_since or 0.0))
    assert run.state.guards[0].state == "ok"
    assert sample(run, cpu=0.1) == ()


def test_coming_back_under_the_limit_begins_anew() -> None:
    run = watched(Guard(metric="cpu", below=0.7, for_=30.0))
    lasting(run, 20, cpu=0.8)
    sample(run, cpu=0.5)
    assert lasting(run, 30, cpu=0.8) == ()


@pytest.mark.parametrize(
    ("guard", "good", "bad"),
    [
        (Guard(metric="m", below=10.0), 9.9, 10.0),
        (Guard(metric="m", above=10.0), 10.1, 10.0),
        (Guard(metric="m", equals=0.0), 0.0, 1.0),
    ],
)
def test_relations(guard: Guard, good: float, bad: float) -> None:
    run = watched(guard)
    assert sample(run, m=good) == ()
    assert [type(event) for event in sample(run, m=bad)] == [e.GuardBreached]


def test_what_is_not_measured_any_more_breaches_nothing() -> None:
    run = watched(Guard(metric="cpu", below=0.7, for_=30.0))
    sample(run, cpu=0.9)
    assert lasting(run, 60, tps=1.0) == ()
    assert run.state.guards[0].state == "unknown"


@pytest.mark.parametrize("others", [True, False])
def test_time_in_which_nothing_was_measured_does_not_count(others: bool) -> None:
    run = watched(Guard(metric="cpu", below=0.7, for_=30.0))
    lasting(run, 5, cpu=0.9)
    if others:
        lasting(run, 60, tps=1.0)
    else:
        run.sleep(60.0)
    assert lasting(run, 30, cpu=0.9) == ()
    assert [type(event) for event in sample(run, cpu=0.9)] == [e.GuardBreached]


def test_a_tick_that_is_late_does_not_begin_anew() -> None:
    run = watched(Guard(metric="cpu", below=0.7, for_=30.0))
    lasting(run, 20, cpu=0.9)
    run.sleep(1.5)
    assert [type(event) for event in lasting(run, 10, cpu=0.9)] == [e.GuardBreached]


def test_a_breach_that_is_not_measured_any_more_is_neither_told_to_be_over_nor_told_again() -> None:
    run = watched(Guard(metric="cpu", below=0.7))
    sample(run, cpu=0.9)
    assert lasting(run, 10, tps=1.0) == ()
    guard = run.state.guards[0]
    assert (guard.breached, guard.state, guard.value, guard.over_since) == (True, "breached", None, None)
    assert lasting(run, 2, cpu=0.9) == ()
    (cleared,) = sample(run, cpu=0.1)
    assert isinstance(cleared, e.GuardCleared)


def test_during_the_steps_it_excepts_nothing_counts() -> None:
    run = watched(Guard(metric="cpu", below=0.7, except_=("a",)))
    run.do(c.Execute(step="a"))
    assert sample(run, cpu=0.9) == ()
    run.passed("a")
    (breach,) = sample(run, cpu=0.9)
    assert isinstance(breach, e.GuardBreached)


def test_a_breach_ends_when_an_excepted_step_begins() -> None:
    run = watched(Guard(metric="cpu", below=0.7, except_=("a",)))
    sample(run, cpu=0.9)
    run.do(c.Execute(step="a"))
    assert [type(event) for event in sample(run, cpu=0.9)] == [e.GuardCleared]


def test_each_guard_for_itself() -> None:
    run = watched(Guard(metric="cpu", below=0.7), Guard(metric="memory", below=0.8))
    found = sample(run, cpu=0.9, memory=0.1)
    assert [event.metric for event in found if isinstance(event, e.GuardBreached)] == ["cpu"]
    assert [guard.state for guard in run.state.guards] == ["breached", "ok"]


def test_two_criteria_of_one_metric_are_breached_and_cleared_each_for_itself() -> None:
    slow, fast = Guard(metric="cpu", below=0.7, for_=20.0), Guard(metric="cpu", below=0.95, for_=5.0)
    run = watched(slow, fast)
    found = lasting(run, 10, cpu=0.97)
    assert [(type(event), getattr(event, "limit", None)) for event in found] == [(e.GuardBreached, 0.95)]
    assert [guard.breached for guard in run.state.guards] == [False, True]
    (cleared,) = lasting(run, 5, cpu=0.8)
    assert isinstance(cleared, e.GuardCleared) and (cleared.limit, cleared.relation) == (0.95, "below")
    (breach,) = lasting(run, 10, cpu=0.8)
    assert isinstance(breach, e.GuardBreached) and breach.limit == 0.7
    assert [guard.state for guard in run.state.guards] == ["breached", "ok"]
    (cleared,) = lasting(run, 10, cpu=0.1)
    assert isinstance(cleared, e.GuardCleared) and cleared.lasted_s > 20.0
    assert [guard.state for guard in run.state.guards] == ["ok", "ok"]


def test_a_band_of_one_limit_is_two_criteria() -> None:
    run = watched(Guard(metric="tps", below=5.0), Guard(metric="tps", above=5.0))
    sample(run, tps=9.0)
    assert [guard.breached for guard in run.state.guards] == [True, False]
    sample(run, tps=1.0)
    assert [guard.breached for guard in run.state.guards] == [False, True]


def test_events_of_earlier_versions_name_no_relation() -> None:
    run = watched(Guard(metric="cpu", below=0.7), Guard(metric="cpu", below=0.95))
    run.append(e.GuardBreached(metric="cpu", value=0.8, limit=0.7))
    assert [guard.breached for guard in run.state.guards] == [True, False]
    run.append(e.GuardCleared(metric="cpu", value=0.1))
    assert [guard.breached for guard in run.state.guards] == [False, False]


def test_a_trigger_that_names_a_metric_fires_on_any_of_its_criteria() -> None:
    guards = (Guard(metric="cpu", below=0.7, for_=60.0), Guard(metric="cpu", below=0.95))
    run = Driven(listed(sql("a"), success=guards, triggers=(Trigger(title="Too hot", guard="cpu"),)))
    sample(run, cpu=0.97)
    run.go()
    assert [fired.event.metric for fired in run.state.fired] == ["cpu"]
    lasting(run, 50, cpu=0.97)
    run.go()
    assert len(run.state.fired) == 1
    lasting(run, 12, cpu=0.97)
    run.go()
    assert len(run.state.fired) == 2
