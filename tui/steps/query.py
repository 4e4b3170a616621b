"""`query`: a read-only question whose answer is compared with what the plan expects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.journal.cut import REPEATED, cut
from tui.plan.kinds import Finding, Kind, Lint
from tui.plan.model import Proof
from tui.plan.scalars import Duration, Quantity
from tui.said import N_
from tui.sql.question import review_question
from tui.sql.touched import Touches
from tui.steps import values
from tui.steps.answers import answers, ask
from tui.steps.context import Context, StepRun
from tui.steps.effects import Failed, Passed, Rows, RunQuery
from tui.steps.touched import Looking


class QuerySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one comparison."""

    sql: str
    """The question; it is asked in a transaction that only reads."""
    equals: Any = None
    """The first value of the first row is this, as psql would print it: `0`, `t`, `"{1,2}"`; numbers as numbers."""
    below: Quantity | None = None
    """That value, a number or an interval, is less than this: `5`, `70%`, `5s`."""
    above: Quantity | None = None
    """That value, a number or an interval, is more than this."""
    empty: bool | None = None
    """There is no row."""
    not_empty: bool | None = None
    """There is a row at least."""
    timeout: Duration = 60.0
    """How long the question may take."""
    row_security: str = "on"
    """`on`: policies apply to the question as they do for the application. `off`: an answer that they would cut short
    is an error."""


COMPARISONS = ("equals", "below", "above", "empty", "not_empty")
_KEPT = 10
"""Rows that become evidence, of long values the beginning."""


def holds(spec: QuerySpec | Proof, rows: Rows) -> bool:
    """Whether the answer, printed, is the expected one. No row, or NULL, is nothing that a plan can write."""
    if spec.empty is not None:
        return bool((rows.count == 0) == spec.empty)
    if spec.not_empty is not None:
        return bool((rows.count > 0) == spec.not_empty)
    if not rows.rows or not rows.rows[0]:
        return False
    value, type_ = rows.rows[0][0], rows.types[0]
    limits = getattr(spec, "below", None), getattr(spec, "above", None)
    if limits[0] is not None:
        return values.below(value, type_, limits[0])
    if limits[1] is not None:
        return values.above(value, type_, limits[1])
    return values.same(value, type_, spec.equals)


def evidence_of(rows: Rows) -> dict[str, Any]:
    """The answer as neutral data: the names of its columns, at most ten rows of what the server printed."""
    kept = [[cut(value, REPEATED) for value in row] for row in rows.rows[:_KEPT]]
    return {"columns": list(rows.columns), "rows": kept, "count": rows.count, "seconds": rows.seconds}


def expected_of(spec: QuerySpec | Proof) -> dict[str, Any]:
    """The comparison that the plan makes."""
    return {key: getattr(spec, key) for key in COMPARISONS if getattr(spec, key, None) is not None}


def execute(context: Context, spec: QuerySpec) -> StepRun:
    """Ask, values. A question that could not be put is no answer: it failed as a question, and says nothing."""
    rows = yield from ask(
        context,
        RunQuery(
            sql=spec.sql, role=context.step.as_, row_security=spec.row_security == "on", timeout=spec.timeout,
            printed=True,
        ),
    )  # fmt: skip
    if rows.error is not None:
        reason = FailReason.SQL_ERROR if answers(rows.error) else FailReason.NOT_ANSWERED
        return Failed(reason=reason, evidence={"expected": expected_of(spec)}, error=rows.error)
    evidence = evidence_of(rows) | {"expected": expected_of(spec)}
    if holds(spec, rows):
        return Passed(evidence=evidence)
    return Failed(reason=FailReason.NOT_AS_EXPECTED, evidence=evidence)


def lint(lint: Lint) -> Iterable[Finding]:
    """Exactly one comparison, and a question that only asks."""
    given = [key for key in COMPARISONS if getattr(lint.spec, key) is not None]
    if len(given) != 1:
        yield Finding(code="query-comparison", facts={"keys": COMPARISONS})
    for found in review_question(lint.spec.sql):
        yield Finding(code=found.code.replace("_", "-"), said=found.message, key="sql", level=found.level)


def touches(spec: QuerySpec, looking: Looking) -> Touches:
    """Of the question."""
    return looking.text(spec.sql)


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """The first value, what was expected, and how many rows there were."""
    found: list[tuple[str, Any]] = []
    rows = evidence.get("rows") or []
    if rows and rows[0]:
        found.append(("value", "NULL" if rows[0][0] is None else rows[0][0]))
    if evidence.get("expected"):
        found.append(("expected", evidence["expected"]))
    if "count" in evidence:
        found.append(("rows", evidence["count"]))
    return found


TEXTS = {
    "query-comparison": N_("query needs exactly one of {keys}"),
    FailReason.NOT_AS_EXPECTED: N_("the result is not the expected one"),
}

KIND = Kind(
    name="query", spec=QuerySpec, execute=execute, verbatim=("sql",),
    row_security=lambda spec: bool(spec.row_security == "on"), asks=True, texts=TEXTS, lint=lint,
    touches=touches, facts=facts,
)  # fmt: skip
