"""The table locks that one backend has, and whether its transaction has given a table another file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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


Committed = dict[int, tuple[str, int] | None]
"""What is committed of relations, by OID: name and file; None of what is not told of."""


async def locks_of(monitor: Session, pid: int, names: Committed, fresh: Collection[int]) -> dict[int, Held]:
    """By the relation's OID. `names`: what is known of relations already, which is added to; those whose file is in
    `fresh` need not be asked for it again. Raises PostgresError."""
    assert monitor.server is not None
    modes: dict[int, str] = {}
    for oid, mode in await monitor.rows("locks_of", [pid, monitor.server.database_oid]):
        told = _MODES.get(mode, mode)
        if oid not in modes or STRENGTH.get(told, 0) > STRENGTH.get(modes[oid], 0):
            modes[oid] = told
    asked_again = {oid for oid, mode in modes.items() if mode == STRONGEST and names.get(oid) and oid not in fresh}
    new = [oid for oid in modes if oid not in names or oid in asked_again]
    if new:
        told_of_new = await monitor.rows("lockable", [new])
        # Not before the answer: another look goes on beside this one, which may be given up, and has the same names.
        names |= dict.fromkeys(new)
        names |= {oid: (name, filenode) for oid, name, filenode in told_of_new}
    found: dict[int, Held] = {}
    for oid, mode in modes.items():
        told_of = names.get(oid)
        if told_of is not None:
            found[oid] = Held(mode, *told_of)
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
