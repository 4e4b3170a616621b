"""The server is killed with everything it runs; transaction ids are then given out again, and must not fool
us.
"""

from __future__ import annotations

import asyncio
import os
import signal

import msgspec
import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, coded_by, one, refused, until
from tui.journal.remarks import Remarked
from tui.postgres.errors import ConnectFailed, ConnectionLost
from tui.postgres.evidence import commits, fence, ledger
from tui.postgres.evidence.commits import AssignedXid, FateVerdict, TxWitness
from tui.postgres.evidence.fence import xid_status
from tui.postgres.identity import target_identity
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres

# An idle server's WAL writer stays away, as it did on the measured one: what is not flushed is lost.
QUIET = {"wal_writer_delay": "10000", "autovacuum": "off", "bgwriter_delay": "10000"}


async def begun(
    control: Session, work: Session, *, with_ledger: bool = False, pinned: bool = False, emitted: bool = True
) -> TxWitness:
    """A transaction with its witness; `emitted` False leaves its id out of the WAL, as a careless client
    would.
    """
    identity = await target_identity(control)
    await work.execute("begin")
    if with_ledger:
        await ledger.record(work, RUN, "migrate", 1, 1, "0" * 64)
    if emitted:
        xid = await commits.assign_xid(work)
    else:
        xid = AssignedXid(await one(work, "select pg_current_xact_id()::text"))
        xid.lsn, xid.synchronous_commit = "0/0", "on"
    if pinned:
        await commits.pin(control, xid)
    return commits.witness(work, identity, xid, ledger=with_ledger, pinned=pinned)


async def others_write(server: Server, xid: str) -> None:
    """Another application writes until the ids have passed `xid`."""
    async with Sessions(server) as sessions:
        other = await sessions.work()
        await other.execute("create table if not exists public.others (a xid8)")
        last = 0
        while last <= int(xid):
            last = int(await one(other, "insert into public.others values (pg_current_xact_id()) returning a::text"))


async def judged(server: Server, witness: TxWitness, acked: bool = False) -> FateVerdict:
    async with Sessions(server) as sessions:
        control = await sessions.control()
        return await commits.judge(
            control, witness, run=RUN, step="migrate", attempt=1, statement=1, commit_acked=acked
        )


@awaited
async def test_committed_then_crashed(own: Server) -> None:
    own.start(**QUIET)
    for with_ledger in (True, False):
        async with Sessions(own) as sessions:
            control, work = await sessions.control(), await sessions.work()
            await ledger.create_ledger(control)
            await work.execute("delete from virada.ledger")
            witness = await begun(control, work, with_ledger=with_ledger, pinned=True)
            await work.execute("commit")
        own.crash()
        own.start()
        await others_write(own, witness.xid)
        found = await judged(own, witness, acked=True)
        assert (found.fate, found.reason) == ("applied", "ledger_row" if with_ledger else "xid_committed")


@pytest.mark.parametrize("written", [False, True], ids=["no_wal", "wal_not_flushed"])
@awaited
async def test_an_unpinned_id_is_reused_and_judged_right(own: Server, written: bool) -> None:
    own.start(**QUIET)
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await control.execute("create table public.app (a int); checkpoint")
        witness = await begun(control, work, emitted=False)
        if written:
            await work.execute("insert into app values (1)")
        own.crash()
    own.start()
    async with Sessions(own) as sessions:
        control = await sessions.control()
        assert await xid_status(control, witness.xid) == "in the future"
    assert (await judged(own, witness)).reason == "xid_in_the_future"
    await others_write(own, witness.xid)
    async with Sessions(own) as sessions:
        control = await sessions.control()
        # The trap itself: the id is somebody else's now.
        assert await xid_status(control, witness.xid) == "committed"
        assert await one(control, "select count(*) from public.app") == 0
    found = await judged(own, witness)
    assert (found.fate, found.reason) == ("undecided", "xid_may_be_reused")


@awaited
async def test_an_id_with_a_ledger_row_but_no_pin_is_reused_and_judged_right(own: Server) -> None:
    own.start(**QUIET)
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await ledger.create_ledger(control)
        witness = await begun(control, work, with_ledger=True)
        own.crash()
    own.start()
    found = await judged(own, witness)
    assert (found.fate, found.reason) == ("not_applied", "xid_never_flushed")
    await others_write(own, witness.xid)
    found = await judged(own, witness)
    assert (found.fate, found.reason) == ("not_applied", "xid_reused")
    assert found.facts["xid_status"] == "committed"


@pytest.mark.parametrize("with_ledger", [True, False], ids=["ledger", "xid"])
@awaited
async def test_a_pinned_id_is_never_reused(own: Server, with_ledger: bool) -> None:
    own.start(**QUIET)
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await ledger.create_ledger(control)
        await control.execute("create table public.app (a int); checkpoint")
        witness = await begun(control, work, with_ledger=with_ledger, pinned=True)
        await work.execute("insert into app values (1)")
        own.crash()
        assert isinstance(await refused(work.execute("commit")), ConnectionLost)
    own.start()
    await others_write(own, witness.xid)
    found = await judged(own, witness)
    assert (found.fate, found.reason) == ("not_applied", "xid_aborted")
    async with Sessions(own) as sessions:
        assert await one(await sessions.control(), f"select count(*) from public.others where a = '{witness.xid}'") == 0


