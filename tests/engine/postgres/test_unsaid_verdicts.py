"""Each verdict on a transaction, beside a database that differs by the one thing it says: it is not said there."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, one
from tui.journal.codes import FateCode, FateReason
from tui.postgres.evidence import commits, fence, ledger
from tui.postgres.evidence.commits import FateVerdict, TxWitness
from tui.postgres.identity import target_identity

pytestmark = pytest.mark.postgres
KEY = fence.attempt_key(RUN, "migrate", 1)


class Desk:
    """A transaction of a step, how it ended, and the verdict on it."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    async def witness(self, end: str | None, *, rows: bool = False, pinned: bool = True) -> TxWitness:
        """`end`: the statements that end it, None leaves it open; `rows`: with a ledger."""
        control = await self.sessions.control()
        if rows:
            await ledger.create_ledger(control)
        work = await self.sessions.work()
        identity = await target_identity(control)
        await work.execute("begin")
        if rows:
            await ledger.record(work, RUN, "migrate", 1, 1, "0" * 64)
        xid = await commits.assign_xid(work)
        if pinned:
            await commits.pin(control, xid)
        found = commits.witness(work, identity, xid, ledger=rows, pinned=pinned)
        if end is not None:
            await work.execute(end)
            await work.close()
        return found

    async def judge(self, witness: TxWitness, *, acked: bool = False, user: str = "postgres") -> FateVerdict:
        control = await self.sessions.control(user)
        return await commits.judge(
            control, witness, run=RUN, step="migrate", attempt=1, statement=1, commit_acked=acked, patience=0.05
        )

    async def sql(self, text: str) -> None:
        await (await self.sessions.control()).execute(text)


Case = Callable[[Desk, bool], Awaitable[FateVerdict]]


async def committed(desk: Desk, so: bool) -> FateVerdict:
    return await desk.judge(await desk.witness("commit" if so else "rollback"))


async def aborted(desk: Desk, so: bool) -> FateVerdict:
    return await desk.judge(await desk.witness("rollback" if so else "commit"))


