"""What personas see and may write: asked of the server as each of them, on a fresh connection and on a used one."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from msgspec import Struct

from tui.journal.codes import NotCompared
from tui.sql.quoting import identifier
from tui.steps.answers import again, ask
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError
from tui.steps.persona import AsPersona, StatementTried, Tried
from tui.steps.rls.spec import AttemptSpec, PersonaSpec, RlsSpec, SeesSpec
from tui.steps.rls.structure import Row, row, unknown

DENIED = "42501"
"""insufficient_privilege: also of a row that a policy does not let in."""
CONNECTIONS = ("fresh", "used")
_TRUTHS = 3
"""Times that what is seen is held against what there is: somebody may write in between."""


class Fires(Struct, frozen=True, kw_only=True):
    """What writing to a table sets going: see `rls_fires.sql`."""

    triggers: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    cascades: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()


Told = dict[str, Any]


def behave(context: Context, spec: RlsSpec, told: Told) -> Generator[Effect, Any, list[Row]]:
    """A row for each persona, table and connection; `told` what was set going."""
    rows: list[Row] = []
    fires = yield from _fires(context, spec)
    if "name" in fires:
        return [fires]
    names = tuple(dict.fromkeys(name for persona in spec.personas for name in persona.claims))
    for persona in spec.personas:
        for connection in CONNECTIONS:
            used = None if connection == "fresh" else names
            rows += yield from _sees(context, spec, persona, connection, used)
            for what, attempts in (("may", persona.may), ("may_not", persona.may_not)):
                for attempt in attempts:
                    of = fires.get(attempt.table, Fires())
                    rows.append(
                        (yield from _attempt(context, spec, persona, connection, used, what, attempt, of, told))
                    )
    return rows


def qualified(table: str) -> str:
    """A table's name, `schema.table`, as it stands in SQL."""
    schema, _dot, name = table.rpartition(".")
    return f"{identifier(schema)}.{identifier(name)}" if schema else identifier(name)


def statement_of(attempt: AttemptSpec) -> str:
    """What is tried."""
    table = qualified(attempt.table)
    if attempt.insert is not None:
        return f"insert into {table} {attempt.insert}"
    if attempt.update is not None:
        return f"update {table} {attempt.update}"
    return f"delete from {table} {attempt.delete or ''}"


def wanted_of(sees: SeesSpec | str) -> Iterable[tuple[str, Any]]:
    """What must be seen, by its key."""
    if isinstance(sees, str):
        return [(sees, None)]
    said = {"only": sees.only, "some": sees.some, "exactly": sees.exactly, "count": sees.count}
    return [(key, value) for key, value in said.items() if value is not None]


def seen_by(table: str, condition: str | None) -> str:
    """Rows in all, those for which the condition holds, and those for which it does not."""
    if condition is None:
        return f"select count(*), 0, 0 from {qualified(table)}"
    held = f"({condition}\n)"
    counts = f"count(*) filter (where {held}), count(*) filter (where {held} is not true)"
    return f"select count(*), {counts} from {qualified(table)}"


def _tried(context: Context, effect: AsPersona) -> Generator[Effect, Any, Tried]:
    tried: Tried = yield from again(context, effect, lambda found: found.error)
    return tried


def _sees(
    context: Context, spec: RlsSpec, persona: PersonaSpec, connection: str, used: tuple[str, ...] | None
) -> Generator[Effect, Any, list[Row]]:  # fmt: skip
    asked = [
        (table, key, value)
        for table, sees in persona.sees.items()
        for key, value in wanted_of(sees)
    ]  # fmt: skip
    if not asked:
        return []
    statements = tuple(seen_by(table, value if isinstance(value, str) else None) for table, _key, value in asked)
    effect = AsPersona(
        role=persona.role, settings=persona.claims, used=used, statements=statements, timeout=spec.timeout
    )  # fmt: skip
    about = {"of": persona.name, "aspect": connection}
    truths = [place for place, (_table, key, _value) in enumerate(asked) if key in ("everything", "exactly")]
    for _attempt in range(_TRUTHS):
        before = yield from _truths(context, spec, statements, truths)
        tried = yield from _tried(context, effect)
        if tried.error is not None:
            return [unknown("sees", tried.error, role=persona.role, **about)]
        after = yield from _truths(context, spec, statements, truths)
        if before == after:
            break
    rows: list[Row] = []
    for place, (table, key, value) in enumerate(asked):
        found = _seen(key, value, tried.answers[place], after.get(place))
        rows.append(found | {"table": table} | about)
    return _sure(rows, tried, connection)


Truth = tuple[Any, ...] | SqlError
"""What there is for somebody who sees all of it; or why that is not known."""


def _truths(
    context: Context, spec: RlsSpec, statements: tuple[str, ...], places: list[int]
) -> Generator[Effect, Any, dict[int, Truth]]:  # fmt: skip
    found: dict[int, Truth] = {}
    for place in places:
        answer: Rows = yield from ask(
            context, RunQuery(sql=statements[place], row_security=False, timeout=spec.timeout)
        )  # fmt: skip
        found[place] = answer.rows[0] if answer.error is None else answer.error
    return found


