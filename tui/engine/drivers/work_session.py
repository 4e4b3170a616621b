"""The session on which an attempt's SQL is executed: opened with the attempt's key, and made anew what it was."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui.engine.drivers.output import StepOutputFile
from tui.engine.drivers.query import sql_error
from tui.engine.target.access import TargetAccess
from tui.engine.target.session_loss import SessionLost
from tui.journal.events import RunOpened
from tui.journal.remarks import Coded, Remarked
from tui.plan.model import BRIEF, Step
from tui.postgres.conninfo.parameters import WorkSettings, milliseconds
from tui.postgres.errors import ConnectionLost, PostgresError, StatementFailed
from tui.postgres.evidence import fence
from tui.postgres.results import Result, ServerNotice
from tui.postgres.session import Session
from tui.steps.effects import Prelude, SqlSettings, SqlStatement, TxDone


class FateUnknown(SessionLost):
    """The connection was lost where that says nothing of what became of the work."""


class WorkSession:
    """Of one attempt, one at a time: `current`. Where `cancelled`, nothing further is sent."""

    def __init__(
        self, target: TargetAccess, step: Step, attempt: int, opened: RunOpened, output: StepOutputFile
    ) -> None:
        self._target = target
        self._step = step
        self._attempt = attempt
        self._opened = opened
        self._output = output
        self.current: Session | None = None
        self._settings: SqlSettings | None = None
        self.cancelled = False
        self.on_notice: Callable[[ServerNotice, int | None], None] = lambda notice, line: None
        """Told of what the server says beside its answers, with the line of the statement."""
        self._line: int | None = None
        self._shared = False

    @property
    def under_way(self) -> tuple[Session, float] | None:
        """The session that waits for its server, and for how many seconds that may be silent."""
        session = self.current
        if session is None or session.closed or session.busy_since is None:
            return None
        return session, BRIEF if self._settings is None else self._settings.tolerate

    @property
    def backend_pid(self) -> int | None:
        """The server process that works for this attempt, while there is one."""
        return None if self.current is None or self.current.closed else self.current.backend.pid

    async def one(self, session: Session, statement: SqlStatement) -> Result:
        """Execute it. Raises PostgresError."""
        if self.cancelled:
            raise StatementFailed("57014", Coded(Remarked.CANCELLED_BEFORE_SENT))
        self._line = statement.line
        if statement.copy_data is not None:
            return await session.copy_in(statement.text, statement.copy_data.encode("utf-8"))
        return await session.run(statement.text)

    async def share(self) -> None:
        """Let other sessions of the attempt have its key, too: they work beside this one."""
        if self._shared:
            return
        self._shared = True
        if self.current is not None and not self.current.closed:
            key = self._key()
            if await fence.try_share(self.current, key):
                await fence.release(self.current, key)

    def _key(self) -> int:
        return fence.attempt_key(self._opened.id, self._step.id, self._attempt)

    async def rest(self) -> None:
        """Close the session, which has nothing to do any more; what is still to be sent opens another one."""
        if self.current is not None:
            await self.current.close()
            self.current = None

    async def ready(self, settings: SqlSettings, prelude: Prelude) -> Session | TxDone:
        """The attempt's session, with its key, under these settings; in a new one the prelude has been executed.

        TxDone where that cannot be: nothing was done then.
        """
        if self.cancelled:
            raise StatementFailed("57014", Coded(Remarked.CANCELLED_BEFORE_SENT))
        await self._target.control()
        await self._target.tolerate(settings.tolerate)
        same_role = self._settings is not None and (self._settings.role, self._settings.row_security) == (
            settings.role,
            settings.row_security,
        )
        if self.current is not None and (self.current.closed or not same_role):
            await self.current.close()
            self.current = None
        if self.current is None:
            if prelude is None:
                return TxDone(committed=False, anew=True)
            self.current = await self._open(settings)
            failed = await self._prepared(self.current, prelude)
            if failed is not None:
                return failed
        elif self._settings != settings:
            await self._limit(self.current, settings)
        self._settings = settings
        return self.current

    async def _open(self, settings: SqlSettings) -> Session:
        work = WorkSettings(
            lock_timeout_ms=milliseconds(settings.lock_timeout),
            statement_timeout_ms=milliseconds(settings.statement_timeout),
            row_security=settings.row_security,
            role=settings.role,
            tolerate_s=settings.tolerate,
        )
        session = await self._target.open("work", self._step.id, work, on_notice=self._noticed)
        try:
            deadline = time.monotonic() + 10.0
            if not await fence.poll_lock(session, self._key(), deadline, shared=self._shared):
                raise StatementFailed("55P03", Coded(Remarked.ATTEMPT_ALIVE))
        except BaseException:
            # It may have the key, and nobody else knows of it.
            await session.close()
            raise
        return session

    async def _prepared(self, session: Session, prelude: tuple[SqlStatement, ...]) -> TxDone | None:
        """Make a new session what the earlier one was; how that failed, after which there is no session."""
        for statement in prelude:
            try:
                await self.one(session, statement)
            except ConnectionLost as error:
                raise FateUnknown(error) from None
            except PostgresError as error:
                await session.close()
                return TxDone(committed=False, error=sql_error(error, statement.line), anew=True)
        return None

    async def _limit(self, session: Session, settings: SqlSettings) -> None:
        """Put the limits in force, but for those that the script gives itself."""
        limits = {"lock_timeout": settings.lock_timeout, "statement_timeout": settings.statement_timeout}
        wanted = [f"set {n} = {milliseconds(s)}" for n, s in limits.items() if n not in settings.keep]
        if wanted:
            await session.execute("; ".join(wanted))
        if self._settings is not None and self._settings.tolerate != settings.tolerate:
            await session.endure(settings.tolerate)

    def _noticed(self, notice: ServerNotice) -> None:
        detail = f"\nDETAIL:  {notice.detail}" if notice.detail else ""
        self._output.line(f"{notice.severity}:  {notice.message}{detail}")
        self.on_notice(notice, self._line)
