"""The table locks that one backend has, and whether its transaction has given a table another file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from tui.postgres.errors import StatementFailed
from tui.postgres.queries import query
from tui.postgres.session import Session

_MODES: Final = {
    "AccessShareLock": "ACCESS SHARE", "RowShareLock": "ROW SHARE", "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE", "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE", "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}  # fmt: skip
"""From the weakest to the strongest, by the names that the server has for them, as its manual calls them."""
STRENGTH: Final = {mode: place for place, mode in enumerate(_MODES.values())}
STRONGEST: Final = "ACCESS EXCLUSIVE"
"""Only under it a table gets another file."""


class Held(Struct, frozen=True):
    """The strongest lock that a backend has on a relation. `filenode`: its file as others see it, 0 where it has
    none."""

    mode: str
    relation: str
    filenode: int


async def locks_of(monitor: Session, pid: int) -> dict[int, Held]:
    """By the relation's OID. Raises PostgresError."""
    found: dict[int, Held] = {}
    for oid, mode, relation, filenode in await monitor.rows("locks_of", [pid]):
        held = Held(_MODES.get(mode, mode), relation, filenode)
        known = found.get(oid)
        if known is None or STRENGTH.get(held.mode, 0) > STRENGTH.get(known.mode, 0):
            found[oid] = held
    return found


async def filenodes(session: Session, oids: Iterable[int]) -> Mapping[int, int] | None:
    """The files of relations as a transaction under way sees them; one that it has dropped is missing. None where that
    was not to be had, which leaves the transaction as it was: its role may not look, or a time limit of the script's is
    shorter than any question. Raises PostgresError."""
    listed = ", ".join(str(int(oid)) for oid in oids)
    try:
        rows = (await session.execute(f"savepoint virada_look; {query('filenodes').replace('$OIDS', listed)}")).rows
    except StatementFailed:
        await session.execute("rollback to savepoint virada_look; release savepoint virada_look")
        return None
    await session.execute("release savepoint virada_look")
    return {row[0]: row[1] for row in rows or ()}