def _seen(key: str, value: Any, answer: StatementTried, truth: Truth | None) -> Row:
    """One expectation against what was seen."""
    expected = key if value is None else f"{key}: {value}"
    error = answer.error
    if error is not None:
        denied = error.sqlstate == DENIED
        if not denied:
            return unknown("sees", error) | {"expected": expected}
        return row("sees", expected, DENIED, key == "nothing" or (key == "count" and value == 0))
    total, held, others = answer.row
    match key:
        case "nothing":
            return row("sees", expected, total, total == 0)
        case "only":
            return row("sees", expected, total, others == 0, otherwise=others)
        case "some":
            return row("sees", expected, held, held > 0, rows=total)
        case "count":
            return row("sees", expected, total, total == value)
    if not isinstance(truth, tuple):
        return unknown("sees", truth or SqlError(sqlstate=None, message="")) | {"expected": expected}
    if key == "everything":
        return row("sees", expected, total, total == truth[0], there_are=truth[0])
    return row("sees", expected, held, others == 0 and held == truth[1], there_are=truth[1], otherwise=others)


def _attempt(
    context: Context, spec: RlsSpec, persona: PersonaSpec, connection: str, used: tuple[str, ...] | None, what: str,
    attempt: AttemptSpec, of: Fires, told: Told,
) -> Generator[Effect, Any, Row]:  # fmt: skip
    statement = statement_of(attempt)
    verb = next(key for key in ("insert", "update", "delete") if getattr(attempt, key) is not None)
    about = {"table": attempt.table, "of": persona.name, "aspect": connection}
    expected = f"{verb} {getattr(attempt, verb)}"
    skip = spec.triggers == "skip"
    if skip and of.always:
        # They fire whatever is asked for.
        return row(what, expected, None, None, why=[NotCompared.WOULD_FIRE], fires=list(of.always), **about)
    effect = AsPersona(
        role=persona.role, settings=persona.claims, used=used, statements=(statement,), reads=False, quiet=skip,
        must_be_quiet=skip and bool(of.triggers or of.cascades), timeout=spec.timeout,
    )  # fmt: skip
    tried = yield from _tried(context, effect)
    if tried.error is not None:
        return unknown(what, tried.error, role=persona.role, **about) | {"expected": expected}
    if not tried.answers:
        fires = [*of.triggers, *of.cascades]
        return row(what, expected, None, None, why=[NotCompared.WOULD_FIRE], fires=fires, **about)
    _note(told, of, tried.quiet, insert=attempt.insert is not None)
    (answer,) = tried.answers
    (found,) = _sure([_wrote(what, expected, answer) | about], tried, connection)
    return found


def _wrote(what: str, expected: str, answer: StatementTried) -> Row:
    error = answer.error
    if error is not None and error.sqlstate != DENIED:
        # A constraint says nothing of the policies, nor does a lock.
        return unknown(what, error) | {"expected": expected}
    let_in = error is None and answer.changed > 0
    found = DENIED if error is not None else answer.changed
    return row(what, expected, found, let_in == (what == "may"))


def _sure(rows: list[Row], tried: Tried, connection: str) -> list[Row]:
    """Behind a pooler nobody knows whether a connection is a fresh one: what was seen there is not said of one."""
    if connection == "used" or tried.fresh:
        return rows
    why = {"holds": None, "why": [NotCompared.POOLER_BETWEEN]}
    return [found | why if found["holds"] is True else found for found in rows]


def _note(told: Told, of: Fires, quiet: bool, *, insert: bool) -> None:
    """What was set going and is not taken back, or was not looked at."""
    told["statements"] = told.get("statements", 0) + 1
    fired = () if quiet else (*of.triggers, *of.always, *of.cascades)
    sequences = of.sequences if insert else ()
    skipped = (*of.triggers, *of.cascades) if quiet else ()
    for key, names in (("fired", fired), ("skipped", skipped), ("sequences", sequences), ("deferred", of.deferred)):
        if names:
            told[key] = sorted({*told.get(key, ()), *names})


def _fires(context: Context, spec: RlsSpec) -> Generator[Effect, Any, dict[str, Fires] | Row]:
    tables = sorted({one.table for persona in spec.personas for one in (*persona.may, *persona.may_not)})
    if not tables:
        return {}
    answer: Rows = yield from ask(context, RunQuery(named="rls_fires", arguments={"tables": tables}))
    if answer.error is not None:
        return unknown("fires", answer.error)
    return {
        name: Fires(
            triggers=tuple(triggers), always=tuple(always), cascades=tuple(cascades), sequences=tuple(sequences),
            deferred=tuple(deferred),
        )
        for name, triggers, always, cascades, sequences, deferred in answer.rows
    }  # fmt: skip
