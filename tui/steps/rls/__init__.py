"""Row-level security, in force and in its behaviour: the catalogue is asked, and the server as somebody of the
application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.said import N_, Quoted
from tui.sql.script import read_script
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Passed
from tui.steps.fingerprints import NAMED
from tui.steps.rls.behaviour import behave, statement_of, wanted_of
from tui.steps.rls.spec import AttemptSpec, RlsSpec
from tui.steps.rls.structure import as_before, as_planned, bypassing, exposed, found_tables, switched_on
from tui.steps.touched import nothing

_ATTEMPTS = ("insert", "update", "delete")


def execute(context: Context, spec: RlsSpec) -> StepRun:
    """All of it, also after something did not hold: a list of what is wrong is worth more than the first."""
    tables, rows = yield from found_tables(context, spec)
    rows += switched_on(spec, tables)
    for part in (as_planned, as_before, exposed):
        rows += yield from part(context, spec)
    rows += yield from bypassing(context, spec, tables)
    told: dict[str, Any] = {}
    rows += yield from behave(context, spec, told)
    rows.sort(key=lambda found: _RANK[found["holds"]])
    failed, unanswered = (sum(found["holds"] is held for found in rows) for held in (False, None))
    counts = {"checks": len(rows), "failed": failed, "unanswered": unanswered}
    evidence: dict[str, Any] = {
        "checks": rows[:NAMED], "tables": [table[1] for table in tables[:NAMED]], "tried": counts | told,
    }  # fmt: skip
    if failed:
        return Failed(reason=FailReason.CHECK_FAILED, evidence=evidence)
    if unanswered:
        return Failed(reason=FailReason.NOT_ANSWERED, evidence=evidence)
    return Passed(evidence=evidence)


_RANK: dict[bool | None, int] = {False: 0, None: 1, True: 2}


def lint(lint: Lint) -> Iterator[Finding]:
    """Something to look at; what is asked and tried is one statement each."""
    spec: RlsSpec = lint.spec
    if spec.with_ is not None:
        of = lint.before(spec.with_)
        if spec.with_ not in lint.kinds_of_steps or (of is not None and not of.kind.takes_fingerprint(of.spec)):
            yield Finding(code="rls-with", facts={"with": Quoted(spec.with_)}, key="with")
    elif spec.expect:
        yield Finding(code="rls-expect", key="expect")
    for place, persona in enumerate(spec.personas):
        at = f"personas.{place}"
        if not persona.sees and not persona.may and not persona.may_not:
            yield Finding(code="rls-persona", facts={"name": Quoted(persona.name)}, key=at)
        for table, sees in persona.sees.items():
            wanted = list(wanted_of(sees))
            if not wanted:
                yield Finding(code="rls-sees", facts={"table": Quoted(table)}, key=f"{at}.sees.{table}")
            for key, value in wanted:
                if isinstance(value, str) and not _one(f"select ({value}\n)", ("SELECT",)):
                    facts = {"condition": Quoted(value)}
                    yield Finding(code="rls-condition", facts=facts, key=f"{at}.sees.{table}.{key}")
        yield from _attempts(persona.may, f"{at}.may")
        yield from _attempts(persona.may_not, f"{at}.may_not")


def _attempts(attempts: Iterable[AttemptSpec], at: str) -> Iterator[Finding]:
    for place, attempt in enumerate(attempts):
        given = [key for key in _ATTEMPTS if getattr(attempt, key) is not None]
        if len(given) != 1 or not _one(statement_of(attempt), (given[0].upper(),)):
            yield Finding(code="rls-attempt", facts={"table": Quoted(attempt.table)}, key=f"{at}.{place}")


def _one(sql: str, words: tuple[str, ...]) -> bool:
    """Whether it is one statement that begins like this."""
    script = read_script(sql)
    return not script.errors and [statement.words[:1] for statement in script.statements] == [words]


def needs(spec: RlsSpec) -> Needs:
    """The tables that it names, and the roles that it becomes."""
    named = {*spec.policies, *(table for persona in spec.personas for table in persona.sees)}
    named |= {one.table for persona in spec.personas for one in (*persona.may, *persona.may_not)}
    named |= {name for name in spec.tables if "*" not in name}
    return Needs(tables=tuple(sorted(named)), roles=tuple(dict.fromkeys(persona.role for persona in spec.personas)))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """What did not hold and what nobody knows; then which tables, and what trying set going."""
    rows = [(check["name"], check) for check in evidence.get("checks", ()) if check["holds"] is not True]
    return rows + [(key, evidence[key]) for key in ("tables", "tried") if key in evidence]


def _compares(spec: RlsSpec) -> bool:
    return True


TEXTS = {
    "rls-with": N_("'with' must name a step that takes a fingerprint; {with} is none"),
    "rls-expect": N_("'expect' says what differs from a fingerprint, and 'with' which one; write both"),
    "rls-persona": N_("nothing is said of what {name} sees and may write"),
    "rls-sees": N_("nothing is said of what is seen of {table}: only, some, exactly or count"),
    "rls-condition": N_("{condition} is no single condition"),
    "rls-attempt": N_("of {table} exactly one of insert, update and delete is tried, and it is one statement"),
}

KIND = Kind(
    name="rls", spec=RlsSpec, execute=execute, roleless=True, patient=True, compares=_compares, short="tables",
    texts=TEXTS, lint=lint, needs=needs, touches=nothing, facts=facts,
)  # fmt: skip
