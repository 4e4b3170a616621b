"""What is still ahead, in the order in which the engine goes on: when each step begins, and when all of it ends.

Instants are seconds since the epoch, spans are seconds. What nobody knows is counted, never taken for nothing: a sum
that lacks a part says that it is the least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from tui.finite import span
from tui.plan.model import UNDO_PREFIX, Plan
from tui.run.clock import expected, instant, mono_at, rollback_at_least, rollback_seconds, starts_at, window_in_force
from tui.run.state import RunState
from tui.run.steps import StepState, is_signed, may_change


class Ahead(Struct, frozen=True, kw_only=True):
    """A step that has not ended. `left`: the seconds it still needs, None when nobody knows; `least`: the same is true
    of a step before it, so that it begins at `begins` at the earliest; `inside`: it belongs into the window."""

    at: StepState
    begins: float
    left: float | None
    least: bool = False
    inside: bool = True

    @property
    def ends(self) -> float:
        return self.begins + (self.left or 0.0)


class Projection(Struct, frozen=True, kw_only=True):
    """When the work ends. `ends` None: nobody knows; `least`: at the earliest. `left`: how many steps have not ended,
    `unknown`: of how many of them nobody knows how long they take. Companions are left out."""

    ends: float | None = None
    least: bool = False
    left: int = 0
    unknown: int = 0


class Milestone(Struct, frozen=True, kw_only=True):
    """A milestone in seconds from the window's opening: when planned, when reached, when to be expected (`least`: at
    the earliest)."""

    step: str
    title: str
    planned: float
    actual: float | None = None
    projected: float | None = None
    least: bool = False


def ahead(state: RunState, wall: float) -> Iterator[Ahead]:
    """The steps of the checklist that have not ended, companions left out.

    A phase that says when it starts waits for that; any other goes on at once, before the window opens as well.
    """
    opened = state.opened
    if opened is None:
        return
    mono, position, begins, least, inside = mono_at(state, wall), 0, wall, False, True
    force = None if (bounds := window_in_force(state)) is None else bounds.number
    last = _last_change(opened.plan)
    for number, phase in enumerate(opened.plan.phases, 1):
        start = starts_at(state, phase.begins)
        if phase.window is not None or force is not None:
            inside = phase.window is not None and str(number) == force
        elif opened.window is not None and phase.starts is not None and phase.starts >= opened.window.duration_s:
            # This one lies after the window by the plan, and so does what follows it: a soak of a day is no reason
            # to fear for the window.
            inside = False
        elif last and number > last:
            # Nothing of it changes anything any more: what is watched and reviewed needs no window.
            inside = False
        for section in phase.sections:
            first, position = position, position + len(section.steps)
            if position <= state.unended:
                continue
            steps = [state.steps.at(n) for n in range(first, position)]
            needs = _needs(state, steps, section.estimate, mono, parallel=section.parallel)
            found = _section(
                needs, begins if start is None else max(begins, start), least, section.parallel, inside
            )  # fmt: skip
            yield from found
            begins = max((due.ends for due in found), default=begins)
            least = least or any(due.left is None for due in found)


def _last_change(plan: Plan) -> int:
    """The number of the last phase of which something belongs into the target's window; 0 where nothing does."""
    for number, phase in reversed(tuple(enumerate(plan.phases, 1))):
        if phase.window is None and any(may_change(step) for of in phase.sections for step in of.steps):
            return number
    return 0


def projection(state: RunState, wall: float) -> Projection:
    """The end of the work inside the window, phases that wait for their time included; of a run without a window the
    end of all of it."""
    return _ending([due for due in ahead(state, wall) if due.inside], state, wall)


def rollback_projection(state: RunState, wall: float) -> Projection:
    """The end of the rollback that goes on: what is left of it where that is known of each step, else as long as a
    rollback takes, from its beginning."""
    rollback = state.rollback
    if rollback is None:
        return Projection()
    mono = mono_at(state, wall)
    found: list[Ahead] = []
    begins = wall
    for steps, estimate in _rollback_sections(state):
        found.extend(_section(_needs(state, steps, estimate, mono, parallel=False), begins, False, False))
        begins = max((due.ends for due in found), default=wall)
    known = _ending(found, state, wall)
    signatures = any(expected(state, due.at) is None and is_signed(due.at.step) for due in found)
    total = rollback_seconds(state)
    if total is None or (not known.least and not signatures):
        return known
    whole = wall - (mono - rollback.started) + total
    return Projection(
        ends=max(whole, begins), least=known.least and (whole < wall or rollback_at_least(state)), left=known.left,
        unknown=known.unknown,
    )  # fmt: skip


