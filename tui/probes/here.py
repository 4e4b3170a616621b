"""Is the server behind a Unix socket on this host? A socket alone says nothing: ssh and poolers forward to others."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_NEAR: Final = 3.0
"""Seconds by which two clocks may tell the same start of a process differently."""


def is_here(pid: int, start: str, listener: int | None, proc: Path = PROC) -> bool:
    """Whether the backend `pid`, which the server says began at `start`, is a process of a PostgreSQL on this host.

    A pid is found on every host, and on most there is a PostgreSQL: so it must also have begun when the server says,
    or be a child of `listener`, the process behind the socket. All of this any account may read of any process.
    """
    try:
        name = (proc / str(pid) / "comm").read_text("utf-8", "replace").strip()
        # What follows the name, which may itself hold blanks and brackets.
        fields = (proc / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        uptime = float((proc / "uptime").read_text("ascii").split()[0])
        parent, age = int(fields[1]), uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return False
    if "postgres" not in name and name != "postmaster":
        return False
    if listener and parent == listener:
        return True
    try:
        began = datetime.fromisoformat(start).timestamp()
    except ValueError:
        return False
    return abs(time.time() - age - began) <= _NEAR
