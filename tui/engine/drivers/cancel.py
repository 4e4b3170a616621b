"""A statement is cancelled on the server until it has ended, or it is said that nobody there hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from tui.postgres.errors import PostgresError
from tui.postgres.session import Session

PATIENCE: Final = 5.0
"""Seconds for a request to arrive."""
AGAIN: Final = 1.0


async def cancel(session: Session | None, wanted: Callable[[], bool], unheard: Callable[[str], None]) -> None:
    """Ask the server to cancel what is under way in a session, again for as long as that goes on and is `wanted` to
    end: a request may be lost on its way, and what commits may have ended no more than its wait for a standby by one.

    `unheard(since)`: no request arrives; told once. Ends with the session.
    """
    since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    first, told = True, False
    while session is not None and not session.closed and wanted():
        if first or session.busy_since is not None:
            arrived = await heard(session)
            if not arrived and not told and wanted() and session.busy_since is not None:
                told = True
                unheard(since)
        first = False
        await asyncio.sleep(AGAIN)


async def heard(session: Session) -> bool:
    """Whether one request to cancel what is under way has reached the server."""
    try:
        await asyncio.wait_for(session.cancel(), PATIENCE)
    except (PostgresError, TimeoutError):
        return False
    return True
