"""Why a time is not known, as a code: what is missing is what would make it known. Pure.

None of these is journaled: each follows from the plan, from what was rehearsed, and from what has happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from tui.journal.events import Basis, Rehearsed, RehearsedLocks, RunOpened
from tui.plan.model import UNDO_PREFIX, Step, places
from tui.run.clock import expected, expected_of, rollback_seconds
from tui.run.projection import Ahead, ahead, projection
from tui.run.state import RunState
from tui.run.steps import StepState, is_signed


class Unknown(StrEnum):
    """What is missing."""

    NO_WINDOW = "no_window"
    """The target has none: nothing ends it."""
    NO_WAY_BACK = "no_way_back"
    """The plan has neither an undo nor a rollback of its own."""
    NEVER_ROLLED_BACK = "never_rolled_back"
    """No earlier run of this work has rolled back, and the rollback is not estimated."""
    NOT_COMPARABLE = "not_comparable"
    """It was rehearsed, on data of another size."""
    NEVER_REHEARSED = "never_rehearsed"
    """It was neither rehearsed nor estimated."""
    NOT_TIMED = "not_timed"
    """It was carried out in an earlier run, which does not tell for how long: nobody saw its end, it was done in parts,
    or time passed faster."""
    A_PERSON = "a_person"
    """A person signs, and nobody has estimated how long that takes."""


class Lack(Struct, frozen=True, kw_only=True):
    """A time that is not known: why, what was rehearsed on other data, and the steps without a figure."""

    code: Unknown
    basis: Basis | None = None
    steps: tuple[str, ...] = ()


def basis_of(opened: RunOpened | None, rehearsed: Rehearsed | None) -> Basis | None:
    """What a rehearsed duration was measured on; None where nothing is known of it."""
    if opened is None or rehearsed is None or not 0 <= rehearsed.basis < len(opened.bases):
        return None
    return opened.bases[rehearsed.basis]


def rehearsal_of(state: RunState, step: str) -> tuple[float, Basis] | None:
    """Seconds that a step took in an earlier run, and on what; comparable or not."""
    opened = state.opened
    known = None if opened is None else opened.rehearsed.get(step)
    basis = basis_of(opened, known)
    return None if known is None or basis is None else (known.seconds, basis)


def locks_of(state: RunState, step: str) -> tuple[RehearsedLocks, Basis] | None:
    """The locks that a step took in an earlier run, and on what; comparable or not."""
    opened = state.opened
    known = None if opened is None else opened.rehearsed_locks.get(step)
    if opened is None or known is None or not 0 <= known.basis < len(opened.bases):
        return None
    return known, opened.bases[known.basis]


def expected_lack(state: RunState, at: StepState) -> Lack | None:
    """Why nobody knows how long a step takes; None where somebody does."""
    if state.opened is None or expected(state, at) is not None:
        return None
    return _lack(state, at.step)


def _lack(state: RunState, step: Step) -> Lack:
    known = rehearsal_of(state, step.id)
    if known is not None and not known[1].comparable:
        return Lack(code=Unknown.NOT_COMPARABLE, basis=known[1], steps=(step.id,))
    if is_signed(step):
        return Lack(code=Unknown.A_PERSON, steps=(step.id,))
    return Lack(code=_never(state, (step.id,)), steps=(step.id,))


def _never(state: RunState, steps: tuple[str, ...]) -> Unknown:
    """Why steps are without a figure that have none, comparable or not: one of them was rehearsed all the same."""
    untimed = () if state.opened is None else state.opened.untimed
    return Unknown.NOT_TIMED if any(step in untimed for step in steps) else Unknown.NEVER_REHEARSED


def safe_lack(state: RunState) -> Lack | None:
    """Why the last safe rollback is not known, or only that it is not later than it says; None where it is known."""
    opened = state.opened
    if opened is None:
        return None
    if not goes_back(opened):
        return Lack(code=Unknown.NO_WAY_BACK)
    if rollback_seconds(state) is not None and opened.window is not None:
        return None
    basis = basis_of(opened, opened.rollback_rehearsed)
    if rollback_seconds(state) is None and basis is not None and not basis.comparable:
        return Lack(code=Unknown.NOT_COMPARABLE, basis=basis)
    if rollback_seconds(state) is None:
        return Lack(code=Unknown.NEVER_ROLLED_BACK, steps=tuple(_without_figure(opened)))
    return Lack(code=Unknown.NO_WINDOW)


def goes_back(opened: RunOpened) -> bool:
    """Whether the plan has a way back at all."""
    undo = any(step.undo is not None for _place, step in places(opened.plan.phases))
    return undo or any(not is_signed(step) for _place, step in places(opened.plan.rollback.phases))


def _without_figure(opened: RunOpened) -> Iterator[str]:
    """Steps of a rollback that nobody has rehearsed or estimated."""
    for _place, step in places(opened.plan.phases):
        if step.undo is not None and UNDO_PREFIX + step.id not in opened.durations:
            yield UNDO_PREFIX + step.id
    for _place, step in places(opened.plan.rollback.phases):
        if step.with_ is None and expected_of(opened, step) is None and not is_signed(step):
            yield step.id


def end_lack(state: RunState, wall: float) -> Lack | None:
    """Why the end of the work is not known, or only that it is not before what it says; None where it is known."""
    if state.opened is None or state.given_up or state.closed is not None or not projection(state, wall).unknown:
        return None
    lacking = [due for due in ahead(state, wall) if due.inside and due.left is None]
    other = _other_data(state, lacking)
    if other is not None:
        return Lack(code=Unknown.NOT_COMPARABLE, basis=other, steps=tuple(due.at.id for due in lacking))
    steps = tuple(due.at.id for due in lacking)
    return Lack(code=_never(state, steps), steps=steps)


def rollback_end_lack(state: RunState) -> Lack | None:
    """Why the end of the rollback that goes on is not known, or only that it is not before what is told; None where it
    is known, and where it has ended or a person decides whether it goes on."""
    if state.rollback is None or state.rollback.status != "running" or rollback_seconds(state) is not None:
        return None
    left = [
        at
        for at in state.steps.behind(state.checklist)
        if not at.is_over and at.step.with_ is None and expected(state, at) is None and not is_signed(at.step)
    ]
    if not left:
        return None
    known = (rehearsal_of(state, at.id) for at in left)
    basis = next((each[1] for each in known if each is not None and not each[1].comparable), None)
    steps = tuple(at.id for at in left)
    return Lack(code=_never(state, steps) if basis is None else Unknown.NOT_COMPARABLE, basis=basis, steps=steps)


def _other_data(state: RunState, lacking: list[Ahead]) -> Basis | None:
    """Where one of the steps was rehearsed on other data: on what. That a figure is there and must not be used is what
    to know first."""
    known = (rehearsal_of(state, due.at.id) for due in lacking)
    return next((each[1] for each in known if each is not None and not each[1].comparable), None)
