"""What may begin when: the order of the checklist and of a rollback. Pure; the same for people and for the engine."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from tui.journal import events as e
from tui.journal.codes import HoldReason
from tui.plan.model import UNDO_PREFIX
from tui.run.clock import starts_in
from tui.run.state import RunState
from tui.run.steps import StepState, section_of, wants_closed


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a command is not carried out: a neutral code, the facts, and a plain English sentence."""

    code: str
    message: str
    facts: dict[str, Any] = {}


HELD = Refusal(code="held", message="the run is held; resume it first")


def busy(other: StepState) -> Refusal:
    """Another step runs."""
    return Refusal(code="busy", message=f"{other.id} is running", facts={"step": other.id})


def undecided(other: StepState) -> Refusal:
    """Nobody knows what became of another step."""
    message = f"the fate of {other.id} is undecided: look at the database, then use retry, by-hand or skip"
    return Refusal(code="undecided", message=message, facts={"step": other.id})


def about(at: StepState) -> dict[str, Any]:
    """The facts of a refusal that a step's status gives rise to."""
    return {"step": at.id, "status": at.status}


def beside(one: StepState, other: StepState) -> bool:
    """Whether both stand in the same parallel section, so that one need not wait for the other."""
    return one.place.parallel and section_of(one.place) == section_of(other.place)


def in_rollback(state: RunState, at: StepState) -> bool:
    """Whether the rollback that was started last has this step to do."""
    if state.rollback is None or at.group == "main":
        return False
    return at.group == "rollback" or at.undoes in state.rollback.undo


def blocked(state: RunState, at: StepState) -> Refusal | None:
    """Why this step may not begin in the order of the checklist, whoever asks; None when it may."""
    position = state.steps.position(at.id)
    if at.step.with_ is not None:
        host = state.steps[at.step.with_]
        if host.status != "running":
            return Refusal(
                code="companion",
                message=f"{at.id} runs while {host.id} runs; execute {host.id}",
                facts={"step": host.id},
            )
        return None
    for step in at.step.needs:
        if not state.steps[step].is_ended:
            return Refusal(code="needs", message=f"{at.id} needs {step}, which has not ended", facts={"step": step})
    start = state.unended if at.group == "main" else state.rollback_unended
    for earlier in range(start, position):
        other = state.steps.at(earlier)
        if at.group != "main" and not (in_rollback(state, at) and in_rollback(state, other)):
            continue
        if other.is_ended or other.step.with_ is not None:
            continue
        if at.group == "main" and beside(at, other):
            continue
        message = f"{other.id} comes first and is {other.status}"
        return Refusal(code="order", message=message, facts=about(other))
    return None


def barred(state: RunState) -> Refusal | None:
    """Why nothing at all is begun, the steps of a rollback included: what answered is not the run's target."""
    if state.barrier is None:
        return None
    if state.barrier.code == HoldReason.OTHER_RUN:
        return Refusal(
            code="other-run",
            message="another run is in the way on the target; accept that this one goes on beside it, or resume later",
            facts={"held": state.barrier.code, "runs": [other.name for other in state.barrier.runs]},
        )
    return Refusal(
        code="other-target",
        message="what answered is not the run's target as it left it; accept it, or bring the target back and resume",
        facts={"held": state.barrier.code, "acceptable": state.barrier.acceptable},
    )


def may_begin(state: RunState, at: StepState, wall: float) -> Refusal | None:
    """Why this step may not begin now at a person's word; None when it may. `wall`: seconds since the epoch."""
    refusal = barred(state)
    if refusal is not None:
        return refusal
    if at.group == "main" and state.given_up:
        return Refusal(
            code="rollback", message="the run is being, or has been, rolled back; only the rollback's steps go on"
        )
    if state.held is not None and at.group == "main":
        return HELD
    for other in state.running():
        if other.step.with_ is not None or at.step.with_ is not None:
            continue
        if at.group != "main" or not beside(at, other):
            return busy(other)
    for other in state.undecided:
        # A rollback goes on past a step of the checklist whose fate nobody knows: it may be what helps.
        if other.id != at.id and (at.group == "main" or other.group != "main"):
            return undecided(other)
    undo = state.steps.get(UNDO_PREFIX + at.id)
    if undo is not None and undo.status in ("failed", "cancelled", "undecided") and undo.effect != "none":
        message = f"{undo.id} is {undo.status} and may have taken back a part of {at.id}; bring it to its end first"
        return Refusal(code="undo", message=message, facts=about(undo))
    wait = starts_in(state, at.place.starts, wall) if at.group == "main" else None
    if wait is not None and wait > 0:
        message = f"the phase {at.place.phase!r} starts in {wait:.0f} s"
        return Refusal(code="too-early", message=message, facts={"seconds": wait, "phase": at.place.phase})
    return blocked(state, at)


def open_to_others(state: RunState, at: StepState) -> Refusal | None:
    """Why a step that wants the target closed to others may not begin; None where it is closed, or need not be."""
    if at.undoes is not None or state.quiesced or not wants_closed(at.step):
        return None
    message = f"{at.id} loses what others write meanwhile, and nothing keeps them out of the target; quiesce it first"
    return Refusal(code="not-quiesced", message=message, facts={"step": at.id})


def begin(at: StepState, **extra: Any) -> e.StepStarted:
    """The intent of a step's next attempt."""
    return e.StepStarted(
        step=at.id, attempt=at.attempt + 1, kind=at.step.kind, undoes=at.undoes, companion_of=at.step.with_,
        resume_from=at.done, **extra,
    )  # fmt: skip
