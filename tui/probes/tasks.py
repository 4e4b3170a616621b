"""Ending tasks so that nobody waits for one for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

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
