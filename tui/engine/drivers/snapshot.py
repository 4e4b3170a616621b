"""A moment of the target that a program shares: what it imports proves which server and database it came to.

The session that exported it keeps its transaction open until the attempt ends. It holds back no more than the program
does that reads in the same moment.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec

from tui.engine.drivers.files import keep_artifact
from tui.engine.drivers.query import sql_error
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.target.standby import standby
from tui.journal import events as e
from tui.journal.codes import FailReason, WaitReason
from tui.journal.remarks import Coded, Remarked
from tui.plan.model import PATIENT, Step
from tui.postgres import database
from tui.postgres.conninfo.parameters import WorkSettings
from tui.postgres.conninfo.resolve import Resolved
from tui.postgres.errors import ConnectionLost, OtherServer, PostgresError
from tui.postgres.evidence import commits, fence
from tui.postgres.identity import OtherTarget
from tui.postgres.results import Backend
from tui.postgres.session import Session
from tui.run.database import former_of
from tui.steps.effects import Snapshot, SnapshotTaken
from tui.steps.registry import KINDS

_PAUSE = 0.2
_ANSWER_S = 2.0
_PATIENCE_S = 15.0
"""Seconds in which a control session that is lost, too, is found to be, and replaced."""
_LIMITS = WorkSettings(lock_timeout_ms=0, idle_in_transaction_ms=0, tolerate_s=PATIENT)


class SnapshotDriver:
    """Carries out Snapshot of one attempt. `source`: the standby it was taken on, which programs then go to."""

    def __init__(
        self, recorder: Recorder, target: TargetAccess, step: Step, attempt: int, stop: asyncio.Event, artifacts: Path
    ) -> None:
        self._artifacts = artifacts
        self._recorder = recorder
        self._target = target
        self._step = step
        self._attempt = attempt
        self._stop = stop
        self._session: Session | None = None
        self._silent = False
        self.met: PostgresError | None = None
        """What the last one was not taken for, with the server that the session was on."""
        self.source: tuple[Resolved, Session] | None = None

    async def take(self, effect: Snapshot) -> SnapshotTaken:
        """Export it; what stands in the way is in the answer. Raises OtherTarget alone, where nobody was asked."""
        try:
            if effect.service is None:
                self._session = await self._target.open(
                    "work", f"{self._step.id} snapshot", _LIMITS, runs_the_plan=False
                )
                facts: dict[str, Any] = {}
            else:
                facts = await self._standby(effect.service)
                refused = await self._may_be_read(facts, effect.timeout)
                if refused is not None:
                    return SnapshotTaken(reason=refused, facts=facts)
            session = self._session
            assert session is not None
            await session.execute("begin isolation level repeatable read read only")
            name, lsn, horizon = (await session.rows("snapshot_export"))[0]
        except OtherTarget:
            raise
        except OtherServer as error:
            return SnapshotTaken(reason=FailReason.OTHER_SERVER, error=sql_error(error))
        except PostgresError as error:
            self.met = error
            asked = {} if effect.service is None else {"from": effect.service}
            return SnapshotTaken(reason=FailReason.CONNECTION, facts=asked, error=sql_error(error))
        kind = KINDS[self._step.kind]
        if kind.makes_backup:
            facts |= await self._sampled()
            facts |= {} if kind.whole is None else {"whole": kind.whole(kind.typed(self._step.spec))}
        address = session.address
        facts |= {"host": address.host or address.hostaddr, "lsn": lsn, "horizon": horizon}
        return SnapshotTaken(name=name, facts=facts, major=session.server_version // 10000)

    async def _sampled(self) -> dict[str, Any]:
        """What a restore of this moment needs to know, beside the dump: what belongs to the database itself, and how
        many rows had been written. Kept as the run's own; empty where the target did not tell."""
        name = f"{self._step.id}.{self._attempt}.database"
        try:
            monitor = await self._target.monitor()
            written = await database.written(monitor, self._target.run, self._target.quiet())
            own = await database.properties(monitor)
            # That the run keeps others out just now does not belong to the database.
            former = former_of(self._recorder.state, int(own["oid"]))
            known = {"properties": own if former is None else own | {"grants": former}, "written": written}
            await keep_artifact(self._artifacts, name, msgspec.json.encode(known).decode(), private=True)
        except OtherTarget:
            raise
        except (PostgresError, OSError):
            return {}
        return {"sampled": name, "taken_at": written["at"]}

    async def _standby(self, service: str) -> dict[str, Any]:
        """Connect to it; where the primary was then."""
        control = await self._target.control()
        lsn = await commits.pin(control)
        self.source = await standby(self._target, service, f"{self._step.id} snapshot")
        self._session = self.source[1]
        return {"from": service, "wanted": lsn}

    async def _may_be_read(self, facts: dict[str, Any], patience: float | None) -> FailReason | None:
        """Is it a standby of the target, and has it replayed what the target had when the step began? Waited for."""
        session, control = self._session, await self._target.control()
        assert session is not None and session.server is not None and control.server is not None
        ours, theirs = session.server, control.server
        if ours.system_identifier != theirs.system_identifier or ours.database_oid != theirs.database_oid:
            facts["found"] = ours.system_identifier
            return FailReason.OTHER_SERVER
        if not ours.in_recovery:
            return FailReason.NOT_A_STANDBY
        deadline = None if patience is None else time.monotonic() + patience
        told = False
        while True:
            there, replayed, behind, state = (await session.rows("replayed", {"lsn": facts["wanted"]}))[0]
            facts |= {"replayed": replayed}
            if there:
                if told:
                    self._wait(WaitReason.NONE, {})
                return None
            if not told:
                told = True
                waits = {"from": facts["from"], "wanted": facts["wanted"], "replayed": replayed}
                self._wait(WaitReason.STANDBY_BEHIND, waits | {"bytes": behind, "state": state})
            if self._stop.is_set():
                return FailReason.CANCELLED
            if deadline is not None and time.monotonic() > deadline:
                facts["bytes"] = behind
                return FailReason.STANDBY_BEHIND
            await asyncio.sleep(_PAUSE)

    def _wait(self, reason: WaitReason, facts: dict[str, Any]) -> None:
        self._recorder.append(e.StepWaiting(step=self._step.id, attempt=self._attempt, reason=reason, facts=facts))

    async def lost(self) -> PostgresError | None:
        """How the session on the target was lost that keeps the moment; None where it was not."""
        if self._session is None or self.source is not None:
            return None
        try:
            await asyncio.wait_for(self._session.execute("select 1"), _ANSWER_S)
        except ConnectionLost as error:
            return error
        except TimeoutError:
            self._silent = True
            return ConnectionLost(Coded(Remarked.MOMENT_SILENT))
        except PostgresError:
            pass
        return None

    async def close(self) -> None:
        """Give the moment up."""
        session, self._session = self._session, None
        if session is None:
            return
        ended = False
        try:
            await asyncio.wait_for(session.execute("rollback"), _ANSWER_S if not self._silent else 0.0)
            ended = True
        except (PostgresError, TimeoutError):
            ended = session.lost is not None and session.lost.sqlstate is not None
        finally:
            # Whatever came between: a transaction left open keeps what others delete, and an index waits for it.
            await session.close()
            if not ended and self.source is None:
                await self._end(session.backend)

    async def _end(self, backend: Backend) -> None:
        """The server may not have noticed that the session is gone: its transaction would keep what others delete, and
        whoever waits for it."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            try:
                control = await asyncio.wait_for(self._target.control(), _ANSWER_S)
                await asyncio.wait_for(fence.terminate(control, backend), _ANSWER_S)
                return
            except (PostgresError, TimeoutError):
                await asyncio.sleep(_PAUSE)
