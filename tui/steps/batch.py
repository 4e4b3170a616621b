"""`batch`: a statement repeated, each time in a transaction of its own, until it changes no row.

Throttled by guards and replication lag; taken up again after a crash where it was, because what it selects is what
is left to do.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason, WaitReason
from tui.journal.events import StepProgress, StepWaiting
from tui.plan.scalars import Duration
from tui.sql.classify import needs_no_transaction
from tui.sql.question import review_question
from tui.sql.review import review
from tui.sql.script import read_script
from tui.steps.answers import answers, ask
from tui.steps.base import Context, Finding, Kind, Lint, StepRun
from tui.steps.effects import (
    Effect,
    Emit,
    Failed,
    Passed,
    RunQuery,
    RunTransaction,
    Sleep,
    Statement,
    Watch,
    Watched,
)
from tui.steps.locks import gently
from tui.steps.sql import settings_of


class BatchSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`sql` changes some rows each time; `total` counts what is left; `pause` seconds between; `max_lag` seconds."""

    sql: str
    pause: Duration = 0.1
    max_lag: Duration | None = None
    total: str | None = None
    lock_timeout: Duration | None = 0.5
    retries: int = 20
    statement_timeout: Duration | None = 60.0
    row_security: Literal["off", "on"] = "off"


def execute(context: Context, spec: BatchSpec) -> StepRun:
    """Batches until one changes nothing; a failed one leaves the earlier ones in place and says so."""
    total: int | None = None
    if spec.total is not None:
        asked = RunQuery(sql=spec.total, role=context.step.as_, row_security=spec.row_security == "on")
        left = yield from ask(context, asked)
        if left.error is not None:
            reason = FailReason.TOTAL_ERROR if answers(left.error) else FailReason.NOT_ANSWERED
            return Failed(reason=reason, effect="some" if context.done else "none", error=left.error)
        total = _count(left.rows[0][0]) if left.rows else None
    rows, number = 0, context.done
    began = context.done
    statement = Statement(text=spec.sql)
    while True:
        work = RunTransaction(statements=(statement,), settings=settings_of(context, spec), statement=number)
        done, _ = yield from gently(context, work, spec.lock_timeout, spec.retries)
        evidence = {"batches": number - began, "rows": rows, "resumed_at": began, "total": total}
        if not done.committed:
            effect: Literal["some", "none"] = "some" if number else "none"
            return Failed(reason=FailReason.SQL_ERROR, evidence=evidence | done.lock, effect=effect, error=done.error)
        number += 1
        rows += done.rows
        if done.rows == 0:
            evidence = {"batches": number - began, "rows": rows, "resumed_at": began, "total": total}
            return Passed(evidence=evidence | {"commit": done.witness}, effect="all" if rows or began else "none")
        yield Emit(
            event=StepProgress(
                step=context.step.id, attempt=context.attempt, done=float(rows), total=total, unit="rows"
            )
        )
        stopped = yield from _pause(context, spec)
        if stopped:
            return Failed(
                reason=FailReason.CANCELLED,
                evidence=evidence | {"rows": rows, "batches": number - began},
                effect="some",
            )


def _count(value: Any) -> int | None:
    """A number of rows; None for what is none, which is no reason not to begin."""
    try:
        return int(value)
    except (TypeError, ValueError, ArithmeticError):
        return None


def _pause(context: Context, spec: BatchSpec) -> Generator[Effect, Any, bool]:
    """Wait the plan's pause, and longer while a guard is breached or a standby lags; True when asked to stop."""
    if spec.pause:
        stopped = yield Sleep(seconds=spec.pause, compressible=True)
        if stopped:
            return True
    waiting = False
    while True:
        seen: Watched = yield Watch()
        reason, facts = WaitReason.NONE, {}
        if seen.breached:
            reason, facts = WaitReason.THROTTLED_BY_GUARD, dict(seen.breached[0])
        elif spec.max_lag is not None and seen.lag_unknown:
            # Nobody sees how far the replicas are, or the last look was too long ago: that is no lag of zero.
            reason, facts = WaitReason.LAG_UNKNOWN, {"limit_s": spec.max_lag}
        elif spec.max_lag is not None and seen.lag is not None and seen.lag > spec.max_lag:
            reason, facts = WaitReason.REPLICATION_LAG, {"lag_s": seen.lag, "limit_s": spec.max_lag}
        if not reason:
            if waiting:
                yield Emit(event=StepWaiting(step=context.step.id, attempt=context.attempt, reason=WaitReason.NONE))
            return False
        if not waiting:
            waiting = True
            event = StepWaiting(step=context.step.id, attempt=context.attempt, reason=reason, facts=facts)
            yield Emit(event=event)
        stopped = yield Sleep(seconds=1.0, compressible=False)
        if stopped:
            return True


def lint(lint: Lint) -> Iterable[Finding]:
    """One statement that may run in a transaction."""
    spec: BatchSpec = lint.spec
    script = read_script(spec.sql)
    for found in review(script, "single", "batch"):
        yield Finding(code=found.code, message=found.message, key="sql", level=found.level)
    for found in review_question(spec.total) if spec.total is not None else ():
        yield Finding(code=found.code.replace("_", "-"), message=found.message, key="total", level=found.level)
    if len(script.statements) != 1 or any(needs_no_transaction(s) for s in script.statements):
        yield Finding(code="batch-statement", message="batch needs exactly one statement", key="sql")


def facts(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Batches and rows."""
    return [(key, str(evidence[key])) for key in ("batches", "rows", "total", "resumed_at") if key in evidence]


KIND = Kind(
    name="batch", spec=BatchSpec, execute=execute, fence="statements", changes=True, repeat="always", short="sql",
    lint=lint, facts=facts,
)  # fmt: skip
