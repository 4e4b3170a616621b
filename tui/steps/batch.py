"""`batch`: a statement repeated, each time in a transaction of its own, until it changes no row.

Throttled by guards and replication lag; taken up again after a crash where it was, because what it selects is what
is left to do.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Literal

from msgspec import Struct

from tui.journal.codes import FailReason, Replication, WaitReason
from tui.journal.events import StepProgress
from tui.plan.kinds import Finding, Kind, Lint, Needs, Read
from tui.plan.scalars import Duration
from tui.said import N_
from tui.sql.classify import needs_no_transaction
from tui.sql.leaving import outlasts
from tui.sql.script import read_script
from tui.sql.touched import Touches
from tui.steps.answers import answers, ask
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    Countable,
    Counts,
    Effect,
    Emit,
    Failed,
    Passed,
    RunQuery,
    RunTransaction,
    Sleep,
    SqlStatement,
    TxDone,
    Watch,
    Watched,
)
from tui.steps.locks import gently, lint_tolerance, settings_of
from tui.steps.touched import Looking
from tui.steps.values import number_of


class BatchSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each batch is one transaction: a statement that takes a second or less keeps nobody waiting for long."""

    sql: str
    """The statement, which changes some rows each time (`... where region is null limit 500`, by a key or ctid) and
    none when all is done. `batch: "update ..."` is short for it."""
    pause: Duration = 0.1
    """How long it rests between two batches, beyond the waits for guards, locks and replicas."""
    max_lag: Duration | None = None
    """It waits while a replica is further behind than this, or while nobody knows how far."""
    total: str | None = None
    """A query that counts the rows that are left, for the progress; it has not passed while this is not 0."""
    lock_timeout: Duration | None = 0.5
    """How long a batch waits for a lock; then it gives way and is tried again, as `retries` says. `0` is no limit. With
    its unit: `500ms`, `2s`."""
    retries: int = 20
    """How often one batch is tried again after a lock was not to be had in time."""
    statement_timeout: Duration | None = 60.0
    """How long one batch may take, as PostgreSQL's setting of this name; `0` is no limit."""
    row_security: Literal["off", "on"] = "off"
    """`off`: a statement that row-level security would cut short is an error, so that not half of the rows are meant
    unnoticed. `on`: policies apply as they do for the application."""


def execute(context: Context, spec: BatchSpec) -> StepRun:
    """Batches until one changes nothing; a failed one leaves the earlier ones in place and says so."""
    return (yield from _Batches(context, spec).run())


_LONGEST_COUNT = 18
"""Digits behind the first of a number that can be one of rows."""
_IDLE = 2
"""Batches in a row that change nothing while rows are left."""
_STUCK, _STUCK_WITH_FEW, _FEW = 3, 20, 100
"""Looks in a row at which as many rows are left as at first; more of them where there were only a few."""


class _Batches:
    """One attempt: what is done, and what is left as far as `total` tells.

    What a batch changes is taken from its command tag where that is the truth. Where the statement writes to several
    tables, where a trigger may send rows elsewhere, or a function does the work, the server's own count of rows says
    whether anything was changed. Whether all is done `total` is asked again at the end, and when as much is done as
    there was: what does not become less never ends.
    """

    def __init__(self, context: Context, spec: BatchSpec) -> None:
        self.context = context
        self.spec = spec
        self.number = self.began = context.done
        self.rows = 0
        self.total: int | None = None
        self.left: int | None = None
        """Rows at the last look."""
        self.since = 0
        """Rows done since then."""
        self.idle = self.stuck = 0
        self.replication: Replication | None = None
        self.settings = settings_of(context, spec)
        self.statement = SqlStatement(text=spec.sql)

    def run(self) -> StepRun:
        failed = yield from self._look()
        if failed is not None:
            return failed
        self.total = self.left
        counts: Counts = yield Countable(statement=self.statement, settings=self.settings)
        while True:
            done = yield from self._one(counts)
            if not done.committed:
                return self._failed(FailReason.SQL_ERROR, done)
            rows = _changed(done, counts)
            self.replication = done.replication or self.replication
            self.number += 1
            self.rows += rows or 0
            self.since += rows or 0
            if not rows or (self.left is not None and self.since > self.left):
                failed = yield from self._look()
                if failed is not None:
                    return failed
                if rows is None and self.left is None:
                    return self._failed(FailReason.ROWS_UNCOUNTED, done)
                if not rows and not self.left:
                    return self._passed(done)
                if self._stands(rows):
                    return self._failed(FailReason.ROWS_LEFT, done)
            yield Emit(event=self._progress())
            stopped = yield from _pause(self.context, self.spec)
            if stopped:
                return self._failed(FailReason.CANCELLED, done)

    def _stands(self, rows: int | None) -> bool:
        """Whether nothing more is to be expected: batches that change nothing while rows are left, or, look after look,
        no fewer rows left than there were at first. Rows that are added meanwhile are done by further batches."""
        self.idle = self.idle + 1 if rows == 0 else 0
        more = self.total is not None and self.left is not None and self.left >= self.total
        self.stuck = self.stuck + 1 if more else 0
        return self.idle > _IDLE or self.stuck >= (_STUCK if (self.total or 0) >= _FEW else _STUCK_WITH_FEW)

    def _one(self, counts: Counts) -> Generator[Effect, Any, TxDone]:
        work = RunTransaction(
            statements=(self.statement,), settings=self.settings, statement=self.number, counted=counts != "tag"
        )  # fmt: skip
        done, _tries = yield from gently(self.context, work, self.spec.lock_timeout, self.spec.retries)
        return done

    def _look(self) -> Generator[Effect, Any, Failed | None]:
        """How many rows are left, by `total`; Failed where that could not be asked."""
        if self.spec.total is None:
            return None
        row_security = self.spec.row_security == "on"
        query = RunQuery(sql=self.spec.total, role=self.context.step.as_, row_security=row_security, printed=True)
        found = yield from ask(self.context, query)
        if found.error is not None:
            reason = FailReason.TOTAL_ERROR if answers(found.error) else FailReason.NOT_ANSWERED
            evidence = self._evidence() if self.number > self.began else {}
            return Failed(reason=reason, evidence=evidence, effect=self._effect(), error=found.error)
        self.left = _count(found.rows[0][0]) if found.rows and found.rows[0] else None
        self.since = 0
        return None

    def _evidence(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "batches": self.number - self.began,
            "rows": self.rows,
            "resumed_at": self.began,
            "total": self.total,
        }
        looked = self.left is not None and self.number > self.began and self.since == 0
        found |= {"replication": self.replication} if self.replication else {}
        return found | ({"left": self.left} if looked else {})

    def _effect(self) -> Literal["some", "none", "unknown"]:
        return "some" if self.number else "unknown" if outlasts(self.spec.sql) else "none"

    def _failed(self, reason: FailReason, done: TxDone) -> Failed:
        evidence = self._evidence()
        return Failed(reason=reason, evidence=evidence, effect=self._effect(), error=done.error)

    def _passed(self, done: TxDone) -> Passed:
        evidence = self._evidence() | {"commit": done.witness}
        return Passed(evidence=evidence, effect="all" if self.rows or self.began else "none")

    def _progress(self) -> StepProgress:
        return StepProgress(
            step=self.context.step.id, attempt=self.context.attempt, done=float(self.rows), total=self.total,
            unit="rows",
        )  # fmt: skip


