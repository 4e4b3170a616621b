"""A database takes another's name: both renames in one transaction, from a third database, with nobody in either.

The server refuses to rename a database as long as any session is in it, the run's own included, or a transaction of it
is prepared. So the run's sessions are closed, and none is opened before the renames have ended. What of replication is
in it would come back at once and is ended right before; others are named, and nothing is done to them.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from msgspec import Struct

from tui.engine.drivers.query import sql_error
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.target.session_loss import SessionLost
from tui.journal import events as e
from tui.journal.remarks import Coded, Remarked
from tui.postgres.conninfo.parameters import WorkSettings
from tui.postgres.errors import ConnectionLost, PostgresError, StatementFailed
from tui.postgres.evidence import fence
from tui.postgres.results import Backend
from tui.postgres.session import Session
from tui.sql.quoting import identifier
from tui.steps.effects import SqlError, SwapDatabases, Swapped

_IN_USE: Final = "55006"
_OURS_S: Final = 5.0
"""Seconds in which the run's own sessions are gone from the server."""
_PAUSE: Final = 0.05
_NAMED: Final = 50
_REPLICATION: Final = ("walsender", "logical replication worker", "logical replication apply worker")
_LOCK_MS, _STATEMENT_MS = 10_000, 30_000


def work_of(step: str) -> str:
    """What the session that renames is called after the run's id."""
    return f"{step} swap"


class _Inside(Struct, frozen=True):
    database: int
    pid: int
    start: str
    user: str
    application: str
    address: str
    state: str
    type: str

    def facts(self) -> dict[str, Any]:
        told = {"pid": self.pid, "user": self.user, "application": self.application, "address": self.address}
        told |= {"state": self.state, "type": self.type}
        return {name: value for name, value in told.items() if value not in ("", None)}


class SwapDriver:
    """Carries out SwapDatabases of one attempt."""

    def __init__(self, recorder: Recorder, target: TargetAccess, step: str, attempt: int) -> None:
        self._recorder = recorder
        self._target = target
        self._step = step
        self._attempt = attempt

    async def swap(self, effect: SwapDatabases) -> Swapped:
        """Raises SessionLost where the answer to the renames was lost; refusals are in the result."""
        began = time.monotonic()
        try:
            limits = WorkSettings(lock_timeout_ms=_LOCK_MS, statement_timeout_ms=_STATEMENT_MS, role=effect.role)
            session = await self._target.open(
                "work", work_of(self._step), limits, runs_the_plan=False, database=effect.maintenance
            )
        except PostgresError as error:
            return Swapped(error=sql_error(error))
        try:
            if not await fence.try_lock(session, fence.swap_key(effect.database)):
                taken = Coded(Remarked.TARGET_TAKEN, names=()).neutral()
                return Swapped(error=SqlError(sqlstate="55P03", message=taken))
            known = {oid: name for name, oid in await self._named(session, effect)}
            if known.get(effect.new_oid) == effect.database:
                self._done(effect)
                return Swapped(done=True)
            async with self._target.away(session):
                swapped = await self._renamed(session, effect)
                if swapped.done:
                    self._done(effect)
        except ConnectionLost as error:
            raise SessionLost(error) from None
        except PostgresError as error:
            return Swapped(error=sql_error(error))
        finally:
            await session.close()
        took = round(time.monotonic() - began, 3)
        return Swapped(
            done=swapped.done, sessions=swapped.sessions, prepared=swapped.prepared, ended=swapped.ended,
            error=swapped.error, seconds=took,
        )  # fmt: skip

    def _done(self, effect: SwapDatabases) -> None:
        self._recorder.append(e.SwapDone(step=self._step, attempt=self._attempt, new_oid=effect.new_oid))

    async def _named(self, session: Session, effect: SwapDatabases) -> list[tuple[str, int]]:
        asked = {"names": [effect.database], "oids": [effect.old_oid, effect.new_oid]}
        return [(str(name), int(oid)) for name, oid in await session.rows("databases_named", asked)]

    async def _renamed(self, session: Session, effect: SwapDatabases) -> Swapped:
        """With the databases empty but for whoever stands in the way, who is named."""
        inside = await self._emptied(session, effect)
        prepared = tuple(str(row[0]) for row in await session.rows("prepared_in", {"name": effect.database}))
        others = [one for one in inside if one.type not in _REPLICATION]
        if others or prepared:
            return Swapped(sessions=tuple(one.facts() for one in others[:_NAMED]), prepared=prepared[:_NAMED])
        for one in inside:
            await fence.terminate(session, Backend(pid=one.pid, start=one.start))
        ended = tuple(one.facts() for one in inside[:_NAMED])
        try:
            await session.execute("begin")
            for statement in effect.before:
                await session.execute(statement)
            for old, new in ((effect.database, effect.keep_as), (effect.called, effect.database)):
                await session.execute(f"alter database {identifier(old)} rename to {identifier(new)}")
            await session.execute("commit")
        except StatementFailed as error:
            await session.roll_back()
            found = await self._inside(session, effect) if error.sqlstate == _IN_USE and not session.closed else []
            return Swapped(
                sessions=tuple(one.facts() for one in found[:_NAMED]), ended=ended, error=sql_error(error)
            )  # fmt: skip
        return Swapped(done=True, ended=ended)

    async def _emptied(self, session: Session, effect: SwapDatabases) -> list[_Inside]:
        """Who is in the databases when the run's own sessions are gone from the server, ended where they must be."""
        deadline = time.monotonic() + _OURS_S
        while True:
            found = await self._inside(session, effect)
            ours = [one for one in found if one.application.startswith(f"virada {self._target.run} ")]
            if not ours:
                return found
            if time.monotonic() > deadline:
                for one in ours:
                    await fence.terminate(session, Backend(pid=one.pid, start=one.start))
                deadline = time.monotonic() + _OURS_S
            await asyncio.sleep(_PAUSE)

    async def _inside(self, session: Session, effect: SwapDatabases) -> list[_Inside]:
        rows = await session.rows("sessions_in", {"oids": [effect.old_oid, effect.new_oid]})
        return [_Inside(*row) for row in rows]
