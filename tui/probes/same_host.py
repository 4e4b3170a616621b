"""Is the server behind a Unix socket on this host? A socket alone says nothing: ssh and poolers forward to others."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import Final

from tui.processid import start_time

_NEAR: Final = 3.0
"""Seconds by which two clocks may tell the same start of a process differently."""


def is_here(pid: int, start: str, listener: int | None) -> bool:
    """Whether the backend `pid`, which the server says began at `start`, is a process of a PostgreSQL on this host.

    A pid is found on every host, and on most there is a PostgreSQL: so it must also have begun when the server says,
    or be a child of `listener`, the process behind the socket. All of this any account may read of any process.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        name, parent, ticks = process.name(), process.ppid(), start_time(pid)
    except (psutil.Error, OSError):
        return False
    if ticks is None:
        return False
    if "postgres" not in name and name != "postmaster":
        return False
    if listener and parent == listener:
        return True
    try:
        began = datetime.fromisoformat(start).timestamp()
    except ValueError:
        return False
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return abs(time.time() - age - began) <= _NEAR
