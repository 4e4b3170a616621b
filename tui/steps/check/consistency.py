"""`consistency`: what is in the tables still belongs together: rows as many as before, no orphans, sequences ahead of
their columns, constraints that hold for every row, indexes that can be used."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from tui.journal.codes import NotCompared
from tui.plan.kinds import Finding, Lint, Needs
from tui.plan.scalars import Duration, EarlierStep
from tui.said import N_, Quoted
from tui.sql.quoting import identifier
from tui.sql.wildcard import any_matches
from tui.steps.answers import ask
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, of_error, row
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError, TakeFingerprint
from tui.steps.fingerprints import NAMED, TOLD, kept, take
from tui.steps.tables import tables_of

_COLUMNS = re.compile(r"(?P<schema>[^.()]+)\.(?P<table>[^.()]+?)(?:\.(?P<column>[^.()]+)|\s*\((?P<columns>[^()]+)\))")


class OrphanSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows that refer to rows, as a foreign key would say it, whether there is one or not."""

    from_: str = field(name="from")
    """What refers: `app.items.order_id`, or `app.items (order_id, line)`."""
    to: str
    """What it refers to: `app.orders.id`."""


class ConsistencySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`true` stands for all of it but the comparison with before. Foreign keys and sequences are those of the tables
    that the plan concerns; constraints and indexes those of the whole database."""

    tables: tuple[str, ...] = ()
    """Tables beside those that the plan's steps change or name."""
    before: EarlierStep | None = None
    """The step whose fingerprint tells how many rows there were."""
    rows: Literal["not_fewer", "same"] = "not_fewer"
    """What may have become of them since: more where an application goes on, or the same number."""
    orphans: tuple[OrphanSpec, ...] = ()
    """Further references, beside foreign keys."""
    ignore: tuple[str, ...] = ()
    """What is known to be otherwise: `app.orders: orders_total_check`, `app.old_*`."""
    within: Duration = 60.0
    """How long each question may take."""


def look(context: Context, spec: ConsistencySpec, evidence: dict[str, Any]) -> Look:
    """A row for each subject; what could not be looked at stands in one of its own."""
    known = yield from tables_of(context)
    if known.error is not None:
        return [_unknown("tables", (), known.error)]
    concerned = {"missing": list(known.missing[:NAMED]), "untold": list(known.untold[:NAMED]), "more": known.more}
    if any(concerned.values()):
        evidence["concerned"] = {key: value for key, value in concerned.items() if value}
    oids = {"oids": [table.oid for table in known.tables]}
    rows = [(yield from _constraints(context, spec)), (yield from _indexes(context, spec))]
    rows += yield from _orphans(context, spec, oids)
    rows += yield from _sequences(context, spec, oids)
    if spec.before is not None:
        rows += yield from _counts(context, spec, spec.before)
    # Of no table at all, or of some of them only, nothing is known of the others.
    return rows if known.tables and not known.more else [*rows, _unknown("tables", (), None)]


def _row(what: str, found: Sequence[str], looked_at: int, **more: Any) -> Row:
    return row(
        "consistency", None, list(found[:NAMED]), not found, what=what, count=len(found), looked_at=looked_at, **more
    )


def _unknown(what: str, names: Sequence[str], error: SqlError | None) -> Row:
    said = {} if error is None else of_error(error)[1]
    return row("consistency", None, list(names[:NAMED]), None, error=said, what=what, count=len(names))


def _constraints(context: Context, spec: ConsistencySpec) -> Generator[Effect, Any, Row]:
    rows: Rows = yield from ask(context, RunQuery(named="consistency_constraints"))
    if rows.error is not None:
        return _unknown("constraints", (), rows.error)
    found = [(name, enforced) for name, enforced in rows.rows if not any_matches(spec.ignore, name)]
    names = [f"{name} {'NOT VALID' if enforced else 'NOT ENFORCED'}" for name, enforced in found]
    return _row("constraints", names, rows.count)


def _indexes(context: Context, spec: ConsistencySpec) -> Generator[Effect, Any, Row]:
    rows: Rows = yield from ask(context, RunQuery(named="consistency_indexes"))
    if rows.error is not None:
        return _unknown("indexes", (), rows.error)
    left = [name for name, pid in rows.rows if not any_matches(spec.ignore, name) and pid is None]
    building = [name for name, pid in rows.rows if pid is not None]
    return _row("indexes", left, rows.count, **({"building": building[:NAMED]} if building else {}))


Key = tuple[str, str, str, str, str, Sequence[str], Sequence[str]]
"""A name, the tables that refers and is referred to by schema and name, and the columns of both."""


def _orphans(context: Context, spec: ConsistencySpec, oids: dict[str, Any]) -> Generator[Effect, Any, list[Row]]:
    rows: Rows = yield from ask(context, RunQuery(named="consistency_keys", arguments=oids))
    if rows.error is not None:
        return [_unknown("orphans", (), rows.error)]
    # What a key over a period refers to is no single row.
    periods = [name for name, *_rest, period in rows.rows if period]
    keys: list[Key] = [tuple(key[:7]) for key in rows.rows if not key[7]]
    keys += [_given(orphan) for orphan in spec.orphans]
    found, unknown, error = [], list(periods), None
    for key in keys:
        if any_matches(spec.ignore, key[0]):
            continue
        answer: Rows = yield from ask(context, _question(key, spec.within))
        if answer.error is not None:
            unknown, error = [*unknown, key[0]], answer.error
        elif answer.rows[0][0]:
            found.append(f"{key[0]}: {answer.rows[0][0]}")
    told = [_row("orphans", found, len(keys) - len(unknown) + len(periods))]
    return [*told, _unknown("orphans", unknown, error)] if unknown else told


