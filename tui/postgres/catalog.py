"""What the catalogs say: what there is, in one moment and one search path, and indexes that were left unfinished."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import msgspec

from tui.postgres.errors import PostgresError
from tui.postgres.queries import query
from tui.postgres.session import Session
from tui.sql.quoting import literal
from tui.steps.difference import FAMILIES as FAMILIES

Families = dict[str, dict[str, str]]


@asynccontextmanager
async def snapshot(session: Session, moment: str = "") -> AsyncIterator[None]:
    """A REPEATABLE READ, READ ONLY transaction in which expressions and values are written out one way
    only. `moment`: the snapshot of another session that it shares.
    """
    begin = query("snapshot_begin")
    if moment:
        # Before anything else of the transaction.
        opening, _semicolon, rest = begin.partition(";")
        begin = f"{opening}; set transaction snapshot {literal(moment)};{rest}"
    await session.execute(begin)
    try:
        yield
    finally:
        if not session.closed:
            await session.execute("rollback")


async def catalog(session: Session, families: Iterable[str] = FAMILIES) -> Families:
    """Family -> object -> definition, of everything but system schemas and our own. Call it inside
    `snapshot`.

    Definitions are compared as a whole: two policies of one name with different expressions differ.
    """
    found: Families = {}
    for family in families:
        if family not in FAMILIES:
            raise PostgresError(f"no such family of objects: {family}")
        answer = await session.execute(query(f"catalog_{family}", session.server_version))
        found[family] = {row[0]: row[1] for row in answer.rows or []}
    return found


class InvalidIndex(msgspec.Struct, frozen=True):
    """An index that is not valid, ready or live; its name is schema-qualified and not quoted.

    `building_pid`: somebody is at work on it, so it is no leftover yet.
    """

    index: str
    building_pid: int | None


async def invalid_indexes(session: Session) -> list[InvalidIndex]:
    """Every unfinished index of the database, those still being built included."""
    return [InvalidIndex(*row) for row in await session.rows("invalid_indexes")]
