"""A database as a whole: what belongs to it beside its contents, what was written to it, who rests on it."""

from __future__ import annotations

from typing import Any

import msgspec

from tui.postgres.session import Session


async def properties(session: Session, name: str | None = None) -> dict[str, Any]:
    """Of the session's database, or the one of this name; empty where there is none. Its settings may hold secrets.
    Raises PostgresError."""
    rows = await session.rows("database_properties", {"name": name})
    return dict(msgspec.json.decode(rows[0][0])) if rows else {}


async def written(session: Session) -> dict[str, Any]:
    """Rows written so far by each table's oid (`rows`), `at` which moment, and since which of the statistics'
    beginnings (`reset`). Raises PostgresError."""
    at, reset, rows = (await session.rows("rows_written"))[0]
    epoch = (await session.rows("epoch"))[0]
    return {"at": at, "reset": [reset, *map(str, epoch)], "rows": msgspec.json.decode(rows)}


async def stranded(session: Session) -> dict[str, Any]:
    """Logical slots and subscriptions of the session's database. Raises PostgresError."""
    slots, subscriptions = (await session.rows("stranded"))[0]
    return {"slots": msgspec.json.decode(slots), "subscriptions": msgspec.json.decode(subscriptions)}