def _question(key: Key, within: float) -> RunQuery:
    _name, schema, table, to_schema, to, columns, to_columns = key
    pairs = zip(columns, to_columns, strict=True)
    same = " and ".join(f"p.{identifier(there)} = c.{identifier(here)}" for here, there in pairs)
    given = " and ".join(f"c.{identifier(column)} is not null" for column in columns)
    sql = (
        f"select count(*) from {identifier(schema)}.{identifier(table)} as c where {given} and not exists "
        f"(select from {identifier(to_schema)}.{identifier(to)} as p where {same})"
    )
    return RunQuery(sql=sql, ours=True, row_security=False, timeout=within)


def _given(orphan: OrphanSpec) -> Key:
    (schema, table, columns), (to_schema, to, to_columns) = _parts(orphan.from_), _parts(orphan.to)
    return f"{orphan.from_} -> {orphan.to}", schema, table, to_schema, to, columns, to_columns


def _parts(text: str) -> tuple[str, str, list[str]]:
    found = _COLUMNS.fullmatch(text.strip())
    if found is None:
        return "", "", []
    columns = [found["column"]] if found["column"] else [one.strip() for one in found["columns"].split(",")]
    return found["schema"], found["table"], columns


def _sequences(context: Context, spec: ConsistencySpec, oids: dict[str, Any]) -> Generator[Effect, Any, list[Row]]:
    rows: Rows = yield from ask(context, RunQuery(named="consistency_sequences", arguments=oids))
    if rows.error is not None:
        return [_unknown("sequences", (), rows.error)]
    behind: list[str] = []
    unknown: list[str] = []
    error: SqlError | None = None
    for name, schema, table, column, increment, next_value in rows.rows:
        if any_matches(spec.ignore, name):
            continue
        end = "max" if increment > 0 else "min"
        sql = f"select {end}({identifier(column)})::pg_catalog.numeric from {identifier(schema)}.{identifier(table)}"
        answer: Rows = yield from ask(context, RunQuery(sql=sql, ours=True, row_security=False, timeout=spec.within))
        if answer.error is not None or next_value is None:
            unknown, error = [*unknown, name], answer.error
            continue
        last = answer.rows[0][0]
        if last is not None and (last >= next_value if increment > 0 else last <= next_value):
            behind.append(f"{name}: {next_value}, {schema}.{table}.{column}: {last}")
    told = [_row("sequences", behind, rows.count - len(unknown))]
    return [*told, _unknown("sequences", unknown, error)] if unknown else told


def _counts(context: Context, spec: ConsistencySpec, step: str) -> Generator[Effect, Any, list[Row]]:
    reference = context.evidence(step).get(TOLD)
    before = None if not isinstance(reference, dict) else (yield from kept(reference))
    counted = {} if before is None else {name: of["count"] for name, of in before["tables"].items() if "count" in of}
    if before is None or not counted:
        why = [NotCompared.NOT_TAKEN if before is None else NotCompared.NOT_READ]
        return [row("consistency", None, None, None, what="rows", of=step, why=why)]
    effect = TakeFingerprint(tables=tuple(counted), rows="counts", within=spec.within)
    taken = yield from take(context, effect)
    if taken.error is not None:
        return [_unknown("rows", list(counted), taken.error)]
    now = {name: of.get("count") for name, of in taken.found["tables"].items()}
    wrong: list[str] = []
    unknown: list[str] = []
    for name, count in counted.items():
        if any_matches(spec.ignore, name):
            continue
        found = now.get(name)
        if found is None and name in now:
            unknown.append(name)
        elif found is None or (found != count if spec.rows == "same" else found < count):
            wrong.append(f"{name}: {found if found is not None else '-'}, {count}")
    told = [_row("rows", wrong, len(counted) - len(unknown), of=step)]
    return [*told, _unknown("rows", unknown, None)] if unknown else told


def lint(spec: ConsistencySpec) -> Iterable[Finding]:
    """References that can be read."""
    for number, orphan in enumerate(spec.orphans):
        sides = _parts(orphan.from_)[2], _parts(orphan.to)[2]
        if not all(sides) or len(sides[0]) != len(sides[1]):
            facts = {"from": Quoted(orphan.from_), "to": Quoted(orphan.to)}
            yield Finding(code="check-orphans", facts=facts, key=f"consistency.orphans.{number}")


def among(spec: ConsistencySpec, lint: Lint) -> Iterable[Finding]:
    """A step whose fingerprint counts rows."""
    if spec.before is None:
        return
    of = lint.before(spec.before)
    if spec.before not in lint.kinds_of_steps:
        yield Finding(code="check-step", facts={"step": Quoted(spec.before)}, key="consistency.before")
    elif of is not None and not of.kind.takes_fingerprint(of.spec):
        yield Finding(code="check-before", facts={"step": Quoted(spec.before)}, key="consistency.before")


def needs(spec: ConsistencySpec) -> Needs:
    """The tables that it names."""
    referred = [_parts(side)[:2] for orphan in spec.orphans for side in (orphan.from_, orphan.to)]
    return Needs(tables=(*spec.tables, *(f"{schema}.{table}" for schema, table in referred if table)))


TEXTS = {
    "check-orphans": N_(
        "{from} and {to} are no columns that refer to each other: write app.items.order_id, or app.items (a, b), with "
        "as many on both sides"
    ),
    "check-before": N_("{step} takes no fingerprint that tells how many rows there were"),
}

CHECK = Check(look=look, lint=lint, among=among, needs=needs, texts=TEXTS)
