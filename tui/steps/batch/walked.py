"""A walk along a table's key: ranges of it, each a transaction, as many rows at a time as take the time that is wanted.

What is behind the walk is done: it is told with each commit (`tui.steps.walk`), so that an interrupted one goes on from
there, and no row is changed twice. Rows that are written meanwhile are what further walks are for, where `where` tells
them from those that are done.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final, Literal

from tui.journal.codes import FailReason, Replication
from tui.journal.events import StepProgress
from tui.sql.leaving import outlasts
from tui.sql.quoting import literal
from tui.steps.answers import answers, ask
from tui.steps.batch import keys
from tui.steps.batch.pausing import pause
from tui.steps.batch.spec import BatchSpec
from tui.steps.context import Context, StepRun
from tui.steps.effects import (
    Effect,
    Emit,
    Failed,
    Passed,
    Rows,
    RunQuery,
    RunTogether,
    RunTransaction,
    SqlError,
    SqlStatement,
    TxDone,
    Watched,
)
from tui.steps.locks import LOCK_NOT_AVAILABLE, gently, settings_of
from tui.steps.walk import Key, Walk, gaps, reached

_FIRST: Final = 1000
_LEAST: Final = 100
_MOST: Final = 2_000_000
"""Rows of a batch."""
_FASTER: Final = 4.0
_SLOWER: Final = 0.25
"""So much may a batch grow or shrink at once."""
_GENTLE: Final = 0.25
"""Share of the time that a batch takes where somebody suffers."""
_WALKS: Final = 4
"""The first, and those that look for rows that were written meanwhile."""
_NAMED: Final = 10
_CONFLICTS: Final = frozenset({LOCK_NOT_AVAILABLE, "40001", "40P01"})
_DIVISION: Final = "22012"

Range = tuple[Key | None, Key, int]
"""Behind one key, up to the other, and how many keys that are."""


class _Unanswered(Exception):
    """A question of the walk's that was not answered as it should be."""

    def __init__(self, reason: FailReason, error: SqlError | None = None) -> None:
        self.reason = reason
        self.error = error