def _changed(done: TxDone, counts: Counts) -> int | None:
    """How many rows a batch changed; 0 when there was nothing to change, None where nobody can tell."""
    if counts == "tag":
        return done.rows
    if done.changed is None:
        # This server does not count.
        return done.claimed
    if counts == "own" and done.claimed is not None:
        # A function that says how much it did. The server does not count what is done in another database.
        return done.claimed if done.changed or not done.claimed else None
    if 0 < (done.claimed or 0) <= done.changed:
        return done.claimed
    return done.returned if 1 < done.returned <= done.changed else done.changed


def _count(value: Any) -> int | None:
    """A number of rows; None for what is none, which is no reason not to begin."""
    number = None if value is None else number_of(str(value))
    if number is None or not number.is_finite() or number.adjusted() > _LONGEST_COUNT:
        return None
    return int(number)


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
                yield context.waits(WaitReason.NONE)
            return False
        if not waiting:
            waiting = True
            yield context.waits(reason, facts)
        stopped = yield Sleep(seconds=1.0, compressible=False)
        if stopped:
            return True


def lint(lint: Lint) -> Iterable[Finding]:
    """One statement that may run in a transaction."""
    from tui.sql.question import review_question
    from tui.sql.review import review

    spec: BatchSpec = lint.spec
    yield from lint_tolerance(lint, patient=False)
    script = read_script(spec.sql)
    for found in review(script, "single", TEXTS):
        yield Finding(code=found.code, said=found.message, key="sql", level=found.level)
    for found in review_question(spec.total) if spec.total is not None else ():
        yield Finding(code=found.code.replace("_", "-"), said=found.message, key="total", level=found.level)
    first = script.statements[0].words[:1] if script.statements else ()
    if spec.total is None and first and first[0] not in ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH"):
        yield Finding(code="batch-total", key="sql", level="warning")
    if len(script.statements) != 1 or any(needs_no_transaction(s) for s in script.statements):
        yield Finding(code="batch-statement", key="sql")


def needs(spec: BatchSpec) -> Needs:
    """How far replicas are behind, where it waits for them."""
    return Needs(measured=frozenset() if spec.max_lag is None else frozenset({"lag"}))


def script(spec: BatchSpec, read: Read) -> str:
    """The statement."""
    return spec.sql


def touches(spec: BatchSpec, looking: Looking) -> Touches:
    """Of the statement and of what counts its rows."""
    return looking.text(";\n".join(text for text in (spec.sql, spec.total) if text is not None))


def facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Batches and rows."""
    return [(key, evidence[key]) for key in ("batches", "rows", "total", "left", "resumed_at") if key in evidence]


TEXTS = {
    "batch-total": N_("What such a statement changes cannot always be counted; say in `total` how many rows are left."),
    "batch-statement": N_("batch needs exactly one statement"),
    FailReason.ROWS_LEFT: N_("rows are left over that it does not change"),
    FailReason.ROWS_UNCOUNTED: N_("what it changes cannot be counted, nor whether all is done"),
    FailReason.TOTAL_ERROR: N_("the total could not be counted"),
    "transaction_control": N_("{what} would break up the transaction of a batch; take it out."),
    "needs_no_transaction": N_(
        "This statement cannot run inside a transaction, and a batch is one: {what}. Put it into a `sql` step "
        "with `transaction: per_statement`."
    ),
    "commits_inside": N_(
        "{what} ends a transaction by itself, which the server refuses inside another one (2D000), and a batch "
        "is one; make it a `sql` step with `transaction: script`."
    ),
    "may_commit_inside": N_(
        "{what} fails here if the procedure ends a transaction by itself (2D000); then a `sql` step with "
        "`transaction: script` works."
    ),
}

KIND = Kind(
    name="batch", spec=BatchSpec, execute=execute, fence="statements", changes=True, window="always", repeat="always",
    short="sql", verbatim=("sql",), row_security=lambda spec: bool(spec.row_security == "on"),
    own_progress=True, commit_tells=True, texts=TEXTS, script=script,
    lint=lint, needs=needs, touches=touches, facts=facts,
)  # fmt: skip
