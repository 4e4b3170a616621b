"""Questions of a walk: those whose answer it needs now, and those that are asked while a batch runs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tui.journal.codes import FailReason
from tui.steps.answers import answers, ask
from tui.steps.batch.spec import BatchSpec
from tui.steps.context import Context
from tui.steps.effects import Effect, Rows, RunQuery, SqlError


class Unanswered(Exception):
    """A question of the walk's that was not answered as it should be."""

    def __init__(self, reason: FailReason, error: SqlError | None = None) -> None:
        self.reason = reason
        self.error = error


class Asking:
    """Of one attempt, as its role and under its row security. Raises Unanswered."""

    def __init__(self, context: Context, spec: BatchSpec) -> None:
        self.context = context
        self.spec = spec

    def _query(self, sql: str) -> RunQuery:
        return RunQuery(
            sql=sql, role=self.context.step.as_, row_security=self.spec.row_security == "on", printed=True,
            timeout=None,
        )  # fmt: skip

    def about_table(self, named: str, **arguments: Any) -> Generator[Effect, Any, Rows]:
        """One of our queries about the table, as its name is looked up for the plan."""
        query = RunQuery(
            named=named, arguments={"table": self.spec.table} | arguments, planned=True,
            role=self.context.step.as_, row_security=self.spec.row_security == "on", timeout=None,
        )  # fmt: skip
        return self._answered((yield from ask(self.context, query)), FailReason.SQL_ERROR)

    def rows(self, sql: str, reason: FailReason = FailReason.SQL_ERROR) -> Generator[Effect, Any, Rows]:
        """Ask, and wait for the answer; also of what was asked beforehand."""
        return self._answered((yield from ask(self.context, self._query(sql))), reason)

    @staticmethod
    def _answered(found: Rows, reason: FailReason) -> Rows:
        if found.error is not None:
            raise Unanswered(reason if answers(found.error) else FailReason.NOT_ANSWERED, found.error)
        return found

    def count(self, sql: str) -> Generator[Effect, Any, int]:
        """One number."""
        rows = (yield from self.rows(sql, FailReason.TOTAL_ERROR)).rows
        return int(rows[0][0])

    def beforehand(self, sql: str) -> Generator[Effect, Any, Rows | None]:
        """Ask without waiting; what the answer is, once there is one. One that failed is asked again when it is
        needed."""
        query = self._query(sql)
        found: Rows | None = yield RunQuery(
            sql=query.sql, role=query.role, row_security=query.row_security, printed=True, timeout=None, beside="look"
        )
        return None if found is None or found.error is not None else found
