"""The rows that a trial restore has brought back, held against those that the source had then and still has."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from typing import Any, Final

from tui.journal.codes import FailReason
from tui.sql.quoting import identifier
from tui.steps.archive import toc
from tui.steps.archive.trial_spec import Trial
from tui.steps.context import Context
from tui.steps.effects import Effect, Failed, Maintain, Passed, Rows, RunQuery, SqlError

_NAMED: Final = 50
_AT_ONCE: Final = 250
"""Tables that one statement counts: each takes a lock for itself and its indexes, and the server has room for few."""
_NEXT: Final = """select c.oid::text, n.nspname, c.relname, c.relforcerowsecurity
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and c.oid > '{after}'
order by c.oid limit {limit}"""
# What is kept of an extension's table is not all of it, and a standby has no rows of an unlogged one.
_SOURCE: Final = """select c.oid::text, n.nspname, c.relname
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any ('{{{oids}}}'::oid[]) and c.relkind = 'r' and c.relpersistence = 'p' and not exists (
select from pg_catalog.pg_depend e
where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')"""
_LARGE_OBJECTS: Final = ("pg_largeobject_metadata", "pg_largeobject")
"""What large objects are kept in: one row each, and their contents in pieces, which few roles may read."""


def counts(spec: Trial, superuser: bool, role: str | None) -> Generator[Effect, Any, dict[str, int] | SqlError]:
    """Rows of each table that arrived, by `schema table`: partitions each for itself, foreign tables not at all.

    Written as plain `count(*)`, which needs nothing that a server may be built without. Policies would hide rows from
    an owner that they are forced on: here they are lifted, for the database is thrown away."""
    where: dict[str, Any] = {"ours": True, "scratch_database": spec.database, "role": role}
    where |= {"service": spec.server}
    where |= {"timeout": None, "row_security": False}
    found: dict[str, int] = {}
    after = "0"
    while True:
        page: Rows = yield RunQuery(sql=_NEXT.format(after=after, limit=_AT_ONCE), **where)
        if page.error is not None:
            return page.error
        if not page.rows:
            return found
        forced = [f"alter table {_name(n, t)} no force row level security" for _, n, t, force in page.rows if force]
        if forced and not superuser:
            yield Maintain(
                statements=tuple(forced),
                scratch_database=spec.database,
                role=role,
                first_error=False,
                service=spec.server,
            )
        counted: Rows = yield RunQuery(sql=_counting((o, n, t) for o, n, t, _ in page.rows), **where)
        if counted.error is not None:
            return counted.error
        rows = {str(oid): int(count) for oid, count in counted.rows}
        found |= {f"{schema} {table}": rows[oid] for oid, schema, table, _force in page.rows}
        after = page.rows[-1][0]


def _counting(tables: Iterable[tuple[str, str, str]], condition: str = "") -> str:
    return " union all ".join(
        f"select '{oid}', pg_catalog.count(*) from only {_name(schema, table)}{condition}"
        for oid, schema, table in tables
    )


def _name(schema: str, table: str) -> str:
    return f"{identifier(schema)}.{identifier(table)}"


def held_against_the_source(
    context: Context, spec: Trial, entries: list[toc.TocEntry], horizon: str | None, outcome: Passed
) -> Generator[Effect, Any, Passed | Failed]:
    """A row that the source has now, and that a transaction before the backup's moment wrote, was in it then. So a
    table has at least as many rows in the backup, however much was changed since."""
    evidence = outcome.evidence
    if horizon is None or re.fullmatch(r"\d+", horizon) is None:
        return Passed(evidence=evidence | {"not_compared": "no_horizon"})
    arrived: dict[str, int] = evidence["counts"]
    restored = {str(entry.oid): _arrived(entry, arrived) for entry in entries if entry.kind == "TABLE DATA"}
    known = {oid: count for oid, count in restored.items() if count is not None}
    oids = list(known)
    lacking: list[dict[str, Any]] = []
    compared = 0
    condition = f" where age(xmin) > age('{horizon}'::xid8::xid)"
    where: dict[str, Any] = {"ours": True, "timeout": None, "row_security": False, "role": context.step.as_}
    for at in range(0, len(oids), _AT_ONCE):
        named: Rows = yield RunQuery(sql=_SOURCE.format(oids=",".join(oids[at : at + _AT_ONCE])), **where)
        rows = named
        if named.error is None and named.rows:
            rows = yield RunQuery(sql=_counting(named.rows, condition), **where)
        if rows.error is not None:
            # The source is in use: somebody may hold a lock, or the role see less than the backup's.
            error = rows.error.sqlstate or "lost"
            return Passed(evidence=evidence | {"compared": compared, "not_compared": error})
        names = {oid: f"{schema}.{table}" for oid, schema, table in named.rows}
        for oid, count in rows.rows if rows is not named else ():
            compared += 1
            if known[oid] < int(count):
                lacking.append({"table": names[oid], "rows": known[oid], "at_least": int(count)})
    if any(entry.kind == "BLOBS" for entry in entries):
        found, unknown = yield from _large_objects(spec, condition, where)
        lacking += found
        evidence = evidence | ({"not_compared": unknown} if unknown else {})
    evidence = evidence | {"compared": compared}
    if lacking:
        return Failed(
            reason=FailReason.ROWS_MISSING,
            evidence=evidence | {"rows_missing": lacking[:_NAMED], "count": len(lacking)},
        )
    return Passed(evidence=evidence)


def _large_objects(
    spec: Trial, condition: str, where: dict[str, Any]
) -> Generator[Effect, Any, tuple[list[dict[str, Any]], str]]:
    """What of them is missing, and why that is not known. A file of theirs that is empty is restored as empty ones."""
    lacking: list[dict[str, Any]] = []
    unknown = ""
    for table in _LARGE_OBJECTS:
        sql = f"select pg_catalog.count(*) from pg_catalog.{table}"
        had: Rows = yield RunQuery(sql=sql + condition, **where)
        has: Rows = yield RunQuery(sql=sql, scratch_database=spec.database, service=spec.server, **where)
        error = had.error or has.error
        if error is not None:
            unknown = error.sqlstate or "lost"
            continue
        rows, least = int(has.rows[0][0]), int(had.rows[0][0])
        if rows < least:
            lacking.append({"table": f"pg_catalog.{table}", "rows": rows, "at_least": least})
    return lacking, unknown


def _arrived(entry: toc.TocEntry, counts: dict[str, int]) -> int | None:
    """Rows of the table that an entry names: schema, table and owner stand beside each other with blanks in between.
    Where several tables may be meant, the most: of too few rows nobody speaks who does not know."""
    words = entry.rest.split(" ")
    meant = [name for length in range(2, len(words)) if (name := " ".join(words[:length])) in counts]
    return max((counts[name] for name in meant), default=None)
