from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import Played, codes, lint, play
from tui.journal.codes import Unmeasured
from tui.journal.events import StepProgress
from tui.steps.effects import Effect, Failed, Now, Passed, Probe, Sleep, Watch, Watched
from tui.steps.monitor import KIND

BREACH = {"metric": "cpu", "value": 0.9, "limit": 0.7}
LOST = {"metric": "cpu", "limit": 0.7, "why": "unknown"}


def watched(**more: Any) -> Watched:
    """All is measured, but for what is said."""
    return Watched(**{"samples": 3, "criteria": 1} | more)


def monitor(
    spec: dict[str, Any], seen: Watched | None = None, stop_at: int | None = None, lost: range = range(0),
    epoch: tuple[str, ...] = ("ab",), **more: Any,
) -> Played:  # fmt: skip
    """`stop_at`: the tick in which it is asked to stop. In the ticks `lost` a criterion is not measured. `epoch`: the
    server's at first, and at the end."""
    ticks = epochs = 0

    def answer(effect: Effect) -> Any:
        nonlocal ticks, epochs
        if isinstance(effect, Probe):
            epochs += 1
            return {"epoch": list(epoch[min(epochs, len(epoch)) - 1])}
        if isinstance(effect, Now):
            return 0.0
        if isinstance(effect, Watch):
            if not effect.settle and ticks in lost:
                return watched(unmeasured=(LOST,))
            return seen or watched()
        assert isinstance(effect, Sleep)
        ticks += 1
        return ticks == stop_at

    return play(KIND, {"guards": True} | spec, answer, **more)


def lacks(done: Played) -> list[tuple[str, str]]:
    assert isinstance(done.ended, Failed) and done.ended.reason == "not_measured", done.ended
    return [(one.get("metric") or one["what"], str(one["why"])) for one in done.ended.evidence["not_measured"]]


@pytest.mark.parametrize(
    ("seconds", "ticks"), [(3.0, [1.0, 1.0, 1.0]), (2.5, [1.0, 1.0, 0.5]), (0.4, [0.4]), (0.0, [])]
)
def test_it_watches_for_the_plans_time(seconds: float, ticks: list[float]) -> None:
    done = monitor({"for": seconds})
    assert [sleep.seconds for sleep in done.of(Sleep)] == ticks
    assert all(sleep.compressible for sleep in done.of(Sleep))
    progress = [event for event in done.emitted if isinstance(event, StepProgress)]
    assert len(progress) == len(ticks)
    if progress:
        assert progress[-1].done == pytest.approx(seconds)
        assert (progress[-1].total, progress[-1].unit) == (seconds, "s")
    assert isinstance(done.ended, Passed)
    assert done.ended.evidence == {
        "seconds": pytest.approx(seconds), "breached": [], "errors": 0, "critical_errors": 0, "lines": 0, "samples": 3,
    }  # fmt: skip
    first, last = done.of(Watch)[0], done.of(Watch)[-1]
    assert first.settle and last.settle and first.wanted == ("guards",), "figures may come a moment later"


def test_as_a_companion_it_watches_until_its_step_ends() -> None:
    done = monitor({"log": "server", "guards": False}, watched(lines=7, errors=1), stop_at=5, companion=True)
    assert isinstance(done.ended, Passed)
    assert {"seconds": 5.0, "lines": 7, "errors": 1}.items() <= done.ended.evidence.items()
    assert not any(sleep.compressible for sleep in done.of(Sleep)), "its step takes no less time in a rehearsal"
    assert done.emitted == [], "nobody knows how much of it is left"


def test_without_an_end_it_goes_on() -> None:
    assert monitor({}).outcome is None


@pytest.mark.parametrize("more", [{"for": 2.0}, {}])
def test_a_breach_is_a_failure_where_guards_are_watched(more: dict[str, Any]) -> None:
    stop = None if more else 2
    done = monitor(more, watched(breached=(BREACH,)), stop_at=stop, companion=not more)
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.evidence["breached"]) == ("guard_breached", [BREACH])
    only_log = monitor(
        more | {"guards": False, "log": "server"}, watched(breached=(BREACH,)), stop_at=stop, companion=not more
    )
    assert isinstance(only_log.ended, Passed)


def test_stopped_before_its_time_it_was_cancelled() -> None:
    done = monitor({"for": 10.0}, stop_at=2)
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.evidence["seconds"]) == ("cancelled", 2.0)


def test_a_companion_with_a_time_of_its_own_ends_with_its_step_all_the_same() -> None:
    assert isinstance(monitor({"for": 10.0}, stop_at=2, companion=True).ended, Passed)
    assert len(monitor({"for": 3.0}, companion=True).of(Sleep)) == 3


def test_a_companion_that_somebody_else_ended_was_cancelled() -> None:
    done = monitor({}, watched(given_up=True), stop_at=2, companion=True)
    assert isinstance(done.ended, Failed) and done.ended.reason == "cancelled"


