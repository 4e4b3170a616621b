"""A database as a whole: what belongs to it beside its contents, what was written to it, who rests on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from tui.postgres.session import Session

_ENDING_S: Final = 2.0
_PAUSE: Final = 0.05
_COLLECTED_S: Final = 0.6


async def properties(session: Session, name: str | None = None) -> dict[str, Any]:
    """Of the session's database, or the one of this name; empty where there is none. Its settings may hold secrets.
    Raises PostgresError."""
    rows = await session.rows("database_properties", {"name": name})
    return dict(msgspec.json.decode(rows[0][0])) if rows else {}


async def written(session: Session, run: str, quiet: Iterable[int] = ()) -> dict[str, Any]:
    """Rows written so far by each table's oid (`rows`; null where nobody counts), `at` which moment, since which of the
    statistics' beginnings (`reset`), and whether there may be more that they lack still (`late`).

    The session of a step of this `run` that has ended is waited for: what it wrote is counted at its end. `quiet`:
    server processes of sessions that write nothing. Raises PostgresError."""
    asked = {"ours": f"virada {run} ", "quiet": list(quiet)}
    deadline = time.monotonic() + _ENDING_S
    while True:
        late, ours = (await session.rows("counted_late", asked))[0]
        if not ours or time.monotonic() >= deadline:
            break
        await asyncio.sleep(_PAUSE)
    if session.server_version < 150000:
        # What whoever is gone has told its collector is in what that writes from now on; a reader takes what it has
        # written within half a second.
        await asyncio.sleep(_COLLECTED_S)
    at, reset, rows, counts, age = (await session.rows("rows_written"))[0]
    epoch = (await session.rows("epoch"))[0]
    return {
        "at": at, "reset": [reset, *map(str, epoch)], "rows": msgspec.json.decode(rows) if counts else None,
        "late": late > 0 or (age is not None and age > _COLLECTED_S),
    }  # fmt: skip


async def stranded(session: Session) -> dict[str, Any]:
    """Logical slots and subscriptions of the session's database. Raises PostgresError."""
    slots, subscriptions = (await session.rows("stranded"))[0]
    return {"slots": msgspec.json.decode(slots), "subscriptions": msgspec.json.decode(subscriptions)}
