"""Fingerprints: schema, grants, policies and the content of every table, to prove what changed and what did
not.

Limits, measured: numeric 1.0 and 1.00 hash alike; the content hash reads every row (about 0.3 s per million
narrow rows). Content and catalog are of one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from tui.postgres.catalog import FAMILIES, catalog, snapshot
from tui.postgres.errors import ConnectionLost, StatementFailed
from tui.postgres.session import Session

Fingerprint = dict[str, Any]


class Difference(msgspec.Struct, frozen=True):
    """One object that differs. `family` is one of the catalog's, `tables_content` or `sequences`.

    `unknown`: its content could not be read on one side (the value is then {"error": SQLSTATE}); never equal.
    """

    family: str
    object: str
    change: Literal["added", "removed", "changed", "unknown"]
    before: Any
    after: Any


async def fingerprint(
    session: Session,
    data: bool = True,
    *,
    families: Iterable[str] = FAMILIES,
    columns: Mapping[str, Sequence[str]] | None = None,
) -> Fingerprint:
    """{"families": {family: {object: definition}}, "tables": {table: {count, hash, columns}}, "sequences":
    {...}}.

    `hash` is text, a sum of 64-bit hashes. `columns` limits named tables to the columns that both sides
    have, as read from an earlier fingerprint. A table that may not be read, hides rows by row-level
    security or has damaged pages gets {"error": SQLSTATE} instead. Takes ACCESS SHARE locks one table after
    another until its end; use a work session with a lock_timeout. The session must not be in a transaction.
    """
    async with snapshot(session):
        found: Fingerprint = {"families": await catalog(session, families), "tables": {}, "sequences": {}}
        if data:
            found["tables"] = await _tables(session, columns or {})
            found["sequences"] = {row[0]: row[1] for row in await session.rows("data_sequences")}
    return found


def compare(before: Fingerprint, after: Fingerprint) -> list[Difference]:
    """Every object that differs, families in the catalog's order, then content. Families only one side has
    are left out: nothing was measured there.
    """
    found: list[Difference] = []
    for family in before["families"]:
        if family in after["families"]:
            found += _differences(family, before["families"][family], after["families"][family])
    if before["tables"] or after["tables"]:
        found += _differences("tables_content", before["tables"], after["tables"])
        found += _differences("sequences", before["sequences"], after["sequences"])
    return found


def _differences(family: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    found = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if name not in before:
            found.append(Difference(family, name, "added", None, new))
        elif name not in after:
            found.append(Difference(family, name, "removed", old, None))
        elif any(isinstance(value, dict) and "error" in value for value in (old, new)):
            found.append(Difference(family, name, "unknown", old, new))
        elif old != new:
            found.append(Difference(family, name, "changed", old, new))
    return found


async def _tables(session: Session, wanted: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, schema, table, readable, facts in await session.rows("data_tables"):
        if not readable:
            found[name] = {"error": "42501"}
            continue
        hashable = {column: bool(as_it_is) for column, as_it_is in msgspec.json.decode(facts)}
        used = [c for c in hashable if c in wanted[name]] if name in wanted else list(hashable)
        found[name] = await _content(session, schema, table, {c: hashable[c] for c in used})
    return found


async def _content(session: Session, schema: str, table: str, columns: Mapping[str, bool]) -> dict[str, Any]:
    """Count and hash of one table, in a savepoint: one unreadable table must not cost the others."""
    values = ", ".join(_identifier(c) if as_it_is else f"{_identifier(c)}::text" for c, as_it_is in columns.items())
    total = f"coalesce(sum(pg_catalog.hash_record_extended(row({values}), 0)), 0)" if columns else "0"
    statement = f"select count(*), {total}::text from only {_identifier(schema)}.{_identifier(table)}"
    await session.execute("savepoint content")
    try:
        rows = (await session.execute(statement)).rows or []
        await session.execute("release savepoint content")
    except ConnectionLost:
        raise
    except StatementFailed as error:
        await session.execute("rollback to savepoint content")
        return {"error": error.sqlstate or "", "message": error.message}
    return {"count": rows[0][0], "hash": rows[0][1], "columns": list(columns)}


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
