"""What earlier runs of a plan have left to the next one, read from their journals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tui.journal.events import RunOpened, class_of, decode
from tui.journal.line import JournalError
from tui.journal.reader import JournalReader, scan
from tui.recording.keyframes import Recording, keyframes_path
from tui.run.fold import fold
from tui.run.reviewed import Carried, left_behind
from tui.run.state import RunState

MOST: Final = 100
"""Runs that are looked through, the newest first."""


def left_by(plan: str, journals: Iterable[Path]) -> Carried:
    """Of the runs of the plan of this name. `journals`: the newest first; those that cannot be read leave nothing."""
    return left_behind(_states(plan, journals))


def _states(plan: str, journals: Iterable[Path]) -> Iterator[RunState]:
    for number, journal in enumerate(journals):
        if number >= MOST:
            return
        try:
            if _plan_of(journal) == plan:
                state = _state(journal)
                if state.opened is not None:
                    yield state
        except (OSError, JournalError, ValueError):
            continue


def _plan_of(journal: Path) -> str | None:
    with JournalReader(journal) as reader:
        first = reader.poll(limit_bytes=65536)
    event = decode(first[0].line.type, first[0].line.data) if first else None
    return event.plan.name if isinstance(event, RunOpened) else None


def _state(journal: Path) -> RunState:
    """Without what comes in any amount, where no keyframes say it sooner."""
    if keyframes_path(journal).exists():
        recording = Recording(journal)
        recording.extend()
        return recording.state
    state = RunState()
    for entry in scan(journal):
        if not class_of(entry.line.type).BULK:
            state = fold(state, entry.line)
    return state
