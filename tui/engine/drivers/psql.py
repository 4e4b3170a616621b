"""psql as the engine leads it: the protocol of `sql`, with psql between the engine and the server.

Opening; the transaction's id pinned in the flushed WAL, or the ledger's row; `tx.begin` with the witness, durable; the
script; closing; `tx.commit_sent`, durable; COMMIT. What psql's exit status says comes after that, and less: behind a
lost connection it is 2 with the work committed, behind a script that left its transaction it may be anything.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tui.engine.drivers.child import ChildDriver
from tui.engine.drivers.query import sql_error
from tui.engine.drivers.sql import SqlDriver
from tui.engine.drivers.work_session import FateUnknown
from tui.engine.programs.pipes import ProgramPipes
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.journal import events as e
from tui.journal.codes import FailReason
from tui.journal.remarks import Coded, Remarked, coded
from tui.plan.scalars import ExpansionError, expand
from tui.plan.sealed import SealedPlan
from tui.postgres import psql_protocol
from tui.postgres.errors import ConnectionLost, PostgresError
from tui.postgres.evidence import commits, fence, ledger
from tui.postgres.identity import TargetIdentity
from tui.postgres.psql_protocol import PsqlReport, PsqlVariables
from tui.postgres.session import Session
from tui.run.steps import StepState
from tui.sql.leaving import Reach, reach
from tui.steps.answers import passes
from tui.steps.effects import ChildDone, PsqlDone, RunChild, RunPsql, SqlError
from tui.steps.psql.says import error_of

ARGUMENTS = ("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose")
OPENED, CLOSED = 0, 1
"""The ledger's numbers of a script's rows: of one that is one transaction, and of the end of any other."""
# psql's own errors, in any language: those of the server have an SQLSTATE behind the severity.
_CLIENT_ERROR = re.compile(rb"psql:[^\n]*:\d+: [^\W\d_]+: (?! )")
_PATIENCE = 5.0
_LONGEST_LINE = 1 << 16
_BAD = 2
"""psql's exit status when its connection went bad."""
_ENDED = "57P0"
"""Class of what a server says that ends a session: 57P01 to 57P05."""


class ProgramEnded(FateUnknown):
    """A program ended, and what it did is to be asked before anything follows from that."""

    def __init__(self, done: ChildDone, problem: FailReason | None = None, error: PostgresError | None = None) -> None:
        """`error`: how the server ended its session, where that is why it ended."""
        super().__init__(error, Coded(Remarked.END_TELLS_NOTHING))
        self.done = done
        self.problem = problem


