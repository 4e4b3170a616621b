"""Sessions: their settings, their errors, and what does and does not cancel."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited, one, refused, until
from tui.journal.remarks import Remarked
from tui.postgres.connect import open_session
from tui.postgres.conninfo.parameters import application_name
from tui.postgres.errors import ConnectFailed, ConnectionLost, LockNotAvailable, StatementFailed
from tui.postgres.evidence.fence import find_backend
from tui.postgres.results import ServerNotice
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres


@awaited
async def test_settings_in_force(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        work = await sessions.work(lock_timeout_ms=250, statement_timeout_ms=7000, search_path="pg_catalog")
        wanted = {
            "application_name": f"virada {RUN} migrate",
            "client_connection_check_interval": "1s",
            "idle_in_transaction_session_timeout": "1min",
            "lock_timeout": "250ms",
            "row_security": "off",
            "search_path": "pg_catalog",
            "statement_timeout": "7s",
            "synchronous_commit": "on",
        }
        for name, value in wanted.items():
            assert await one(work, f"show {name}") == value, name
        monitor = await sessions.monitor()
        error = await refused(monitor.execute("create table t (a int)"))
        assert error.sqlstate == "25006"
        assert await one(monitor, "show lock_timeout") == "100ms"
        assert await one(monitor, "show statement_timeout") == "2s"


@awaited
async def test_asynchronous_commit_of_the_database_is_switched_on(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await control.execute(f"alter database {database} set synchronous_commit = off")
        await control.execute(f"alter database {database} set default_transaction_read_only = on")
        work = await sessions.work()
        assert await one(work, "show synchronous_commit") == "on"
        await work.execute("create table t (a int)")


def test_names_fit() -> None:
    assert application_name("r", "step") == "virada r step"
    long, other = application_name(RUN, "x" * 80), application_name(RUN, "x" * 79 + "y")
    assert len(long) == len(other) == 63 and long != other
    assert application_name(RUN, "migração").isascii()
    assert application_name(RUN, "migração") != application_name(RUN, "migraçao")


@awaited
async def test_nobody_answers() -> None:
    with pytest.raises(ConnectFailed):
        await open_session("host=/nonexistent dbname=x", purpose="control", run=RUN)


@awaited
async def test_the_role_that_cannot_be_taken_is_no_session(server: Server) -> None:
    async with Sessions(server) as sessions:
        with pytest.raises(ConnectFailed, match="no_such_role"):
            await sessions.work(role="no_such_role")


@awaited
async def test_errors_say_where(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        work = await sessions.work()
        error = await refused(work.execute("select 1;\nselect\n  nothing_here"))
        assert isinstance(error, StatementFailed)
        assert (error.sqlstate, error.statement_line) == ("42703", 3)
        blocker = await sessions.control()
        await work.execute("create table t (a int)")
        await blocker.execute("begin; lock table public.t")
        assert work.in_transaction is False and blocker.in_transaction is True
        assert isinstance(await refused(work.execute("select * from t")), LockNotAvailable)
        await blocker.execute("rollback")


@awaited
async def test_results_notices_and_copy(server: Server, database: str) -> None:
    seen: list[ServerNotice] = []
    async with Sessions(server, database) as sessions:
        session = await sessions.work()
        noticing = await open_session(server.dsn(database), purpose="work", run=RUN, step="s", on_notice=seen.append)
        done = await noticing.execute(
            "create table t (a int, b text);\ndo $$ begin raise notice 'one'; raise warning 'two'; end $$"
        )
        assert [n.message for n in seen] == ["one", "two"] and [n.message for n in done.warnings] == ["two"]
        await noticing.close()
        assert (await session.copy_in("copy t from stdin", b"1\tx\n2\ty\n")).rowcount == 2
        assert (await session.copy_in("copy t from stdin", [b"3\t", b"z\n"])).rowcount == 1
        found = await session.execute("insert into t values (4, 'w'); select a, b from t order by a")
        assert found.rows == [(1, "x"), (2, "y"), (3, "z"), (4, "w")] and found.status == "SELECT 4"
        error = await refused(session.copy_in("copy t from stdin", b"no number\tx\n"))
        assert error.sqlstate == "22P02"
        assert await one(session, "select count(*) from t where b like '%'") == 4


@awaited
async def test_values_that_python_cannot_hold(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        work = await sessions.work()
        rows = (await work.execute("select 'infinity'::timestamptz, '4713-01-01 BC'::date, '{\"a\":1}'::json")).rows
        assert rows == [("infinity", "4713-01-01 BC", '{"a":1}')]


@awaited
async def test_bytes_of_no_encoding(server: Server) -> None:
    async with Sessions(server) as sessions:
        control = await sessions.control()
        await control.execute("drop database if exists ascii_only")
        await control.execute("create database ascii_only template template0 encoding 'SQL_ASCII'")
        async with Sessions(server, "ascii_only") as ascii_sessions:
            session = await ascii_sessions.work()
            await session.execute(b'create table "t\xe9" (a text)')
            await session.execute(b"insert into \"t\xe9\" values ('caf\xe9')")
            assert (await session.execute(b'select a from "t\xe9"')).rows == [("caf\\xe9",)]
            names = "select relname from pg_class where relname like 't_' and relkind = 'r'"
            assert await one(session, names) == "t\\xe9"
            error = await refused(session.execute(b"do $$ begin raise exception 'caf\xe9'; end $$"))
            assert error.message == "caf\ufffd"
            done = await session.execute("do $$ begin raise warning 'café'; end $$")
            assert done.warnings[0].message == "café"
            assert (await session.execute("select %s", ["café"])).rows == [("café",)]
            waiting = asyncio.ensure_future(session.execute(b'select pg_sleep(30) as "caf\xe9"'))
            monitor = await ascii_sessions.monitor()

            async def seen() -> bool:
                return bool(await one(monitor, "select count(*) from pg_stat_activity where query like '%sleep(30) %'"))

            await until(seen)
            await session.cancel()
            assert (await refused(waiting)).sqlstate == "57014"
        await control.execute("drop database ascii_only with (force)")


@awaited
async def test_a_cancelled_task_leaves_the_server_working(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control, work = await sessions.control(), await sessions.work()
        await work.execute("create table t (a int)")
        await control.execute("begin; lock table public.t")
        task = asyncio.ensure_future(work.execute("set lock_timeout = 0; insert into t values (1)"))

        async def blocked() -> bool:
            found = await find_backend(control, work.backend.pid)
            return found is not None and found.wait_event.startswith("Lock:")

        await until(blocked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await blocked(), "the statement must go on waiting on the server"
        await control.execute("commit")
        assert await one(work, "select count(*) from t") == 1


@awaited
async def test_a_new_statement_waits_for_the_abandoned_one(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        work = await sessions.work()
        first = asyncio.ensure_future(work.execute("create table t as select 1 as a; select pg_sleep(0.3)"))
        await asyncio.sleep(0)
        first.cancel()
        assert await one(work, "select count(*) from t") == 1


@awaited
async def test_cancel_is_an_explicit_act(server: Server) -> None:
    async with Sessions(server) as sessions:
        work, control = await sessions.work(), await sessions.control()
        task = asyncio.ensure_future(work.execute("select pg_sleep(30)"))

        async def active() -> bool:
            found = await find_backend(control, work.backend.pid)
            return found is not None and found.state == "active"

        await until(active)
        await work.cancel()
        assert (await refused(task)).sqlstate == "57014"
        assert await one(work, "select 1") == 1


@awaited
async def test_a_terminated_session_is_lost_not_failed(server: Server) -> None:
    async with Sessions(server) as sessions:
        work, control = await sessions.work(), await sessions.control()
        task = asyncio.ensure_future(work.execute("select pg_sleep(30)"))

        async def ended() -> bool:
            await control.execute(f"select pg_terminate_backend({work.backend.pid})")
            return task.done()

        await until(ended)
        error = await refused(task)
        assert isinstance(error, ConnectionLost) and error.sqlstate == "57P01"
        assert isinstance(await refused(work.execute("select 1")), ConnectionLost)


@awaited
async def test_why_a_busy_session_was_ended_is_known(server: Server) -> None:
    """The last word of the server comes behind an answer, or before it, or as a message of its own."""
    async with Sessions(server) as sessions:
        control = await sessions.control()
        for _session in range(8):
            work = await sessions.work()

            async def busy() -> None:
                while True:
                    await work.execute("select 1")  # noqa: B023

            task = asyncio.ensure_future(busy())
            await control.execute(f"select pg_terminate_backend({work.backend.pid})")
            error = await refused(task)
            assert isinstance(error, ConnectionLost) and error.sqlstate == "57P01"
            assert str(error.message).startswith("terminating connection") and error.postmaster_start


@awaited
async def test_the_end_of_the_event_loop_leaves_the_server_working(server: Server, database: str) -> None:
    kept: list[Session] = []

    async def brief() -> None:
        work = await open_session(server.dsn(database), purpose="work", run=RUN, step="brief")
        kept.append(work)
        asyncio.ensure_future(work.execute("select pg_sleep(0.5); create table t (a int)"))  # noqa: RUF006

        async def active() -> bool:
            found = await find_backend(control, work.backend.pid)
            return found is not None and found.wait_event == "Timeout:PgSleep"

        control = await open_session(server.dsn(database), purpose="control", run=RUN)
        await until(active)
        await control.close()

    # Its loop ends with the statement under way, which cancels every task in it.
    await asyncio.to_thread(asyncio.run, brief())
    async with Sessions(server, database) as sessions:
        control = await sessions.control()

        async def made() -> bool:
            return bool(await one(control, "select to_regclass('public.t') is not null"))

        await until(made)
    await kept[0].close()


@awaited
async def test_a_hung_session_costs_the_next_one_nothing(own: Server) -> None:
    # On a shared server whoever makes or drops a database would wait for the stopped backend.
    own.start()
    async with Sessions(own) as sessions:
        hung = await sessions.work()
        backend, descriptor = hung.backend.pid, hung._connection.pgconn.socket
        os.kill(backend, signal.SIGSTOP)
        try:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await hung.execute("select 1")
            queued = asyncio.ensure_future(hung.execute("select 2"))
            await asyncio.sleep(0)
            async with asyncio.timeout(5):
                await hung.close()
            # Who still waited was not cancelled: it lost its session.
            assert isinstance(await refused(queued), ConnectionLost)
            async with asyncio.timeout(3):
                following = await sessions.work()
                assert following._connection.pgconn.socket == descriptor, "the number is used again"
                assert await one(following, "select 3") == 3
        finally:
            os.kill(backend, signal.SIGCONT)


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to stdout",
        "select 1; copy (select g from generate_series(1, 100000) as g) to stdout; select 2",
        "create temp table t (a int); copy t from stdin",
    ],
)
@awaited
async def test_a_copy_that_nobody_takes_ends_its_session(server: Server, database: str, sql: str) -> None:
    async with Sessions(server, database) as sessions:
        for ask in (Session.execute, lambda session, text: session.printed(text, 10)):
            work = await sessions.work()
            error = await refused(ask(work, sql))
            assert str(error.message) == Remarked.COPY_OF_CLIENT
            assert work.closed
            with pytest.raises(ConnectionLost, match="closed"):
                await work.execute("select 1")
        other = await sessions.work()
        await refused(other.execute("select 1 / 0"))
        assert not other.closed and await one(other, "select 1") == 1
