"""What the plan's statements need of their tables, and whether the roles that execute them may do that."""

from __future__ import annotations

from collections.abc import Container, Generator, Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.steps.answers import ask
from tui.steps.check import making
from tui.steps.check.row import Look, Row, because, named, of_error, row
from tui.steps.check.ways import Wanted, Way, wanted_of, way_of
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError
from tui.steps.tables import Table

_NAMED: Final = 50
_SAID: Final = 5
"""Of what a role lacks so much is said in words."""
OWNER: Final = "owner"
_OWNERS: Final = ("ALTER", "DROP", "COMMENT", "CREATE INDEX", "CREATE POLICY", "CREATE RULE", "CREATE STATISTICS")
_MAINTAINERS: Final = ("VACUUM", "ANALYZE", "ANALYSE", "REINDEX", "CLUSTER", "REFRESH")
_MAINTAIN_FROM: Final = 170000
"""The version from which MAINTAIN can be granted; before it one has to be the owner."""
_LOCKS: Final = "UPDATE, DELETE, TRUNCATE"
"""Any of these lets a role lock a table."""


class Need(Struct, frozen=True):
    """`need`: `owner`, a privilege, or several with commas of which one will do."""

    step: str
    line: int
    command: str
    table: str
    role: str
    need: str


def look(context: Context, version: int, more: Iterable[str]) -> Look:
    """One row a role. `version`: the server's; `more`: tables, `schema.table`, that the session's role must own."""
    way = yield from way_of(context)
    views = way.error or (yield from _views(context, way))
    if isinstance(views, SqlError):
        return [row("access_tables", None, None, None, error=of_error(views)[1])]
    oids = {table.shown: table.oid for table in (*way.tables.tables, *views)}
    roles = {step.id: step.as_ or "" for phase in context.plan.phases for s in phase.sections for step in s.steps}
    named_views = {written: [view.shown] for view in views for written in (view.name, view.shown)}
    wants = (*way.wanted, *wanted_of(context.demands().statements, named_views, {}))
    needs = list(dict.fromkeys(need for wanted in wants for need in _needs(wanted, roles, oids, version)))
    needs += [Need("", 0, "", table, "", OWNER) for table in more if table in oids]
    needs = [need for need in needs if need.table in oids]
    untold: dict[str, Any] = {"untold": list(way.untold)[:_NAMED]} if way.untold else {}
    there = [(table.schema, table.name) for table in way.tables.tables]
    made = yield from making.look(context, roles, there, way.untold)
    rows: list[Row] = []
    if way.tables.missing:
        gone = list(way.tables.missing)
        why = because(Coded(Shortcoming.NO_TABLE, tables=named(gone)))
        rows.append(row("access_tables", "there", "missing", False, tables=gone[:_NAMED], **why))
    if not needs:
        # What the scripts touch nobody can tell beforehand, or they touch no table that there is.
        why = because(Coded(Shortcoming.TABLES_UNTOLD, steps=named(list(way.untold))) if untold else None)
        return [*rows, row("access_tables", 0, 0, None if untold else True, **untold, **why), *made]
    asked: dict[tuple[int, str, str], None] = {(oids[each.table], each.role, each.need): None for each in needs}
    arguments = {
        "oids": [oid for oid, _role, _need in asked], "roles": [role for _oid, role, _need in asked],
        "needs": [need for _oid, _role, need in asked],
    }  # fmt: skip
    told: Rows = yield from ask(context, RunQuery(named="access_tables", arguments=arguments))
    if told.error is not None:
        return [*rows, row("access_tables", None, None, None, error=of_error(told.error)[1], **untold), *made]
    answers = {(oid, role, need): (holds, name, owner) for oid, role, need, holds, name, owner in told.rows}
    by_role: dict[str, list[Need]] = {}
    for need in needs:
        by_role.setdefault(need.role, []).append(need)
    for role, its in by_role.items():
        rows.append(_of_role(role, its, oids, answers) | untold)
    return [*rows, *made]


