"""The ledger: one row in the same transaction as the work, the best evidence there is that it was
committed.

The table `virada.ledger` is created only with consent (`create_ledger`). Where a publication would carry
it, it is refused: a subscriber without the table stops replicating.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import PostgresError
from tui.postgres.queries import query
from tui.postgres.session import Session
from tui.sql.quoting import literal

State = Literal["present", "absent", "foreign", "forbidden"]
_COLUMNS = (
    "account text, attempt integer, pid integer, plan_sha256 text, run text, statement integer, step text, "
    "written timestamp with time zone, xid xid8"
)
_KEY = "run, step, attempt, statement"


class LedgerRefused(PostgresError):
    """The ledger cannot be created or used here; `message` says why and what to do."""


class LedgerRow(msgspec.Struct, frozen=True):
    """A committed statement. `xid` is text (64 bits), `written` UTC text."""

    xid: str
    written: str


async def carrying_publications(session: Session) -> list[str]:
    """Publications that carry the ledger or would once it exists: FOR ALL TABLES, IN SCHEMA virada, or by
    name.
    """
    name = "publications" if session.server_version >= 150000 else "publications_14"
    return [row[0] for row in await session.rows(name)]


async def ledger_state(session: Session) -> State:
    """Whether evidence can be written here: `foreign` is a table of that name which is not ours or not
    trustworthy (other columns or key, unlogged, with triggers, rules or row security), `forbidden` one that
    the session's login role may not read and insert into.
    """
    rows = await session.rows("ledger_shape")
    if not rows:
        return "absent"
    usage, exists, allowed, sound, columns, key = rows[0]
    if not exists:
        return "absent" if usage else "forbidden"
    if not sound or columns != _COLUMNS or key != _KEY:
        return "foreign"
    return "present" if usage and allowed else "forbidden"


async def create_ledger(session: Session) -> None:
    """Create schema and table in one transaction. Does nothing when it is there; raises LedgerRefused or
    StatementFailed otherwise. The session must not be in a transaction."""
    publications = await carrying_publications(session)
    if publications:
        raise LedgerRefused(Coded(Remarked.LEDGER_CARRIED, names=publications))
    state = await ledger_state(session)
    if state == "present":
        return
    if state == "foreign":
        raise LedgerRefused(Coded(Remarked.LEDGER_FOREIGN))
    if state == "forbidden":
        raise LedgerRefused(Coded(Remarked.LEDGER_FORBIDDEN))
    await session.execute("begin")
    try:
        await session.execute(query("ledger_create"))
        await session.execute("commit")
    except PostgresError:
        if not session.closed:
            await session.execute("rollback")
        raise


async def record(
    session: Session, run: str, step: str, attempt: int, statement: int, plan_sha256: str, own_role: bool = False
) -> None:
    """Write the row: the first statement of the transaction that does the work, which the caller has begun.

    Under a step's own role (`as`), the row is written as the role that logged in, and the step's role is
    put back, both for this transaction only. `own_role`: a script may have set another one, which is then asked for.
    Raises StatementFailed (23505 when this statement was committed before).
    """
    role = session.role
    if own_role:
        role = (await session.rows("role_now"))[0][0]
    if role not in (None, "none"):
        await session.execute(query("role_none"))
    done = await session.execute(query("ledger_insert"), [run, step, attempt, statement, plan_sha256])
    if done.rowcount != 1:
        raise LedgerRefused(Coded(Remarked.LEDGER_SWALLOWED))
    if role not in (None, "none"):
        await session.rows("role_local", [role])


async def find_row(session: Session, run: str, step: str, attempt: int, statement: int) -> LedgerRow | None:
    """The row of a statement, or None: it was not committed, or is still in a transaction."""
    rows = await session.rows("ledger_row", [run, step, attempt, statement])
    return LedgerRow(*rows[0]) if rows else None


async def missing(session: Session, run: str, statements: Sequence[tuple[str, int, int]]) -> list[list[Any]]:
    """Those of the statements (step, attempt, statement) that have no row, ten at most.

    Rows of work that is known to be committed never go: without one, the absence of another says nothing.
    """
    steps, attempts, numbers = (list(column) for column in zip(*statements, strict=True)) if statements else ([],) * 3
    return [list(row) for row in await session.rows("ledger_missing", [steps, attempts, numbers, run])]


async def unknown(session: Session, run: str, begun: Sequence[tuple[str, int, int]]) -> list[list[Any]]:
    """Rows of the run of none of these steps, of later attempts, or of statements behind these, ten at most: `begun`
    are step, latest attempt and its last statement. None where there is no ledger of ours."""
    if await ledger_state(session) != "present":
        return []
    steps, attempts, numbers = (list(column) for column in zip(*begun, strict=True)) if begun else ([],) * 3
    return [list(row) for row in await session.rows("ledger_unknown", [steps, attempts, numbers, run])]


async def has_row(session: Session, run: str, step: str, attempt: int, statement: int) -> bool:
    """Was this statement committed? False also while its transaction is open: see `evidence.judge`."""
    return await find_row(session, run, step, attempt, statement) is not None


def insert_sql(run: str, step: str, attempt: int, statement: int, plan_sha256: str) -> str:
    """The insert as plain text, for psql's `-c` together with `-1`, where nobody binds parameters."""
    values = ", ".join([literal(run), literal(step), str(int(attempt)), str(int(statement)), literal(plan_sha256)])
    return f"insert into virada.ledger (run, step, attempt, statement, plan_sha256) values ({values})"
