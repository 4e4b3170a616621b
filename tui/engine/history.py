"""What earlier runs of the same work have taught: how long each step took, and the worst rollback."""

from __future__ import annotations

from tui.helm.paths import list_runs
from tui.journal.line import JournalError
from tui.journal.reader import read_all
from tui.run.fold import fold_all
from tui.run.state import RunState

_RUNS = 20


def learned(work: str, target_durations: bool = True) -> tuple[dict[str, float], float | None]:
    """Seconds of each step in the latest run of this work in which it passed, and the longest rollback of any.

    Runs that cannot be read teach nothing.
    """
    durations: dict[str, float] = {}
    worst: float | None = None
    for paths in list_runs()[:_RUNS]:
        try:
            lines = read_all(paths.journal)
            if not lines or work.encode() not in bytes(lines[0].data):
                continue
            state = fold_all(lines)
        except (OSError, JournalError, ValueError):
            continue
        if state.opened is None or state.opened.work != work or state.opened.compress != 1.0:
            continue
        for step, seconds in _durations(state).items():
            durations.setdefault(step, seconds)
        rollback = state.rollback
        if rollback is not None and rollback.ended is not None and rollback.status == "rolled_back":
            worst = max(worst or 0.0, rollback.ended - rollback.started)
    return durations, worst


def _durations(state: RunState) -> dict[str, float]:
    return {
        at.id: at.ended - at.started
        for at in state.steps
        if at.status in ("passed", "undone") and at.started is not None and at.ended is not None
    }
