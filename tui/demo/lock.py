"""A file that one process at a time holds; the system lets go of it when that process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.files import closing, open_or_create


def take(path: Path) -> int | None:
    """Take the lock without waiting; the descriptor that holds it (also across a fork), or None when it is held."""
    descriptor = open_or_create(path, 0o600, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def held(path: Path) -> bool:
    """Whether some process holds it now."""
    if not path.exists():
        return False
    descriptor = take(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold it for the block, waiting for whoever has it."""
    with closing(open_or_create(path, 0o600, os.O_RDWR)) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
