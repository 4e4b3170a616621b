"""Watching: the lock tree, progress, samples, leftovers of concurrent builds, the server's log."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import msgspec
import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, coded_by, one, refused, until
from tui.engine.watch.counters import ServerCounters
from tui.journal.remarks import Coded, Remarked
from tui.plan.metrics import METRICS, Metric, MetricUnit, Origin, told_by
from tui.postgres import session as module
from tui.postgres.catalog import invalid_indexes
from tui.postgres.evidence.fence import find_backend
from tui.postgres.locks import lock_tree
from tui.postgres.logs.file import FileLog
from tui.postgres.logs.parser import LogUnavailable
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.sql import SqlLog
from tui.postgres.progress import progress
from tui.postgres.queries import query
from tui.postgres.sample import ServerSample, sample
from tui.postgres.session import Session
from tui.words.said import say

pytestmark = pytest.mark.postgres
RATES = (MetricUnit.A_SECOND, MetricUnit.BYTES_A_SECOND)


async def waiting(monitor: Session, session: Session) -> None:
    """Until a session waits for a lock."""

    async def blocked() -> bool:
        found = await find_backend(monitor, session.backend.pid)
        return found is not None and found.wait_event.startswith("Lock:")

    await until(blocked)


@awaited
async def test_lock_tree(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor = await sessions.monitor()
        reader, ours = await sessions.work(step="report"), await sessions.work(lock_timeout_ms=0)
        behind = await sessions.work(step="app", lock_timeout_ms=0)
        await reader.execute('create table "T 1" (a int)')
        await reader.execute('begin; select * from "T 1"')
        assert await lock_tree(monitor, [ours.backend.pid]) == ()
        alter = asyncio.ensure_future(ours.execute('alter table "T 1" add b int'))
        await waiting(monitor, ours)
        select = asyncio.ensure_future(behind.execute('select * from "T 1"'))
        await waiting(monitor, behind)
        began = time.monotonic()
        tree = await lock_tree(monitor, [ours.backend.pid])
        assert time.monotonic() - began < 2
        me, blocker, victim = tree
        assert (me.side, me.depth, me.pid, me.waits_for) == ("ours", 0, ours.backend.pid, (reader.backend.pid,))
        assert me.wanted == "AccessExclusiveLock public.T 1" and me.waiting_s is not None and me.waiting_s >= 0
        assert (blocker.side, blocker.depth, blocker.pid) == ("blocks_us", 1, reader.backend.pid)
        assert blocker.state == "idle in transaction" and blocker.application == f"virada {RUN} report"
        assert blocker.held == ("AccessShareLock public.T 1",) and blocker.transaction_age_s is not None
        assert (victim.side, victim.depth, victim.waits_for) == ("blocked_by_us", 1, (ours.backend.pid,))
        await reader.execute("commit")
        await alter
        await select
        assert await lock_tree(monitor, [ours.backend.pid]) == ()


@awaited
async def test_a_prepared_transaction_that_blocks_is_named(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor, ours, other = await sessions.monitor(), await sessions.work(lock_timeout_ms=0), await sessions.work()
        await other.execute("create table t (a int)")
        await other.execute(f"begin; insert into t values (1); prepare transaction '{database} 1'")
        # It holds a lock on the same table that does not conflict with what is wanted.
        await other.execute(f"begin; select * from t; prepare transaction '{database} 2'")
        share = asyncio.ensure_future(ours.execute("begin; lock table t in share mode"))
        await waiting(monitor, ours)
        me, blocker = await lock_tree(monitor, [ours.backend.pid])
        assert (me.waits_for, blocker.pid, blocker.state) == ((0,), 0, "prepared transaction")
        assert (blocker.gid, blocker.user, blocker.database) == (f"{database} 1", "postgres", database)
        assert blocker.transaction_age_s is not None and 0 <= blocker.transaction_age_s < 60
        await other.execute(f"commit prepared '{database} 1'")
        await share
        await ours.execute("commit")
        alter = asyncio.ensure_future(ours.execute("alter table t add b int"))
        await waiting(monitor, ours)
        assert [b.gid for b in await lock_tree(monitor, [ours.backend.pid])] == ["", f"{database} 2"]
        await other.execute(f"commit prepared '{database} 2'")
        await alter


@awaited
async def test_a_concurrent_build_waits_for_a_prepared_transaction_by_name(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor, ours, other = await sessions.monitor(), await sessions.work(lock_timeout_ms=0), await sessions.work()
        await other.execute("create table t (a int)")
        await other.execute(f"begin; insert into t values (1); prepare transaction '{database}'")
        build = asyncio.ensure_future(ours.execute("create index concurrently i on t (a)"))
        await waiting(monitor, ours)
        _me, blocker = await lock_tree(monitor, [ours.backend.pid])
        assert (blocker.side, blocker.gid) == ("blocks_us", database)
        await other.execute(f"rollback prepared '{database}'")
        await build


@awaited
async def test_a_killed_concurrent_build_leaves_an_invalid_index(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor, control = await sessions.monitor(), await sessions.control()
        work, blocker = await sessions.work(lock_timeout_ms=0), await sessions.work()
        await control.execute("create table public.t as select g as a from generate_series(1, 1000) g")
        assert await invalid_indexes(monitor) == []
        await blocker.execute("begin; insert into t values (0)")
        build = asyncio.ensure_future(work.execute("create index concurrently i on t (a)"))
        await waiting(monitor, work)
        (building,) = await invalid_indexes(monitor)
        assert (building.index, building.building_pid) == ("public.i", work.backend.pid)
        (step,) = await progress(monitor, [work.backend.pid])
        assert (step.command, step.unit, step.done) == ("create_index_concurrently", "lockers", 0)
        await control.execute(f"select pg_terminate_backend({work.backend.pid})")
        await refused(build)
        await blocker.execute("commit")

        async def abandoned() -> bool:
            return (await invalid_indexes(monitor))[0].building_pid is None

        await until(abandoned)
        (left,) = await invalid_indexes(monitor)
        assert left.index == "public.i"
        # What makes a naive retry lie: no error, and the index stays as it is.
        await control.execute("create index concurrently if not exists i on public.t (a)")
        assert [found.index for found in await invalid_indexes(monitor)] == ["public.i"]


@awaited
async def test_a_reindex_leaves_ccnew(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor, work, blocker = await sessions.monitor(), await sessions.work(), await sessions.work()
        await work.execute("create table t as select 1 as a; create index i on t (a)")
        await blocker.execute("begin; insert into t values (0)")
        error = await refused(work.execute("reindex index concurrently i"))
        assert error.sqlstate == "55P03"
        await blocker.execute("commit")
        assert [found.index for found in await invalid_indexes(monitor)] == ["public.i_ccnew"]


@pytest.mark.every_version
@awaited
async def test_samples(own: Server) -> None:
    own.start()
    async with Sessions(own) as sessions:
        monitor, idle = await sessions.monitor(), await sessions.work()
        await idle.execute("begin; create table t (a int)")
        unwatched = await sample(monitor, None)
        nothing = {"active_sessions": 0.0, "idle_in_transaction": 0.0, "oldest_transaction_s": 0.0}
        assert nothing.items() <= unwatched.figures.items(), "our own sessions are not what is watched"
        await idle.execute("set application_name = 'shop'")
        first = await sample(monitor, None)
        assert "tps" not in first.figures and first.connections >= 2 and not first.partial
        assert first.figures["idle_in_transaction"] > 0 and first.figures["oldest_transaction_s"] > 0
        told = set(told_by(Origin.SERVER, Origin.SESSIONS, Origin.WAL, Origin.COUNTS))
        assert told - set(first.figures) == {name for name in told if METRICS[name].unit in RATES} | {"deadlocks"}
        limit = int(await one(monitor, "select current_setting('max_connections')"))
        assert first.connections_usable == limit - 3 and first.connections < first.connections_usable
        assert first.source == f"{own.home}:5432" and first.database_bytes and first.database_bytes > 1_000_000
        await idle.execute("insert into t select generate_series(1, 10000)")
        assert "tps" not in (await sample(monitor, first)).figures, "over so short a time a rate says nothing"

        async def rated() -> ServerSample | None:
            taken = await sample(monitor, first)
            return taken if "tps" in taken.figures else None

        second = await until(rated)
        assert second.figures["wal_rate"] > 0
        assert second.database_bytes == first.database_bytes
        await idle.execute("rollback")


@awaited
async def test_what_keeps_wal_is_named(own: Server) -> None:
    own.start(archive_mode="on", archive_command="false")
    async with Sessions(own) as sessions:
        monitor, control = await sessions.monitor(), await sessions.control()
        first = await sample(monitor, None)
        assert (first.figures["archive_backlog"], first.figures["wal_kept_by_slots"], first.slot) == (0, 0, None)
        assert first.source_of("wal_kept_by_slots") == first.source
        for name in ("ahead", "behind"):
            await control.execute(f"select pg_create_physical_replication_slot('{name}', true)")
            await control.execute("create table if not exists public.t (a int)")
            await control.execute("insert into public.t select generate_series(1, 1000)")
            await control.execute("select pg_switch_wal()")
        taken = await sample(monitor, None)
        assert taken.figures["wal_bytes"] >= 32 << 20 and taken.figures["archive_backlog"] == 2
        assert taken.figures["wal_kept_by_slots"] > 16 << 20 and taken.slot == "ahead"
        assert taken.source_of("wal_kept_by_slots") == f"{taken.source}, slot ahead"
        assert taken.source_of("wal_bytes") == taken.source
        again = await sample(monitor, taken)
        assert again.wal_at == taken.wal_at, "files are looked at every few seconds alone"


@awaited
async def test_a_metric_of_the_server_is_a_row_of_the_table_and_its_sql(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Metric("hits", MetricUnit.A_SECOND, Origin.SERVER, "hits", "pages read from memory a second")
    monkeypatch.setitem(METRICS, "hits", row)
    sql = query("sample").replace("'locks',", "'hits', (select 70), 'locks',")
    monkeypatch.setattr(module, "query", lambda name: sql if name == "sample" else query(name))
    async with Sessions(server, database) as sessions:
        monitor = await sessions.monitor()
        first = await sample(monitor, None)
        before = msgspec.structs.replace(first, at=first.at - 10.0, told=first.told | {"hits": 0})
        assert "hits" not in first.figures and (await sample(monitor, before)).figures["hits"] > 0


@pytest.mark.unsaid(Remarked.SESSIONS_HIDDEN)
@awaited
async def test_a_sample_without_pg_monitor_says_so(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await control.execute("drop role if exists plain; create role plain login")
        monitor = await sessions.monitor(user="plain")
        seen = await sample(monitor, None)
        hidden = set(told_by(Origin.SESSIONS, Origin.WAL))
        assert seen.partial and seen.connections >= 2 and not hidden & set(seen.figures)
        said: list[Coded] = []
        counters = ServerCounters(lambda _severity, remark: said.append(remark))
        counters.figures(await sample(await sessions.monitor(), None))
        assert said == []
        counters.figures(seen)
        assert [remark.text for remark in said] == [Remarked.SESSIONS_HIDDEN]
        assert await lock_tree(monitor, [control.backend.pid]) == ()
        await monitor.close()
        await control.execute("drop role plain")


@pytest.mark.parametrize("form", ["csvlog", "jsonlog", "stderr"])
@awaited
async def test_the_log_through_sql(own: Server, form: str) -> None:
    if form == "jsonlog" and int(own.run("postgres", "-V").stdout.split()[2].split(b".")[0]) < 15:
        pytest.skip("jsonlog exists from 15 on")
    own.start(logging_collector="on", log_destination=form, log_directory="log")
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        log = SqlLog(control)
        assert (await log.open()).startswith("log/")
        assert await log.read() == []
        await refused(work.execute("select\n1/0"))

        async def seen(text: str) -> bool:
            lines.extend(await log.read())
            return any(text in line.text for line in lines)

        lines: list[LogRecord] = []
        await until(lambda: seen("division by zero"))
        found = next(line for line in lines if "division" in line.text)
        assert found.severity == "ERROR" and found.pid == work.backend.pid
        assert found.application == work_name(work)
        if form != "stderr":
            assert found.sqlstate == "22012"
        assert await one(control, "select pg_rotate_logfile()")
        await refused(work.execute("select nothing"))
        await until(lambda: seen('column "nothing"'))


@awaited
async def test_every_file_is_read_when_several_came_since(own: Server) -> None:
    """A log that is rotated by size goes through several files in one second of a storm."""
    own.start(logging_collector="on", log_directory="log", log_filename="server-%S.log", log_rotation_size="0")
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        log = SqlLog(control)
        await log.open()
        for number in range(3):
            await refused(work.execute(f"select gone_{number}"))
            before = await one(control, "select pg_current_logfile()")

            async def rotated(path: str = before) -> bool:
                await one(control, "select pg_rotate_logfile()")
                return bool(await one(control, "select pg_current_logfile()") != path)

            await until(rotated)
        lines: list[LogRecord] = []

        async def all_there() -> bool:
            lines.extend(await log.read())
            return all(any(f"gone_{n}" in line.text for line in lines) for n in range(3))

        await until(all_there)
        assert not log.remarks


@awaited
async def test_a_log_that_goes_on_in_another_format_is_followed_there(own: Server) -> None:
    own.start(logging_collector="on", log_destination="csvlog", log_directory="log")
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        log = SqlLog(control)
        await log.open()
        assert log.form == "csvlog"
        # What was set on the command line is not set anew by a reload, but by the next start.
        await control.close()
        await work.close()
        own.stop()
        own.start(log_destination="stderr")
        control, work = await sessions.control(), await sessions.work()
        log._session = control
        await refused(work.execute("select lost_in_between"))

        async def switched() -> bool:
            await log.read()
            return log.form == "stderr"

        await until(switched)
        assert len(log.remarks) == 1 and "csvlog" in say(log.remarks[0])
        lines: list[LogRecord] = []
        await refused(work.execute("select after_it"))

        async def seen() -> bool:
            lines.extend(await log.read())
            return any("after_it" in line.text for line in lines)

        await until(seen)


@awaited
async def test_a_log_cut_short_is_read_from_its_beginning(own: Server) -> None:
    own.start(logging_collector="on", log_directory="log", log_filename="server.log")
    async with Sessions(own) as sessions:
        control, work = await sessions.control(), await sessions.work()
        for _ in range(20):
            await refused(work.execute("select 'written before we look', 1/0"))
        log = SqlLog(control)
        path = own.data / await log.open()
        await refused(work.execute("select nothing"))
        # The collector writes it a moment later.
        await until(log.behind)
        lines: list[LogRecord] = []

        async def seen(text: str) -> bool:
            lines.extend(await log.read())
            return any(text in line.text for line in lines)

        await until(lambda: seen('column "nothing"'))
        assert await log.behind() == 0 and not log.more
        os.truncate(path, 0)
        await refused(work.execute("select something"))
        await until(lambda: seen('column "something"'))
        (remark,) = log.remarks
        assert "cut short" in say(remark)


def work_name(work: Session) -> str:
    return f"virada {RUN} migrate"


@pytest.mark.unsaid(Remarked.LOG_HANDED_ON, Remarked.LOG_FORBIDDEN, Remarked.LOG_IN_NO_FILE)
@awaited
async def test_why_the_log_cannot_be_read(own: Server) -> None:
    own.start()
    async with Sessions(own) as sessions:
        error = await refused(SqlLog(await sessions.control()).open())
        assert isinstance(error, LogUnavailable) and coded_by(error) == Remarked.LOG_HANDED_ON
    own.stop()
    own.start(logging_collector="on", log_directory="log")
    async with Sessions(own) as sessions:
        control = await sessions.control()
        await control.execute("create role plain login")
        error = await refused(SqlLog(await sessions.control(user="plain")).open())
        assert isinstance(error, LogUnavailable) and error.sqlstate == "42501" and "pg_monitor" in say(error)
        assert coded_by(error) == Remarked.LOG_FORBIDDEN
        await control.execute("grant pg_monitor to plain")
        error = await refused(SqlLog(await sessions.control(user="plain")).open())
        assert isinstance(error, LogUnavailable) and "pg_read_binary_file" in say(error)
        await control.execute("grant execute on function pg_current_logfile(text) to plain")
        await control.execute("grant execute on function pg_read_binary_file(text, bigint, bigint, boolean) to plain")
        await SqlLog(await sessions.control(user="plain")).open()
    own.stop()
    own.start(log_destination="syslog")
    async with Sessions(own) as sessions:
        assert coded_by(await refused(SqlLog(await sessions.control()).open())) == Remarked.LOG_IN_NO_FILE


def test_the_log_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    with pytest.raises(LogUnavailable):
        FileLog(path).open()
    path.write_text("old\n")
    log = FileLog(path, "%m [%p] %q%u@%d/%a [%e] ")
    log.open()
    assert log.read() == []
    with path.open("ab") as file:
        file.write(b"2026-11-22 06:03:00.123 UTC [42] ana@app/psql [22012] ERROR:  division \xe9\n\tby zero\nSTATE")
    (line,) = log.read()
    assert (line.at, line.pid, line.application) == ("2026-11-22 06:03:00.123 UTC", 42, "psql")
    assert (line.severity, line.sqlstate, line.text) == ("ERROR", "22012", "division \\xe9\nby zero")
    with path.open("ab") as file:
        file.write(b"MENT: x\n2026-11-22 06:03:00.123 UTC [1] LOG:  checkpoint\n")
    assert [(found.severity, found.pid) for found in log.read()] == [("", None), ("LOG", 1)]
    path.rename(tmp_path / "server.log.1")
    path.write_text("2026-11-22 06:03:01.000 UTC [1] LOG:  new file\n")
    assert [found.text for found in log.read()] == ["new file"]
    log.close()
