"""The undo of one step at a person's word. Pure; a rule of the helm."""

from __future__ import annotations

from tui.journal import events as e
from tui.plan.model import UNDO_PREFIX
from tui.run import commands as c
from tui.run.confirmation import unconfirmed
from tui.run.order import Refusal, about, barred, busy, undecided
from tui.run.state import RunState
from tui.run.steps import StepState


def undo(state: RunState, at: StepState, command: c.Undo, wall: float) -> tuple[e.Event, ...] | Refusal:
    """What undoing this step makes happen: what was applied last goes first."""
    step = at.id
    if at.step.undo is None:
        return Refusal(code="no-undo", message=f"{step} has no undo in the plan")
    if not at.may_have_effect:
        return Refusal(code="status", message=f"{step} is {at.status}: there is nothing of it to undo", facts=about(at))
    refusal = barred(state)
    if refusal is not None:
        return refusal
    for other in state.running():
        return busy(other)
    if state.rolling_back:
        return Refusal(code="rollback", message="the run is being rolled back")
    later = [
        s for s in map(state.steps.at, range(state.steps.position(step) + 1, state.checklist))
        if s.step.undo is not None and s.may_have_effect
    ]  # fmt: skip
    if later:
        last = later[-1]
        return Refusal(code="order", message=f"{last.id} was applied later; undo it first", facts={"step": last.id})
    known = state.steps.get(UNDO_PREFIX + step)
    if known is not None and known.status == "undecided":
        return undecided(known)
    refusal = unconfirmed(state, command, wall)
    if refusal is not None:
        return refusal
    halfway = known is not None and known.status in ("failed", "cancelled")
    started = e.StepStarted(
        step=UNDO_PREFIX + step,
        attempt=1 if known is None else known.attempt + 1,
        kind=at.step.undo.kind,
        undoes=step,
        resume_from=known.done if known is not None and halfway else 0,
        confirm=command.confirm,
        reason=command.reason,
    )
    return (started,)
