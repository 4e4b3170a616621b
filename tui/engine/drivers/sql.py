"""SQL with evidence: the protocol by which a commit can be proved after anything has died in the middle of it.

BEGIN; the ledger's row, or the id pinned in the flushed WAL; `tx.begin` with the witness, durable; the statements;
`tx.commit_sent`, durable; COMMIT; `tx.committed`. A connection lost on the way is no outcome: FateUnknown is raised
and recovery decides. The session takes the attempt's key and keeps it until it is closed.
"""

from __future__ import annotations

import asyncio
import time

from msgspec import to_builtins
from msgspec.structs import replace

from tui.engine.drivers.cancel import cancel, heard
from tui.engine.drivers.locks_taken import LocksTaken
from tui.engine.drivers.output import StepOutputFile
from tui.engine.drivers.query import sql_error
from tui.engine.drivers.target_key import TargetKey
from tui.engine.drivers.transaction import TransactionUnderWay, answer_to, confirmed
from tui.engine.drivers.work_session import FateUnknown, WorkSession
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.target.lock_holders import LockHolders
from tui.journal import events as e
from tui.journal.codes import WaitReason
from tui.journal.remarks import Coded, Remarked, said_fields
from tui.plan.model import Step
from tui.postgres import row_counts
from tui.postgres.errors import ConnectionLost, OutOfMemory, PostgresError, StatementFailed
from tui.postgres.evidence import commits, ledger, outside
from tui.postgres.identity import OtherTarget
from tui.postgres.session import Session
from tui.steps.effects import (
    Countable,
    Counts,
    RunSession,
    RunStatement,
    RunTransaction,
    SqlError,
    SqlSettings,
    SqlStatement,
    TxDone,
)


