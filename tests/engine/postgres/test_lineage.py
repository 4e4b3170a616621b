"""What a run left is looked for in servers that have it, have lost it, or have forgotten its ids."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.clusters import DATABASE, Address, address
from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited
from tui.journal.codes import EvidenceState, FateReason
from tui.postgres.evidence import commits, ledger
from tui.postgres.evidence.commits import KnownTarget, TxWitness
from tui.postgres.evidence.lineage import LineageSeen, RunTraces, look
from tui.postgres.identity import TargetIdentity, target_identity, who
from tui.run.steps import Commit

pytestmark = pytest.mark.postgres
_OTHERS = "create table if not exists others (t text)\n" + "insert into others values (repeat('x', 3000))\n" * 30


@pytest.fixture
def place(server: Server, template: Path) -> Iterator[Address]:
    with address(server.bindir, template) as made:
        made.start()
        yield made


async def committed(place: Address, *, with_ledger: bool = False) -> tuple[Commit, RunTraces]:
    """A transaction as a step commits one, and what is known of it afterwards."""
    async with Sessions(place.first, DATABASE) as sessions:
        control, work = await sessions.control(), await sessions.work()
        if with_ledger and await ledger.ledger_state(control) == "absent":
            await ledger.create_ledger(control)
        identity = await target_identity(control)
        await work.execute("begin")
        if with_ledger:
            await ledger.record(work, RUN, "migrate", 1, 0, "ab" * 32)
        xid = await commits.assign_xid(work)
        if not with_ledger:
            await commits.pin(control, xid)
        await work.execute("create table if not exists made (n int)")
        await work.execute("commit")
    commit = Commit(
        step="migrate", attempt=1, statement=0, xid=str(xid), ledger=with_ledger, timeline=identity.timeline,
        lsn=xid.lsn, postmaster_start=identity.postmaster_start,
    )  # fmt: skip
    return commit, left(identity, commit)


def left(identity: TargetIdentity, *commits: Commit) -> RunTraces:
    return RunTraces(
        run=RUN, commits=commits, last=commits[-1] if commits else None, timeline=identity.timeline,
        lsn=identity.lsn, postmaster_start=identity.postmaster_start,
    )  # fmt: skip


async def seen(place: Address, what: RunTraces) -> LineageSeen:
    async with Sessions(place.first, DATABASE) as sessions:
        control = await sessions.control()
        return await look(control, await who(control), what)


@pytest.mark.parametrize("with_ledger", [False, True], ids=["xid", "ledger"])
@pytest.mark.unsaid(
    EvidenceState.LOG_BEHIND, EvidenceState.XID_LOST, EvidenceState.XID_GIVEN_AGAIN, EvidenceState.OTHER_HISTORY,
    EvidenceState.LEDGER_ROWS_MISSING, EvidenceState.NOTHING_COMMITTED, EvidenceState.TOO_OLD,
)  # fmt: skip
@awaited
async def test_nothing_is_lost_in_restarts_crashes_and_promotions(place: Address, with_ledger: bool) -> None:
    standby = place.standby()
    _commit, what = await committed(place, with_ledger=with_ledger)
    there = EvidenceState.LEDGER_ROW if with_ledger else EvidenceState.XID_COMMITTED
    assert (await seen(place, what)).state == there
    place.start()
    assert (await seen(place, what)).state == there
    place.first.crash()
    place.answers = None
    place.start()
    assert (await seen(place, what)).state == there
    place.sql(_OTHERS + "checkpoint")
    assert (await seen(place, what)).state == there
    place.promote(standby)
    assert (await seen(place, what)).state == there
    place.sql(_OTHERS + "checkpoint")
    assert (await seen(place, what)).state == there


@pytest.mark.unsaid(EvidenceState.XID_COMMITTED)
@awaited
async def test_a_copy_from_before_has_lost_it(place: Address) -> None:
    await committed(place)
    copied, busy, checked = place.copy(), place.copy(), place.copy()
    before = (await committed(place))[1].lsn
    _commit, what = await committed(place)
    assert what.lsn > before
    place.start(copied)
    assert (await seen(place, what)).state == EvidenceState.LOG_BEHIND
    place.start(busy)
    place.sql(_OTHERS)
    # Its log is longer by now, and the id is that of a transaction which is committed.
    assert place.value(f"select pg_xact_status('{what.last and what.last.xid}')") == "committed"
    found = await seen(place, what)
    assert (found.state, "checkpoint_lsn" in found.facts) == (EvidenceState.LOG_BEHIND, True)
    place.start(checked)
    place.sql("select pg_switch_wal()\ncheckpoint")
    assert (await seen(place, what)).state == EvidenceState.XID_GIVEN_AGAIN


@pytest.mark.unsaid(EvidenceState.XID_COMMITTED)
@awaited
async def test_a_standby_that_was_behind_is_no_heir_however_busy_it_is(place: Address) -> None:
    standby = place.standby()
    standby.run("pg_ctl", "-D", standby.data, "-w", "-s", "-m", "fast", "stop")
    _commit, what = await committed(place)
    place.stop()
    standby.start(primary_conninfo="''")
    place.promote(standby)
    assert (await seen(place, what)).lost
    place.sql(_OTHERS + "checkpoint")
    assert place.value(f"select pg_xact_status('{what.last and what.last.xid}')") == "committed"
    assert (await seen(place, what)).state == EvidenceState.OTHER_HISTORY


@pytest.mark.unsaid(EvidenceState.XID_LOST, EvidenceState.XID_COMMITTED)
@awaited
async def test_an_id_that_the_server_has_forgotten_is_too_old_and_not_lost(place: Address) -> None:
    if not (place.bindir / "pg_resetwal").exists():
        pytest.skip("pg_resetwal is not among the programs of this server")
    _commit, what = await committed(place)
    place.stop()
    data = place.first.data
    (data / "pg_xact" / "0004").write_bytes(bytes(256 * 1024))
    if place.first.account is not None:
        shutil.chown(data / "pg_xact" / "0004", place.first.account)
    place.first.run("pg_resetwal", "-D", data, "-x", str(4 * 1024 * 1024 + 100), "-u", str(4 * 1024 * 1024))
    place.start()
    found = await seen(place, what)
    assert (found.state, found.lost) == (EvidenceState.TOO_OLD, False)


@pytest.mark.unsaid(EvidenceState.NOTHING_COMMITTED)
@awaited
async def test_a_run_that_committed_nothing_lost_nothing_but_its_place(place: Address) -> None:
    copied = place.copy()
    async with Sessions(place.first, DATABASE) as sessions:
        await (await sessions.control()).execute("create table public.something (n int)")
    async with Sessions(place.first, DATABASE) as sessions:
        what = left(await who(await sessions.control()))
    assert (await seen(place, what)).state == EvidenceState.NOTHING_COMMITTED
    place.start(copied)
    assert (await seen(place, what)).state == EvidenceState.LOG_BEHIND


@pytest.mark.unsaid(FateReason.XID_NEVER_FLUSHED, FateReason.NO_LEDGER_ROW, FateReason.XID_ABORTED)
@awaited
async def test_the_absence_of_a_row_says_nothing_where_others_are_missing(place: Address) -> None:
    first, _left = await committed(place, with_ledger=True)
    async with Sessions(place.first, DATABASE) as sessions:
        control = await sessions.control()
        identity = await target_identity(control)
        witness = TxWitness(
            xid=str(int(first.xid) + 1_000_000), pid=2**22 + 1, backend_start="2026-01-01T00:00:00.000000Z",
            system_identifier=identity.system_identifier, timeline=identity.timeline, database=identity.database,
            database_oid=identity.database_oid, postmaster_start=identity.postmaster_start, ledger=True,
            synchronous_commit="on",
        )  # fmt: skip

        async def judged() -> tuple[str, str]:
            found = await commits.judge(
                control,
                witness,
                run=RUN,
                step="next",
                attempt=1,
                statement=0,
                commit_acked=False,
                known=KnownTarget(commits=(first,)),
            )
            return found.fate, found.reason

        assert await judged() == ("not_applied", FateReason.XID_NEVER_FLUSHED)
        await control.execute("truncate virada.ledger")
        assert await judged() == ("undecided", FateReason.LEDGER_ROWS_MISSING)
        await control.execute("drop schema virada cascade")
        assert (await judged())[0] == "undecided"


@pytest.mark.unsaid(FateReason.LEDGER_ROWS_MISSING)
@awaited
async def test_an_aborted_transaction_beside_rows_that_are_there(place: Address) -> None:
    first, _left = await committed(place, with_ledger=True)
    async with Sessions(place.first, DATABASE) as sessions:
        control, work = await sessions.control(), await sessions.work()
        identity = await target_identity(control)
        await work.execute("begin")
        await ledger.record(work, RUN, "next", 1, 0, "ab" * 32)
        xid = await commits.assign_xid(work)
        witness = commits.witness(work, identity, xid, ledger=True, pinned=False)
        await work.execute("rollback")
        await work.close()
        found = await commits.judge(
            control,
            witness,
            run=RUN,
            step="next",
            attempt=1,
            statement=0,
            commit_acked=False,
            known=KnownTarget(commits=(first,)),
        )
        assert (found.fate, found.reason) == ("not_applied", FateReason.XID_ABORTED)
