"""What earlier runs of the same work have taught: how long each step took, the rollback, and on how much data."""

from __future__ import annotations

from tui.journal.line import JournalError
from tui.journal.reader import read_all
from tui.run.fold import fold_all
from tui.run.rehearsed import Past, past_of
from tui.runs.paths import list_runs

_RUNS = 20


def learned(work: str) -> tuple[Past, ...]:
    """The latest runs of this work that teach something, the newest first. Runs that cannot be read teach nothing."""
    found: list[Past] = []
    for paths in list_runs()[:_RUNS]:
        try:
            lines = read_all(paths.journal)
            if not lines or work.encode() not in bytes(lines[0].data):
                continue
            state = fold_all(lines)
        except (OSError, JournalError, ValueError):
            continue
        past = past_of(state) if state.opened is not None and state.opened.work == work else None
        if past is not None:
            found.append(past)
    return tuple(found)