class SqlDriver:
    """Carries out RunTransaction and RunStatement of one attempt, on one session of its own."""

    def __init__(
        self,
        recorder: Recorder,
        target: TargetAccess,
        step: Step,
        attempt: int,
        opened: e.RunOpened,
        output: StepOutputFile,
        beside: SqlDriver | None = None,
        lane: int = 0,
    ) -> None:
        """`beside`: the first of an attempt's, whose right to change the target this one shares; `lane`: its number."""
        self._recorder = recorder
        self._target = target
        self._step = step
        self._attempt = attempt
        self._opened = opened
        self.work = WorkSession(target, step, attempt, opened, output)
        self.lane = lane
        self.key: TargetKey = TargetKey(target, self._waiting) if beside is None else beside.key
        self._pinning: asyncio.Lock = asyncio.Lock() if beside is None else beside._pinning
        self._for_another = False
        self._gave_way = False
        self._in_transaction = False
        self._lock_holders = LockHolders(target, self._waiting)
        self.locks = LocksTaken(target, lambda: self._lock_holders.waited)
        self.place: tuple[int, int] = (1, 0)
        """The number of the statement that runs, or ran last, and how many the script has; 0: it is none of several."""
        self.object: dict[str, object] = {}  # of the last statement outside a transaction, before it was sent

    def _waiting(self, reason: WaitReason, facts: dict[str, object]) -> None:
        self._recorder.append(e.StepWaiting(step=self._step.id, attempt=self._attempt, reason=reason, facts=facts))

    async def transaction(self, effect: RunTransaction) -> TxDone:
        """All of the statements, or none, with the evidence of it."""
        began = time.monotonic()
        session = await self.work.ready(effect.settings, effect.session)
        if isinstance(session, TxDone):
            return session
        await self.locks.ready()
        self._in_transaction, self._gave_way = True, False
        self.locks.forget()
        work = TransactionUnderWay(effect, began)
        try:
            await session.execute(effect.begin)
            async with self._lock_holders.over(session.backend.pid, effect.settings.lock_timeout):
                await self._all(session, work, effect.statements[: effect.evidence])
                if effect.witnessed:
                    work.witness = await self._witness(session, effect)
                    work.begun = True
                    begin = self._event(e.TxBegin, effect.statement, witness=work.witness, reach=effect.reach)
                    self._recorder.append(begin)
                work.holds = time.monotonic()
                before = await row_counts.changed(session) if effect.counted else None
                await self._all(session, work, effect.statements[effect.evidence :], before=effect.evidence)
                if before is not None:
                    work.changed = row_counts.since(before, await row_counts.changed(session))
            if effect.witnessed:
                await asyncio.gather(commits.refuse_asynchronous_commit(session), self.key.require())
                self._recorder.append(self._event(e.TxCommitSent, effect.statement))
        except OutOfMemory as error:
            return await self._aborted(session, work, sql_error(error, work.line))
        except ConnectionLost as error:
            raise FateUnknown(error) from None
        except OtherTarget:
            await session.roll_back()
            raise
        except PostgresError as error:
            failed = sql_error(error, work.line)
            if self._gave_way and error.sqlstate == "57014" and not self.work.cancelled:
                failed = SqlError(sqlstate="55P03", message=Coded(Remarked.GAVE_WAY).neutral(), line=work.line)
            return await self._aborted(session, work, failed)
        except BaseException:
            # The journal could not be written, or the engine is ending: nothing may be committed that has no witness.
            await session.roll_back()
            raise
        try:
            result = await session.execute(effect.end)
        except ConnectionLost as error:
            raise FateUnknown(error) from None
        except PostgresError as error:
            # What is checked at the end, deferred constraints say, is no single statement's.
            return await self._aborted(session, work, sql_error(error))
        if result.status != answer_to(effect.end):
            said = Coded(Remarked.ANSWERED_OTHERWISE, answer=result.status, statement=effect.end.upper())
            return await self._aborted(session, work, SqlError(sqlstate=None, message=said.neutral()))
        self.locks.ended(kept=bool(effect.gid))
        self._lock_holders.forget()
        seconds = round(time.monotonic() - began, 6)
        held = time.monotonic() - work.holds
        replication = confirmed(result)
        if not effect.witnessed:
            return TxDone(committed=True, warnings=work.warnings, seconds=seconds, replication=replication)
        warnings = (*work.warnings, *(f"{w.sqlstate}: {w.message}" for w in result.warnings))
        self._recorder.append(self._event(e.TxCommitted, effect.statement, warnings=warnings, rows=work.rows))
        protection = "ledger" if work.witness.get("ledger") else "xid"
        kept = {"xid": work.witness.get("xid"), "protection": protection, "warnings": list(warnings)}
        return TxDone(
            committed=True, rows=work.rows, changed=work.changed, claimed=work.claimed, returned=work.returned,
            warnings=warnings, seconds=seconds, held=round(held, 6), witness=kept, replication=replication,
        )  # fmt: skip

    async def _all(
        self, session: Session, work: TransactionUnderWay, statements: tuple[SqlStatement, ...], before: int = 0
    ) -> None:
        """`before`: so many of the transaction's were executed already; those before the evidence come first."""
        first, of = work.effect.place
        for number, statement in enumerate(statements, before + 1):
            work.line, began = statement.line, time.monotonic()
            self.place = (first + number - 1, of)
            result = await self.work.one(session, statement)
            last, only_outside = number == len(work.effect.statements), number <= work.effect.evidence
            await self.locks.behind(session, statement, number, began, last=last, untouched=only_outside)
            work.rows += row_counts.rows_changed(result)
            work.claimed, work.returned = row_counts.claimed(result), result.returned
            work.warn(result.warnings)

    async def statement(self, effect: RunStatement) -> TxDone:
        """One statement outside any transaction: what it is judged by is what the catalogue says before and after."""
        if not effect.missing:
            return await self._statement(effect)
        await self.work.rest()
        try:
            return await self._statement(effect)
        finally:
            await self.work.rest()

    async def _statement(self, effect: RunStatement) -> TxDone:
        began = time.monotonic()
        session = await self.work.ready(effect.settings, effect.session)
        if isinstance(session, TxDone):
            return session
        backend = session.backend
        self._in_transaction, self.place = False, effect.place
        await self.key.require()
        control = await self._target.control()
        try:
            self.object = await outside.before(session, control, effect.outside)
            if effect.missing and await outside.is_there(control, self.object):
                return TxDone(committed=True)
            if effect.again or effect.missing:
                known = self._recorder.state.steps[self._step.id].leftovers
                left, self.object = await outside.in_the_way(control, self.object, known)
                if left.state == "half":
                    return TxDone(committed=False, left="half", leftovers=left.leftovers)
        except ConnectionLost as error:
            raise FateUnknown(error) from None
        witness = {
            "outside": True,
            "pid": backend.pid,
            "backend_start": backend.start,
            **({} if self._target.identity is None else self._target.identity.facts()),
        }
        self._recorder.append(self._event(e.TxBegin, effect.ordinal, witness=witness | {"object": self.object}))
        try:
            async with (
                self._lock_holders.over(backend.pid, effect.settings.lock_timeout),
                self.locks.sampling(backend.pid, effect.statement.line),
            ):
                result = await self.work.one(session, effect.statement)
        except ConnectionLost as error:
            raise FateUnknown(error) from None
        except PostgresError as error:
            failed = self._lock_holders.beside(sql_error(error, effect.statement.line))
            return await self._judged(effect, failed, began)
        rows = row_counts.rows_changed(result)
        warnings = tuple(w.message for w in result.warnings)
        self._recorder.append(self._event(e.TxCommitted, effect.ordinal, warnings=warnings, rows=rows))
        return TxDone(
            committed=True, rows=rows, warnings=warnings, seconds=round(time.monotonic() - began, 6),
            replication=confirmed(result),
        )  # fmt: skip

    async def _judged(self, effect: RunStatement, error: SqlError, began: float) -> TxDone:
        """What an error outside a transaction left: it takes nothing back by itself."""
        try:
            left = await outside.after(await self._target.control(), self.object)
        except PostgresError:
            left = outside.Remains(state="unknown")
        if left.state == "nothing" and effect.outside.several:
            # Each of its objects is a transaction of its own; which of them it came to the catalogue does not say.
            left = outside.Remains(state="unknown")
        if left.state == "whole":
            said = error.message if isinstance(error.message, str) else error.message["code"]
            warnings = (f"{error.sqlstate}: {said}",)
            self._recorder.append(self._event(e.TxCommitted, effect.ordinal, warnings=warnings))
            return TxDone(committed=True, warnings=warnings, seconds=round(time.monotonic() - began, 6))
        if left.state == "nothing" or not self._for_another:
            event = self._event(e.TxAborted, effect.ordinal, sqlstate=error.sqlstate,
                                **said_fields(error.message, error.lock))  # fmt: skip
            self._recorder.append(event)
        return replace(self._failed(error, began), left=left.state, leftovers=left.leftovers)

    async def of_session(self, effect: RunSession) -> TxDone:
        """A statement that changes its session and nothing else: without evidence, as it may be executed again."""
        began = time.monotonic()
        session = await self.work.ready(effect.settings, effect.session)
        if isinstance(session, TxDone):
            return session
        self._in_transaction = False
        try:
            result = await self.work.one(session, effect.statement)
        except OutOfMemory as error:
            return self._failed(sql_error(error, effect.statement.line), began)
        except ConnectionLost as error:
            raise FateUnknown(error) from None
        except PostgresError as error:
            return self._failed(sql_error(error, effect.statement.line), began)
        return TxDone(committed=True, warnings=tuple(w.message for w in result.warnings))

    async def countable(self, effect: Countable) -> Counts:
        """How what the statement changes can be counted."""
        session = await self.session(effect.settings)
        self._in_transaction = False
        try:
            return await row_counts.counts(session, await self._target.control(), effect.statement.text)
        except ConnectionLost as error:
            raise FateUnknown(error) from None

    async def unwitnessed(self, statements: tuple[SqlStatement, ...], settings: SqlSettings) -> TxDone:
        """Statements of a cleanup: idempotent, outside any transaction, with nothing journaled of their commits."""
        session = await self.session(settings)
        self._in_transaction = False
        try:
            for statement in statements:
                await self.work.one(session, statement)
        except StatementFailed as error:
            return TxDone(committed=False, error=sql_error(error, statement.line))
        return TxDone(committed=True)

    async def session(self, settings: SqlSettings) -> Session:
        """The attempt's session as it is, or a new one, under these settings."""
        session = await self.work.ready(settings, ())
        assert isinstance(session, Session)
        return session

    def allow_again(self) -> None:
        """After a cancel: the cleanup of what was cancelled may still be sent."""
        self.work.cancelled = False

    async def cancel(self, for_another: bool = False) -> None:
        """Cancel what runs, on the server, for good: nothing further of this attempt is begun. `for_another`: this
        engine ends, and the next one judges what is half done."""
        self.work.cancelled, self._for_another = True, for_another
        await cancel(self.work.current, lambda: self.work.cancelled, self._unheard)

    async def give_up(self) -> None:
        """Nobody waits for what is under way: one request to cancel it, and nothing further is begun."""
        self.work.cancelled = True
        if self.work.current is not None and not self.work.current.closed and self.work.current.busy_since is not None:
            await heard(self.work.current)

    def _unheard(self, since: str) -> None:
        self._waiting(WaitReason.CANCEL_UNHEARD, {"since": since})

    async def give_way(self) -> None:
        """Cancel a transaction's statement that waits for a lock, as if its lock timeout had run out."""
        if self._in_transaction and self.work.current is not None and not self.work.current.closed:
            self._gave_way = True
            try:
                await self.work.current.cancel()
            except PostgresError:
                return

    async def close(self) -> None:
        """Close the session (which gives the attempt's key back) and give the target's key back."""
        try:
            await self.work.rest()
        finally:
            await self.key.release()

    def _event(self, type_: type[e.TxEvent], statement: int, **data: object) -> e.Event:
        return type_(step=self._step.id, attempt=self._attempt, statement=statement, lane=self.lane, **data)

    async def _witness(self, session: Session, effect: RunTransaction) -> dict[str, object]:
        used = self._opened.ledger
        if used:
            row = (self._opened.id, self._step.id, self._attempt, effect.statement, self._opened.seal)
            await ledger.record(session, *row, own_role=effect.own_role)
        xid = await commits.assign_xid(session)
        pinned = False
        if not used:
            async with self._pinning:
                await commits.pin(await self._target.control(), xid)
            pinned = True
        identity = self._target.identity
        assert identity is not None
        found = commits.witness(session, identity, xid, ledger=used, pinned=pinned)
        return dict(to_builtins(found)) | ({"gid": effect.gid} if effect.gid else {})

    async def _aborted(self, session: Session, work: TransactionUnderWay, error: SqlError) -> TxDone:
        await session.roll_back()
        self.locks.ended()
        if work.effect.taints and not session.closed:
            await session.close()
        error = self._lock_holders.beside(error)
        if work.begun:
            said = said_fields(error.message, error.lock)
            self._recorder.append(self._event(e.TxAborted, work.effect.statement, sqlstate=error.sqlstate, **said))
        return self._failed(error, work.began)

    def _failed(self, error: SqlError, began: float) -> TxDone:
        return TxDone(committed=False, error=error, seconds=round(time.monotonic() - began, 6))
