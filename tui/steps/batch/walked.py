"""A walk along a table's key: ranges of it, each a transaction, as many rows at a time as take the time that is wanted.

What is behind the walk is done: it is told with each commit (`tui.steps.walk`), so that an interrupted one goes on from
there, and no row is changed twice. Rows that are written meanwhile are what further walks are for, where `where` tells
them from those that are done.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final, Literal

from msgspec.structs import replace

from tui.journal.codes import FailReason, Replication
from tui.journal.events import StepProgress
from tui.sql.leaving import outlasts
from tui.steps.answers import CANCELED
from tui.steps.batch import keys
from tui.steps.batch.asking import Asking, Unanswered
from tui.steps.batch.chosen import chosen_key
from tui.steps.batch.pausing import pause
from tui.steps.batch.ranges import Range, Ranges, key_of_row
from tui.steps.batch.sizes import Size
from tui.steps.batch.spec import BatchSpec
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    Effect,
    Emit,
    Failed,
    Passed,
    RunTogether,
    RunTransaction,
    SqlError,
    SqlStatement,
    TxDone,
    Watched,
)
from tui.steps.locks import LOCK_NOT_AVAILABLE, gently, settings_of
from tui.steps.walk import Walk, reached

_WALKS: Final = 4
"""The first, and those that look for rows that were written meanwhile."""
_NAMED: Final = 10
_LAG: Final = 10.0
"""Seconds that a replica may be behind where the plan says nothing; from half of that on batches are small."""
_CONFLICTS: Final = frozenset({"40001", "40P01"})
_CONFLICTED: Final = 5
"""Tries of one batch that others' work has got in the way of."""
_DIVISION: Final = "22012"
_CHECK: Final = 2
"""The line of the statement that looks whether rows that are done are still meant: the change itself is in line 1."""


