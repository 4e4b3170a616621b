"""A run as its journal tells it: found by the word a person uses for it, folded up to a position."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from tui.cli.exit import Exit, Stop
from tui.journal.chain import Fault
from tui.journal.events import RunOpened, class_of, decode
from tui.journal.position import Position
from tui.locale import _, prefer
from tui.run.clock import instant
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths
from tui.words.said import say


def found(text: str | None, open_only: bool = False) -> RunPaths:
    """The run that RUN means. Raises RunError."""
    from tui.runs.paths import find_run

    return find_run(text, open_only=open_only)


def state_at(paths: RunPaths, position: Position | None = None) -> tuple[RunState, Fault | None]:
    """The fold of everything up to the position, or of all there is, and the first line up to there that does not
    follow the one before it. Raises Stop, JournalError, OSError."""
    from tui.journal.chain import Chain
    from tui.journal.reader import JournalReader
    from tui.recording.keyframes import Recording, keyframes_path

    state, fault = RunState(), None
    if keyframes_path(paths.journal).exists():
        recording = Recording(paths.journal)
        if position is None:
            recording.extend()
        state = recording.state if position is None else recording.state_at(position)
        # Keyframes vouch for no line before them.
        chain = Chain()
        chain.walk(paths.journal, until=state.seq)
        fault = chain.fault
    else:
        with JournalReader(paths.journal) as reader:
            for entry in reader.entries():
                if position is not None and not position.admits(entry.line):
                    break
                state = fold(state, entry.line)
            fault = reader.fault
    if state.opened is None:
        raise Stop(_no_run(paths, position), Exit.USAGE)
    prefer(state.opened.plan.locale)
    return state, None if fault is None or fault.seq > state.seq else fault


def standing(paths: RunPaths, state: RunState) -> dict[str, Any]:
    """What is known at present of a run's silence: seconds since its last event, and the account that alone can have
    it gone on with, where that is not the caller's."""
    from tui.runs.owner import other_owner

    return {"silent_s": silence(state.at), "owner": other_owner(paths)}


def silence(at: str) -> float:
    """Seconds since the last event of a run, which was `at` this time."""
    return max(0.0, time.time() - instant(at))


def outline(paths: RunPaths) -> RunState:
    """As `state_at` for the end, without metrics and output: enough for a list of runs."""
    from tui.journal.reader import scan

    state = RunState()
    for entry in scan(paths.journal):
        if not class_of(entry.line.type).BULK:
            state = fold(state, entry.line)
    if state.opened is None:
        raise Stop(_no_run(paths, None), Exit.USAGE)
    return state


def opened(paths: RunPaths) -> RunOpened:
    """The journal's first event. Raises Stop, JournalError, OSError."""
    from tui.journal.reader import JournalReader

    with JournalReader(paths.journal) as reader:
        entries = reader.poll(limit_bytes=65536)
    event = decode(entries[0].line.type, entries[0].line.data) if entries else None
    if not isinstance(event, RunOpened):
        raise Stop(_no_run(paths, None), Exit.USAGE)
    return event


def position_of(text: str | None) -> Position | None:
    """What --at means; a usage error for what is no position."""
    from tui.journal.position import PositionError, parse_position

    if text is None:
        return None
    try:
        return parse_position(text)
    except PositionError as error:
        raise click.BadParameter(say(error), param_hint="--at") from error


def _no_run(paths: RunPaths, position: Position | None) -> str:
    if position is not None:
        return _("The position lies before the opening of the run {run}.").format(run=paths.id)
    return _("The journal {file} does not begin with the opening of a run.").format(file=Path(paths.journal))
