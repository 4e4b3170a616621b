"""Evidence of commits: the transaction id and its pin while work is done, and the verdict on it afterwards."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

import msgspec

from tui.journal.codes import FateReason
from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import PostgresError, StatementFailed
from tui.postgres.evidence import fence, ledger, lineage
from tui.postgres.evidence.fence import XidStatus, xid_status
from tui.postgres.identity import TargetIdentity, target_identity
from tui.postgres.pooler import SETTLED, Pooler
from tui.postgres.results import Backend
from tui.postgres.session import Session
from tui.run.steps import Commit

Fate = Literal["applied", "not_applied", "still_running", "undecided"]

_POLL = 0.02


class EvidenceRefused(PostgresError):
    """The transaction must not go on, because its commit could not be proven afterwards."""


class TxWitness(msgspec.Struct, frozen=True, kw_only=True):
    """What is journaled of a transaction before it does anything that matters.

    `xid` is text (64 bits). `ledger`: its first statement wrote the ledger's row. `pinned`: its id is in
    the flushed WAL, so no crash can give it to another transaction. `epoch` is TargetIdentity's, () when it
    was not asked.
    """

    xid: str
    pid: int
    backend_start: str
    system_identifier: str
    timeline: int
    database: str
    database_oid: int
    postmaster_start: str
    ledger: bool
    synchronous_commit: str
    pinned: bool = False
    epoch: tuple[str, ...] = ()
    lsn: str = ""
    """A place in the log behind the id's own."""


class FateVerdict(msgspec.Struct, frozen=True):
    """A fate, the code of its reason (words are put to it where it is shown) and what was seen, as neutral
    data.
    """

    fate: Fate
    reason: FateReason
    facts: dict[str, Any]


class KnownTarget(msgspec.Struct, frozen=True, kw_only=True):
    """What a run knows of its target. `timeline`: the run's, which a person may have accepted since. `commits`: where
    the ledger has lost one of their rows, nothing follows from another's absence. `pooler`: what stands in between.
    """

    timeline: int | None = None
    commits: tuple[Commit, ...] = ()
    pooler: Pooler | None = None


class AssignedXid(str):
    """A transaction id as text; `lsn` is where in the WAL it was written."""

    lsn: str
    synchronous_commit: str


async def assign_xid(session: Session) -> AssignedXid:
    """Give the open transaction its id and write it to the WAL. Follow it with `pin(control, xid)`.

    Raises EvidenceRefused when synchronous_commit is off in this transaction: an acknowledged commit could
    then vanish in a crash.
    """
    xid, lsn, synchronous = (await session.rows("xid_assign"))[0]
    _refuse_asynchronous(synchronous)
    assigned = AssignedXid(xid)
    assigned.lsn, assigned.synchronous_commit = lsn, synchronous
    return assigned


async def pin(control: Session, xid: AssignedXid | None = None) -> str:
    """Flush the WAL past the id that another session's transaction was given, by one synchronous commit of
    our own; up to where it is on disk then.

    Measured: without it, an id whose WAL was not flushed is given to somebody else's transaction after a
    server crash, and asking for its status then answers about theirs. Raises EvidenceRefused when it was
    not flushed.
    """
    try:
        flushed: str = (await control.rows("pin"))[0][0]
    except PostgresError:
        if not control.closed:
            await control.execute("rollback")
        raise
    if xid is not None and lineage.position(flushed) < lineage.position(xid.lsn):
        raise EvidenceRefused(Coded(Remarked.FLUSH_FAILED))
    return flushed


async def refuse_asynchronous_commit(session: Session) -> None:
    """Ask once more just before COMMIT: a script may have set synchronous_commit off meanwhile."""
    _refuse_asynchronous((await session.execute("show synchronous_commit")).rows[0][0])  # type: ignore[index]


def _refuse_asynchronous(value: str) -> None:
    if value == "off":
        raise EvidenceRefused(Coded(Remarked.COMMIT_ASYNCHRONOUS))


def witness(session: Session, identity: TargetIdentity, xid: AssignedXid, *, ledger: bool, pinned: bool) -> TxWitness:
    """The witness of a session's open transaction; `identity` as read before the transaction began."""
    return TxWitness(
        xid=str(xid), pid=session.backend.pid, backend_start=session.backend.start, ledger=ledger, pinned=pinned,
        synchronous_commit=xid.synchronous_commit, lsn=xid.lsn, epoch=identity.epoch, **identity.facts(),
    )  # fmt: skip


async def committed(control: Session, witness: TxWitness, *, run: str, step: str, attempt: int, statement: int) -> bool:
    """Whether a transaction is there, which was acknowledged a moment ago on the server that `control` is on. False
    says nothing yet: see `judge`."""
    if witness.ledger:
        return await ledger.has_row(control, run, step, attempt, statement)
    return await xid_status(control, witness.xid) == "committed"


