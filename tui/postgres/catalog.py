"""A snapshot of the catalogs: what there is and what it is defined as, in one moment and one search path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from tui.postgres.errors import PostgresError
from tui.postgres.queries import query
from tui.postgres.session import Session

FAMILIES = (
    "tables",
    "columns",
    "constraints",
    "indexes",
    "policies",
    "grants",
    "default_grants",
    "roles",
    "functions",
    "triggers",
    "views",
)

Families = dict[str, dict[str, str]]


@asynccontextmanager
async def snapshot(session: Session) -> AsyncIterator[None]:
    """A REPEATABLE READ, READ ONLY transaction in which expressions and values are written out one way
    only.
    """
    await session.execute(query("snapshot_begin"))
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
        found[family] = {row[0]: row[1] for row in await session.rows(f"catalog_{family}")}
    return found
