"""The tables that a plan concerns, as the server has them: asked by every kind that looks at them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec import Struct

from tui.steps.answers import ask
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError


class Table(Struct, frozen=True, kw_only=True):
    """`kind`: as `pg_class.relkind` (`r`, `p`, `m`, `f`). `named`: the plan names it as a table; otherwise a word of a
    script does, which may be a column of that name as well."""

    oid: int
    schema: str
    name: str
    kind: str
    named: bool

    @property
    def shown(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"


class Tables(Struct, frozen=True, kw_only=True):
    """`missing`: tables that the plan names and the server does not have. `untold`: ids of steps that may change other
    ones. `more`: there are so many that some are left out. `error`: they could not be asked for."""

    tables: tuple[Table, ...] = ()
    missing: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    more: int = 0
    error: SqlError | None = None


def tables_of(context: Context) -> Generator[Effect, Any, Tables]:
    """Tables, partitioned and foreign ones and materialized views, of every schema but the system's where a word has
    none and no such table is on the search path."""
    concerned = context.concerned()
    words = [_parts(name) for name in concerned.names]
    named = [_parts(name) for name in concerned.tables]
    if not words and not named:
        return Tables(untold=concerned.untold)
    both = [*words, *named]
    arguments = {
        "schemas": [schema for schema, _name in both], "names": [name for _schema, name in both],
        "named": [False] * len(words) + [True] * len(named),
    }  # fmt: skip
    rows: Rows = yield from ask(context, RunQuery(named="tables_named", arguments=arguments))
    if rows.error is not None:
        return Tables(untold=concerned.untold, error=rows.error)
    found = tuple(Table(oid=oid, schema=s, name=n, kind=k, named=by_plan) for oid, s, n, k, by_plan in rows.rows)
    there = {(t.schema, t.name) for t in found} | {("", t.name) for t in found}
    missing = () if rows.count > len(found) else tuple(f"{s}.{n}".lstrip(".") for s, n in named if (s, n) not in there)
    return Tables(tables=found, missing=missing, untold=concerned.untold, more=rows.count - len(found))


def _parts(name: str) -> tuple[str, str]:
    schema, dot, rest = name.partition(".")
    return (schema, rest) if dot else ("", name)
