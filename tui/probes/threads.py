"""Calls that the kernel may never come back from (a filesystem that hangs), kept apart from the event loop.

The loop's own executor is waited for at exit; a thread of ours that hangs is left behind instead.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def apart(call: Callable[[], T]) -> T:
    """The call's result, or what it raises. Cancelling ends the waiting and nothing else."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(lambda: None if answer.done() else act())
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            pass

    def work() -> None:
        try:
            result = call()
        except Exception as error:
            caught = error
            settle(lambda: answer.set_exception(caught))
        else:
            settle(lambda: answer.set_result(result))

    threading.Thread(target=work, daemon=True, name="virada-probe").start()
    return await answer
