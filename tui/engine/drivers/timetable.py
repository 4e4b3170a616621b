"""When the rest of a run is expected to end, and how long it would take to go back: as its clocks have it."""

from __future__ import annotations

from tui.run.clock import rollback_at_least, rollback_seconds
from tui.run.projection import Ahead, ahead, projection
from tui.run.state import RunState
from tui.run.steps import may_change
from tui.steps.effects import Timetabled


def timetable(state: RunState, now: float) -> Timetabled:
    """At an instant."""
    inside = [due for due in ahead(state, now) if due.inside]
    first = next((n for n, due in enumerate(inside) if _in_the_window(due)), None)
    work = [] if first is None else inside[first:]
    return Timetabled(
        now=now, ends=projection(state, now).ends, begins=work[0].begins if work else None,
        unknown=tuple(due.at.id for due in work if due.left is None), rollback_s=rollback_seconds(state),
        rollback_least=rollback_at_least(state),
    )  # fmt: skip


def _in_the_window(due: Ahead) -> bool:
    starts = due.at.place.starts
    return may_change(due.at.step) or (starts is not None and starts >= 0)