def _views(context: Context, way: Way) -> Generator[Effect, Any, tuple[Table, ...] | SqlError]:
    """Those that the plan's statements name where no table bears the name."""
    known = {written for table in way.tables.tables for written in (table.name, table.shown)}
    names = {demand.name for _step, of in context.demands().statements for demand in of.demands} - known
    if not names:
        return ()
    rows: Rows = yield from ask(context, RunQuery(named="views_named", arguments={"names": sorted(names)}))
    if rows.error is not None:
        return rows.error
    return tuple(Table(oid=oid, schema=schema, name=name, kind="v", named=False) for oid, schema, name in rows.rows)


def _needs(wanted: Wanted, roles: Mapping[str, str], tables: Container[str], version: int) -> Iterator[Need]:
    command, role = wanted.command, roles.get(wanted.step, "")
    if wanted.table not in tables:
        return

    def need(what: str) -> Need:
        return Need(wanted.step, wanted.line, command, wanted.table, role, what)

    first = command.partition(" ")[0]
    if wanted.part == "partner":
        # It is locked, and nothing of it is done.
        return
    if command == "CREATE TRIGGER":
        yield need("TRIGGER")
    elif first in _MAINTAINERS:
        yield need("MAINTAIN" if version >= _MAINTAIN_FROM else OWNER)
    elif command.startswith(_OWNERS):
        # Beside the table stands what its foreign key refers to, or a part of it.
        refers = wanted.part == "beside" and wanted.mode == "ShareRowExclusiveLock"
        yield need("REFERENCES" if refers else OWNER)
    elif command.startswith("CREATE"):
        by_mode = {"ShareRowExclusiveLock": "REFERENCES", "AccessShareLock": "SELECT"}
        yield need(by_mode.get(wanted.mode, OWNER))
    elif first == "LOCK":
        yield need("SELECT" if wanted.mode == "AccessShareLock" else _LOCKS)
    elif not wanted.changes:
        yield need("SELECT" if wanted.mode == "AccessShareLock" else "UPDATE")
    for change in wanted.changes:
        if change in ("insert", "update", "delete", "truncate"):
            yield need(change.upper())


def _of_role(
    role: str, needs: list[Need], oids: Mapping[str, int], answers: Mapping[tuple[int, str, str], tuple[Any, ...]]
) -> Row:
    """`missing`: what it may not do, with the first statement that needs it."""
    missing: dict[tuple[str, str], dict[str, Any]] = {}
    unknown: dict[tuple[str, str], None] = {}
    name: str | None = role
    for each in needs:
        what = (each.table, each.need)
        holds, name, owner = answers.get((oids[each.table], role, each.need), (None, name, ""))
        if holds is None:
            unknown[what] = None
        elif not holds:
            at = {"step": each.step, "line": each.line, "what": each.command} if each.step else {}
            missing.setdefault(what, {"table": each.table, "need": each.need, "owner": owner} | at)
    asked = len({(each.table, each.need) for each in needs})
    told: dict[str, Any] = {"of": name or role, "missing": list(missing.values())[:_NAMED]}
    if name is None:
        told |= because(Coded(Shortcoming.NO_ROLE, role=role))
    elif missing:
        told |= because(*(_lack(name, one) for one in list(missing.values())[:_SAID]))
    if unknown:
        told["unknown"] = [{"table": table, "need": need} for table, need in unknown][:_NAMED]
    all_of_them = False if missing else None if unknown else True
    return row("access_tables", asked, asked - len(missing) - len(unknown), all_of_them, **told)


def _lack(role: str, missing: Mapping[str, Any]) -> Coded:
    facts = {key: missing.get(key, "-") for key in ("need", "table", "owner", "step", "line", "what")}
    return Coded(Shortcoming.NO_PRIVILEGE, role=role, **facts)
