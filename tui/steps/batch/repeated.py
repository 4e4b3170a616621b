"""A statement repeated, each time in a transaction of its own, until it changes no row. Taken up again where it was,
because what it selects is what is left to do."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Literal

from tui.journal.codes import FailReason, Replication
from tui.journal.events import StepProgress
from tui.sql.leaving import outlasts
from tui.steps.answers import answers, ask
from tui.steps.batch.pausing import pause
from tui.steps.batch.spec import BatchSpec
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
    SqlStatement,
    TxDone,
)  # fmt: skip
from tui.steps.locks import gently, settings_of
from tui.steps.values import number_of

_PAUSE = 0.1
_LONGEST_COUNT = 18
"""Digits behind the first of a number that can be one of rows."""
_IDLE = 2
"""Batches in a row that change nothing while rows are left."""
_STUCK, _STUCK_WITH_FEW, _FEW = 3, 20, 100
"""Looks in a row at which as many rows are left as at first; more of them where there were only a few."""


class RepeatedBatches:
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
            seen = yield from pause(self.context, self.spec, _PAUSE)
            if seen is None:
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
