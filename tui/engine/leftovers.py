"""Programs that an engine started an instant before it died: known by a mark in their environment alone."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tui.engine.processes import start_time

MARK = "VIRADA_ATTEMPT"
"""The environment variable that names the attempt a program works for."""


def marked(value: str) -> list[tuple[int, int]]:
    """Living processes of our account with this mark: pid and start time. Raises OSError where they cannot be looked
    for."""
    wanted = f"{MARK}={value}".encode()
    found = []
    with os.scandir("/proc") as scanned:
        entries = list(scanned)
    for entry in entries:
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            variables = (Path(entry.path) / "environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        started = start_time(int(entry.name))
        if wanted in variables and started is not None:
            found.append((int(entry.name), started))
    return found


async def end_marked(value: str, grace: float) -> None:
    """End them: SIGTERM, after `grace` seconds SIGKILL; returns when none is left."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + grace
    number = signal.SIGTERM
    while living := await asyncio.to_thread(marked, value):
        for pid, started in living:
            if start_time(pid) == started:
                try:
                    os.kill(pid, number)
                except (ProcessLookupError, PermissionError):
                    continue
        await asyncio.sleep(0.05)
        if loop.time() >= deadline:
            number = signal.SIGKILL
        if loop.time() >= deadline + 5.0:
            return
