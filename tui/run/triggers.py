"""Conditions under which a rollback is proposed, and the facts that make them true: each fires once for an attempt of a
step, for a breach, and for a number of errors. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tui.journal import events as e
from tui.journal.codes import TriggerReason
from tui.plan.model import Trigger
from tui.run.clock import rollback_at_least, rollback_seconds, window_clock
from tui.run.conditions import compares_by, limit_of, metrics_of, names
from tui.run.guards import breaches_of
from tui.run.state import GuardState, RunState
from tui.run.steps import StepState

_NAMED: Final = 8
"""Errors that are named as grounds; all are counted."""


def fired(state: RunState, wall: float) -> tuple[e.TriggerFired, ...]:
    """What fires in this state, each with its grounds and with what there is to know of the rollback at `wall`."""
    opened = state.opened
    assert opened is not None
    if state.given_up:
        return ()
    triggers = opened.plan.rollback.triggers
    found = [*_of_steps(state, triggers)]
    for trigger, answered in zip(triggers, state.triggers, strict=True):
        for metric in metrics_of(trigger):
            guard = _breach(state, metric, trigger.for_)
            if guard is not None and answered.breaches.get(metric, 0) < breaches_of(state, metric):
                found.append(_of_guard(state, trigger, guard))
        limit = limit_of(trigger)
        if limit is not None and not answered.errors and state.errors.weighing_of(limit) >= limit.unresolved:
            grounds = {
                "count": state.errors.weighing_of(limit),
                "errors": [error.id for error in state.errors.meant(limit, _NAMED)],
            }
            fire = e.TriggerFired(title=trigger.title, reason=TriggerReason.ERRORS_UNRESOLVED, grounds=grounds)
            found.append(fire)
    return tuple(_with_prospect(state, fire, wall) for fire in found)


def _of_steps(state: RunState, triggers: Sequence[Trigger]) -> Iterator[e.TriggerFired]:
    for at in state.failed:
        if at.group != "main" or at.unanswered or (at.fired_attempt == at.attempt and at.attempt > 0):
            continue
        named = next((t for t in triggers if names(t, at.step)), None)
        compared = next((t for t in triggers if compares_by(t, at.step)), None)
        trigger = named or compared
        if trigger is None and at.step.on_failure != "propose_rollback":
            continue
        by_comparing = trigger is not None and trigger is not named
        yield e.TriggerFired(
            title=at.step.title if trigger is None else trigger.title, step=at.id, grounds=_failure(at),
            reason=TriggerReason.COMPARISON_FAILED if by_comparing else TriggerReason.STEP_FAILED,
        )  # fmt: skip


def _failure(at: StepState) -> dict[str, Any]:
    """Why it failed, as its outcome says."""
    return {key: value for key, value in (("why", at.reason), ("sqlstate", at.sqlstate)) if value}


def _breach(state: RunState, metric: str, lasting: float) -> GuardState | None:
    """The criterion of a metric that has been breached for so long; of several the one that began last."""
    lasting_ones = (
        guard
        for guard in state.guards
        if guard.metric == metric and guard.breached and state.mono - _began(state, guard) >= lasting
    )
    return max(lasting_ones, key=lambda guard: _began(state, guard), default=None)


def _began(state: RunState, guard: GuardState) -> float:
    return state.mono if guard.breached_since is None else guard.breached_since


def _of_guard(state: RunState, trigger: Trigger, guard: GuardState) -> e.TriggerFired:
    lasted = round(state.mono - _began(state, guard), 3)
    grounds: dict[str, Any] = {"limit": guard.limit, "relation": guard.relation, "for_s": lasted}
    if guard.value is not None:
        grounds["value"] = guard.value
    if guard.source:
        grounds["source"] = guard.source
    return e.TriggerFired(
        title=trigger.title, reason=TriggerReason.GUARD_BREACHED, metric=guard.metric, grounds=grounds
    )  # fmt: skip


def _with_prospect(state: RunState, fire: e.TriggerFired, wall: float) -> e.TriggerFired:
    """How long a rollback is expected to take, and how long one may still be begun that ends inside the window."""
    clock = window_clock(state, wall)
    seconds = rollback_seconds(state)
    return e.TriggerFired(
        title=fire.title, reason=fire.reason, step=fire.step, metric=fire.metric, grounds=fire.grounds,
        rollback_s=None if seconds is None else round(seconds, 3),
        rollback_least=seconds is not None and rollback_at_least(state),
        safe_s=None if clock is None or clock.last_safe_rollback_s is None else round(clock.last_safe_rollback_s, 3),
    )  # fmt: skip
