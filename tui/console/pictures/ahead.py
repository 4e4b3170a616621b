"""What is still ahead, as the pictures ask for it: of a long plan it is looked at once a second, not at every key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tui.console.view import View
from tui.run import projection as of
from tui.run.state import RunState

T = TypeVar("T")
LONG = 500
"""Steps from which looking at all of them costs more than a repaint should."""
_known: dict[str, tuple[object, object, object]] = {}


def projection(view: View) -> of.Projection:
    """See `tui.run.projection`."""
    return _seen("projection", view, of.projection)


def milestones(view: View) -> tuple[of.Milestone, ...]:
    """See `tui.run.projection`; where everything is taken back, those that were reached."""
    found = _seen("milestones", view, of.milestones)
    return tuple(each for each in found if each.actual is not None) if view.state.given_up else found


def _seen(name: str, view: View, look: Callable[[RunState, float], T]) -> T:
    state, wall = view.state, view.moment.wall
    if len(state.steps) < LONG:
        return look(state, wall)
    key = (state.unended, state.active, state.rollback, state.held, state.closed, int(wall))
    known = _known.get(name)
    # The opening is held, so that no other run can have its identity.
    if known is None or known[0] is not state.opened or known[1] != key:
        known = _known[name] = (state.opened, key, look(state, wall))
    return known[2]  # type: ignore[return-value]
