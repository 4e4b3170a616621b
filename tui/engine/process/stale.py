"""What engines and commands that were killed have left of this account's runs, cleared away by its next command.

A directory in which no run ever opened, and of a closed run what was for its engine alone: what programs printed before
it was redacted, the reserve, the socket. Whether somebody still works there is asked of locks, never of ages.
"""

from __future__ import annotations

import os
from pathlib import Path

from tui.engine.lock import engine_alive
from tui.files import closing
from tui.runs import opening
from tui.runs.paths import RunPaths, last_type, list_runs

_RESERVE = ".reserve"
_OPENING = frozenset(
    ("plan", "output", "artifacts", opening.OPENING, "engine.lock", "engine.log", "journal.jsonl", _RESERVE)
)
"""All that may lie in a directory before a run has opened in it."""

_OF_AN_ENGINE = frozenset((_RESERVE, "helm.sock"))
"""Of a closed run, the sign that its engine did not come to its end."""
_MADE_FIRST = frozenset(("plan", "output", "artifacts"))


def clear() -> None:
    """Look through the runs of this account; what cannot be cleared away stays, and nothing is raised."""
    try:
        runs = list_runs()
    except (OSError, RuntimeError):
        return
    me = os.geteuid()
    for paths in runs:
        try:
            if paths.directory.lstat().st_uid == me:
                _clear(paths)
        except OSError:
            continue


def sweep(paths: RunPaths) -> None:
    """Remove what only the engine of an open run needs: what programs printed, unredacted, and how they ended."""
    # Every command looks for what was left, and hardly any finds something.
    from tui.engine.programs import private_files

    for path in paths.output.glob(".*.raw*"):
        path.unlink(missing_ok=True)
    private_files.sweep(paths)


def _clear(paths: RunPaths) -> None:
    with os.scandir(paths.directory) as entries:
        names = {entry.name for entry in entries}
    if paths.journal.name not in names or opening.OPENING in names:
        _clear_unopened(paths)
    elif names & _OF_AN_ENGINE and last_type(paths.journal) == "run.closed" and engine_alive(paths) is False:
        from tui.helm import socket

        sweep(paths)
        socket.remove(paths.helm_socket)
        # The last, because it is what tells that something is left.
        (paths.directory / _RESERVE).unlink(missing_ok=True)


def _clear_unopened(paths: RunPaths) -> None:
    """A directory in which no run has opened, unless somebody is about to; of one that has, what it was opened with."""
    told = os.path.lexists(opening.file_of(paths))
    if not told and _names(paths.directory) - _MADE_FIRST:
        # Not killed while it opened: what lies here was a run's, and its journal is gone.
        return
    held = opening.try_hold(paths, new=not told)
    if held is None:
        return
    with closing(held):
        if engine_alive(paths) is not False:
            return
        if last_type(paths.journal) is not None:
            opening.file_of(paths).unlink(missing_ok=True)
        elif _never_opened(paths, told):
            import shutil

            shutil.rmtree(paths.directory, ignore_errors=True)
        elif not told:
            opening.file_of(paths).unlink(missing_ok=True)


def _never_opened(paths: RunPaths, told: bool) -> bool:
    """Whether all that is there is what opening a run makes: nothing that anybody could miss."""
    if _names(paths.directory) - _OPENING:
        return False
    empty = (paths.output, paths.artifacts) if told else (paths.plan, paths.output, paths.artifacts)
    return not any(_names(path) for path in empty if path.is_dir())


def _names(directory: Path) -> set[str]:
    return {entry.name for entry in directory.iterdir()}
