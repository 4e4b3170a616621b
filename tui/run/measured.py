"""What is measured at present: a sample's figures, for as long as they keep coming. Pure."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace

from tui.journal.codes import Unmeasured
from tui.journal.events import MetricsSampled
from tui.plan.metrics import Origin, told_by
from tui.run.state import HISTORY, GuardState, MetricReading, MetricsSample, RunState

T = TypeVar("T")
NAMES = 500
"""Figures and facts of which the state knows what they were last; of more than these half are forgotten."""
STALE = 3.0
"""Seconds after which a figure that no sample has told again is unknown: ticks come every second, some of them late."""


def sampled(state: RunState, event: MetricsSampled, mono: float) -> RunState:
    """The state after a tick at `mono`: its figures are known; those that it and the ticks before it lack are not."""
    running = set(state.active)
    guards = tuple(_measured(guard, event, mono, running) for guard in state.guards)
    read = {metric: MetricReading(value=value, mono=mono) for metric, value in event.values.items()}
    state = replace(
        state, guards=guards, samples=(*state.samples[-(HISTORY - 1) :], MetricsSample(mono=mono, values=event.values)),
        latest=_joined(state.latest, read), metrics=_joined(state.metrics, event.values),
        sources=_joined(state.sources, event.sources), facts=_joined(state.facts, event.facts),
    )  # fmt: skip
    return fresh(state, mono)


def _joined(known: dict[str, T], told: dict[str, T]) -> dict[str, T]:
    """What was known and what is told now; of too many names the ones that were told first go."""
    joined = {**known, **told}
    if len(joined) > NAMES:
        last = {name: value for name, value in known.items() if name not in told} | told
        joined = dict(list(last.items())[-NAMES // 2 :])
    return joined


def fresh(state: RunState, mono: float) -> RunState:
    """The state without the figures that nobody has measured for `STALE` seconds at `mono`. Where no sample comes at
    all, only who looks knows how late it is."""
    latest = state.latest
    gone = {metric for metric in state.metrics if metric in latest and mono - latest[metric].mono > STALE}
    if gone:
        state = replace(
            state, metrics={metric: value for metric, value in state.metrics.items() if metric not in gone},
            sources={metric: source for metric, source in state.sources.items() if metric not in gone},
        )  # fmt: skip
    if any(_is_lost(guard, mono) for guard in state.guards):
        # Whether it is over its limit is as unknown as its value: such time counts for no breach. One that was told
        # stays, for nobody knows that it has ended.
        guards = tuple(
            replace(guard, value=None, over_since=None) if _is_lost(guard, mono) else guard for guard in state.guards
        )
        state = replace(state, guards=guards)
    return state


def unmeasured(state: RunState) -> tuple[dict[str, Any], ...]:
    """The criteria of which nothing is known at present, each with why; of a `fresh` state."""
    log = str(state.facts.get("server_log_state", Unmeasured.LOG_NOT_FOLLOWED))
    if not log and state.facts.get("server_log_unclear"):
        log = Unmeasured.LOG_UNCLEAR
    return tuple(
        {"metric": guard.metric, "limit": guard.limit, "why": _why(state, guard, log)}
        for guard in state.guards
        if guard.value is None
    )


def _why(state: RunState, guard: GuardState, log: str) -> str:
    if guard.metric in told_by(Origin.LOG) and log:
        return log
    if guard.metric in told_by(Origin.REPLICAS) and state.metrics.get("replicas") == 0:
        return Unmeasured.NO_REPLICA
    return Unmeasured.UNKNOWN


def _measured(guard: GuardState, event: MetricsSampled, mono: float, running: set[str]) -> GuardState:
    value = event.values.get(guard.metric)
    if value is None:
        return guard
    over = _over(guard, value) and not running.intersection(guard.except_)
    since = None
    if over:
        # What lies in a gap was not measured, and does not count.
        gap = guard.sampled is None or mono - guard.sampled > STALE
        since = mono if gap or guard.over_since is None else guard.over_since
    source = event.sources.get(guard.metric, guard.source or "")
    return replace(guard, value=value, source=source, over_since=since, sampled=mono)


def _over(guard: GuardState, value: float) -> bool:
    if guard.relation == "below":
        return value >= guard.limit
    if guard.relation == "above":
        return value <= guard.limit
    return value != guard.limit


def _is_lost(guard: GuardState, mono: float) -> bool:
    """Whether it still tells a value that is too old."""
    return guard.value is not None and guard.sampled is not None and mono - guard.sampled > STALE
