"""What a step that watches is told: the run's figures since it began, and what of them nobody knows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec.structs import replace

from tui.engine.recorder import Recorder
from tui.journal.codes import Unmeasured, WaitReason
from tui.run.attested import left_to_a_person
from tui.run.measured import STALE, fresh, unmeasured
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.steps.effects import Watch, Watched
from tui.steps.registry import KINDS

_COUNTS: Final = (
    "server_log_lines", "server_log_errors", "server_log_all_errors", "server_log_unclear", "server_log_gaps",
)  # fmt: skip

_NEAR: Final = 0.8
"""Share of a limit from which a value is near it."""
_PILED: Final = {"archive_backlog": 8.0, "wal_kept_by_slots": 256.0 * 1024 * 1024}
"""So much more than when the step began is WAL that piles up: files, bytes."""
_SETTLED: Final = (
    "", Unmeasured.LOG_UNCLEAR, Unmeasured.LOG_WITHOUT_ERRORS, Unmeasured.LOG_WITHOUT_SQLSTATES, Unmeasured.NO_LOG,
    Unmeasured.NO_REPLICA,
)  # fmt: skip


class WatchDriver:
    """Of one attempt. `look_now` waits until all figures were taken anew; `given_up`: nobody wants to know any more."""

    def __init__(
        self,
        recorder: Recorder,
        at: StepState,
        given_up: Callable[[], bool],
        look_now: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._recorder = recorder
        self._at = at
        self._given_up = given_up
        self._look_now = look_now
        state = recorder.state
        self._recorded = state.errors.server
        self._before = {name: int(state.facts.get(name, 0)) for name in _COUNTS}
        self._states: dict[str, int] = dict(state.facts.get("server_log_sqlstates") or {})
        self._kept = {name: state.metrics[name] for name in _PILED if state.metrics.get(name) is not None}
        self._samples = 0
        self._until = state.mono

    async def look(self, effect: Watch) -> Watched:
        """Carry out Watch."""
        until = time.monotonic() + effect.settle
        if effect.settle and self._look_now is not None and not self._given_up():
            await self._look_now()
        seen = self._seen()
        figures = seen.figures
        while self._lacks(effect, seen) and time.monotonic() < until and not self._given_up():
            await asyncio.sleep(0.1)
            seen = self._seen()
            figures += seen.figures
        return replace(seen, figures=figures if effect.figures else ())

    @staticmethod
    def _lacks(effect: Watch, seen: Watched) -> bool:
        """Whether it may help to wait: what has no source at all gets none by waiting."""
        if not seen.samples or ("log" in effect.wanted and seen.log not in _SETTLED):
            return True
        return "guards" in effect.wanted and any(guard["why"] not in _SETTLED for guard in seen.unmeasured)

    def _seen(self) -> Watched:
        now = self._recorder.writer.clock.now()[1]
        # Where no sample comes at all, only who looks knows how old the figures are.
        state = fresh(self._recorder.state, now)
        since = state.steps[self._at.id].started or 0.0
        meanwhile = KINDS[self._at.step.kind].watches
        breached = tuple(
            {"metric": g.metric, "value": g.value, "limit": g.limit, "source": g.source}
            for g in state.guards
            if g.breached or (meanwhile and g.breached_since is not None and g.breached_since >= since)
        )
        # The state keeps the last samples only.
        new = [sample for sample in state.samples if sample.mono > self._until]
        self._samples += len(new)
        last = state.samples[-1].mono if state.samples else None
        self._until = max(self._until, last or 0.0)
        counted = {name: max(0, int(state.facts.get(name, 0)) - before) for name, before in self._before.items()}
        lag = _lag(state)
        left = left_to_a_person(state)
        return Watched(
            breached=breached,
            unmeasured=tuple(guard for guard in unmeasured(state) if (guard["metric"], guard["limit"]) not in left),
            criteria=len(state.guards) - len(left),
            attested=tuple(metric for metric, _limit in left),
            errors=counted["server_log_all_errors"],
            sqlstates=self._by_sqlstate(state),
            # Of a storm of errors few are recorded, and the count comes a moment later than those.
            critical=max(state.errors.server - self._recorded, counted["server_log_errors"]),
            lines=counted["server_log_lines"],
            unclear=counted["server_log_unclear"],
            gaps=counted["server_log_gaps"],
            log=_log(state, now, last),
            samples=self._samples,
            lag=lag,
            strained=_strained(state, self._at.id, self._kept),
            lag_unknown=lag is None and state.metrics.get("replicas") != 0,
            given_up=self._given_up(),
            figures=tuple(sample.values for sample in new),
            sources=dict(state.sources),
        )

    def _by_sqlstate(self, state: RunState) -> dict[str, int]:
        """Errors of each SQLSTATE since; an engine that took the run up meanwhile has begun to count anew."""
        now: dict[str, int] = state.facts.get("server_log_sqlstates") or {}
        if any(now.get(code, 0) < count for code, count in self._states.items()):
            self._states = {}
        return {code: more for code, count in now.items() if (more := count - self._states.get(code, 0)) > 0}


def _log(state: RunState, now: float, last: float | None) -> str:
    if last is None or now - last > STALE:
        return Unmeasured.NO_SAMPLES
    return str(state.facts.get("server_log_state", Unmeasured.LOG_NOT_FOLLOWED))


def _strained(state: RunState, step: str, before: Mapping[str, float]) -> bool:
    """Whether a criterion is near its limit, sessions wait for what the step holds, or WAL has piled up since it began,
    by what was measured last."""
    near = any(g.limit > 0 and g.value is not None and _is_near(g.relation, g.value, g.limit) for g in state.guards)
    more = {name: (state.metrics.get(name) or 0.0) - before[name] for name in before}
    piled = any(more[name] >= most for name, most in _PILED.items() if name in more)
    return near or piled or state.steps[step].waiting == WaitReason.BLOCKS_OTHERS


def _is_near(relation: str, value: float, limit: float) -> bool:
    return (relation == "below" and value >= _NEAR * limit) or (relation == "above" and value * _NEAR <= limit)


def _lag(state: RunState) -> float | None:
    """Of the replica that is furthest behind, as far as it is known now; None also where there is none."""
    return None if state.metrics.get("replicas") == 0 else state.metrics.get("replication_lag")