class PsqlDriver:
    """Carries out RunPsql of one attempt."""

    def __init__(
        self,
        recorder: Recorder,
        target: TargetAccess,
        state: StepState,
        opened: e.RunOpened,
        children: ChildDriver,
        sql: SqlDriver,
        environment: Mapping[str, str],
        plan: SealedPlan,
    ) -> None:
        self.recorder = recorder
        self.target = target
        self.opened = opened
        self.sql = sql
        self._plan = plan
        self._step = state.step
        self._attempt = state.attempt
        self._number = state.resume_from
        self._children = children
        self._environment = environment

    async def run(self, effect: RunPsql, *, witnessed: bool = True) -> PsqlDone:
        """Lead psql through the script to its end. `witnessed` is False for a cleanup, which may be repeated: nothing
        is journaled of its commits. Raises FateUnknown when what it did cannot be told now.
        """
        try:
            variables = {name: expand(value, self._environment) for name, value in effect.variables.items()}
        except ExpansionError as error:
            said = Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral()
            return PsqlDone(child=ChildDone(status=None, error=said), effect="none")
        lead = _Lead(self, msgspec.structs.replace(effect, variables=variables), witnessed)
        argv = (*ARGUMENTS, "-f", lead.pipes.source)
        # Read-only but in the transaction that is begun for the script: it cannot go on behind that one.
        settings = msgspec.structs.replace(effect.settings, read_only=effect.single_transaction)
        child = await self._children.run(
            RunChild(argv=argv, timeout=effect.timeout, target=True, settings=settings, changes=True, files=True),
            accompany=lead,
        )
        return await self._judged(lead, child)

    def event(self, type_: type[e.TxEvent], **data: Any) -> e.Event:
        """Of the one transaction, or the one script: counted on from what attempts before this one committed."""
        return type_(step=self._step.id, attempt=self._attempt, statement=self._number, **data)

    def key(self) -> int:
        return fence.attempt_key(self.opened.id, self._step.id, self._attempt)

    def row(self, statement: int) -> str:
        """The ledger's row as text."""
        return ledger.insert_sql(self.opened.id, self._step.id, self._attempt, statement, self.opened.seal)

    async def reach(self, effect: RunPsql) -> Reach:
        """What the script may do beside its transaction."""
        return await asyncio.to_thread(reach_of, self._plan, effect)

    async def reported_errors(self) -> bool:
        """Whether psql has reported an error of its own so far."""
        raw = self._children.raw
        return raw is not None and await asyncio.to_thread(_has_client_error, raw)

    async def _judged(self, lead: _Lead, child: ChildDone) -> PsqlDone:
        done = PsqlDone(child=child, problem=lead.problem, error=lead.error, facts=lead.facts)
        if not lead.sent:
            # The script is behind what psql met the end of: nothing of it was read.
            if child.status == 0 and lead.problem is None:
                done = msgspec.structs.replace(done, problem=FailReason.END_NOT_REACHED)
            return msgspec.structs.replace(done, effect="none")
        if child.status == 0 and not lead.closed and lead.problem is None:
            done = msgspec.structs.replace(done, problem=FailReason.END_NOT_REACHED)
        if not lead.single:
            if lead.committed and child.status == 0:
                return msgspec.structs.replace(done, effect="all")
            if lead.witnessed and (child.lost or child.status is None or child.status < 0 or child.status == _BAD):
                raise ProgramEnded(child, done.problem, self._loss(lead, child))
            return done
        return await self._asked(lead, done)

    async def _asked(self, lead: _Lead, done: PsqlDone) -> PsqlDone:
        """The server says what became of the transaction, whatever psql said."""
        child, witness = done.child, lead.witness
        assert witness is not None
        acknowledged = child.status == 0 and lead.commit_sent
        try:
            control = await self.target.control()
            if acknowledged and await commits.committed(
                control, witness, run=self.opened.id, step=self._step.id, attempt=self._attempt, statement=OPENED
            ):
                commit = {"xid": witness.xid, "protection": "ledger" if witness.ledger else "xid"}
                if lead.witnessed:
                    self.recorder.append(self.event(e.TxCommitted))
                return msgspec.structs.replace(done, effect="all", commit=commit)
            if child.lost or child.status is None or child.status < 0:
                raise ProgramEnded(child, done.problem)
            verdict = await commits.ended(control, witness, _PATIENCE) if control is lead.control else None
            if verdict is None:
                verdict = await commits.judge(
                    control, witness, run=self.opened.id, step=self._step.id, attempt=self._attempt, statement=OPENED,
                    commit_acked=acknowledged, patience=_PATIENCE, known=self.target.known(),
                )  # fmt: skip
        except (PostgresError, OSError):
            raise ProgramEnded(child, done.problem, self._loss(lead, child)) from None
        if verdict.fate == "applied" and not lead.commit_sent:
            return msgspec.structs.replace(done, problem=done.problem or FailReason.TRANSACTION_LEFT)
        loss = self._loss(lead, child)
        if verdict.fate != "not_applied" or (loss is not None and lead.witnessed):
            raise ProgramEnded(child, done.problem, loss)
        if done.problem is None and _refused_to_write(child.tail):
            done = msgspec.structs.replace(done, problem=FailReason.READ_ONLY)
        if done.problem == FailReason.SESSION_REPLACED or (await self.reach(lead.effect)).outside:
            return done
        if lead.witnessed:
            self.recorder.append(self.event(e.TxAborted))
        return msgspec.structs.replace(done, effect="none")

    def _loss(self, lead: _Lead, child: ChildDone) -> PostgresError | None:
        """How psql lost its session, or the engine its own beside it; None where neither did."""
        said = error_of(child.tail)
        if said is not None and (said.sqlstate or "").startswith(_ENDED):
            start = None if lead.witness is None else lead.witness.postmaster_start
            return ConnectionLost(coded(said.message), said.sqlstate, start)
        if lead.control is not None and lead.control.lost is not None:
            return lead.control.lost
        if child.status == _BAD:
            return ConnectionLost(Coded(Remarked.PSQL_LOST) if said is None else coded(said.message))
        return None


