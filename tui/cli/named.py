"""A file that somebody names to be read whole: a regular one, or what comes out of a pipe that is open already."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

from tui.cli.exit import Exit, Stop
from tui.files import OPEN, closing_on_error, permissions, require_regular
from tui.said import Said

_OPEN_ALREADY: Final = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Where a shell puts what it pipes: somebody is at the other end. Of any other pipe nobody knows."""


class Named(NamedTuple):
    """`mode`: the permissions of a copy of it."""

    content: bytes
    mode: int


def read_named(path: Path) -> Named:
    """Raises Stop with one sentence; never waits for somebody to write."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with closing_on_error(fd):
            found = os.fstat(fd)
            piped = stat.S_ISFIFO(found.st_mode) and str(path).startswith(_OPEN_ALREADY)
            if piped:
                os.set_blocking(fd, True)
            else:
                require_regular(fd, path)
            file = os.fdopen(fd, "rb")
        with file:
            return Named(file.read(), OPEN if piped else permissions(found))
    except OSError as error:
        said = Said("{file} cannot be read: {reason}.", file=str(path), reason=error.strerror or str(error))
        raise Stop(said, Exit.USAGE) from error
