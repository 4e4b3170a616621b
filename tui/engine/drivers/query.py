"""Read-only questions, on sessions of their own that are closed with the attempt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count

from msgspec.structs import replace

from tui.engine.target.access import TargetAccess
from tui.engine.target.lock_holders import LockHolders
from tui.engine.target.outage import Outage
from tui.engine.target.standby import elsewhere
from tui.journal.remarks import Coded, Remarked, neutral, neutral_of
from tui.plan.model import Step
from tui.postgres.conninfo.parameters import WorkSettings, milliseconds
from tui.postgres.errors import OutOfMemory, PostgresError, StatementFailed
from tui.postgres.identity import OtherTarget
from tui.postgres.queries import query
from tui.postgres.session import Session
from tui.steps.effects import Maintain, Rows, RunQuery, SqlError

LOCK_TIMEOUT = 2.0
"""Seconds a question waits for a lock; who waits longer keeps others waiting."""
_KEPT = 1000
_PRINT = "set datestyle = iso; set intervalstyle = postgres; set bytea_output = hex; set extra_float_digits = 1"
"""Values are printed alike in every database; the order of day and month, and the time zone, are those of the role."""
_CANCELS, _CANCEL_PAUSE = 50, 0.1


def sql_error(error: PostgresError, first_line: int | None = None) -> SqlError:
    """A server's error as the kinds see it; `first_line`: where the statement begins in its file, which is where it
    failed when the server does not say where in the statement; None for one that lies in no file."""
    if isinstance(error, OutOfMemory):
        return SqlError(sqlstate=None, message=neutral(error.message), line=first_line, memory=True)
    if not isinstance(error, StatementFailed):
        return SqlError(sqlstate=error.sqlstate, message=neutral(error.message), lost=True)
    within = error.statement_line
    line = within if first_line is None else first_line + (within or 1) - 1
    return SqlError(
        sqlstate=error.sqlstate, message=neutral(error.message), detail=error.detail, hint=error.hint,
        context=error.context, line=line,
    )  # fmt: skip


class QueryDriver:
    """Carries out RunQuery: one session for each role and database, in read-only transactions. `lock_holders` tells
    what a question waits for."""

    def __init__(
        self, target: TargetAccess, step: Step, lock_holders: LockHolders | None = None, outage: Outage | None = None
    ) -> None:
        """`outage`: what waits for a server that is away, after which it is asked anew."""
        self._target = target
        self._outage = outage
        self._step = step
        self._lock_holders = LockHolders(target, lambda *_: None) if lock_holders is None else lock_holders
        self._sessions: dict[tuple[str | None, bool, str | None, bool, str | None, int], Session] = {}
        self._beside: dict[int, tuple[RunQuery, asyncio.Task[Rows]]] = {}
        """What was begun and not taken yet, each by the place of its session; those of what is awaited have 0."""
        self._timeouts: dict[Session, float | None] = {}
        self._asked: set[Session] = set()
        self._cancels = 0

    async def query(self, effect: RunQuery) -> Rows:
        """Ask; the error is in the answer. Raises OtherTarget alone, where nobody was asked."""
        while True:
            rows, error = await self._query(effect)
            if error is None or self._outage is None or effect.service is not None:
                return rows
            if not await self._outage.explains(error):
                return rows

    async def asked(self, effect: RunQuery) -> Rows | None:
        """Carry out RunQuery, also beside what else is done. Raises as `query`."""
        meant = replace(effect, beside="")
        begun = next((place for place, (asked, _task) in self._beside.items() if asked == meant), None)
        if begun is None and not effect.beside:
            return await self.query(effect)
        if begun is None:
            place = next(number for number in count(1) if number not in self._beside)
            self._beside[place] = (meant, asyncio.ensure_future(self._alone(meant, place)))
            return None
        task = self._beside[begun][1]
        if effect.beside and not task.done():
            return None
        await asyncio.wait({task})
        del self._beside[begun]
        return task.result()

    async def _alone(self, effect: RunQuery, place: int) -> Rows:
        """Asked beside what else is done, which is what meets a server that is away."""
        return (await self._query(effect, place))[0]

    async def _query(self, effect: RunQuery, place: int = 0) -> tuple[Rows, PostgresError | None]:
        began = time.monotonic()
        cancels = self._cancels
        try:
            session = await self._session(effect, place)
            self._asked.add(session)
            try:
                await session.execute("begin read only")
                if cancels != self._cancels:
                    raise StatementFailed("57014", Coded(Remarked.CANCELLED_BEFORE_ASKED))
                if effect.service is not None or place:
                    rows = await self._answer(session, effect)
                else:
                    async with self._lock_holders.over(session.backend.pid, LOCK_TIMEOUT):
                        rows = await self._answer(session, effect)
            finally:
                self._asked.discard(session)
                try:
                    await session.roll_back()
                finally:
                    if effect.scratch_database is not None:
                        # Left open it would keep the scratch database from being dropped.
                        await session.close()
        except OtherTarget:
            raise
        except PostgresError as error:
            failed = sql_error(error) if place else self._lock_holders.beside(sql_error(error))
            return Rows(error=failed, seconds=round(time.monotonic() - began, 6)), error
        except OSError as error:
            lost = SqlError(sqlstate=None, message=neutral_of(error), lost=True)
            return Rows(error=lost, seconds=round(time.monotonic() - began, 6)), None
        return replace(rows, seconds=round(time.monotonic() - began, 6)), None

    async def _answer(self, session: Session, effect: RunQuery) -> Rows:
        if effect.printed:
            answer = await session.printed(effect.sql, _KEPT)
            return Rows(columns=answer.columns, types=answer.types, rows=answer.rows, count=answer.count)
        if effect.named:
            sql = query(effect.named, session.server_version)
            told = (await session.execute(sql, effect.arguments or None)).rows or []
            return Rows(rows=tuple(told[:_KEPT]), count=len(told))
        found = await session.some(effect.sql, _KEPT)
        return Rows(rows=tuple(found.rows or ()), count=found.returned)

    async def _session(self, effect: RunQuery, place: int) -> Session:
        ours = effect.ours or (bool(effect.named) and not effect.planned)
        key = (effect.role, effect.row_security, effect.scratch_database, ours, effect.service, place)
        known = self._sessions.get(key)
        if known is None or known.closed:
            settings = WorkSettings(
                lock_timeout_ms=int(LOCK_TIMEOUT * 1000),
                statement_timeout_ms=milliseconds(effect.timeout),
                row_security=effect.row_security,
                role=effect.role,
            )
            if effect.service is not None:
                what = f"{self._step.id} query"
                known = (await elsewhere(self._target, effect.service, what, settings, effect.scratch_database))[1]
            else:
                known = await self._target.open(
                    "work", f"{self._step.id} query", settings, database=effect.scratch_database,
                    runs_the_plan=not ours,
                )  # fmt: skip
            self._sessions[key] = known
            self._timeouts[known] = effect.timeout
            await known.execute(_PRINT)
        elif self._timeouts[known] != effect.timeout:
            await known.execute(f"set statement_timeout = {milliseconds(effect.timeout)}")
            self._timeouts[known] = effect.timeout
        return known

    @asynccontextmanager
    async def lent(
        self, what: str, settings: WorkSettings, *, database: str | None = None, runs_the_plan: bool = False
    ) -> AsyncIterator[Session]:  # fmt: skip
        """A session of its own for several questions, which `cancel` ends like any other; closed in the end. Raises
        PostgresError, OtherTarget among them, and OSError."""
        cancels = self._cancels
        session = await self._target.open(
            "work", f"{self._step.id} {what}", settings, database=database, runs_the_plan=runs_the_plan
        )
        self._asked.add(session)
        try:
            if cancels != self._cancels:
                raise StatementFailed("57014", Coded(Remarked.CANCELLED_BEFORE_ASKED))
            yield session
        finally:
            self._asked.discard(session)
            await session.close()

    async def maintain(self, effect: Maintain) -> tuple[SqlError | None, ...]:
        """Carry out statements of our own, on a session of their own; errors are in the answer. Raises OtherTarget
        alone, where nothing was carried out."""
        found: list[SqlError | None] = []
        session: Session | None = None
        try:
            settings = WorkSettings(lock_timeout_ms=0, role=effect.role)
            place, database = f"{self._step.id} scratch", effect.scratch_database
            if effect.service is not None:
                session = (await elsewhere(self._target, effect.service, place, settings, database))[1]
            else:
                session = await self._target.open("work", place, settings, database=database, runs_the_plan=False)
            self._asked.add(session)
            for statement in effect.statements:
                try:
                    await session.execute(statement)
                    found.append(None)
                except StatementFailed as error:
                    found.append(sql_error(error))
                    if session.in_transaction:
                        await session.execute("rollback")
                    if effect.first_error:
                        break
        except OtherTarget:
            raise
        except (PostgresError, OSError) as error:
            found.append(
                sql_error(error)
                if isinstance(error, PostgresError)
                else SqlError(sqlstate=None, message=neutral_of(error), lost=True)
            )
        finally:
            if session is not None:
                self._asked.discard(session)
                await session.close()
        return tuple(found)

    def under_way(self) -> Iterator[Session]:
        """The sessions that wait for their server."""
        return (session for session in self._asked if session.busy_since is not None)

    async def cancel(self) -> None:
        """Cancel what is being asked, also what is on its way to the server; what is asked later is not touched."""
        self._cancels += 1
        for _ in range(_CANCELS):
            asked = [session for session in self._asked if not session.closed]
            if not asked:
                return
            for session in asked:
                try:
                    await session.cancel()
                except PostgresError:
                    continue
            await asyncio.sleep(_CANCEL_PAUSE)

    async def close(self) -> None:
        """Close all sessions; what was asked beside and is not wanted any more is cancelled."""
        tasks = [task for _effect, task in self._beside.values()]
        self._beside.clear()
        if any(not task.done() for task in tasks):
            await self.cancel()
        for session in self._sessions.values():
            await session.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._sessions.clear()
        self._timeouts.clear()
