"""What a run's criteria were before, in the course of it, and are now: what a review looks at. Pure."""

from __future__ import annotations

from statistics import median
from typing import Any, Final

from msgspec import Struct

from tui.run.state import GuardState, RunState

NOW_S: Final = 300.0
"""Seconds before the last event within which samples are those of now."""


class ThenNow(Struct, frozen=True, kw_only=True):
    """One criterion. `before`: the median of the baseline that the step `baseline` kept; `now`: that of the last
    samples, of which there are `samples`; `breaches`: how often it was breached in the run. None: not known."""

    metric: str
    relation: str
    limit: float
    before: float | None = None
    baseline: str | None = None
    now: float | None = None
    samples: int = 0
    breaches: int = 0


def then_and_now(state: RunState) -> tuple[ThenNow, ...]:
    """Every criterion, in the plan's order."""
    step, figures = _baseline(state)
    return tuple(_of(state, guard, step, figures) for guard in state.guards)


def _of(state: RunState, guard: GuardState, step: str | None, figures: dict[str, Any]) -> ThenNow:
    told = figures.get(guard.metric)
    before = told.get("median") if isinstance(told, dict) else None
    recent = [
        sample.values[guard.metric]
        for sample in state.samples
        if guard.metric in sample.values and state.mono - sample.mono <= NOW_S
    ]
    known = isinstance(before, int | float)
    return ThenNow(
        metric=guard.metric, relation=guard.relation, limit=guard.limit, breaches=guard.breaches,
        before=float(before) if known and before is not None else None, baseline=step if known else None,
        now=median(recent) if recent else None, samples=len(recent),
    )  # fmt: skip


def _baseline(state: RunState) -> tuple[str | None, dict[str, Any]]:
    """The first step that has kept one."""
    for at in state.steps:
        found = at.evidence.get("baseline")
        if isinstance(found, dict) and at.status == "passed":
            return at.id, found
    return None, {}
