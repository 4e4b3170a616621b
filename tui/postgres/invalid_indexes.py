"""Leftovers of interrupted concurrent builds: indexes that cost writes, serve no query, and fool IF NOT
EXISTS.
"""

from __future__ import annotations

import msgspec

from tui.postgres.session import Session


class InvalidIndex(msgspec.Struct, frozen=True):
    """An index that is not valid, ready or live; its name is schema-qualified and not quoted.

    `building_pid`: somebody is at work on it, so it is no leftover yet.
    """

    index: str
    building_pid: int | None


async def invalid_indexes(session: Session) -> list[InvalidIndex]:
    """Every unfinished index of the database, those still being built included."""
    return [InvalidIndex(*row) for row in await session.rows("invalid_indexes")]