@pytest.mark.parametrize(
    ("spec", "seen", "lacking"),
    [
        ({}, watched(samples=0), [("figures", "no_samples")]),
        ({}, watched(criteria=0), [("criteria", "no_criteria")]),
        ({}, watched(unmeasured=(LOST,)), [("cpu", "unknown")]),
        ({"log": "server"}, watched(log=Unmeasured.LOG_WITHOUT_SQLSTATES), [("log", "log_without_sqlstates")]),
        ({"log": "server"}, watched(log=Unmeasured.LOG_NOT_FOLLOWED), [("log", "log_not_followed")]),
        ({"log": "server"}, watched(gaps=1), [("log", "log_gap")]),
        ({"log": "server"}, watched(unclear=2, errors=1), [("log", "log_unclear")]),
    ],
)
def test_what_was_not_measured_is_named_and_no_pass(
    spec: dict[str, Any], seen: Watched, lacking: list[tuple[str, str]]
) -> None:
    done = monitor({"for": 2.0} | spec, seen)
    assert lacks(done) == lacking
    assert KIND.facts is not None
    shown = dict(KIND.facts(done.ended.evidence))
    assert shown["not_measured"] == done.ended.evidence["not_measured"]
    assert ("errors" in shown) is (not seen.log), "what nobody could read was not counted"


@pytest.mark.parametrize(
    ("spec", "seen"),
    [
        ({"guards": False, "log": "server"}, watched(unmeasured=(LOST,), criteria=0)),
        ({}, watched(gaps=1, unclear=1, log=Unmeasured.LOG_NOT_FOLLOWED)),
    ],
)
def test_what_was_not_asked_for_may_lack(spec: dict[str, Any], seen: Watched) -> None:
    assert isinstance(monitor({"for": 2.0} | spec, seen).ended, Passed)


@pytest.mark.parametrize(("lost", "passes"), [(range(10, 13), True), (range(10, 14), False)])
def test_a_criterion_may_be_unknown_for_a_moment_and_that_is_named(lost: range, passes: bool) -> None:
    done = monitor({"for": 60.0}, lost=lost)
    (missed,) = done.ended.evidence["unmeasured"]
    assert (missed["metric"], missed["seconds"]) == ("cpu", len(lost))
    assert isinstance(done.ended, Passed) is passes
    if not passes:
        assert lacks(done) == [("cpu", "unknown")]


@pytest.mark.parametrize(
    ("epoch", "crashed"), [(("ab", "cd"), True), (("ab", "cb"), False), (("ab",), False), (("", "cd"), False)]
)
def test_a_server_that_crashed_meanwhile_was_not_watched(epoch: tuple[str, ...], crashed: bool) -> None:
    done = monitor({"for": 1.0}, epoch=epoch)
    assert lacks(done) == [("server", "server_crashed")] if crashed else isinstance(done.ended, Passed)


def test_a_baseline_is_what_every_metric_was_meanwhile() -> None:
    done = monitor({"baseline": True, "for": 2.0}, watched(figures=({"cpu": 0.2}, {"cpu": 0.4, "tps": 9.0})))
    assert isinstance(done.ended, Passed) and all(look.figures for look in done.of(Watch))
    assert done.ended.evidence["baseline"] == {
        "cpu": {"median": pytest.approx(0.3), "p95": 0.4, "max": 0.4, "samples": 8},
        "tps": {"median": 9.0, "p95": 9.0, "max": 9.0, "samples": 4},
    }
    assert KIND.facts is not None
    assert ("tps", {"median": 9.0, "p95": 9.0, "max": 9.0}) in KIND.facts(done.ended.evidence)
    assert "baseline" not in monitor({"for": 2.0}).ended.evidence


def test_a_criterion_without_a_figure_has_no_baseline() -> None:
    seen = watched(figures=({"tps": 9.0},), unmeasured=(LOST,))
    assert lacks(monitor({"baseline": True, "guards": False, "for": 2.0}, seen)) == [("cpu", "unknown")]


def test_lint() -> None:
    assert lint(KIND, {"guards": True, "for": 5.0}) == lint(KIND, {"baseline": True, "for": 5.0}) == []
    assert lint(KIND, {"log": "server"}, with_="b") == []
    assert codes(lint(KIND, {})) == ["monitor-time", "monitor-what"]


def test_what_it_is() -> None:
    assert (KIND.changes, KIND.fence) == (False, "none")
    assert KIND.facts is not None and KIND.facts({"seconds": 3.0, "lines": 2}) == [("seconds", 3.0), ("lines", 2)]


def test_time_that_passes_faster_is_looked_at_as_often_as_ever_and_no_more() -> None:
    """A day that takes seconds is no eighty thousand looks, and an hour that takes a moment still some."""
    day = monitor({"for": 86_400.0}, compress=36_000.0)
    assert 8 <= len(day.of(Sleep)) <= 12 and sum(sleep.seconds for sleep in day.of(Sleep)) == 86_400.0
    assert isinstance(day.ended, Passed) and day.ended.evidence["seconds"] == 86_400.0
    assert len(monitor({"for": 60.0}, compress=36_000.0).of(Sleep)) == 8


def test_a_long_watch_tells_how_far_it_is_now_and_then() -> None:
    done = monitor({"for": 900.0})
    told = [event.done for event in done.emitted if isinstance(event, StepProgress)]
    assert told[-1] == 900.0 and 400 < len(told) <= 600