class Walker:
    """One attempt."""

    def __init__(self, context: Context, spec: BatchSpec) -> None:
        self.context = context
        self.spec = spec
        self.number = context.done
        self.walk = context.walk
        self.began = 0 if context.walk is None else context.walk.keys
        self.rows = 0
        """Changed by walks before the present one, in this attempt."""
        self.batches = 0
        self.size = _FIRST
        self.checked = not spec.where
        self.left: int | None = None
        self.named: list[str] = []
        self.replication: Replication | None = None
        self.last: TxDone | None = None
        self.settings = settings_of(context, spec)

    def run(self) -> StepRun:
        """Walk until nothing is left, or a batch fails."""
        try:
            key = yield from self._key()
            while True:
                if self.walk is None or self.walk.whole:
                    begun = yield from self._begin(key)
                    if not begun:
                        return (yield from self._ended(key))
                ranges = yield from self._next(key)
                failed = yield from self._round(key, ranges)
                if failed is not None:
                    return self._failed(FailReason.SQL_ERROR, failed.error)
                yield Emit(event=self._progress())
                seen = yield from pause(self.context, self.spec, 0.0)
                if seen is None:
                    return self._failed(FailReason.CANCELLED, None)
                self._sized(seen)
        except _Unanswered as unanswered:
            return self._failed(unanswered.reason, unanswered.error)

    def _ask(self, sql: str, reason: FailReason) -> Generator[Effect, Any, Rows]:
        found = yield from ask(
            self.context,
            RunQuery(
                sql=sql, role=self.context.step.as_, row_security=self.spec.row_security == "on", printed=True,
                timeout=None,
            ),
        )  # fmt: skip
        if found.error is not None:
            raise _Unanswered(reason if answers(found.error) else FailReason.NOT_ANSWERED, found.error)
        return found

    def _key(self) -> Generator[Effect, Any, keys.WalkedKey]:
        sql = keys.COLUMNS.format(table=literal(self.spec.table))
        found = keys.key_of((yield from self._ask(sql, FailReason.SQL_ERROR)).rows, self.spec.key)
        if found is None:
            raise _Unanswered(FailReason.NO_KEY)
        if not self.spec.where and not found.columns[0].grows:
            raise _Unanswered(FailReason.KEY_DOES_NOT_GROW)
        return found

    def _begin(self, key: keys.WalkedKey) -> Generator[Effect, Any, bool]:
        """Begin the first walk, or a further one over what is still meant; False where there is nothing to walk."""
        before = self.walk
        again = before is not None
        if again and (not self.spec.where or before is None or before.number + 1 >= _WALKS):
            return False
        if again:
            self.left = yield from self._count(keys.counted(self.spec, meant=True))
            if not self.left:
                return False
        found = yield from self._ask(keys.last(self.spec, key, meant=again), FailReason.SQL_ERROR)
        if not found.rows:
            return False
        end = _key(found.rows[0])
        total = self.left
        if not again or total is None:
            total = yield from self._count(
                keys.counted(self.spec, key.compared("<=", key.literals(end)), meant=False)
            )  # fmt: skip
        if before is not None:
            self.rows += before.rows
        self.walk = Walk(end=end, total=total, number=0 if before is None else before.number + 1)
        return True

    def _count(self, sql: str) -> Generator[Effect, Any, int]:
        rows = (yield from self._ask(sql, FailReason.TOTAL_ERROR)).rows
        return int(rows[0][0])

    def _next(self, key: keys.WalkedKey) -> Generator[Effect, Any, list[Range]]:
        """The next ranges: first what an interrupted round has left undone between others."""
        walk = self._walking
        found: list[Range] = []
        for after, upto in gaps(walk)[: self.spec.workers]:
            count = yield from self._count(keys.counted(self.spec, key.within(after, upto), meant=walk.number > 0))
            found.append((after, upto, count))
        if found:
            return found
        after = walk.at
        sql = keys.bounds(
            self.spec, key, after, walk.end, self.size, self.spec.workers, meant=walk.number > 0
        )  # fmt: skip
        for row in (yield from self._ask(sql, FailReason.SQL_ERROR)).rows:
            upto = _key(row[1:])
            found.append((after, upto, self.size))
            after = upto
        if len(found) < self.spec.workers and after != walk.end:
            rest = max(0, walk.total - walk.keys - sum(count for _after, _upto, count in found))
            found.append((after, walk.end, min(rest, self.size)))
        return found

    @property
    def _walking(self) -> Walk:
        assert self.walk is not None
        return self.walk

    def _round(self, key: keys.WalkedKey, ranges: list[Range]) -> Generator[Effect, Any, TxDone | None]:
        """Carry them out beside each other; the one that failed for good."""
        work = [self._transaction(key, each) for each in ranges]
        if len(work) == 1:
            done, _tries = yield from gently(self.context, work[0], self.spec.lock_timeout, self.spec.retries)
            ended: tuple[TxDone, ...] = (done,)
        else:
            ended = yield RunTogether(transactions=tuple(work))
        failed: TxDone | None = None
        for each, done in zip(work, ended, strict=True):
            if not done.committed and len(work) > 1 and done.error and done.error.sqlstate in _CONFLICTS:
                # What was in its way is gone, or it waits for that alone and gently.
                done, _tries = yield from gently(self.context, each, self.spec.lock_timeout, self.spec.retries)
            if not done.committed:
                failed = failed or done
                continue
            self.batches += 1
            self.walk = reached(self.walk, each.reach, done.rows)
            self.replication = done.replication or self.replication
            self.last = done
        if failed is None:
            self.checked = self.checked or any(done.rows for done in ended)
            self.took = max(done.seconds for done in ended)
        elif failed.error is not None and failed.error.sqlstate == _DIVISION and not self.checked:
            raise _Unanswered(FailReason.STILL_MEANT)
        return failed

    def _transaction(self, key: keys.WalkedKey, of: Range) -> RunTransaction:
        after, upto, count = of
        walk = self._walking
        statements = [SqlStatement(text=keys.change(self.spec, key, after, upto))]
        if not self.checked:
            statements.append(SqlStatement(text=keys.consumed(self.spec, key, after, upto)))
        number, self.number = self.number, self.number + 1
        reach = {
            "after": None if after is None else list(after), "upto": list(upto), "end": list(walk.end), "keys": count,
            "total": walk.total, "number": walk.number, "order": number,
        }  # fmt: skip
        return RunTransaction(
            statements=tuple(statements), settings=self.settings, statement=number, reach=reach
        )  # fmt: skip

    def _sized(self, seen: Watched) -> None:
        """How many rows the next batches have: as many as take the time that is wanted, less where somebody suffers."""
        lags = self.spec.max_lag is not None and seen.lag is not None and seen.lag > self.spec.max_lag / 2
        goal = self.spec.target * (_GENTLE if seen.strained or lags else 1.0)
        factor = min(_FASTER, max(_SLOWER, goal / max(self.took, 0.001)))
        self.size = int(min(_MOST, max(_LEAST, self.size * factor)))

    def _ended(self, key: keys.WalkedKey) -> StepRun:
        """Nothing is left to walk: what still is meant is counted, and named."""
        if self.spec.where:
            self.left = yield from self._count(keys.counted(self.spec, meant=True))
            if self.left:
                found = yield from self._ask(keys.named(self.spec, key, _NAMED), FailReason.TOTAL_ERROR)
                self.named = [", ".join(map(str, row)) for row in found.rows]
                return self._failed(FailReason.ROWS_LEFT, None)
        commit = {"commit": self.last.witness} if self.last is not None else {}
        return Passed(evidence=self._evidence() | commit, effect="all" if self.number else "none")

    def _evidence(self) -> dict[str, Any]:
        walk = self.walk
        found: dict[str, Any] = {"batches": self.batches, "rows": self.rows, "resumed_at": self.began}
        if walk is not None:
            found |= {"rows": self.rows + walk.rows, "total": walk.total, "walks": walk.number + 1}
        found |= {"replication": self.replication} if self.replication else {}
        found |= {"left": self.left} if self.left is not None else {}
        return found | ({"left_keys": self.named} if self.named else {})

    def _failed(self, reason: FailReason, error: SqlError | None) -> Failed:
        unknown = "unknown" if outlasts(self.spec.statement) else "none"
        effect: Literal["some", "none", "unknown"] = "some" if self.batches or self.context.done else unknown  # type: ignore[assignment]
        return Failed(reason=reason, evidence=self._evidence(), effect=effect, error=error)

    def _progress(self) -> StepProgress:
        walk = self._walking
        return StepProgress(
            step=self.context.step.id, attempt=self.context.attempt, done=float(walk.keys), total=float(walk.total),
            unit="rows", phase=None if walk.number == 0 else f"walk {walk.number + 1}",
        )  # fmt: skip

    took = 0.2
    """Seconds of the last round."""


def _key(row: Any) -> Key:
    return tuple(str(value) for value in row)
