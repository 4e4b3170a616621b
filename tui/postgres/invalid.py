"""Leftovers of interrupted concurrent builds: indexes that cost writes, serve no query, and fool IF NOT
EXISTS.
"""

from __future__ import annotations

import msgspec

from tui.postgres.connect import Session


class InvalidIndex(msgspec.Struct, frozen=True):
    """An index that is not valid, ready or live. Names are schema-qualified and not quoted.

    `leftover`: "ccnew" (the unfinished copy of a REINDEX CONCURRENTLY), "ccold" (the replaced one), or ""
    for a build under its own name. `building_pid`: somebody is at work on it, so it is no leftover yet.
    """

    index: str
    table: str
    valid: bool
    ready: bool
    live: bool
    leftover: str
    building_pid: int | None


async def invalid_indexes(session: Session) -> list[InvalidIndex]:
    """Every unfinished index of the database, those still being built included."""
    return [
        InvalidIndex(row[0], row[1], row[2], row[3], row[4], "ccnew" if row[5] else "ccold" if row[6] else "", row[7])
        for row in await session.rows("invalid_indexes")
    ]