def milestones(state: RunState, wall: float) -> tuple[Milestone, ...]:
    """Every milestone of the checklist: planned, and reached or projected. What is taken back has yet to be reached
    where the checklist goes on; where it does not, nothing further is to be expected."""
    opened = state.opened
    if opened is None or opened.window is None:
        return ()
    opens = instant(opened.window.opens)
    stones = [at for at in map(state.steps.at, range(state.checklist)) if at.step.milestone is not None]
    due: dict[str, Ahead] = {}
    if not state.given_up and any(not at.is_ended for at in stones):
        due = {each.at.id: each for each in ahead(state, wall)}
    found: list[Milestone] = []
    for at in stones:
        # What a person signs has no beginning of its own: it is reached when it is signed.
        reached = at.started_at or (at.ended_at if at.status in ("signed", "by_hand") else None)
        next_ = due.get(at.id)
        if at.status == "undone" and next_ is not None:
            reached = None
        known = next_ if reached is None else None
        found.append(
            Milestone(
                step=at.id, title=at.step.title, planned=span(at.step.milestone or 0.0),
                actual=None if reached is None else instant(reached) - opens,
                projected=None if known is None else known.begins - opens, least=known is not None and known.least,
            )
        )  # fmt: skip
    return tuple(found)


def _needs(
    state: RunState, steps: Sequence[StepState], estimate: float | None, mono: float, *, parallel: bool
) -> list[tuple[StepState, float | None]]:
    """The steps of a section that have not ended, each with the seconds it still needs; None when nobody knows.

    The section's estimate stands for the steps that have none: what is left of it, less what the others are expected
    to take and what those without have taken already. Where it is used up it says nothing of a step to come. A
    signature that nobody has estimated takes no time that could be told beforehand.
    """
    steps = [at for at in steps if at.step.with_ is None]
    planned = {at.id: expected(state, at) for at in steps}
    without = [at for at in steps if planned[at.id] is None]
    room = span(estimate or 0.0)
    if not parallel:
        room -= sum(seconds or 0.0 for seconds in planned.values())
    rest = room - (0.0 if parallel else sum(_taken(at, mono) for at in without))
    waiting = sum(not at.is_ended for at in without)
    found: list[tuple[StepState, float | None]] = []
    for at in steps:
        if at.is_ended:
            continue
        seconds = planned[at.id]
        left: float | None = None
        if seconds is not None:
            left = max(0.0, seconds - _taken(at, mono))
        elif room > 0 and parallel:
            left = max(0.0, room - _taken(at, mono))
        elif rest > 0:
            left = rest / waiting
        elif is_signed(at.step) or (room > 0 and at.status == "running"):
            left = 0.0
        found.append((at, left))
    return found


def _taken(at: StepState, mono: float) -> float:
    """Seconds that a step has taken: the running attempt so far, or the one that ended well."""
    if at.started is None:
        return 0.0
    if at.status == "running":
        return max(0.0, mono - at.started)
    return at.ended - at.started if at.is_ended and at.ended is not None else 0.0


def _section(
    needs: Sequence[tuple[StepState, float | None]], begins: float, least: bool, parallel: bool, inside: bool = True
) -> list[Ahead]:
    """The steps of one section one after the other, or beside each other where they need not wait."""
    found: list[Ahead] = []
    known: dict[str, Ahead] = {}
    ahead, behind = begins, least
    for at, left in needs:
        if parallel:
            before = [known[step] for step in at.step.needs if step in known]
            ahead = max((each.ends for each in before), default=begins)
            behind = least or any(each.least or each.left is None for each in before)
        due = Ahead(at=at, begins=ahead, left=left, least=behind, inside=inside)
        found.append(due)
        known[at.id] = due
        ahead, behind = due.ends, behind or left is None
    return found


def _ending(found: Sequence[Ahead], state: RunState, wall: float) -> Projection:
    unknown = sum(due.left is None for due in found)
    ends = max((due.ends for due in found), default=wall)
    # Signatures alone, and steps of which nothing is known, make no end that could be told.
    told = ends > wall or any(
        expected(state, due.at) is not None or (due.left is not None and not is_signed(due.at.step)) for due in found
    )
    return Projection(ends=ends if told else None, least=unknown > 0, left=len(found), unknown=unknown)


def _rollback_sections(state: RunState) -> Iterator[tuple[list[StepState], float | None]]:
    """The steps of the rollback by section, each with its estimate; the undos where the plan says, else first."""
    assert state.opened is not None and state.rollback is not None
    undos = [at for step in state.rollback.undo if (at := state.steps.get(UNDO_PREFIX + step)) is not None]
    sections = [section for phase in state.opened.plan.rollback.phases for section in phase.sections]
    place = next((section for section in sections if section.undo_applied), None)
    if place is None:
        yield undos, None
    for section in sections:
        # One that goes back to a step has the undos alone.
        own = [] if state.rollback.to is not None else section.steps
        steps = [at for step in own if (at := state.steps.get(step.id)) is not None and at.group == "rollback"]
        yield (undos if section is place else []) + steps, section.estimate
