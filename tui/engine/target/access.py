"""The plan's target as the engine reaches it: its connection string, and its sessions."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from tui.engine.redaction.known_secrets import around
from tui.engine.target.expected import Expected, is_beside
from tui.engine.target.password_command import ask_for_password
from tui.engine.target.presence import Presence
from tui.journal.codes import EvidenceState, HoldReason
from tui.journal.remarks import Coded, Remarked
from tui.plan.model import BRIEF, Target
from tui.plan.scalars import ExpansionError, expand
from tui.plan.secrets import Secrets
from tui.postgres.connect import open_session
from tui.postgres.conninfo.parameters import WorkSettings
from tui.postgres.conninfo.password_file import passwords_of as passfile_passwords
from tui.postgres.conninfo.resolve import Resolved, resolve
from tui.postgres.conninfo.service_file import passwords_of as service_passwords
from tui.postgres.errors import ConnectFailed, ConnectionLost, OtherServer, PostgresError, UnusableTarget
from tui.postgres.evidence.commits import KnownTarget
from tui.postgres.evidence.ledger import unknown as unknown_rows
from tui.postgres.evidence.lineage import look, untouched
from tui.postgres.identity import OtherTarget, TargetIdentity, difference, target_identity, told
from tui.postgres.pooler import SETTLED
from tui.postgres.readiness import lets_in
from tui.postgres.results import ServerNotice
from tui.postgres.session import Session
from tui.sql.quoting import conninfo_value

_BACKENDS_KEPT = 200
_ANSWER_S = 5.0
_INHERIT_S = 60.0
"""Seconds for what a new control session is asked before it is used."""


class TargetAccess:
    """One target, and the sessions that the engine keeps to it: `control` holds keys, `monitor` only looks.

    `environment` is the engine's; no secret in it is ever journaled. `backends`: server processes of the sessions that
    were opened last. Errors: ConnectFailed.
    """

    def __init__(self, run: str, target: Target, environment: Mapping[str, str]) -> None:
        self.run = run
        self.target = target
        self.environment = dict(environment)
        self.identity: TargetIdentity | None = None
        self._control: Session | None = None
        self._monitor: Session | None = None
        self._opening = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._tolerate = BRIEF
        self.backends: dict[int, None] = {}
        self._others: set[str] = set()
        """Passwords of further servers."""
        self.planned = Secrets()
        """What the run's plan and its files hold of secrets."""
        self.on_secret: Callable[[], None] = lambda: None
        self.expected: Callable[[], Expected | None] = lambda: None
        """What the run knows of its target; nothing before it has opened."""
        self.on_other: Callable[[OtherTarget], None] = lambda other: None
        """Told whenever something else answers in the target's name."""
        self.on_renamed: Callable[[int], None] = lambda oid: None
        """Told when the database of this oid is found to bear the name, as the run had begun to have it."""
        self.begun: list[tuple[str, int, int]] = []
        """Steps with their latest attempt and its last statement, where the ledger has not been asked yet whether it
        has rows that the journal does not know."""
        self._met: TargetIdentity | None = None
        self.openings = 0
        """How often the control session was opened."""
        self.lost: ConnectionLost | None = None
        """How the control session before the present one was lost."""
        self._place: dict[str, str] = {}
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self.presence = Presence(self)
        self.admit: Callable[[bool], Awaitable[None]] = _admitted
        """Asked before a changing step begins whether it may beside the other runs here, with whether it takes back."""

    def conninfo(self) -> str:
        """libpq's connection string, variables expanded. Raises tui.plan.scalars.ExpansionError."""
        if self.target.service is not None:
            return f"service={conninfo_value(expand(self.target.service, self.environment))}"
        return expand(self.target.dsn or "", self.environment)

    def resolved(self) -> Resolved:
        """libpq's parameters, looked up anew: a service file may have been changed. Raises ConnectFailed."""
        try:
            found = resolve(self.conninfo(), self.environment)
        except ExpansionError as error:
            raise UnusableTarget(Coded(Remarked.VARIABLE_UNSET, name=error.name)) from None
        if self.target.password_command is not None and "PGPASSWORD" in self.environment:
            # Whatever else holds a password holds an older one.
            return replace(found, parameters=found.parameters | {"password": self.environment["PGPASSWORD"]})
        return found

    def secrets(self) -> tuple[str, ...]:
        """What must never be written down: the passwords this target is reached with, others that libpq would find,
        those in the environment and those in the plan."""
        found, passfile = list(around(self.environment, self.planned)), None
        try:
            resolved = self.resolved()
            found += resolved.secrets
            passfile = resolved.parameters.get("passfile")
        except ConnectFailed:
            pass
        found += (*passfile_passwords(self.environment, passfile), *service_passwords(self.environment))
        if self._control is not None and not self._control.closed:
            found.append(self._control.password)
        return tuple(dict.fromkeys(secret for secret in (*found, *self._others) if secret))

    async def open(
        self,
        purpose: str,
        step: str | None = None,
        settings: WorkSettings | None = None,
        on_notice: Callable[[ServerNotice], None] | None = None,
        database: str | None = None,
        runs_the_plan: bool | None = None,
    ) -> Session:
        """A new session of its own; see `open_session`. Every session but the control session goes to the server that
        the control session has. Raises OtherServer where another one answers; in a run, OtherTarget."""
        for last in (False, True):
            control = None if purpose == "control" else await self.control()
            try:
                session = await self._open(purpose, step, settings, on_notice, database, runs_the_plan, control)
            except ConnectFailed:
                if last or not await self._left(control):
                    raise
                continue
            if control is None or is_beside(session, control, database is not None):
                self._keep(session)
                return session
            place = {"host": session.host, "port": session.port}
            await session.close()
            if last or not await self._left(control):
                break
        raise self._double(session, place)

    async def _open(
        self, purpose: str, step: str | None, settings: WorkSettings | None,
        on_notice: Callable[[ServerNotice], None] | None, database: str | None, runs_the_plan: bool | None,
        control: Session | None,
    ) -> Session:  # fmt: skip
        await self.ask_password()
        if purpose == "control":
            settings = WorkSettings(tolerate_s=self._tolerate)
        address = None if control is None else control.address
        if address is not None and database is not None:
            address = replace(address, dbname=database)
        return await open_session(
            self.resolved(),
            purpose=purpose,  # type: ignore[arg-type]
            run=self.run,
            step=step,
            settings=settings,
            on_notice=on_notice,
            runs_the_plan=runs_the_plan,
            address=address,
            meet=self._meet if purpose == "control" else None,
            # What another session is lent the server for next must not find the settings of one that only looks.
            settle=purpose != "monitor" or self.identity is None or self.identity.pooler in SETTLED,
        )

    async def _left(self, control: Session | None) -> bool:
        """Whether the control session turns out to be gone, so that another one may find the server elsewhere."""
        if control is None:
            return False
        try:
            await asyncio.wait_for(control.rows("backend_self"), _ANSWER_S)
        except (PostgresError, TimeoutError):
            pass
        return control.closed

    def _keep(self, session: Session) -> None:
        self._sessions.add(session)
        pid = session.backend.pid
        self.backends.pop(pid, None)
        self.backends[pid] = None
        for old in list(self.backends)[:-_BACKENDS_KEPT]:
            del self.backends[old]

    async def control(self) -> Session:
        """The control session, opened (again) when there is none. Raises OtherTarget unless what answers is the run's
        target, and what the run left in it is still there."""
        async with self._opening:
            if self._control is None or self._control.closed:
                self.lost = self.lost if self._control is None else self._control.lost
                self._control = None
                control = await self.open("control")
                try:
                    async with asyncio.timeout(_INHERIT_S):
                        await self._inherit(control)
                except TimeoutError:
                    await control.close()
                    raise ConnectFailed(Coded(Remarked.SERVER_SILENT)) from None
                except BaseException:
                    await control.close()
                    raise
                self._control = control
                self.openings += 1
                self._place = control.address.parameters
            return self._control

    async def renewed(self) -> Session:
        """The control session, which answers now: opened again if it was lost. Raises as `control` does."""
        control = await self.control()
        return await self.control() if await self._left(control) else control

    async def lets_in(self) -> bool:
        """Whether what the plan names, and what answered last, is there and neither starts nor stops. A pooler is there
        in its server's place, which nobody sees behind it."""
        if self.identity is not None and self.identity.pooler != "none":
            return False
        try:
            named = self.resolved().parameters
        except ConnectFailed:
            # It is not even known whom to ask.
            return True
        place = named if named.get("host") or named.get("hostaddr") else self._place
        return await lets_in(place)

    def known(self) -> KnownTarget:
        """What the run knows of its target, where the fate of a transaction is asked."""
        expected = self.expected()
        pooler = None if self.identity is None else self.identity.pooler
        if expected is None:
            return KnownTarget(pooler=pooler)
        timeline = expected.identity.get("timeline")
        return KnownTarget(timeline=timeline, commits=expected.left.commits, pooler=pooler)

    async def _meet(self, control: Session) -> bool:
        """Who answers, before the control session has settings and is used for anything, and whether it may have some.
        Raises OtherTarget."""

        async def neighbour() -> Session:
            return await open_session(
                self.resolved(), purpose="control", run=self.run, step="pooler", address=control.address, bare=True
            )

        self._met = found = await target_identity(control, neighbour)
        expected = self.expected()
        if expected is not None and expected.renamed == found.database_oid:
            renamed = {**expected.identity, "database_oid": found.database_oid}
            if difference(renamed, found) in (None, HoldReason.OTHER_TIMELINE):
                self.on_renamed(found.database_oid)
                expected = self.expected()
        code = None if expected is None else difference(expected.identity, found)
        # What another timeline of the same server means, only what the run left there can tell.
        if expected is not None and code is not None and code != HoldReason.OTHER_TIMELINE:
            raise self._other(expected, code, to_builtins(found))
        settled = found.pooler in SETTLED
        if expected is not None and not settled and expected.identity.get("pooler") in SETTLED:
            # The run opened on a session of its own: what it rests on would be whoever's is lent the server next.
            raise UnusableTarget(Coded(Remarked.POOLER_NOW))
        return settled

    async def _inherit(self, control: Session) -> None:
        """Whether the run's work is still there; only then is what answers the target. Raises OtherTarget."""
        expected, found = self.expected(), self._met
        assert found is not None
        if expected is not None:
            seen = await look(control, found, expected.left)
            facts = {"evidence": seen.state, **seen.facts}
            if seen.lost:
                emptied = seen.state == EvidenceState.LEDGER_ROWS_MISSING and await untouched(
                    control, found, expected.left
                )
                code = HoldReason.LEDGER_EMPTIED if emptied else HoldReason.EVIDENCE_LOST
                raise self._other(expected, code, to_builtins(found), facts)
            if difference(expected.identity, found) is not None:
                raise self._other(expected, HoldReason.OTHER_TIMELINE, to_builtins(found), facts)
            if self.begun:
                # Before anything of this engine is executed: what it begins itself is not what was asked about.
                rows = await unknown_rows(control, expected.left.run, self.begun)
                if rows:
                    facts["unknown"] = rows
                    raise self._other(expected, HoldReason.JOURNAL_BEHIND, to_builtins(found), facts)
                self.begun = []
        self.identity = found

    def _double(self, session: Session, place: dict[str, Any]) -> OtherServer:
        """Somebody else answered, at this place, beside the control session's server."""
        expected, mark = self.expected(), session.server
        if expected is None or mark is None:
            return OtherServer(Coded(Remarked.OTHER_SERVER))
        code = HoldReason.OTHER_SERVER
        if mark.system_identifier == expected.identity.get("system_identifier"):
            if mark.in_recovery:
                code = HoldReason.NOT_THE_PRIMARY
            elif self.identity is not None and mark.postmaster_start == self.identity.postmaster_start:
                code = HoldReason.OTHER_DATABASE
        return self._other(expected, code, {**to_builtins(mark), **place})

    def _other(
        self, expected: Expected, code: HoldReason, found: dict[str, Any], facts: dict[str, Any] | None = None
    ) -> OtherTarget:
        other = OtherTarget(code, {"expected": told(expected.identity), "found": found, **(facts or {})})
        self.on_other(other)
        return other

    async def monitor(self) -> Session:
        """The monitoring session, which can never block."""
        async with self._looking:
            if self._monitor is None or self._monitor.closed:
                self._monitor = await self.open("monitor")
            return self._monitor

    @asynccontextmanager
    async def away(self, kept: Session) -> AsyncIterator[None]:
        """All sessions but `kept`, which is in another database, are closed, and none is opened before this is left: a
        database is renamed while nobody is in it. What waits for an answer in one of them has lost its session."""
        async with self._opening:
            for session in list(self._sessions):
                if session is not kept and not session.closed:
                    await session.close()
            self._control = None
            yield

    @property
    def control_session(self) -> Session | None:
        """The control session as it is."""
        return None if self._control is None or self._control.closed else self._control

    def kept(self) -> tuple[Session, ...]:
        """The sessions that are kept open."""
        return tuple(session for session in (self._control, self._monitor) if session is not None)

    def quiet(self) -> list[int]:
        """Server processes of the sessions that write nothing: they look, hold keys, or keep a moment."""
        return [one.backend.pid for one in self._sessions if not one.runs_the_plan or one.purpose == "monitor"]

    @property
    def is_awaited(self) -> bool:
        """Whether the control session has been asked something, or is being opened."""
        return self._opening.locked() or (self._control is not None and self._control.busy_since is not None)

    async def tolerate(self, seconds: float) -> None:
        """From here on the control session, whose loss ends every step that changes something, is lost to a silent
        network no sooner than a step that tolerates so much."""
        if seconds > self._tolerate:
            self._tolerate = seconds
            if self._control is not None and not self._control.closed:
                try:
                    await self._control.endure(seconds)
                except PostgresError:
                    # That it is lost is found where it is used.
                    return

    def lent(self, session: Session, found: Resolved) -> None:
        """A session to another server than the target's, whose password is as secret."""
        self._keep(session)
        self._others.update((*found.secrets, session.password))
        self.on_secret()

    @property
    def named(self) -> bool:
        """Whether the plan names a database at all."""
        return self.target.dsn is not None or self.target.service is not None

    def facts(self) -> dict[str, object]:
        """The identity as neutral data for the journal; empty while nothing has answered."""
        return {} if self.identity is None else dict(to_builtins(self.identity))

    async def close(self) -> None:
        """Close what is kept open."""
        for session in (self._control, self._monitor):
            if session is not None and not session.closed:
                await session.close()

    async def ask_password(self) -> None:
        """Ask `password_command` anew each time: such tokens expire."""
        command = self.target.password_command
        if command is None:
            return
        self.environment["PGPASSWORD"] = await ask_for_password(command, self.environment)
        self.on_secret()


async def _admitted(rollback: bool) -> None:
    """Nobody looks."""
