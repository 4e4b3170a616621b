"""Fingerprints: what is in the catalogue, and the content of tables, to prove what changed and what did not.

Limits, measured: the content hash reads every row (about 0.3 s per million narrow rows, several times that where
values are hashed by their text). Catalogue and content are of one moment. Large objects are counted, not read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from tui.postgres.catalog import FAMILIES, catalog, snapshot
from tui.postgres.errors import ConnectionLost, StatementFailed
from tui.postgres.session import Session
from tui.sql.quoting import identifier
from tui.sql.wildcard import any_matches
from tui.steps.difference import Fingerprint

_CANCELED = "57014"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Which tables are read (patterns of `schema.table`; a bare name is any schema's, a partitioned table's is that of
    its partitions), whether their rows are hashed or counted, and for how many seconds in all."""

    tables: tuple[str, ...] = ("*",)
    rows: Literal["hashes", "counts"] = "hashes"
    within: float | None = None

    def names(self, *names: str) -> bool:
        """Whether a table of these names is meant."""
        return any_matches(self.tables, *names, *(name.partition(".")[2] for name in names))


ALL = Content()


async def fingerprint(
    session: Session,
    content: Content | None = ALL,
    *,
    families: Iterable[str] = FAMILIES,
    columns: Mapping[str, Sequence[str]] | None = None,
    moment: str = "",
) -> Fingerprint:
    """See `tui.steps.difference`. `hash` is text, a sum of 64-bit hashes.

    `columns` limits named tables to the columns that both sides have, as read from an earlier fingerprint. `moment`:
    the snapshot that another session exported. A table that may not be read, hides rows by row-level security or has
    damaged pages gets {"error": SQLSTATE} instead, one for which there was no time {"left_out": "time"}. Takes ACCESS
    SHARE locks one table after another until its end; use a work session with a lock_timeout. The session must not be
    in a transaction.
    """
    async with snapshot(session, moment):
        found: Fingerprint = {
            "server_version": session.server_version,
            "families": await catalog(session, families), "tables": {}, "sequences": {},
        }  # fmt: skip
        if "roles" in found["families"]:
            found["elsewhere"] = [row[0] for row in await session.rows("roles_elsewhere")]
        if content is not None:
            found["tables"] = await _tables(session, content, columns or {})
            found["sequences"] = {row[0]: row[1] for row in await session.rows("data_sequences")}
            found["large_objects"] = (await session.rows("large_objects"))[0][0]
    return found


async def _tables(
    session: Session, content: Content, wanted: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    deadline = None if content.within is None else time.monotonic() + content.within
    for name, schema, table, readable, facts, parents in await session.rows("data_tables"):
        if not content.names(name, *msgspec.json.decode(parents)):
            continue
        if not readable:
            found[name] = {"error": "42501"}
            continue
        hashable = {column: bool(as_it_is) for column, as_it_is in msgspec.json.decode(facts)}
        used = [c for c in hashable if c in wanted[name]] if name in wanted else list(hashable)
        hashed = {c: hashable[c] for c in used} if content.rows == "hashes" else None
        found[name] = await _content(session, f"{identifier(schema)}.{identifier(table)}", hashed, deadline)
    return found


async def _content(
    session: Session, table: str, columns: Mapping[str, bool] | None, deadline: float | None
) -> dict[str, Any]:  # fmt: skip
    """Count and hash of one table, in a savepoint: one unreadable table must not cost the others."""
    left = None if deadline is None else round((deadline - time.monotonic()) * 1000)
    if left is not None and left <= 0:
        return {"left_out": "time"}
    total = "" if columns is None else f", {_hash(columns)}::text"
    await session.execute("savepoint content")
    try:
        if left is not None:
            await session.execute(f"set local statement_timeout = {left}")
        rows = (await session.execute(f"select count(*){total} from only {table}")).rows or []
        await session.execute("release savepoint content")
    except ConnectionLost:
        raise
    except StatementFailed as error:
        if error.sqlstate == _CANCELED and (deadline is None or time.monotonic() < deadline):
            # A person's cancel, or the session's own limit, is meant for all of it.
            raise
        await session.execute("rollback to savepoint content")
        return {"left_out": "time"} if error.sqlstate == _CANCELED else {"error": error.sqlstate or ""}
    if columns is None:
        return {"count": rows[0][0]}
    return {"count": rows[0][0], "hash": rows[0][1], "columns": list(columns)}


def _hash(columns: Mapping[str, bool]) -> str:
    """The sum of the hashes of all rows. `collate "C"`: the text of what is hashed by it is compared by its bytes."""
    if not columns:
        return "0"
    values = (identifier(c) if as_it_is else f'{identifier(c)}::text collate "C"' for c, as_it_is in columns.items())
    return f"coalesce(sum(pg_catalog.hash_record_extended(row({', '.join(values)}), 0)), 0)"
