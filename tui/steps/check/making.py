"""Where the plan's statements make something, and whether the roles that execute them may do that there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.sql.demands import StatementDemands
from tui.steps.answers import ask
from tui.steps.check.row import Look, Row, because, of_error, row
from tui.steps.context import Context
from tui.steps.effects import Rows, RunQuery

_NAMED: Final = 50
_SAID: Final = 5
_OWN: Final = "$user"


class Making(Struct, frozen=True):
    """`schema`: "" where an unqualified name leads, None for a schema of the database."""

    step: str
    line: int
    command: str
    role: str
    schema: str | None


def look(context: Context, roles: Mapping[str, str], tables: Iterable[tuple[str, str]], untold: Sequence[str]) -> Look:
    """One row a role that makes something. `roles`: by step; `tables`: schema and name of those that there are;
    `untold`: steps of which nobody can tell what they make."""
    places: dict[str, set[str]] = {}
    for schema, name in tables:
        for written in (name, f"{schema}.{name}"):
            places.setdefault(written, set()).add(schema)
    wanted = list(_making(context.demands().statements, roles, places))
    if not wanted:
        return []
    asked = list(dict.fromkeys((each.schema, each.role) for each in wanted))
    arguments = {"schemas": [schema for schema, _role in asked], "roles": [role for _schema, role in asked]}
    told: Rows = yield from ask(context, RunQuery(named="access_schemas", arguments=arguments))
    if told.error is not None:
        return [row("access_schemas", None, None, None, error=of_error(told.error)[1])]
    answers = {(schema, role): tuple(rest) for schema, role, *rest in told.rows}
    by_role: dict[str, list[Making]] = {}
    for each in wanted:
        by_role.setdefault(each.role, []).append(each)
    return [_of_role(role, its, answers, untold) for role, its in by_role.items()]


def _making(
    statements: Iterable[tuple[str, StatementDemands]], roles: Mapping[str, str], places: Mapping[str, set[str]]
) -> Iterator[Making]:
    """What is made in a schema that the plan itself makes needs nothing further."""
    ours: set[str] = set()
    path: dict[str, str] = {}
    for step, statement in statements:
        makes = statement.makes
        if makes is None:
            continue
        first = path.get(step, "")

        def making(schema: str | None, step: str = step, statement: StatementDemands = statement) -> Making:
            return Making(step, statement.line, statement.command, roles.get(step, ""), schema)

        if makes.how == "path":
            path[step] = "" if makes.name == _OWN else makes.name
        elif makes.how == "schema":
            ours.add(makes.name)
            yield making(None)
        elif makes.how == "in":
            schema = makes.name or first
            if schema not in ours and not schema.startswith("pg_temp"):
                yield making(schema)
        else:
            qualified = makes.name.rpartition(".")[0]
            for schema in {qualified} if qualified else places.get(makes.name, {first}):
                if schema not in ours:
                    yield making(schema)


def _of_role(
    role: str, its: Sequence[Making], answers: Mapping[tuple[str | None, str], tuple[Any, ...]], untold: Sequence[str]
) -> Row:
    """`missing`: where it may make nothing, with the first statement that does; `unknown`: schemas that are not there
    now, where steps of which nobody can tell may make them."""
    missing: dict[str, tuple[Coded, dict[str, Any]]] = {}
    unknown: dict[str, None] = {}
    name: str | None = role
    for each in its:
        holds, schema, there, name = answers.get((each.schema, role), (None, each.schema, True, role))
        at = {"step": each.step, "line": each.line, "what": each.command}
        shown = "-" if schema is None else str(schema)
        if name is None or holds:
            continue
        if each.schema is None:
            missing.setdefault("", (Coded(Shortcoming.NO_CREATE_DATABASE, role=name, **at), at))
        elif there and holds is False:
            missing.setdefault(shown, (Coded(Shortcoming.NO_CREATE, role=name, schema=shown, **at), at))
        elif untold or there:
            unknown[shown] = None
        else:
            missing.setdefault(shown, (Coded(Shortcoming.NO_SCHEMA, schema=shown, **at), at))
    asked = len({each.schema for each in its})
    told: dict[str, Any] = {
        "of": name or role, "missing": [{"schema": where} | at for where, (_why, at) in missing.items()][:_NAMED],
    }  # fmt: skip
    if name is None:
        return row("access_schemas", asked, 0, False, **told, **because(Coded(Shortcoming.NO_ROLE, role=role)))
    if missing:
        told |= because(*(why for why, _at in list(missing.values())[:_SAID]))
    if unknown:
        told |= {"unknown": list(unknown)[:_NAMED], "untold": list(untold)[:_NAMED]}
    holds = False if missing else None if unknown else True
    return row("access_schemas", asked, asked - len(missing) - len(unknown), holds, **told)
