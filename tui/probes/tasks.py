"""Tasks and threads that nobody waits for too long: how they are ended, and calls apart from the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

AGAIN_S: Final = 0.5


async def ended(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel these and wait until they have ended, however they do. They are cancelled again while they have not:
    `asyncio.wait_for` loses a cancellation that comes together with what it waits for (Python 3.11), and a task that
    goes round for good would go on."""
    known = list(tasks)
    left = {task for task in known if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _done, left = await asyncio.wait(left, timeout=AGAIN_S)
    for task in known:
        if not task.cancelled():
            # What it failed with has nobody to go to.
            task.exception()


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


async def comes(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is there within so many seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