class _Lead:
    """One script: what was said to psql, what it answered, and what follows from that."""

    def __init__(self, driver: PsqlDriver, effect: RunPsql, witnessed: bool) -> None:
        self._driver = driver
        self.effect = effect
        self.witnessed = witnessed
        self.pipes = ProgramPipes()
        self.single = effect.single_transaction
        self.sent = False
        """The script is on its way."""
        self.closed = False
        """Its end was seen, and all was well with it."""
        self.commit_sent = False
        self.committed = False
        self.witness: commits.TxWitness | None = None
        self.control: Session | None = None
        """The control session under which the witness was made."""
        self.problem: FailReason | None = None
        self.error: SqlError | None = None
        self.facts: dict[str, object] = {}
        self._variables: PsqlVariables | None = None

    @property
    def descriptors(self) -> tuple[int, ...]:
        return self.pipes.descriptors

    def close(self) -> None:
        self.pipes.close()

    async def run(self, ended: asyncio.Event) -> None:
        """From psql's start to its end. Raises JournalError: psql then ends without a COMMIT."""
        await self.pipes.begin()
        try:
            await self._through(ended)
        except PostgresError as error:
            self.error = sql_error(error)
            self.problem = FailReason.CONNECTION if passes(self.error) else FailReason.SQL_ERROR
        finally:
            self.pipes.end()

    async def _through(self, ended: asyncio.Event) -> None:
        self.pipes.say(self._opening())
        opening = await self._report(ended)
        if opening is None or not await self._begun(ended, opening):
            return
        self.sent = True
        self.pipes.say(
            psql_protocol.script(self.effect.file, self.effect.variables) + psql_protocol.closing(self.pipes.descriptor)
        )
        async with self._driver.sql.locks.sampling(opening.pid, None):
            report = await self._report(ended)
        if self._variables is not None and self._variables.sqlstate != psql_protocol.NO_ERROR:
            self.facts["sqlstate"] = self._variables.sqlstate
        if report is None:
            return
        self.problem = await self._found(opening, report)
        if self.problem is not None:
            return
        self.closed = True
        await self._driver.sql.key.require()
        if self.single:
            if self.witnessed:
                self._driver.recorder.append(self._driver.event(e.TxCommitSent))
            self.commit_sent = True
            self.pipes.say("commit;\n")
            return
        row = self._driver.row(CLOSED) if self.witnessed and self._driver.opened.ledger else None
        self.pipes.say(psql_protocol.flush(self.pipes.descriptor, row))
        if await self._report(ended) is not None:
            self.committed = True
            if self.witnessed:
                self._driver.recorder.append(self._driver.event(e.TxCommitted))

    def _opening(self) -> str:
        driver, role = self._driver, self.effect.settings.role
        said = fence.psql_prelude(driver.key()) + ";\n" if self.witnessed else ""
        if self.single:
            said += psql_protocol.begin(role)
            said += driver.row(OPENED) + ";\n" if driver.opened.ledger and self.witnessed else ""
        return said + psql_protocol.opening(self.pipes.descriptor, transaction=self.single, role=role)

    async def _report(self, ended: asyncio.Event) -> PsqlReport | None:
        """psql's next report of its session; None: it has ended, or has sent nothing of the question to the server."""
        found: PsqlReport | None = None
        while (line := await self.pipes.hear(ended)) is not None and not psql_protocol.is_over(line):
            said = psql_protocol.read(line)
            if isinstance(said, PsqlReport):
                found = said
            elif isinstance(said, PsqlVariables):
                self._variables = said
        return found

    async def _is_here(
        self, ended: asyncio.Event, opening: PsqlReport, control: Session, identity: TargetIdentity
    ) -> bool:
        """Whether psql's session is on the server that the control session has; a copy of that server has the same
        identifier, and other sessions."""
        found = await fence.find_backend(control, opening.pid)
        if found is None:
            # Ended on the server a moment ago, or not on this server: the one does not answer any more.
            self.pipes.say(psql_protocol.question(self.pipes.descriptor))
            if await self._report(ended) is None:
                return False
            found = await fence.find_backend(control, opening.pid)
        same = (opening.system, opening.database) == (identity.system_identifier, identity.database)
        if not same or found is None or found.start not in ("", opening.start):
            self.problem = FailReason.OTHER_SERVER
            return False
        return True

    async def _begun(self, ended: asyncio.Event, opening: PsqlReport) -> bool:
        """The witness, durable, before anything of the script is sent."""
        driver = self._driver
        self.control = control = await driver.target.control()
        identity = driver.target.identity
        assert identity is not None and opening.start is not None
        if not await self._is_here(ended, opening, control, identity):
            return False
        names = ("system_identifier", "timeline", "database", "database_oid", "postmaster_start")
        place: dict[str, Any] = {"pid": opening.pid, "backend_start": opening.start}
        place |= {name: getattr(identity, name) for name in names}
        witness: dict[str, Any] = {"outside": True, **place}
        if self.single:
            assert opening.xid is not None and opening.lsn is not None
            used = driver.opened.ledger and self.witnessed
            if not used:
                xid = commits.AssignedXid(opening.xid)
                xid.lsn, xid.synchronous_commit = opening.lsn, opening.synchronous_commit
                await commits.pin(control, xid)
            self.witness = commits.TxWitness(
                xid=opening.xid, synchronous_commit=opening.synchronous_commit, ledger=used, pinned=not used,
                epoch=identity.epoch, **place,
            )  # fmt: skip
            witness = msgspec.to_builtins(self.witness)
        if self.witnessed:
            driver.recorder.append(driver.event(e.TxBegin, witness=witness))
        return True

    async def _found(self, opening: PsqlReport, report: PsqlReport) -> FailReason | None:
        """What is wrong behind the script; None when nothing is."""
        if report.pid != opening.pid:
            return FailReason.SESSION_REPLACED
        if self.single and report.xid != opening.xid:
            return FailReason.TRANSACTION_LEFT
        if not self.single and report.begun:
            return FailReason.TRANSACTION_OPEN
        role = self.effect.settings.role
        if role is not None and (report.role, report.login) != (role, opening.login):
            self.facts["role"] = report.role
            return FailReason.ROLE_CHANGED
        said = self._variables
        if said is None or said.sqlstate != psql_protocol.NO_ERROR:
            return FailReason.ERRORS_IGNORED
        past_errors = not said.stops or (await self._driver.reach(self.effect)).past_errors
        if past_errors and await self._driver.reported_errors():
            return FailReason.ERRORS_IGNORED
        if self.single and report.synchronous_commit == "off":
            return FailReason.ASYNCHRONOUS_COMMIT
        return None


def reach_of(plan: SealedPlan, effect: RunPsql) -> Reach:
    """What the script may do beside its transaction; of files that are not as they were sealed that is not known."""
    return reach(effect.file, effect.variables.values(), plan.text)


def _refused_to_write(printed: str) -> bool:
    error = error_of(printed)
    return error is not None and error.sqlstate == "25006"


def _has_client_error(raw: Path) -> bool:
    with raw.open("rb") as file:
        return any(_CLIENT_ERROR.search(line) for line in iter(lambda: file.readline(_LONGEST_LINE), b""))
