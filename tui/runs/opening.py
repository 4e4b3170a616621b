"""The time between a run's directory and the first line of its journal, in which several processes have to do with it.

All that time `opening.json` is locked: by the command that makes the directory, and from it, through an inherited
descriptor, by the engine. Whoever gets the lock of a directory in which no run has opened knows that none ever will.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from tui.files import SAFE, closing_on_error, open_or_create
from tui.runs.paths import RunPaths

OPENING = "opening.json"
HELD_FD = "VIRADA_OPENING_FD"
"""The environment variable by which an engine is told the descriptor it has inherited."""


class Gone(Exception):
    """The directory was cleared away before it was locked."""


def file_of(paths: RunPaths) -> Path:
    """What a new engine is told; the lock is on this file."""
    return paths.directory / OPENING


def hold(paths: RunPaths) -> int:
    """A descriptor that holds the lock until it, and every copy of it, is closed. Raises Gone, OSError."""
    try:
        fd = open_or_create(file_of(paths), 0o600, os.O_RDWR)
    except FileNotFoundError as error:
        raise Gone(paths.id) from error
    with closing_on_error(fd):
        # Only this account can open the file: who has the lock is clearing away, which takes a moment.
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink == 0:
            raise Gone(paths.id)
    return fd


def try_hold(paths: RunPaths, new: bool) -> int | None:
    """As `hold`, where nobody else holds it; None otherwise. `new`: the file must not, else it must, be there already.

    Raises OSError.
    """
    fd = os.open(file_of(paths), os.O_RDWR | SAFE | (os.O_CREAT | os.O_EXCL if new else 0), 0o600)
    with suppress(BlockingIOError), closing_on_error(fd):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd
    return None


def inherited() -> int | None:
    """The descriptor that the command which opens the run handed to this engine: it is held as long as this lives."""
    number = os.environ.pop(HELD_FD, "")
    if not number.isdigit():
        return None
    fd = int(number)
    try:
        # What the engine executes does not open the run.
        os.set_inheritable(fd, False)
    except OSError:
        return None
    return fd
