"""Where a run stands with regard to others on its target: whether it has something ahead that they would meet. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from tui.journal.codes import Standing
from tui.plan.model import Plan, places
from tui.run.state import RunState
from tui.run.steps import StepState, may_change
from tui.run.unsettled import is_half_undone


class Stand(Struct, frozen=True):
    """`at`: the step concerned; `ahead`: how many changing steps have not ended."""

    code: Standing
    at: StepState | None = None
    ahead: int = 0


def changes_something(plan: Plan) -> bool:
    """Whether the checklist has a changing step."""
    return any(may_change(step) for _place, step in places(plan.phases))


def standing(state: RunState) -> Stand | None:
    """Where an open run stands; None for one that is closed, or has not opened."""
    if state.opened is None or state.closed is not None:
        return None
    ahead = [
        at
        for at in map(state.steps.at, range(state.unended, state.checklist))
        if not at.is_over and may_change(at.step)
    ]
    rollback = state.rollback
    if rollback is not None and rollback.status == "failed":
        failed = None if rollback.failed_step is None else state.steps.get(rollback.failed_step)
        return Stand(Standing.ROLLBACK_FAILED, failed)
    if state.undecided:
        return Stand(Standing.UNDECIDED, state.undecided[0], len(ahead))
    if state.rolling_back:
        return Stand(Standing.ROLLING_BACK, next((at for at in state.running() if at.group != "main"), None))
    if state.proposed:
        step = state.proposed[-1].event.step
        return Stand(Standing.ROLLBACK_PROPOSED, None if step is None else state.steps.get(step), len(ahead))
    running = next((at for at in state.running() if may_change(at.step)), None)
    if running is not None:
        return Stand(Standing.CHANGING, running, len(ahead))
    if rollback is not None and rollback.status == "rolled_back":
        return Stand(Standing.ENDED)
    halfway = next((at for at in state.steps.behind(state.checklist) if is_half_undone(at)), None)
    if ahead or halfway is not None:
        return Stand(Standing.CHANGES_AHEAD, halfway or ahead[0], len(ahead))
    return Stand(Standing.WATCHES, state.current()) if not state.all_ended else Stand(Standing.ENDED)


def in_the_way(state: RunState, changing: Sequence[int]) -> bool:
    """Whether it is in the way of others, as `standing` says more slowly. `changing`: the positions in the checklist of
    all steps that change something."""
    rollback = state.rollback
    if state.opened is None or state.closed is not None:
        return False
    if (rollback is not None and rollback.status in ("failed", "running")) or state.undecided or state.proposed:
        return True
    if any(may_change(at.step) for at in state.running()):
        return True
    if rollback is not None and rollback.status == "rolled_back":
        return False
    return has_ahead(state, changing) or any(map(is_half_undone, state.steps.behind(state.rollback_unended)))


def has_ahead(state: RunState, changing: Sequence[int]) -> bool:
    """Whether a changing step of the checklist has not ended."""
    ahead = (state.steps.at(changing[n]) for n in range(bisect_left(changing, state.unended), len(changing)))
    return any(not at.is_over for at in ahead)