async def ended(control: Session, witness: TxWitness, patience: float) -> FateVerdict | None:
    """What became of a transaction, from the session that stood beside it all the time: no crash came between, its id
    is its own, and what the server says of it once it is not in progress is final, whether or not its backend lives on
    (in a pool). None: it is still in progress after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        status = await xid_status(control, witness.xid)
        if status != "in progress" or time.monotonic() >= deadline:
            break
        await asyncio.sleep(_POLL)
    facts: dict[str, Any] = {"xid": witness.xid, "xid_status": status}
    if status == "committed":
        return FateVerdict("applied", FateReason.XID_COMMITTED, facts)
    return FateVerdict("not_applied", FateReason.XID_ABORTED, facts) if status == "aborted" else None


async def judge(
    control: Session,
    witness: TxWitness,
    *,
    run: str,
    step: str,
    attempt: int,
    statement: int,
    commit_acked: bool,
    patience: float = 5.0,
    known: KnownTarget | None = None,
) -> FateVerdict:
    """What became of a transaction whose outcome was not journaled. Never a guess.

    Waits up to `patience` seconds for its backend to end, then answers `still_running`; ask again later.
    `known`: what the run knows of its target. `control` must be in autocommit, connected to the primary, and not be the
    session that did the work.
    Raises StatementFailed or ConnectionLost when the server could not be asked: then nothing is known.
    """
    deadline = time.monotonic() + patience
    facts: dict[str, Any] = {"xid": witness.xid, "ledger_used": witness.ledger, "pinned": witness.pinned}

    # 1. The same history of the same database, or nothing read here means anything about that transaction.
    now = await target_identity(control)
    known = known or KnownTarget()
    if known.pooler is not None:
        now = msgspec.structs.replace(now, pooler=known.pooler)
    facts |= {"host": now.host, "postmaster_start": now.postmaster_start, "timeline": now.timeline}
    mismatch = _mismatch(witness, now, known.timeline)
    if mismatch is not None:
        return FateVerdict("undecided", mismatch, facts)
    if now.pooler not in SETTLED:
        # The fence below would be held by whichever backend the pooler lends us.
        return FateVerdict("undecided", FateReason.POOLER, facts)

    # 2. The fence. While the backend lives, "in progress, no row" can turn into "committed" a moment later
    #    (measured), so it is waited for first, and the attempt key is then held while the evidence is read.
    stopped = await _fence(control, witness, fence.attempt_key(run, step, attempt), deadline, facts)
    if stopped is not None:
        return stopped
    try:
        # The status is read before the row: a commit between the two reads can then only be seen, never
        # missed.
        status = await xid_status(control, witness.xid)
        facts["xid_status"] = status
        if not witness.ledger:
            return _by_status(witness, now, status, commit_acked, facts)
        try:
            row = await ledger.find_row(control, run, step, attempt, statement)
        except StatementFailed as error:
            facts["sqlstate"] = error.sqlstate
            return FateVerdict("undecided", FateReason.LEDGER_UNREADABLE, facts)
        facts["ledger_row"] = row is not None
        if row is not None:
            facts |= {"ledger_xid": row.xid, "ledger_written": row.written}
            return FateVerdict("applied", FateReason.LEDGER_ROW, facts)
        missing = await lineage.missing_rows(control, run, [commit for commit in known.commits if commit.ledger])
        if missing:
            return FateVerdict("undecided", FateReason.LEDGER_ROWS_MISSING, facts | {"missing": missing})
        return _without_row(witness, now, status, commit_acked, facts)
    finally:
        if not control.closed:
            await fence.release(control, fence.attempt_key(run, step, attempt))


def _mismatch(witness: TxWitness, now: TargetIdentity, accepted: int | None) -> FateReason | None:
    if now.in_recovery:
        return FateReason.NOT_THE_PRIMARY
    if now.system_identifier != witness.system_identifier:
        return FateReason.OTHER_SERVER
    if now.timeline not in (witness.timeline, accepted):
        return FateReason.OTHER_TIMELINE
    if (now.database, now.database_oid) != (witness.database, witness.database_oid):
        return FateReason.OTHER_DATABASE
    return None


async def _fence(
    control: Session, witness: TxWitness, key: int, deadline: float, facts: dict[str, Any]
) -> FateVerdict | None:
    """None when the attempt key is ours, and the backend gone or, in a pool, another client's: a session keeps the key
    to its end, and its transaction is over. Else why it is too early to decide."""
    worker = Backend(pid=witness.pid, start=witness.backend_start)
    if await fence.wait_until_gone(control, [worker], deadline):
        found = await fence.find_backend(control, witness.pid)
        if found is not None and found.start == "":
            # Some backend has this pid and we may not see since when.
            facts |= {"pid": witness.pid}
            return FateVerdict("undecided", FateReason.BACKEND_NOT_VISIBLE, facts)
        if found is not None and found.start == witness.backend_start:
            if await fence.try_lock(control, key):
                if await xid_status(control, witness.xid) != "in progress":
                    return None
                await fence.release(control, key)
            facts |= {"pid": found.pid, "state": found.state, "wait_event": found.wait_event}
            return FateVerdict("still_running", FateReason.BACKEND_ALIVE, facts)
    if not await fence.poll_lock(control, key, deadline):
        facts["holders"] = await fence.holders(control, key)
        return FateVerdict("still_running", FateReason.ATTEMPT_KEY_HELD, facts)
    return None


def _crashed_since(witness: TxWitness, now: TargetIdentity) -> bool:
    """Did the server certainly lose its memory since? A restart, or statistics thrown away altogether,
    which is what crash recovery does when the postmaster survives. (One of the two times alone: a person
    reset it.)
    """
    if now.postmaster_start != witness.postmaster_start:
        return True
    return len(witness.epoch) == len(now.epoch) and all(a != b for a, b in zip(witness.epoch, now.epoch, strict=True))


def _never_crashed_since(witness: TxWitness, now: TargetIdentity) -> bool:
    """Did it certainly keep its memory? Not simply the opposite: in between lies what cannot be told."""
    return now.postmaster_start == witness.postmaster_start and witness.epoch == now.epoch


def _without_row(
    witness: TxWitness, now: TargetIdentity, status: XidStatus, commit_acked: bool, facts: dict[str, Any]
) -> FateVerdict:
    """A ledger was used, the fence is held, and the row is not there."""
    if status == "in progress":
        # No backend and yet in progress: a prepared transaction, which anyone may still commit.
        return FateVerdict("still_running", FateReason.XID_IN_PROGRESS, facts)
    if commit_acked:
        # The server said COMMIT and the row is gone: lost by an asynchronous commit, a failover, or removed
        # by hand.
        return FateVerdict("undecided", FateReason.ACKNOWLEDGED_COMMIT_LOST, facts)
    if status == "committed":
        # Row and id share a transaction, so this "committed" is somebody else's, who was given the id again
        # after a crash. That needs a crash; without one, the row was removed or the ledger replaced: a
        # person must look.
        if _crashed_since(witness, now):
            return FateVerdict("not_applied", FateReason.XID_REUSED, facts)
        return FateVerdict("undecided", FateReason.COMMITTED_WITHOUT_LEDGER_ROW, facts)
    # aborted; in the future: its WAL never reached the disk; too old to tell, while the ledger's rows stay
    # for ever.
    reasons = {"aborted": FateReason.XID_ABORTED, "in the future": FateReason.XID_NEVER_FLUSHED}
    return FateVerdict("not_applied", reasons.get(status, FateReason.NO_LEDGER_ROW), facts)


def _by_status(
    witness: TxWitness, now: TargetIdentity, status: XidStatus, commit_acked: bool, facts: dict[str, Any]
) -> FateVerdict:
    """No ledger is allowed: the status of the id is the only evidence, as good as the id is still ours."""
    if status == "in progress":
        return FateVerdict("still_running", FateReason.XID_IN_PROGRESS, facts)
    if status == "unknown":
        return FateVerdict("undecided", FateReason.NO_XID, facts)
    # An acknowledged synchronous commit has flushed its own id.
    pinned = witness.pinned or (commit_acked and witness.synchronous_commit not in ("off", ""))
    if status == "committed":
        # Another history, which a person has accepted, need not have seen ours before the id was given out in it.
        same = now.timeline == witness.timeline
        if same and (pinned or _never_crashed_since(witness, now)):
            return FateVerdict("applied", FateReason.XID_COMMITTED, facts)
        return FateVerdict("undecided", FateReason.XID_MAY_BE_REUSED, facts)
    if status == "aborted":
        # Even if the id was given out again: ours was then lost, or its WAL would have kept the id from
        # reuse.
        if commit_acked:
            return FateVerdict("undecided", FateReason.ACKNOWLEDGED_COMMIT_LOST, facts)
        return FateVerdict("not_applied", FateReason.XID_ABORTED, facts)
    if status == "too old":
        # The server forgets ids about a million transactions after they are frozen.
        return FateVerdict("undecided", FateReason.XID_TOO_OLD, facts)
    # In the future. A pinned id is on disk: this is a server that went back in time (a restored snapshot).
    # An id that was not pinned may have been lost in a crash, but nothing proves that it was the crash.
    return FateVerdict("undecided", FateReason.PINNED_XID_LOST if pinned else FateReason.XID_IN_THE_FUTURE, facts)
