"""Where a run stands, as the neutral data that `status --json` prints. Pure.

Seconds everywhere; instants are RFC 3339 in UTC. Nothing in it but `engine` depends on the present, unless an
instant is given.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tui.run.attested import is_attested
from tui.run.clock import expected, instant, rfc3339, rollback_at_least, rollback_seconds, window_clock
from tui.run.driving import driver
from tui.run.foresight import foresee
from tui.run.lasted import lasted
from tui.run.measured import fresh
from tui.run.next import Wait, next_effects
from tui.run.projection import Milestone, milestones, projection, rollback_projection
from tui.run.quality import qualities
from tui.run.rollback import stays
from tui.run.state import GuardState, RunState
from tui.run.steps import StepState
from tui.run.unknown import Lack, end_lack, expected_lack, locks_of, rehearsal_of, rollback_end_lack, safe_lack

NO_ENGINE: dict[str, Any] = {"pid": None, "host": None, "alive": None}


def status(state: RunState, engine: dict[str, Any] | None = None, wall: float | None = None) -> dict[str, Any]:
    """The fields of `status --json`.

    `engine`: pid, host and whether it is alive, as known at present. `wall`: the instant (seconds since the epoch)
    at which durations and the window are computed; None: at the last event. Raises ValueError for a journal
    without its first line.
    """
    opened = state.opened
    if opened is None:
        raise ValueError("the run has not been opened")
    last = instant(state.at)
    at = last if wall is None else max(last, wall)
    mono = state.mono + (at - last)
    known = fresh(state, mono)
    return {
        "id": opened.id,
        "plan": opened.plan.name,
        **_taken(opened, "target", "seal", "work", "environment", "mode"),
        **_taken(state, "status", "seq", "mono", "at"),
        "opened": state.opened_at,
        "closed": state.closed is not None,
        "held": state.held_for,
        "held_facts": None if state.barrier is None else state.barrier.facts,
        "identity": state.identity or None,
        "despite": list(opened.despite),
        "unmeasured": [at.id for at in state.steps if is_attested(at.id)],
        "beside": opened.beside,
        "others": msgspec.to_builtins(opened.others),
        "amendments": [msgspec.to_builtins(known) | {"voids": known.voids} for known in state.amendments],
        "improvements": [msgspec.to_builtins(one) for one in state.improvements],
        "lessons": [msgspec.to_builtins(one) for one in state.lessons],
        "policy": msgspec.to_builtins(state.policy),
        "drives": _drives(state, at),
        "helm": state.helm,
        "engine": _engine(engine),
        "window": _window(state, at),
        "waiting": _waiting(state, at),
        "last_safe_rollback_unknown": lacks(safe_lack(state)),
        "projected_end": _end(state, at),
        "milestones": [_milestone(each) for each in milestones(state, at)],
        "steps": [_step(state, step, mono) for step in state.steps],
        "guards": [_guard(guard, mono) for guard in known.guards],
        "quality": [_taken(each, "title", "state") | {"steps": list(each.steps)} for each in qualities(state)],
        "metrics": known.metrics,
        "quiesced": [_taken(found, "step") | {"since": found.since_at} for found in state.quiesced],
        "rollback": _rollback(state),
        "proposed": _proposed(state, at),
        "undecided": [step.id for step in state.undecided],
        "errors": [msgspec.to_builtins(error) for error in state.errors],
        "application_errors": state.facts.get("application_errors"),
    }


def _drives(state: RunState, at: float) -> dict[str, Any] | None:
    """Who drives: `how` is `by_hand` (`person` has the helm), `run_to` (up to `until`), `headless`, `autopilot` or
    `rollback`; `by_itself` is what begins without a further key. None in a closed run."""
    found = driver(state)
    if found is None:
        return None
    told = foresee(state, at)
    return {
        **_taken(found, "how", "person", "until"),
        "by_itself": {
            "steps": [due.step for due in told.due],
            "signed": [due.step for due in told.due if due.signed],
            "then": "closed" if told.closes else (None if told.stop is None else told.stop.reason),
            "at": None if told.at is None else told.at.id,
            "whole": told.whole,
        },
    }


def _engine(engine: dict[str, Any] | None) -> dict[str, Any]:
    known = NO_ENGINE if engine is None else engine
    return {key: known.get(key) for key in NO_ENGINE}


def _window(state: RunState, at: float) -> dict[str, Any] | None:
    assert state.opened is not None
    window, clock = state.opened.window, window_clock(state, at)
    if window is None or clock is None:
        return None
    own = clock.phase is not None
    return {
        "opens": rfc3339(clock.opens) if own else window.opens,
        "closes": rfc3339(clock.closes) if own else window.closes,
        "timezone": window.timezone,
        **_taken(clock, "duration_s", "buffer_s", "phase", "state"),
        "t_s": _seconds(clock.t),
        "remaining_s": _seconds(clock.remaining_s),
        "last_safe_rollback_s": _seconds(clock.last_safe_rollback_s),
        "last_safe_rollback_at_most": clock.safe_at_most,
    }


def _waiting(state: RunState, at: float) -> dict[str, Any] | None:
    """What the run as a whole waits for; None while it does something, or is about to."""
    last = next_effects(state, at)[-1]
    if not isinstance(last, Wait) or last.reason in ("running", "closed"):
        return None
    return {"reason": last.reason, "step": last.step}


def _end(state: RunState, at: float) -> dict[str, Any]:
    """When the work is expected to end; `at_least`: not before that. `unknown`: see `lacks`."""
    found = rollback_projection(state, at) if state.given_up else projection(state, at)
    over = state.closed is not None or state.all_ended
    known = None if over or found.ends is None else rfc3339(found.ends)
    lack = rollback_end_lack(state) if state.given_up else end_lack(state, at)
    return {"at": known, "at_least": found.least and not over, "unknown": None if over else lacks(lack)}


def lacks(lack: Lack | None) -> dict[str, Any] | None:
    """Why a time is not known, as neutral data: `code` (see `tui.run.unknown.Unknown`), the steps without a figure, and
    on what it was rehearsed where that cannot be compared. None where it is known."""
    if lack is None:
        return None
    basis = None if lack.basis is None else msgspec.to_builtins(lack.basis)
    return {"code": lack.code.value, "steps": list(lack.steps), "basis": basis}


def _rehearsed(state: RunState, step: StepState) -> dict[str, Any] | None:
    found = rehearsal_of(state, step.id)
    return None if found is None else {"seconds": found[0], "basis": msgspec.to_builtins(found[1])}


def _advice(state: RunState, step: StepState) -> dict[str, Any] | None:
    """What a program of others says of what it executes."""
    found = None if state.opened is None else state.opened.advice.get(step.id)
    return None if found is None else msgspec.to_builtins(found)


def _locks(state: RunState, step: StepState) -> dict[str, Any] | None:
    """The locks that it took in an earlier run: `taken` as evidence has them, the strongest ones."""
    found = locks_of(state, step.id)
    if found is None:
        return None
    known, basis = msgspec.to_builtins(found[0]), msgspec.to_builtins(found[1])
    return {"count": found[0].count, "taken": list(known.get("taken", ())), "basis": basis}


def _step(state: RunState, step: StepState, mono: float) -> dict[str, Any]:
    return {
        "id": step.id,
        "number": step.place.number,
        "title": step.step.title,
        **_taken(step.place, "phase", "section"),
        **_taken(step.step, "kind", "role"),
        **_taken(step, "group", "status", "attempt"),
        "started": step.started_at,
        "ended": step.ended_at,
        "duration_s": _duration(step, mono),
        "duration_unsure": None if (known := lasted(step)) is None else known.unsure,
        "expected_s": _seconds(expected(state, step)),
        "expected_unknown": lacks(expected_lack(state, step)),
        "rehearsed": _rehearsed(state, step),
        "rehearsed_locks": _locks(state, step),
        "advice": _advice(state, step),
        "waiting": _step_waiting(step, mono),
        **_taken(step, "fate", "fate_reason", "reason", "sqlstate", "message", "effect"),
        "by": step.by or None,
        "amended": step.amended,
        "confirmed": None if step.confirmed is None else msgspec.to_builtins(step.confirmed),
        "evidence": step.evidence,
    }


def _duration(step: StepState, mono: float) -> float | None:
    if step.started is None:
        return None
    return _seconds((mono if step.ended is None else step.ended) - step.started)


def _step_waiting(step: StepState, mono: float) -> dict[str, Any] | None:
    if step.waiting is None:
        return None
    since = mono if step.waiting_since is None else step.waiting_since
    return {"reason": step.waiting, "facts": step.waiting_facts, "duration_s": _seconds(mono - since)}


def _guard(guard: GuardState, mono: float) -> dict[str, Any]:
    """`unmeasured_s`: for how long nobody has measured it; null while it is measured, or when it never was."""
    lost = guard.value is None and guard.sampled is not None
    return {
        **_taken(guard, "metric", "value", "limit", "relation", "state", "source"),
        "unmeasured_s": _seconds(mono - (guard.sampled or 0.0)) if lost else None,
    }


def _rollback(state: RunState) -> dict[str, Any] | None:
    rollback: dict[str, Any] | None = None if state.rollback is None else msgspec.to_builtins(state.rollback)
    if rollback is not None:
        rollback |= {"undo": list(rollback["undo"]), "without_undo": list(rollback["without_undo"])}
        rollback["stays"] = list(stays(state))
    return rollback


def _milestone(each: Milestone) -> dict[str, Any]:
    """Seconds from the opening of the window: `planned_s`, and `actual_s` once it is reached or `projected_s`."""
    return {
        **_taken(each, "step", "title"), "planned_s": _seconds(each.planned), "actual_s": _seconds(each.actual),
        "projected_s": _seconds(each.projected), "at_least": each.least,
    }  # fmt: skip


def _proposed(state: RunState, at: float) -> list[dict[str, Any]]:
    """Each with the facts that fired it, and with what there is to know of the rollback now: see `TriggerFired`."""
    clock, seconds = window_clock(state, at), rollback_seconds(state)
    prospect = {
        "rollback_s": _seconds(seconds), "rollback_least": seconds is not None and rollback_at_least(state),
        "safe_s": None if clock is None else _seconds(clock.last_safe_rollback_s),
    }  # fmt: skip
    return [
        _taken(fired.event, "title", "reason", "step", "metric", "grounds") | prospect | {"mono": fired.mono}
        for fired in state.proposed
    ]


def _taken(source: Any, *names: str) -> dict[str, Any]:
    """Fields that are told under their own names."""
    return {name: getattr(source, name) for name in names}


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
