"""Where a run stands and which step comes next: the same for the selection, for "Next" and for what waits. Pure."""

from __future__ import annotations

from tui.run.order import beside, blocked, in_rollback
from tui.run.state import RunState
from tui.run.steps import StepState


def upcoming(state: RunState) -> StepState | None:
    """The step at which a run stands while nothing runs: the one to be begun, or what has to be settled before.

    In a rollback, and behind one that failed, one of the rollback's; None where nothing comes any more.
    """
    if state.opened is None or state.closed is not None:
        return None
    if state.given_up:
        return _taking_back(state)
    if state.undecided:
        return state.undecided[0]
    current = state.current()
    if current is None or not current.place.parallel or current.stops:
        return current
    section = _section(state, current)
    standing = next((at for at in section if at.stops), None)
    return standing or next((at for at in section if may_be_next(state, at)), current)


def stands_at(state: RunState) -> StepState | None:
    """The step that runs, else the one that comes next."""
    for step in state.active:
        if state.steps[step].step.with_ is None:
            return state.steps[step]
    return upcoming(state)


def comes_next(state: RunState) -> StepState | None:
    """The first step that neither has begun nor waits for another one to end but for what runs, companions left out;
    None while the run is closed or held up by a failure."""
    if state.opened is None or state.closed is not None:
        return None
    if state.given_up:
        at = _taking_back(state)
        return at if at is not None and at.status == "pending" else None
    if state.undecided:
        return None
    first: StepState | None = None
    for position in range(state.unended, state.checklist):
        at = state.steps.at(position)
        if at.stops:
            return None
        if first is not None and not beside(first, at):
            break
        if not _fresh(at):
            continue
        if not at.place.parallel or blocked(state, at) is None:
            return at
        first = first or at
    return first


def may_be_next(state: RunState, at: StepState) -> bool:
    """Whether it has not begun, or nobody saw its end, and the order lets it begin."""
    return _fresh(at) and blocked(state, at) is None


def _fresh(at: StepState) -> bool:
    return at.step.with_ is None and (at.status == "pending" or (at.status == "cancelled" and at.interrupted))


def _section(state: RunState, current: StepState) -> list[StepState]:
    """The current step and those beside it that stand behind it."""
    found = [current]
    for position in range(state.steps.position(current.id) + 1, state.checklist):
        at = state.steps.at(position)
        if not beside(current, at):
            break
        found.append(at)
    return found


def _taking_back(state: RunState) -> StepState | None:
    """As the rollback goes: what could not be carried out is passed over until all else has ended."""
    rollback = state.rollback
    assert rollback is not None
    if rollback.status == "failed" and rollback.failed_step is not None:
        failed = state.steps.get(rollback.failed_step)
        if failed is not None and not failed.is_ended:
            return failed
    if rollback.status in ("rolled_back", "rolled_back_to"):
        # What nobody knows of is settled before the run is closed.
        return state.undecided[0] if state.undecided else None
    passed_over: StepState | None = None
    for at in state.steps.behind(state.rollback_unended):
        if at.is_ended or at.step.with_ is not None or not in_rollback(state, at):
            continue
        if not at.passed_over:
            return at
        passed_over = passed_over or at
    return passed_over
