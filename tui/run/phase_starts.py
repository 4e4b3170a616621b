"""Phases that wait for their time: when an engine has something to do again. Pure."""

from __future__ import annotations

from msgspec import Struct

from tui.run.clock import starts_at
from tui.run.state import RunState


class PhaseStart(Struct, frozen=True):
    """A phase that is not over, and when it begins (seconds since the epoch)."""

    title: str
    at: float


def due(state: RunState, wall: float) -> PhaseStart | None:
    """The phase at which an open run stands, where its time has come and nothing of it has begun."""
    opened, current = state.opened, state.current()
    if opened is None or current is None or state.closed is not None or state.given_up or state.active:
        return None
    position = 0
    for phase in opened.plan.phases:
        first, position = position, position + sum(len(section.steps) for section in phase.sections)
        if first <= state.steps.position(current.id) < position:
            at = starts_at(state, phase.begins)
            begun = any(state.steps.at(place).status != "pending" for place in range(first, position))
            return None if at is None or at > wall or begun else PhaseStart(phase.title, at)
    return None


def ahead(state: RunState, wall: float) -> tuple[PhaseStart, ...]:
    """Those of the checklist that begin after `wall`, in their order."""
    opened = state.opened
    if opened is None or state.closed is not None or state.given_up:
        return ()
    found, position = [], 0
    for phase in opened.plan.phases:
        position += sum(len(section.steps) for section in phase.sections)
        at = starts_at(state, phase.begins)
        if at is not None and at > wall and position > state.unended:
            found.append(PhaseStart(phase.title, at))
    return tuple(found)
