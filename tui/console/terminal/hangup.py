"""Ends the console when its terminal or its session ends: no orphan, no spinning, no terminal left in disorder."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Callable

GRACE = 2.0
"""Seconds that an orderly end may take before the process ends itself."""
ENDED_BY_HANGUP = 129


def on_signals(end: Callable[[int], None]) -> None:
    """`end(status)` on the signals that end a program, also where SIGHUP was ignored by whoever started the process."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        loop.add_signal_handler(number, end, 128 + number)


def watch_terminal(end: Callable[[int], None], descriptor: int = 0) -> threading.Thread:
    """A thread that calls `end` when the terminal is gone, and ends the process when that does not help."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        poller = select.poll()
        # An empty mask: hang-up and errors are reported all the same, input never wakes this thread.
        poller.register(descriptor, 0)
        while not poller.poll(1000):
            pass
        try:
            loop.call_soon_threadsafe(end, ENDED_BY_HANGUP)
        except RuntimeError:
            return
        time.sleep(GRACE)
        os._exit(ENDED_BY_HANGUP)

    thread = threading.Thread(target=watch, name="virada-terminal", daemon=True)
    thread.start()
    return thread
