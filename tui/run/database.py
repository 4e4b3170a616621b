"""What the run has made of its database as a whole: closed to others, or another one under its name. Pure.

Both are the fold of events that stand before the deed, so that whoever takes the run up knows what there may be to give
back, and which of two databases may bear the name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.line import Line
from tui.run.state import Quiesced, RunState, Swap
from tui.run.steps import StepState, kind_of


def closed_by(state: RunState, step: str) -> Quiesced | None:
    """What this step has closed and nothing has opened again."""
    return next((found for found in state.quiesced if found.step == step), None)


def former_of(state: RunState, oid: int) -> tuple[tuple[str, str, str, bool], ...] | None:
    """The grants on a database that is closed as they were before; None for one that nothing has closed."""
    return next((found.former[str(oid)] for found in state.quiesced if str(oid) in found.former), None)


def stillness(state: RunState) -> str:
    """Which quiescence of the application holds now: the same text as long as it is the same one, "" where others may
    write. One that may not have come about is none."""
    for found in state.quiesced:
        at = state.steps.get(found.step)
        if at is not None and at.status == "passed":
            return f"{found.step} {found.since_at}"
    return ""


def _begun(state: RunState, event: e.QuiesceBegun, line: Line) -> RunState:
    known = closed_by(state, event.step)
    found = known or Quiesced(step=event.step, since=line.mono, since_at=line.at)
    if event.oid is not None:
        # What was there before the first attempt is what there is to give back.
        former = {str(event.oid): event.former} | found.former
        found = replace(found, former=former)
    return replace(state, quiesced=(*(one for one in state.quiesced if one.step != event.step), found))


def _released(state: RunState, event: e.QuiesceReleased, line: Line) -> RunState:
    return released(state, event.of)


def released(state: RunState, step: str) -> RunState:
    """Nothing of what this step has closed is left to be opened."""
    if closed_by(state, step) is None:
        return state
    state = replace(state, quiesced=tuple(one for one in state.quiesced if one.step != step))
    at = state.steps.get(step)
    if at is None or at.status == "running":
        return state
    return replace(state, steps=state.steps.replace(replace(at, effect="none", residue="none")))


def reopened_by(state: RunState, at: StepState) -> RunState:
    """Behind a person's word that this step's work is done."""
    kind = kind_of(at.step.kind)
    if kind is None or kind.reopens is None:
        return state
    return released(state, kind.reopens(kind.typed(at.step.spec)))


def _swap_begun(state: RunState, event: e.SwapBegun, line: Line) -> RunState:
    swap = Swap(
        step=event.step, attempt=event.attempt, database=event.database, old_oid=event.old_oid, new_oid=event.new_oid,
        called=event.called, kept_as=event.kept_as, maintenance=event.maintenance, back=event.back, facts=event.facts,
        took_back={} if state.swap is None else state.swap.took_back,
    )  # fmt: skip
    return replace(state, swap=swap)


def _swapped(state: RunState, event: e.SwapDone, line: Line) -> RunState:
    swap = state.swap
    if swap is None or swap.new_oid != event.new_oid:
        return replace(state, unknown_events=state.unknown_events + 1)
    # Evidence of what was committed lies in the database that has another name now.
    steps = type(state.steps).of(replace(at, commit=None) for at in state.steps)
    state = replace(
        state, swap=replace(swap, done=True), proved=None, steps=steps,
        identity={**state.identity, "database_oid": event.new_oid},
    )  # fmt: skip
    return _given_back(state) if swap.back else _taken_back(state)


def _taken_back(state: RunState) -> RunState:
    """In a rollback: what changed the database is not in the one that bears the name now."""
    if not state.given_up:
        return state
    steps, left = state.steps, dict[str, tuple[str, str]]()
    for position in range(state.checklist):
        at = state.steps.at(position)
        kind = kind_of(at.step.kind)
        if at.status == "running" or not at.may_have_effect or kind is None or not kind.changes or kind.opens_last:
            continue
        left[at.id] = (at.status, at.effect)
        steps = steps.replace(replace(at, status="undone", effect="none", residue="none", done=0))
    assert state.swap is not None
    troubled = tuple(step for step in state.troubled if steps[step].status in ("failed", "undecided"))
    return replace(state, steps=steps, troubled=troubled, swap=replace(state.swap, took_back=left))


def _given_back(state: RunState) -> RunState:
    """The database from before bears the name again, with all that was done in it."""
    assert state.swap is not None
    steps = state.steps
    for step, (status, effect) in state.swap.took_back.items():
        at = steps.get(step)
        if at is not None and at.status == "undone":
            steps = steps.replace(replace(at, status=status, effect=effect))
    return replace(state, steps=steps, swap=replace(state.swap, took_back={}))


DATABASE_HANDLERS: dict[type[e.Event], Callable[[RunState, Any, Line], RunState]] = {
    e.QuiesceBegun: _begun,
    e.QuiesceReleased: _released,
    e.SwapBegun: _swap_begun,
    e.SwapDone: _swapped,
}
