"""`query`: a read-only question whose answer is compared with what the plan expects."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import isfinite
from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason
from tui.plan.model import Proof
from tui.plan.scalars import Duration, Quantity
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.effects import Failed, Passed, Rows, RunQuery


class QuerySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Exactly one comparison; `equals`, `below` and `above` look at the first value of the first row."""

    sql: str
    equals: Any = None
    below: Quantity | None = None
    above: Quantity | None = None
    empty: bool | None = None
    not_empty: bool | None = None
    timeout: Duration = 60.0
    row_security: str = "on"


COMPARISONS = ("equals", "below", "above", "empty", "not_empty")


def same(value: Any, wanted: Any) -> bool:
    """Whether a value of the server is what the plan wrote: numbers as numbers, everything else as text."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return str(value).lower() == str(wanted).lower()
    if isinstance(value, Decimal) and isinstance(wanted, float):
        # 0.1 in the plan means the decimal that was written, not the binary fraction next to it.
        return value == Decimal(str(wanted))
    if isinstance(value, (int, float, Decimal)) and isinstance(wanted, (int, float)):
        return bool(value == wanted)
    return str(value) == str(wanted)


def holds(spec: QuerySpec | Proof, rows: Rows) -> bool:
    """Whether the answer is the expected one."""
    if spec.empty is not None:
        return bool((rows.count == 0) == spec.empty)
    if spec.not_empty is not None:
        return bool((rows.count > 0) == spec.not_empty)
    if not rows.rows or rows.rows[0][0] is None:
        return False
    value = rows.rows[0][0]
    below, above = getattr(spec, "below", None), getattr(spec, "above", None)
    try:
        if below is not None:
            return float(value) < float(below)
        if above is not None:
            return float(value) > float(above)
    except (TypeError, ValueError):
        return False
    return same(value, spec.equals)


def _neutral(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    return value if isinstance(value, (int, str)) or value is None else str(value)


def evidence_of(rows: Rows) -> dict[str, Any]:
    """The answer as neutral data: at most ten rows, values as text where JSON has no type for them."""
    kept = [[_neutral(value) for value in row] for row in rows.rows[:10]]
    return {"columns": list(rows.columns), "rows": kept, "count": rows.count, "seconds": rows.seconds}


def execute(context: Context, spec: QuerySpec) -> StepRun:
    """Ask, compare."""
    rows: Rows = yield RunQuery(
        sql=spec.sql, role=context.step.as_, row_security=spec.row_security == "on", timeout=spec.timeout
    )
    if rows.error is not None:
        return Failed(reason=FailReason.SQL_ERROR, error=rows.error)
    evidence = evidence_of(rows) | {
        "expected": {k: getattr(spec, k) for k in COMPARISONS if getattr(spec, k) is not None}
    }
    if holds(spec, rows):
        return Passed(evidence=evidence)
    return Failed(reason=FailReason.NOT_AS_EXPECTED, evidence=evidence)


def lint(lint: Lint) -> Iterable[Finding]:
    """Exactly one comparison."""
    given = [key for key in COMPARISONS if getattr(lint.spec, key) is not None]
    if len(given) != 1:
        yield Finding(code="query-comparison", message=f"query needs exactly one of {', '.join(COMPARISONS)}")


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """The first value and what was expected."""
    rows = evidence.get("rows") or [[None]]
    return [("value", str(rows[0][0])), ("expected", str(evidence.get("expected", "")))]


KIND = Kind(name="query", spec=QuerySpec, execute=execute, lint=lint, facts=facts)