@awaited
async def test_one_backend_killed_restarts_all_without_a_new_start_time(own: Server) -> None:
    own.start(**QUIET)
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        before = await target_identity(control)
        witness = await begun(control, work, emitted=False)
        os.kill(work.backend.pid, signal.SIGKILL)

        async def lost() -> bool:
            try:
                await control.execute("select 1")
            except ConnectionLost:
                return True
            return False

        async def again() -> bool:
            try:
                await (await sessions.control()).execute("select 1")
            except (ConnectFailed, ConnectionLost):
                return False
            return True

        # Until the server has heard of it, new sessions come in and are ended with the others.
        await until(lost)
        await until(again)
    await others_write(own, witness.xid)
    async with Sessions(own) as sessions:
        after = await target_identity(await sessions.control())
    # The postmaster survives with its start time; only the epoch tells that ids may have been given out
    # again.
    assert after.postmaster_start == before.postmaster_start
    assert all(a != b for a, b in zip(after.epoch, before.epoch, strict=True))
    found = await judged(own, witness)
    assert found.facts["xid_status"] == "committed"
    assert (found.fate, found.reason) == ("undecided", "xid_may_be_reused")


@awaited
async def test_a_clean_restart_keeps_the_epoch(own: Server) -> None:
    own.start()
    async with Sessions(own) as sessions:
        before = await target_identity(await sessions.control())
    own.run("pg_ctl", "-D", own.data, "-w", "-s", "-m", "fast", "stop")
    own.start()
    async with Sessions(own) as sessions:
        after = await target_identity(await sessions.control())
    assert after.epoch == before.epoch and after.postmaster_start != before.postmaster_start


@pytest.mark.unsaid(Remarked.COMMIT_ASYNCHRONOUS)
@awaited
async def test_an_acknowledged_commit_that_is_gone_is_an_alarm(own: Server) -> None:
    own.start(**QUIET)
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await ledger.create_ledger(control)
        with_ledger = await begun(control, work, with_ledger=True, pinned=True)
        await commits.refuse_asynchronous_commit(work)
        # What the console refuses, done behind its back: the commit is acknowledged and then lost.
        await work.execute("set local synchronous_commit = off")
        error = await refused(commits.refuse_asynchronous_commit(work))
        assert isinstance(error, commits.EvidenceRefused) and coded_by(error) == Remarked.COMMIT_ASYNCHRONOUS
        await work.execute("commit")
        own.crash()
    own.start()
    found = await judged(own, with_ledger, acked=True)
    assert (found.fate, found.reason) == ("undecided", "acknowledged_commit_lost")
    without = msgspec.structs.replace(with_ledger, ledger=False)
    assert (await judged(own, without, acked=True)).reason == "acknowledged_commit_lost"


@awaited
async def test_a_missing_standby_does_not_stop_the_pin(own: Server) -> None:
    own.start(synchronous_standby_names="nobody_there")
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        witness = await begun(control, work, pinned=True)
        assert witness.synchronous_commit == "on"
        await work.execute("set local synchronous_commit = local; commit")
    assert (await judged(own, witness)).fate == "applied"


@awaited
async def test_a_commit_that_waits_for_a_standby_is_undone_by_nobody(own: Server) -> None:
    own.start(**QUIET, synchronous_standby_names="nobody_there")
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await work.execute("begin; create table t (a int)")
        identity = await target_identity(control)
        xid = await commits.assign_xid(work)
        await commits.pin(control, xid)
        witness = commits.witness(work, identity, xid, ledger=False, pinned=True)
        commit = asyncio.ensure_future(work.execute("commit"))

        async def waits() -> bool:
            found = await fence.find_backend(control, work.backend.pid)
            return found is not None and found.wait_event == "IPC:SyncRep"

        await until(waits)
        assert await xid_status(control, xid) == "in progress"
        assert not await one(control, "select to_regclass('public.t') is not null")
        await work.cancel()
        # It reports success, and only a warning says that no standby has it.
        done = await commit
        assert done.status == "COMMIT" and [w.sqlstate for w in done.warnings] == ["01000"]
        assert await one(control, "select to_regclass('public.t') is not null")
        await work.close()
    assert (await judged(own, witness)).fate == "applied"


@awaited
async def test_a_prepared_transaction_is_still_running(own: Server) -> None:
    own.start()
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await ledger.create_ledger(control)
        witness = await begun(control, work, with_ledger=True, pinned=True)
        await work.execute("prepare transaction 'left behind'")
        await work.close()
        found = await judged(own, witness)
        assert (found.fate, found.reason) == ("still_running", "xid_in_progress")
        await control.execute("commit prepared 'left behind'")
    found = await judged(own, witness)
    assert (found.fate, found.reason) == ("applied", "ledger_row")
