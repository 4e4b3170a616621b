"""`fingerprint`: what is in the database at one moment, to be compared with later: its catalogue, the rows of the
tables that the plan concerns, and what the plan says stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.kinds import Finding, Kind, Lint, Needs
from tui.plan.scalars import Duration
from tui.said import N_
from tui.sql.question import review_question
from tui.steps.answers import answers
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Passed, SqlError, TakeFingerprint
from tui.steps.fingerprints import NAMED, TOLD, ask_all, keep, not_read, take, without
from tui.steps.tables import Tables, tables_of


class FingerprintSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole catalogue is told: tables, columns, constraints, indexes, types, functions, views, triggers, policies,
    grants, roles, sequences, publications, comments, what belongs to the database itself, ... Large objects are counted
    only.
    """

    content: Literal["hashes", "counts", "none"] | None = None
    """What of the tables' rows: `hashes` of them, `counts`, or `none`. Where nothing is said hashes while the
    application is stopped (`quiesce`), for only then they can be compared, and counts otherwise."""
    tables: tuple[str, ...] = ()
    """Whose rows, with their schemas: `app.orders`, `app.*`. Where nothing is said those that the plan's steps change
    or name."""
    ignore: tuple[str, ...] = ()
    """What is left out: objects such as `app.events_2026*`, or with the family `roles *`."""
    within: Duration = 60.0
    """For how long rows are read; tables for which no time was left are named."""
    invariants: dict[str, str] = {}
    """Questions by name whose answers stay as they are whatever the application writes meanwhile."""


def execute(context: Context, spec: FingerprintSpec) -> StepRun:
    """Take it, in one moment, and keep it as a file of the run's artifacts."""
    rows = spec.content or ("hashes" if context.quiesced else "counts")
    tables, about = spec.tables, {}
    if rows != "none" and not tables:
        known = yield from tables_of(context)
        if known.error is not None:
            return _failed(known.error)
        tables, about = tuple(table.shown for table in known.tables), _untold(known)
    effect = TakeFingerprint(
        tables=tables if rows != "none" else (), rows="hashes" if rows == "hashes" else "counts", within=spec.within,
        role=context.step.as_,
    )  # fmt: skip
    taken = yield from take(context, effect)
    if taken.error is not None:
        return _failed(taken.error)
    questions = spec.invariants
    values, error = yield from ask_all(context, questions, spec.within)
    if error is not None:
        return _failed(error)
    found = without(taken.found, spec.ignore) | {"invariants": values, "questions": questions}
    told = yield from keep(context, found, rows if found["tables"] else "none", context.quiesced)
    lacking = list(not_read(found))
    counted = [(name, facts["count"]) for name, facts in found["tables"].items() if "count" in facts]
    told |= {
        "objects": sum(len(of) for of in found["families"].values()), "tables": dict(counted[:NAMED]),
        "tables_count": len(counted),
    }  # fmt: skip
    if values:
        told["invariants"] = values
    if lacking:
        told |= {"not_compared": lacking[:NAMED], "not_compared_count": len(lacking)}
    return Passed(evidence={TOLD: told | about, "seconds": taken.seconds})


def _failed(error: SqlError) -> Failed:
    return Failed(reason=FailReason.SQL_ERROR if answers(error) else FailReason.NOT_ANSWERED, error=error)


def _untold(known: Tables) -> dict[str, Any]:
    """What of the plan's tables is not among those that were read."""
    told = {"missing": list(known.missing[:NAMED]), "untold": list(known.untold[:NAMED]), "more": known.more}
    return {key: value for key, value in told.items() if value}


def lint(lint: Lint) -> Iterable[Finding]:
    """Questions that only ask; tables and what is not read at all contradict each other."""
    spec: FingerprintSpec = lint.spec
    if spec.content == "none" and spec.tables:
        yield Finding(code="fingerprint-tables", key="tables")
    for name, sql in spec.invariants.items():
        for found in review_question(sql):
            yield Finding(
                code=found.code.replace("_", "-"), said=found.message, key=f"invariants.{name}", level=found.level
            )


def _takes(spec: FingerprintSpec) -> bool:
    return True


def needs(spec: FingerprintSpec) -> Needs:
    """The tables that it names one by one."""
    return Needs(tables=tuple(name for name in spec.tables if "*" not in name and "." in name))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """How much it tells of, and where it lies."""
    told = evidence.get(TOLD) or {}
    named = ("objects", "tables_count", "rows", "file", "sha256")
    return [(key, told[key]) for key in named if key in told]


TEXTS = {"fingerprint-tables": N_("'tables' says whose rows are read, and 'content: none' that none are")}

KIND = Kind(
    name="fingerprint", spec=FingerprintSpec, execute=execute, patient=True, takes_fingerprint=_takes, texts=TEXTS,
    lint=lint, needs=needs, facts=facts,
)  # fmt: skip
