"""The steps that take something back: the undo of a step, and what a rollback joins to the run. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from tui.journal.events import Effect
from tui.plan.model import UNDO_PREFIX, Phase, Place, Step, places
from tui.run.state import RunState
from tui.run.steps import StepState, kind_of, reads


def undo_step(state: RunState, undoes: str) -> StepState:
    """The step that undoes `undoes`: one of its own, so that it has attempts, evidence and output like any other."""
    original = state.steps[undoes]
    action = original.step.undo
    assert action is not None
    known = state.steps.get(UNDO_PREFIX + undoes)
    step = Step(
        id=UNDO_PREFIX + undoes, title=original.step.title, kind=action.kind, spec=action.spec, role=original.step.role,
        as_=original.step.as_, estimate=None, timeout=original.step.timeout,
    )  # fmt: skip
    place = Place("U" + original.place.number, original.place.phase, original.place.section, None, False)
    at = StepState(step=step, place=place, group="undo", undoes=undoes)
    if known is None:
        return at
    if known.status in ("failed", "cancelled", "undecided"):
        # What it has already taken back is not taken back twice.
        at = replace(at, done=known.done, residue=known.effect)
    return replace(at, attempt=known.attempt, before=ended_badly(known), attempts=known.attempts)


def ended_badly(known: StepState) -> StepState | None:
    """The last attempt of it, or of the one it stands for anew, where that did not end well; none before it."""
    if known.status in ("failed", "cancelled", "undecided"):
        return replace(known, before=None, attempts=())
    return known.before if known.status == "pending" else None


def residue_of(known: StepState) -> Effect:
    """What is left of earlier attempts when another one begins; that of an undecided one a person has denied."""
    if known.status == "undone":
        return "none"
    if known.status == "undecided":
        return "some" if known.done else known.residue
    return known.effect if known.effect != "none" else known.residue


def stays(state: RunState) -> tuple[str, ...]:
    """Steps of the checklist that were, or may have been, applied and that the rollback has not taken back; none that
    only reads.

    While it goes on, those that it cannot take back: without an undo, or with one that somebody has skipped. After one
    that took back a part, what it had left then: what has been executed since is not its.
    """
    rollback = state.rollback
    if rollback is None:
        return ()
    if rollback.status == "rolled_back_to":
        return rollback.stays
    found: list[str] = []
    taken_back = frozenset(rollback.undo)
    floor = -1 if rollback.to is None or rollback.to not in state.steps else state.steps.position(rollback.to)
    for position in range(floor + 1, state.checklist):
        at = state.steps.at(position)
        if at.status == "running" or not at.may_have_effect or reads(at.step):
            continue
        undo = state.steps.get(UNDO_PREFIX + at.id)
        if rollback.status == "running" and at.id in taken_back and (undo is None or not undo.is_ended):
            continue
        found.append(at.id)
    return tuple(found)


def rollback_steps(
    state: RunState, undo: tuple[str, ...], phases: tuple[Phase, ...], keep: bool = False
) -> list[StepState]:
    """The steps a rollback joins to the run: the plan's rollback phases, the undos where they say, else first.

    One that takes up a failed rollback goes on where that one stood: what has ended in it is not done again. `keep`: it
    is the rollback under way, and all that is known of its steps stays.
    """
    failed = state.rollback is not None and state.rollback.status == "failed"

    def kept(known: StepState | None) -> bool:
        return known is not None and (keep or known.status == "running" or (failed and known.is_ended))

    undos = []
    for undone in undo:
        known = state.steps.get(UNDO_PREFIX + undone)
        undos.append(known if known is not None and kept(known) else undo_step(state, undone))
    last = [at for at in undos if at.undoes is not None and opens_last(state.steps[at.undoes])]
    undos = [at for at in undos if at not in last]
    joined: list[StepState] = []
    placed = not any(section.undo_applied for phase in phases for section in phase.sections)
    if placed:
        joined.extend(undos)
    numbered = {step.id: place for place, step in places(phases, "R")}
    for phase in phases:
        for section in phase.sections:
            if section.undo_applied and not placed:
                joined.extend(undos)
                placed = True
            for step in section.steps:
                known = state.steps.get(step.id)
                if known is not None and kept(known):
                    joined.append(known)
                    continue
                fresh = StepState(step=step, place=numbered[step.id], group="rollback")
                if known is not None:
                    fresh = replace(
                        fresh, attempt=known.attempt, host_attempt=known.host_attempt, before=ended_badly(known),
                        attempts=known.attempts,
                        done=known.done if failed else 0, residue=residue_of(known) if failed else "none",
                    )  # fmt: skip
                joined.append(fresh)
    return joined + last


def opens_last(at: StepState) -> bool:
    """Whether the undo of a step opens again what all else of a rollback is done behind."""
    kind = kind_of(at.step.kind)
    return kind is not None and kind.opens_last