async def in_progress(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("prepare transaction 'unsaid'")
    if so:
        found = await desk.judge(witness)
        await desk.sql("commit prepared 'unsaid'")
        return found
    await desk.sql("commit prepared 'unsaid'")
    return await desk.judge(witness)


async def key_held(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("rollback")
    holder = await desk.sessions.work()
    assert await fence.try_lock(holder, KEY)
    if not so:
        await fence.release(holder, KEY)
    return await desk.judge(witness)


async def alive(desk: Desk, so: bool) -> FateVerdict:
    return await desk.judge(await desk.witness(None if so else "rollback"))


async def not_visible(desk: Desk, so: bool) -> FateVerdict:
    """Somebody has that pid; a role without rights may not see since when."""
    await desk.sql(
        "do $$ begin if not exists (select from pg_roles where rolname = 'unsaid_outsider') then "
        "create role unsaid_outsider login; end if; end $$"
    )
    witness = await desk.witness("rollback")
    other = await desk.sessions.work()
    return await desk.judge(replace(witness, pid=other.backend.pid), user="unsaid_outsider" if so else "postgres")


async def row(desk: Desk, so: bool) -> FateVerdict:
    return await desk.judge(await desk.witness("commit" if so else "rollback", rows=True))


async def no_row(desk: Desk, so: bool) -> FateVerdict:
    """An id too old to ask about; the row alone tells."""
    return await desk.judge(replace(await desk.witness("rollback" if so else "commit", rows=True), xid="0"))


async def committed_without_row(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit", rows=True)
    if so:
        await desk.sql("delete from virada.ledger")
    return await desk.judge(witness)


async def reused(desk: Desk, so: bool) -> FateVerdict:
    """Committed without its row: another's, if the server lost its memory since; else nobody knows."""
    witness = await desk.witness("commit", rows=True)
    await desk.sql("delete from virada.ledger")
    return await desk.judge(replace(witness, postmaster_start="2020-01-01T00:00:00.000000Z") if so else witness)


async def never_flushed(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("rollback", rows=True)
    return await desk.judge(replace(witness, xid=str(int(witness.xid) + 100_000)) if so else witness)


async def in_the_future(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("rollback", pinned=False)
    return await desk.judge(replace(witness, xid=str(int(witness.xid) + 100_000)) if so else witness)


async def pinned_lost(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("rollback")
    return await desk.judge(replace(witness, xid=str(int(witness.xid) + 100_000)) if so else witness)


async def may_be_reused(desk: Desk, so: bool) -> FateVerdict:
    """Committed, not pinned: ours as long as the server kept its memory."""
    witness = await desk.witness("commit", pinned=False)
    return await desk.judge(replace(witness, postmaster_start="2020-01-01T00:00:00.000000Z") if so else witness)


async def too_old(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit")
    return await desk.judge(replace(witness, xid="0") if so else witness)


async def no_xid(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit")
    return await desk.judge(replace(witness, xid="") if so else witness)


async def acknowledged_lost(desk: Desk, so: bool) -> FateVerdict:
    return await desk.judge(await desk.witness("rollback" if so else "commit"), acked=True)


async def unreadable(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit", rows=True)
    if so:
        await desk.sql("drop table virada.ledger")
    return await desk.judge(witness)


async def other_server(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit")
    return await desk.judge(replace(witness, system_identifier="1") if so else witness)


async def other_timeline(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit")
    return await desk.judge(replace(witness, timeline=witness.timeline + 1) if so else witness)


async def other_database(desk: Desk, so: bool) -> FateVerdict:
    witness = await desk.witness("commit")
    return await desk.judge(replace(witness, database_oid=1) if so else witness)


CASES = [
    pytest.param(FateReason.XID_COMMITTED, committed, marks=pytest.mark.unsaid(FateReason.XID_COMMITTED)),
    pytest.param(FateReason.XID_ABORTED, aborted, marks=pytest.mark.unsaid(FateReason.XID_ABORTED)),
    pytest.param(FateReason.XID_IN_PROGRESS, in_progress, marks=pytest.mark.unsaid(FateReason.XID_IN_PROGRESS)),
    pytest.param(FateReason.ATTEMPT_KEY_HELD, key_held, marks=pytest.mark.unsaid(FateReason.ATTEMPT_KEY_HELD)),
    pytest.param(FateReason.BACKEND_ALIVE, alive, marks=pytest.mark.unsaid(FateReason.BACKEND_ALIVE)),
    pytest.param(
        FateReason.BACKEND_NOT_VISIBLE, not_visible, marks=pytest.mark.unsaid(FateReason.BACKEND_NOT_VISIBLE)
    ),
    pytest.param(FateReason.LEDGER_ROW, row, marks=pytest.mark.unsaid(FateReason.LEDGER_ROW)),
    pytest.param(FateReason.NO_LEDGER_ROW, no_row, marks=pytest.mark.unsaid(FateReason.NO_LEDGER_ROW)),
    pytest.param(
        FateReason.COMMITTED_WITHOUT_LEDGER_ROW, committed_without_row,
        marks=pytest.mark.unsaid(FateReason.COMMITTED_WITHOUT_LEDGER_ROW),
    ),
    pytest.param(FateReason.XID_REUSED, reused, marks=pytest.mark.unsaid(FateReason.XID_REUSED)),
    pytest.param(FateReason.XID_NEVER_FLUSHED, never_flushed, marks=pytest.mark.unsaid(FateReason.XID_NEVER_FLUSHED)),
    pytest.param(FateReason.XID_IN_THE_FUTURE, in_the_future, marks=pytest.mark.unsaid(FateReason.XID_IN_THE_FUTURE)),
    pytest.param(FateReason.PINNED_XID_LOST, pinned_lost, marks=pytest.mark.unsaid(FateReason.PINNED_XID_LOST)),
    pytest.param(FateReason.XID_MAY_BE_REUSED, may_be_reused, marks=pytest.mark.unsaid(FateReason.XID_MAY_BE_REUSED)),
    pytest.param(FateReason.XID_TOO_OLD, too_old, marks=pytest.mark.unsaid(FateReason.XID_TOO_OLD)),
    pytest.param(FateReason.NO_XID, no_xid, marks=pytest.mark.unsaid(FateReason.NO_XID)),
    pytest.param(
        FateReason.ACKNOWLEDGED_COMMIT_LOST, acknowledged_lost,
        marks=pytest.mark.unsaid(FateReason.ACKNOWLEDGED_COMMIT_LOST),
    ),
    pytest.param(FateReason.LEDGER_UNREADABLE, unreadable, marks=pytest.mark.unsaid(FateReason.LEDGER_UNREADABLE)),
    pytest.param(FateReason.OTHER_SERVER, other_server, marks=pytest.mark.unsaid(FateReason.OTHER_SERVER)),
    pytest.param(FateReason.OTHER_TIMELINE, other_timeline, marks=pytest.mark.unsaid(FateReason.OTHER_TIMELINE)),
    pytest.param(FateReason.OTHER_DATABASE, other_database, marks=pytest.mark.unsaid(FateReason.OTHER_DATABASE)),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(server: Server) -> Iterator[str]:
    """One database for all the cases of a version."""
    name = f"unsaid_{os.getpid()}"
    psql = ("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", server.home, "-U", "postgres", "-d", "postgres")
    server.run(*psql, "-c", f"create database {name} template template0")
    yield name
    server.run(*psql, "-c", f"drop database {name} with (force)")


@pytest.mark.parametrize(("reason", "case"), CASES)
@awaited
async def test_said_where_it_is_so_and_only_there(server: Server, shared: str, reason: FateReason, case: Case) -> None:
    for so in (True, False):
        async with Sessions(server, shared) as sessions:
            desk = Desk(sessions)
            assert ((await case(desk, so)).reason == reason) is so
            await desk.sql("drop schema if exists virada cascade")


@pytest.mark.unsaid(FateCode.APPLIED, FateCode.NOT_APPLIED, FateCode.STILL_RUNNING, FateCode.UNDECIDED)
@pytest.mark.unsaid(FateReason.NOT_THE_PRIMARY, FateReason.POOLER)
@pytest.mark.parametrize("rows", [True, False], ids=["ledger", "xid"])
@awaited
async def test_the_fate_is_the_databases(server: Server, shared: str, rows: bool) -> None:
    """Over every end that a transaction can have: the fate is what is there, never one of the others."""
    async with Sessions(server, shared) as sessions:
        desk = Desk(sessions)
        for end, fate in (("commit", "applied"), ("rollback", "not_applied"), (None, "still_running")):
            if rows:
                await ledger.create_ledger(await sessions.control())
                await desk.sql("delete from virada.ledger where xid is not null")
            witness = await desk.witness(end, rows=rows)
            judged = await desk.judge(witness)
            assert judged.fate == fate
            # It is the primary, and nothing stands in between.
            assert judged.reason not in (FateReason.NOT_THE_PRIMARY, FateReason.POOLER)
            if rows:
                there: Any = await one(await sessions.control(), "select count(*) from virada.ledger")
                assert there == (1 if end == "commit" else 0)
        assert (await desk.judge(replace(witness, database_oid=1))).fate == "undecided"
    async with Sessions(server, shared) as sessions:
        await Desk(sessions).sql("drop schema if exists virada cascade")
