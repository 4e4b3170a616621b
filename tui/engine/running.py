"""Whether an engine is at work on a run, as far as whoever asks can know.

Who may open the lock asks the lock, which ends with its process. Another account may not; it looks for the process that
the journal names. Neither tells anything of another machine: what nobody here can know is None.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tui.engine.lock import EngineFacts, engine_facts, this_process
from tui.processid import start_time
from tui.runs.paths import RunPaths

_LISTENS_WITHIN = 2.0
"""Seconds from an engine's first line of the journal until it listens."""


def identity() -> dict[str, Any]:
    """What this process writes down of itself, for others to look for it: process id, start time (clock ticks since
    boot), boot, the namespace that the process id is of, and the host's name."""
    known = this_process()
    return {
        "pid": known.pid, "start_time": known.start_time, "boot_id": known.boot_id, "host": known.host,
        "pid_namespace": _namespace(),
    }  # fmt: skip


def engine_seen(paths: RunPaths, told: Mapping[str, Any] | None = None) -> EngineFacts:
    """Who runs the run, or ran it last; `told`: what the last engine wrote of itself into the journal.

    `alive` is False only where it is certain that nothing runs.
    """
    known = engine_facts(paths)
    if known.alive:
        return known
    if known.alive is False:
        # The lock of another machine's engine is seen here only where the filesystem shares locks.
        return EngineFacts(known.pid, known.host, _ended_there(known.boot_id, known.host), known.start_time,
                           known.boot_id)  # fmt: skip
    told = told or {}
    pid, host, boot = (told.get(key) for key in ("pid", "host", "boot_id"))
    found = EngineFacts(
        pid if isinstance(pid, int) else None, host if isinstance(host, str) else None,
        boot_id=boot if isinstance(boot, str) else None,
    )  # fmt: skip
    return EngineFacts(found.pid, found.host, _seen(paths, found, told), boot_id=found.boot_id)


def _ended_there(boot: str | None, host: str | None) -> bool | None:
    """What a free lock says of the engine that had it: False where it was of this machine, whichever its boot."""
    here = this_process()
    return False if boot in (None, here.boot_id) or host == here.host else None


def _seen(paths: RunPaths, engine: EngineFacts, told: Mapping[str, Any]) -> bool | None:
    """Whether the engine that the journal names is there, for an account that may not open its lock."""
    if _left(paths):
        return False
    here = this_process()
    if engine.boot_id != here.boot_id:
        # Another boot of this machine took everything along.
        return False if engine.boot_id is not None and engine.host == here.host else None
    started = told.get("start_time")
    if engine.pid is None or not isinstance(started, int) or told.get("pid_namespace") != _namespace():
        return None
    return _lives(engine.pid, started)


def _left(paths: RunPaths) -> bool:
    """Whether no engine listens: one that ends in order takes its socket along; one that just begins has none yet."""
    try:
        return not os.path.lexists(paths.helm_socket) and time.time() - paths.journal.stat().st_mtime > _LISTENS_WITHIN
    except OSError:
        return False


def _lives(pid: int, started: int) -> bool | None:
    """Whether exactly this process runs; None where it cannot be looked at."""
    try:
        if start_time(pid, until_reaped=True) is None:
            # /proc may be closed to other accounts; whether a number is anybody's is told to all.
            return None if _is_somebodys(pid) else False
        # One that has ended and is not reaped yet is gone.
        return start_time(pid) == started
    except OSError:
        return None


def _is_somebodys(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _namespace() -> str:
    """The namespace of this process's ids; empty where it is not known."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
