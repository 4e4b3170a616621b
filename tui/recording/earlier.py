"""What earlier runs of a plan have left to the next one, read from their journals."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from tui.files import open_regular
from tui.journal.events import RunOpened, class_of, decode
from tui.journal.line import MAX_LINE, JournalError
from tui.journal.line import decode as decode_line
from tui.journal.reader import scan
from tui.recording.keyframes import Recording, keyframes_path
from tui.run.fold import fold
from tui.run.reviewed import Carried, left_behind
from tui.run.state import RunState

MOST: Final = 100
"""Runs of the plan that are looked through, the newest first; however many of other plans lie between them."""


def left_by(plan: str, journals: Iterable[Path]) -> Carried:
    """Of the runs of the plan of this name. `journals`: the newest first; those that cannot be read leave nothing."""
    own = [journal for journal in journals if (opened := opening_of(journal)) is not None and opened.plan.name == plan]
    return replace(left_behind(_states(own[:MOST])), unread=len(own[MOST:]))


def opening_of(journal: Path) -> RunOpened | None:
    """How a run was opened; None where that cannot be read."""
    try:
        # Whose runs these are is open: a pipe in a journal's place would be read for ever.
        with os.fdopen(open_regular(journal), "rb") as file:
            line = decode_line(file.readline(MAX_LINE))
        event = decode(line.type, line.data)
    except (OSError, JournalError, ValueError):
        return None
    return event if isinstance(event, RunOpened) else None


def _states(journals: Iterable[Path]) -> Iterator[RunState]:
    for journal in journals:
        try:
            state = _state(journal)
        except (OSError, JournalError, ValueError):
            continue
        if state.opened is not None:
            yield state


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
