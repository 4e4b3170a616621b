"""Read-only questions, on sessions of their own that are closed with the attempt."""

from __future__ import annotations

import time
from typing import Any

from tui.engine.target import TargetAccess
from tui.plan.model import Step
from tui.postgres.connect import Session, WorkSettings
from tui.postgres.errors import PostgresError, StatementFailed
from tui.steps.effects import Rows, RunQuery, SqlError

_KEPT = 1000


def sql_error(error: PostgresError, first_line: int = 1) -> SqlError:
    """A server's error as the kinds see it; `first_line`: where the statement begins in its file."""
    if isinstance(error, StatementFailed):
        line = None if error.statement_line is None else first_line + error.statement_line - 1
        return SqlError(sqlstate=error.sqlstate, message=error.message, detail=error.detail, hint=error.hint, line=line)
    return SqlError(sqlstate=error.sqlstate, message=error.message)


class QueryDriver:
    """Carries out RunQuery: one session for each role and database, in read-only transactions."""

    def __init__(self, target: TargetAccess, step: Step) -> None:
        self._target = target
        self._step = step
        self._sessions: dict[tuple[str | None, bool, str | None], Session] = {}
        self._stopped = False

    async def query(self, effect: RunQuery) -> Rows:
        """Ask; the error is in the answer, never raised."""
        began = time.monotonic()
        try:
            session = await self._session(effect)
            await session.execute("begin read only")
            try:
                result = await session.execute(effect.sql)
            finally:
                if not session.closed:
                    await session.execute("rollback")
                if effect.scratch_database is not None:
                    # Left open it would keep the scratch database from being dropped.
                    await session.close()
        except PostgresError as error:
            return Rows(error=sql_error(error), seconds=round(time.monotonic() - began, 6))
        rows = result.rows or []
        columns: tuple[Any, ...] = ()
        return Rows(
            columns=columns,
            rows=tuple(rows[:_KEPT]),
            count=len(rows),
            seconds=round(time.monotonic() - began, 6),
        )

    async def _session(self, effect: RunQuery) -> Session:
        key = (effect.role, effect.row_security, effect.scratch_database)
        known = self._sessions.get(key)
        if known is None or known.closed:
            settings = WorkSettings(
                lock_timeout_ms=2000,
                statement_timeout_ms=int((effect.timeout or 0) * 1000),
                row_security=effect.row_security,
                role=effect.role,
            )
            known = await self._target.open(
                "work", f"{self._step.id} query", settings, database=effect.scratch_database
            )
            self._sessions[key] = known
        return known

    async def cancel(self) -> None:
        """Cancel what is being asked."""
        for session in self._sessions.values():
            if not session.closed:
                try:
                    await session.cancel()
                except PostgresError:
                    continue

    async def close(self) -> None:
        """Close all sessions."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
