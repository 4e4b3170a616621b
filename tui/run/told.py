"""What people may be told of a run, as texts by the names of `tui.plan.template`. Pure; codes stay codes."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.plan.window import WindowError, zone
from tui.run.clock import instant, window_clock
from tui.run.projection import projection, rollback_projection
from tui.run.state import RunState
from tui.run.steps import StepState
from tui.run.upcoming import comes_next


def facts(state: RunState, step: str, wall: float) -> dict[str, str]:
    """As they are at `wall`, for a step that tells them; what nobody knows is left out."""
    opened = state.opened
    if opened is None:
        return {}
    at, last, coming = state.steps.get(step), _last(state, step), comes_next(state)
    found: dict[str, str | None] = {
        "plan": opened.plan.name, "target": opened.target, "environment": opened.environment, "run": opened.id,
        "mode": opened.mode, "status": state.status, "phase": None if at is None else at.place.phase,
        "step": None if last is None else last.step.title, "next": None if coming is None else coming.step.title,
        "next.role": None if coming is None else coming.step.role, "errors": str(state.errors.weighing),
        "failed": state.failed[-1].step.title if state.failed else None, "operator": state.helm,
        "reason": None if state.rollback is None else state.rollback.reason, **_moments(state, wall),
    }  # fmt: skip
    return {name: text for name, text in found.items() if text}


def _last(state: RunState, step: str) -> StepState | None:
    """What has ended last before it, companions left out."""
    ended = (at for at in state.steps if at.ended is not None and at.id != step and at.step.with_ is None)
    return max(ended, key=lambda at: at.ended or 0.0, default=None)


def _moments(state: RunState, wall: float) -> dict[str, str | None]:
    opened, clock = state.opened, window_clock(state, wall)
    assert opened is not None
    here = "UTC" if opened.window is None else opened.window.timezone
    ends = (projection if state.rollback is None else rollback_projection)(state, wall)
    at: dict[str, float | None] = {"now": wall, "projected_end": None if ends.least else ends.ends}
    if opened.window is not None:
        at |= {"window.opens": instant(opened.window.opens), "window.closes": instant(opened.window.closes)}
    if clock is not None and not clock.safe_at_most:
        at["last_safe_rollback"] = clock.last_safe_rollback
    return {name: None if moment is None else _local(moment, here) for name, moment in at.items()}


def _local(moment: float, timezone: str) -> str:
    """`2026-12-05 22:00 -03`: by the clocks of the window's zone."""
    try:
        here = zone(timezone)
    except WindowError:
        here = UTC
    return datetime.fromtimestamp(moment, here).strftime("%Y-%m-%d %H:%M %Z")