class Walker:
    """One attempt."""

    def __init__(self, context: Context, spec: BatchSpec) -> None:
        self.context = context
        self.spec = spec
        self.asking = Asking(context, spec)
        self.number = context.done
        self.walk = context.walk
        self.began = 0 if context.walk is None else context.walk.keys
        self.rows = 0
        """Changed by walks before the present one, in this attempt."""
        self.batches = 0
        self.size = Size(spec.target)
        self.checked = not spec.where
        self.took: tuple[float, int] | None = None
        """Seconds of the last round's longest batch, and rows of its largest."""
        self.total = None if context.walk is None or context.walk.number else context.walk.total
        """Keys of the first walk, where they are counted."""
        self.left: int | None = None
        self.named: list[str] = []
        self.replication: Replication | None = None
        self.last: TxDone | None = None
        self.settings = settings_of(context, spec)

    def run(self) -> StepRun:
        """Walk until nothing is left, or a batch fails."""
        try:
            key = yield from chosen_key(self.asking, self.spec)
            ranges = Ranges(self.asking, self.spec, key)
            while True:
                if self.walk is None or self.walk.whole:
                    begun = yield from self._begin(key)
                    if not begun:
                        return (yield from self._ended(key))
                next_ = yield from ranges.of(self._walking, self.size.rows)
                yield from ranges.prepare(self._walking, next_, self.size.rows)
                failed = yield from self._round(key, next_)
                if failed is not None:
                    return self._failed(FailReason.SQL_ERROR, failed.error)
                yield from self._count_total(key)
                yield Emit(event=self._progress())
                seen = yield from pause(self.context, self.spec, 0.0)
                if seen is None:
                    return self._failed(FailReason.CANCELLED, None)
                self._sized(seen)
        except Unanswered as unanswered:
            return self._failed(unanswered.reason, unanswered.error)

    def _begin(self, key: keys.WalkedKey) -> Generator[Effect, Any, bool]:
        """Begin the first walk, or a further one over what is still meant; False where there is nothing to walk."""
        before = self.walk
        if before is not None:
            if not self.spec.where:
                return False
            self.left = yield from self.asking.count(keys.counted(self.spec, meant=True))
            if not self.left or before.number + 1 >= _WALKS:
                return False
        found = yield from self.asking.rows(keys.last(self.spec, key, meant=before is not None))
        if not found.rows:
            self.left = 0 if self.spec.where else None
            return False
        number = 0
        if before is not None:
            # Rows that one walk has changed and that are meant all the same would be changed by each.
            self.rows, number, self.checked = self.rows + before.rows, before.number + 1, False
        self.walk = Walk(end=key_of_row(found.rows[0]), total=self.left, number=number)
        yield from self._count_total(key)
        return True

    def _count_total(self, key: keys.WalkedKey) -> Generator[Effect, Any, None]:
        """Count the keys of the walk, beside its first batches."""
        walk = self._walking
        if walk.total is not None:
            return
        sql = keys.counted(self.spec, key.compared("<=", key.literals(walk.end)), meant=walk.number > 0)
        counted = yield from self.asking.beforehand(sql)
        if counted is not None:
            self.total = int(counted.rows[0][0])
        elif walk.whole:
            self.total = yield from self.asking.count(sql)
        self.walk = replace(walk, total=self.total)

    @property
    def _walking(self) -> Walk:
        assert self.walk is not None
        return self.walk

    def _round(self, key: keys.WalkedKey, ranges: list[Range]) -> Generator[Effect, Any, TxDone | None]:
        """Carry them out beside each other; the one that failed for good. What took too long is left to be done by
        smaller ones."""
        work = [self._transaction(key, each) for each in ranges]
        if len(work) == 1:
            ended: tuple[TxDone, ...] = ((yield from self._alone(work[0])),)
        else:
            ended = yield RunTogether(transactions=tuple(work))
        failed: TxDone | None = None
        slow = False
        for each, done in zip(work, ended, strict=True):
            if len(work) > 1 and done.error is not None and done.error.sqlstate in {LOCK_NOT_AVAILABLE, *_CONFLICTS}:
                # What was in its way is gone, or it waits for that alone and gently.
                done = yield from self._alone(each)
            if not done.committed:
                if self._too_slow(each, done):
                    slow = True
                else:
                    failed = failed or done
                continue
            self.batches += 1
            self.walk = reached(self.walk, each.reach, done.rows)
            self.replication = done.replication or self.replication
            self.last = done
        if failed is None:
            self.checked = self.checked or (self._walking.number == 0 and any(done.rows for done in ended))
            longest = max(done.held or done.seconds for done in ended), max(each[2] for each in ranges)
            self.took = None if slow else longest
        elif failed.error is not None and (failed.error.sqlstate, failed.error.line) == (_DIVISION, _CHECK):
            raise Unanswered(FailReason.STILL_MEANT)
        return failed

    def _alone(self, work: RunTransaction) -> Generator[Effect, Any, TxDone]:
        """One batch, again after a conflict, which takes nothing with it."""
        for _number in range(_CONFLICTED):
            done, _tries = yield from gently(self.context, work, self.spec.lock_timeout, self.spec.retries)
            if done.committed or done.error is None or done.error.sqlstate not in _CONFLICTS:
                break
        return done

    def _too_slow(self, work: RunTransaction, done: TxDone) -> bool:
        late = done.error is not None and done.error.sqlstate == CANCELED
        return late and self.size.too_slow(done.seconds, self.spec.statement_timeout, int(work.reach["keys"]))

    def _transaction(self, key: keys.WalkedKey, of: Range) -> RunTransaction:
        after, upto, count = of
        walk = self._walking
        statements = [SqlStatement(text=keys.change(self.spec, key, after, upto))]
        if not self.checked:
            statements.append(SqlStatement(text=keys.consumed(self.spec, key, after, upto), line=_CHECK))
        number, self.number = self.number, self.number + 1
        reach = {
            "after": None if after is None else list(after), "upto": list(upto), "end": list(walk.end), "keys": count,
            "total": walk.total, "number": walk.number, "order": number,
        }  # fmt: skip
        return RunTransaction(
            statements=tuple(statements), settings=self.settings, statement=number, reach=reach
        )  # fmt: skip

    def _sized(self, seen: Watched) -> None:
        if self.took is not None:
            limit = _LAG if self.spec.max_lag is None else self.spec.max_lag
            lags = seen.lag is not None and seen.lag > limit / 2
            self.size.took(*self.took, gently=seen.strained or lags)

    def _ended(self, key: keys.WalkedKey) -> StepRun:
        """Nothing is left to walk: what still is meant is named."""
        if self.left:
            found = yield from self.asking.rows(keys.named(self.spec, key, _NAMED), FailReason.TOTAL_ERROR)
            self.named = [", ".join(map(str, row)) for row in found.rows]
            return self._failed(FailReason.ROWS_LEFT, None)
        commit = {"commit": self.last.witness} if self.last is not None else {}
        return Passed(evidence=self._evidence() | commit, effect="all" if self.number else "none")

    def _evidence(self) -> dict[str, Any]:
        walk = self.walk
        found: dict[str, Any] = {"batches": self.batches, "rows": self.rows, "resumed_at": self.began}
        if walk is not None:
            found |= {"rows": self.rows + walk.rows, "walks": walk.number + 1}
        found |= {"total": self.total} if self.total is not None else {}
        found |= {"replication": self.replication} if self.replication else {}
        found |= {"left": self.left} if self.left is not None else {}
        return found | ({"left_keys": self.named} if self.named else {})

    def _failed(self, reason: FailReason, error: SqlError | None) -> Failed:
        unknown = "unknown" if outlasts(self.spec.statement) else "none"
        effect: Literal["some", "none", "unknown"] = "some" if self.batches or self.context.done else unknown  # type: ignore[assignment]
        return Failed(reason=reason, evidence=self._evidence(), effect=effect, error=error)

    def _progress(self) -> StepProgress:
        walk = self._walking
        # Rows that came meanwhile are more than were counted.
        total = None if walk.total is None else float(max(walk.total, walk.keys))
        return StepProgress(
            step=self.context.step.id, attempt=self.context.attempt, done=float(walk.keys), total=total, unit="rows",
            phase=None if walk.number == 0 else f"walk {walk.number + 1}",
        )  # fmt: skip
