"""A server that is restarted, and a session that somebody ends: the one is waited for wherever it meets a step, the
other fails it and asks.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests import postgres_server
from tests.engine import rig as rigged
from tests.engine.alone import alone, empty_database
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.engine.attempt.attempt import Attempt
from tui.engine.drivers.snapshot import SnapshotDriver
from tui.engine.target.outage import Outage
from tui.engine.target.session_loss import IN_A_ROW
from tui.journal.codes import CancelReason, FailReason
from tui.journal.events import Event, Policy
from tui.journal.line import Line
from tui.postgres.errors import ConnectionLost
from tui.run.commands import Cancel, Drive, Retry
from tui.steps.effects import Probe, Snapshot, SnapshotTaken

__all__ = ["alone", "empty_database"]
pytestmark = pytest.mark.postgres
HEADLESS = Policy(drive="headless", sign_off="seen", signer="ana")
TERMINATE = (
    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
    " where application_name like 'virada%' and application_name ~ '{}' and datname = current_database()"
)


def fast(server: Server) -> None:
    server.stop("fast")
    server.start()


def immediate(server: Server) -> None:
    server.stop("immediate")
    server.start()


def killed(server: Server) -> None:
    postgres_server.kill_server(server)
    server.start()


def crashed(server: Server) -> None:
    """One process of it dies hard: all others are ended, and the postmaster, with its start, stays."""
    postmaster = psutil.Process(server.pid())
    writer = next(p for p in postmaster.children() if "walwriter" in " ".join(p.cmdline()))
    writer.send_signal(signal.SIGKILL)
    gone = {p.pid for p in postmaster.children()}
    postgres_server.await_condition(
        lambda: writer.pid not in {p.pid for p in postmaster.children()} and bool(gone), "x"
    )


RESTARTS: list[Callable[[Server], None]] = [fast, immediate, killed, crashed]


PLAN = """
          - id: each
            title: Each
            sql: {transaction: per_statement, text: "insert into log values (1); insert into log values (2)"}
          - id: rows
            title: Rows
            batch:
              sql: delete from work where n = (select min(n) from work)
              total: select count(*) from work
              pause: 0s
          - id: index
            title: Index
            sql:
              transaction: per_statement
              text: create index concurrently i on log (t); insert into log values (3)
            prove: {query: "select to_regclass('i') is not null", equals: true}
            cleanup: {sql: {text: "drop index concurrently if exists i", transaction: per_statement}}
          - {id: script, title: Script, psql: {file: script.sql}}
          - {id: save, title: Save, backup: {directory: "${BACKUPS}"}}
          - {id: look, title: Look, check: {connect: true, privilege: {table: log, privileges: [SELECT]}}}
          - {id: ask, title: Ask, query: {sql: "select count(*) - count(distinct t) from log", equals: 0}}
"""
MOMENTS = (
    "step.started@each", "tx.committed@each", "step.passed@each", "tx.committed@rows", "step.passed@rows",
    "tx.committed@index", "step.started@script", "step.child@script", "step.started@save", "step.child@save",
    "step.started@look", "step.started@ask",
)  # fmt: skip
EVERY = int(os.environ.get("VIRADA_KILLS", "5")) >= 50
"""Whether each kind of restart is tried at each moment, or they take turns."""
ALL_OF_THEM = [1, 2, 3, 4]


def at(rig: Rig, strikes: dict[str, Callable[[], None]]) -> None:
    """Have each strike happen once, as soon as the event that names it is durable: `tx.committed@each`, or, of one
    attempt, `tx.committed@each.2`."""
    original = rig.recorder.append_all

    def append_all(events: Sequence[Event], by: str = "engine") -> list[Line]:
        lines = original(events, by)
        for event in events:
            named = f"{event.TYPE}@{getattr(event, 'step', '')}"
            for name in (named, f"{named}.{getattr(event, 'attempt', 0)}"):
                strike = strikes.pop(name, None)
                if strike is not None:
                    strike()
        return lines

    rig.recorder.append_all = append_all  # type: ignore[method-assign]


@pytest.mark.unsaid(CancelReason.INTERRUPTED, CancelReason.CONNECTION_LOST, FailReason.TERMINATED)
@pytest.mark.parametrize("restart", RESTARTS)
@awaited
async def test_it_is_waited_for_wherever_it_comes(
    empty_database: Database, tmp_path: Path, restart: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two statements, two batches, two steps, at the beginning of every kind: nothing of it ends the night."""
    monkeypatch.setattr(rigged, "PATIENCE", 50.0)
    with empty_database.connect() as setup:
        setup.execute("create table log (t int); create table work as select n from generate_series(1, 4) n")
    files = {"script.sql": "insert into log values (4);\n"}
    server = empty_database.server
    plan = PLAN.replace("${BACKUPS}", str(tmp_path / "backups"))
    async with Rig(tmp_path, empty_database, plan, files, policy=HEADLESS) as rig:
        moments = MOMENTS if EVERY else MOMENTS[RESTARTS.index(restart) :: len(RESTARTS)]
        strikes: dict[str, Callable[[], None]] = {moment: lambda: restart(server) for moment in moments}
        at(rig, strikes)
        await rig.until(lambda: rig.events("run.closed"), "it is done")
        assert not strikes, "not everything was struck"
        assert rig.events("run.closed")[0]["data"]["outcome"] == "completed"
        assert not rig.events("step.failed")
        said = rig.said()
    assert not said & {CancelReason.INTERRUPTED, CancelReason.CONNECTION_LOST, FailReason.TERMINATED}
    with empty_database.connect() as look:
        assert [row[0] for row in look.execute("select t from log order by t").fetchall()] == ALL_OF_THEM


@awaited
async def test_between_a_backups_moment_and_its_program(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    take = SnapshotDriver.take

    async def struck(self: SnapshotDriver, effect: Snapshot) -> SnapshotTaken:
        found = await take(self, effect)
        taken.append(found.name)
        if len(taken) == 1:
            immediate(empty_database.server)
        return found

    monkeypatch.setattr(SnapshotDriver, "take", struck)
    steps = f"          - {{id: save, title: Save, backup: {{directory: {tmp_path / 'backups'}}}}}"
    async with Rig(tmp_path, empty_database, steps, policy=HEADLESS) as rig:
        await rig.until(lambda: rig.step("save").status in ("passed", "failed"), "it is saved")
        assert rig.step("save").status == "passed" and len(taken) == 2


KILLED = """
          - {id: a, title: A, prove: {query: "select count(*) from log", equals: 1}, STEP}
"""
KINDS = {
    "transaction": 'sql: "insert into log values (1); select pg_sleep(30)"',
    "session": "sql: {transaction: per_statement, text: select pg_sleep(30); insert into log values (1)}",
    "batch": 'batch: {sql: "insert into log select 1 from pg_sleep(30)", total: "select 1"}',
    "psql": "psql: {file: script.sql}",
    "loose": "psql: {file: script.sql, single_transaction: false}",
    "query": 'query: {sql: "select count(*) from log, pg_sleep(30)", equals: 1}',
}
SCRIPT = {"script.sql": "select pg_sleep(30);\ninsert into log values (1);\n"}


async def sleeping(rig: Rig, database: Database, step: str) -> None:
    """Until a session of the step's is at work on the server."""
    asked = f"application_name ~ '{step}' and wait_event = 'PgSleep' and datname = current_database()"
    await rig.until(lambda: database.value(f"select count(*) from pg_stat_activity where {asked}"), "it works")


@pytest.mark.unsaid(
    CancelReason.SERVER_RESTARTED, CancelReason.CONNECTION_LOST, CancelReason.INTERRUPTED, FailReason.TIME_LIMIT
)
@pytest.mark.parametrize("whose", ["a", "."], ids=["the step's", "all"])
@pytest.mark.parametrize("kind", KINDS)
@awaited
async def test_a_session_that_somebody_ends(empty_database: Database, tmp_path: Path, kind: str, whose: str) -> None:
    """It fails and asks: it is not begun again by itself, and nobody is told that the engine ended."""
    with empty_database.connect() as setup:
        setup.execute("create table log (t int)")
    steps = KILLED.replace("STEP", KINDS[kind])
    if kind == "query":
        steps = steps.replace('prove: {query: "select count(*) from log", equals: 1}, ', "")
    async with Rig(tmp_path, empty_database, steps, SCRIPT, policy=HEADLESS) as rig:
        await sleeping(rig, empty_database, "a")
        assert empty_database.value(TERMINATE.format(whose))
        ended = await rig.ended("a")
        assert (ended["type"], ended["data"]["reason"]) == ("step.failed", FailReason.TERMINATED)
        assert ended["data"]["sqlstate"] == "57P01"
        said = rig.said()
        assert not said & {
            CancelReason.SERVER_RESTARTED,
            CancelReason.CONNECTION_LOST,
            CancelReason.INTERRUPTED,
            FailReason.TIME_LIMIT,
        }
        assert rig.step("a").attempt == 1 and not rig.recorder.state.undecided


@awaited
async def test_what_somebody_ended_is_begun_again_by_a_person(empty_database: Database, tmp_path: Path) -> None:
    """Also where only the session with the right to change the target was ended; what only looks goes on by itself."""
    with empty_database.connect() as setup:
        setup.execute("create table log (t int)")
    steps = """
          - {id: a, title: A, sql: "select pg_sleep(0.5); insert into log values (1)"}
"""
    async with Rig(tmp_path, empty_database, steps, policy=HEADLESS) as rig:
        await sleeping(rig, empty_database, "a")
        assert empty_database.value(TERMINATE.format("monitor")) == 1
        assert empty_database.value(TERMINATE.format("control")) == 1
        ended = await rig.ended("a")
        assert (ended["data"]["reason"], ended["data"]["effect"]) == (FailReason.TERMINATED, "none")
        assert empty_database.value("select count(*) from log") == 0
        before = len(rig.events("metrics.sampled"))
        await rig.until(
            lambda: [s for s in rig.events("metrics.sampled")[before:] if "connections" in s["data"]["values"]],
            "the server is measured again",
        )
        assert rig.do(Retry(step="a"), keep_driving=True) is None
        await rig.until(lambda: rig.events("run.closed"), "it is done")
        assert rig.events("run.closed")[0]["data"]["outcome"] == "completed"
    assert empty_database.value("select count(*) from log") == 1


@awaited
async def test_no_rollback_follows_from_that(empty_database: Database, tmp_path: Path) -> None:
    steps = """
          - {id: a, title: A, on_failure: propose_rollback, sql: "select pg_sleep(30)", undo: {sql: "select 1"}}
"""
    policy = Policy(drive="headless", on_failure="rollback")
    async with Rig(tmp_path, empty_database, steps, policy=policy) as rig:
        await sleeping(rig, empty_database, "a")
        empty_database.value(TERMINATE.format("a"))
        await rig.ended("a")
        assert rig.step("a").reason == FailReason.TERMINATED
        assert not rig.events("rollback.started", "trigger.fired")


@pytest.mark.unsaid(FailReason.TERMINATED)
@awaited
async def test_a_statement_that_somebody_cancels_is_no_session_that_was_ended(
    empty_database: Database, tmp_path: Path
) -> None:
    steps = '          - {id: a, title: A, sql: "select pg_sleep(30)"}'
    async with Rig(tmp_path, empty_database, steps, policy=HEADLESS) as rig:
        await sleeping(rig, empty_database, "a")
        cancel = TERMINATE.format("a").replace("pg_terminate_backend", "pg_cancel_backend")
        assert empty_database.value(cancel)
        ended = await rig.ended("a")
        assert (ended["data"]["reason"], ended["data"]["sqlstate"]) == (FailReason.SQL_ERROR, "57014")


def cut(rig: Rig) -> None:
    """The connections of all attempts end, and nobody says why."""
    for attempt in rig.engine._attempts.values():
        session = attempt.sql.work.current
        assert session is not None
        with socket.socket(fileno=os.dup(session._connection.pgconn.socket)) as ours:
            ours.shutdown(socket.SHUT_RDWR)


@pytest.mark.unsaid(FailReason.TERMINATED, CancelReason.SERVER_RESTARTED, FailReason.CONNECTION)
@awaited
async def test_a_connection_that_is_cut_again_and_again(empty_database: Database, tmp_path: Path) -> None:
    """Another attempt goes on by itself; of one that never gets further a person is asked: it may be what does that."""
    with empty_database.connect() as setup:
        setup.execute("create table log (t int)")
    steps = '          - {id: a, title: A, sql: "select pg_sleep(0.05); insert into log values (1)"}'
    for cuts in (2, IN_A_ROW):
        async with Rig(tmp_path / str(cuts), empty_database, steps) as rig:
            strikes: dict[str, Callable[[], None]] = {}
            at(rig, strikes)
            for left in range(cuts):
                strikes[f"tx.begin@a.{left + 1}"] = partial(cut, rig)
            assert rig.do(Drive(headless=True)) is None
            await rig.until(lambda: rig.step("a").status in ("passed", "failed"), "it ends")
            said, status = rig.said(), rig.step("a").status
            assert CancelReason.CONNECTION_LOST in said
            assert not said & {FailReason.TERMINATED, CancelReason.SERVER_RESTARTED, CancelReason.INTERRUPTED}
            assert (FailReason.CONNECTION in said) is (status == "failed") is (cuts == IN_A_ROW)
    assert empty_database.value("select count(*) from log") == 1


@pytest.mark.unsaid(FailReason.TIME_LIMIT)
@awaited
async def test_a_time_limit_of_the_servers(tmp_path: Path) -> None:
    """It would be over in the next attempt, too."""
    if 17 not in postgres_server.MAJORS:
        pytest.skip("no PostgreSQL 17")
    database = postgres_server.create_database(postgres_server.shared_server(17))
    try:
        for limit in ("300ms", "20s"):
            text = f"set transaction_timeout = '{limit}'; begin; select pg_sleep(0.5); commit"
            steps = f'          - {{id: a, title: A, sql: {{transaction: script, text: "{text}"}}}}'
            async with Rig(tmp_path / limit, database, steps, policy=HEADLESS) as rig:
                await rig.ended("a")
                assert (FailReason.TIME_LIMIT in rig.said()) is (limit == "300ms"), rig.said()
                assert rig.step("a").attempt == 1
    finally:
        postgres_server.drop_database(database)


@awaited
async def test_a_database_that_is_dropped_is_waited_for_until_a_person_gives_up(tmp_path: Path) -> None:
    database = postgres_server.create_database(postgres_server.shared_server())
    steps = '          - {id: a, title: A, sql: "select pg_sleep(30)"}'
    async with Rig(tmp_path, database, steps, policy=HEADLESS) as rig:
        await sleeping(rig, database, "a")
        postgres_server.drop_database(database)
        assert database.name in (await rig.waits("a"))["message"]
        assert rig.do(Cancel(step="a")) is None
        await rig.until(lambda: rig.step("a").status == "undecided", "it is undecided")


@awaited
async def test_a_shutdown_that_waits_for_us_lets_the_work_end(empty_database: Database, tmp_path: Path) -> None:
    """A smart shutdown lets nobody in and ends nobody: the step ends as it can, the next one waits for the server."""
    with empty_database.connect() as setup:
        setup.execute("create table log (t int)")
    server = empty_database.server
    steps = """
          - {id: a, title: A, sql: "select pg_sleep(0.3); insert into log values (1)"}
          - {id: b, title: B, sql: "insert into log values (2)"}
"""
    async with Rig(tmp_path, empty_database, steps, policy=HEADLESS) as rig:
        await sleeping(rig, empty_database, "a")
        stopping = asyncio.create_task(asyncio.to_thread(server.stop, "smart"))
        await rig.until(lambda: rig.step("a").status == "passed" or rig.step("a").waiting, "it meets the shutdown")
        # It waits for sessions as long as there are any; ours are there as long as the engine is.
        server.stop("fast")
        await stopping
        server.start()
        await rig.until(lambda: rig.events("run.closed"), "it is done")
        assert not rig.events("step.failed")
    with empty_database.connect() as look:
        assert look.execute("select t from log order by t").fetchall() == [(1,), (2,)]


@awaited
async def test_what_a_session_met_is_judged_by_the_server_that_it_was_on(
    empty_database: Database, tmp_path: Path
) -> None:
    """The control session may be on the new server when an attempt begins, and the monitor's still on the old one."""
    steps = "          - {id: look, title: Look, check: {connect: true}}\n"
    async with Rig(tmp_path, empty_database, steps) as rig:
        await rig.target.control()
        assert rig.target.identity is not None
        outage = Outage(rig.recorder, rig.target, "look", 1, asyncio.Event())
        said, here = "terminating connection", rig.target.identity.postmaster_start
        assert await outage.explains(ConnectionLost(said, "57P01", "2001-01-01T00:00:00.000000Z"))
        assert not await outage.explains(ConnectionLost(said, "57P01", here))
        attempt = Attempt(rig.recorder, rig.paths, rig.target, rig.step("look"), rig.environment)
        monitor = await rig.target.monitor()
        with empty_database.connect() as other:
            other.execute("select pg_terminate_backend(%s)", [monitor.backend.pid])
        found = await attempt.probes.probe(Probe(name="database_size", arguments={}))
        met = attempt.probes.met
        assert isinstance(met, ConnectionLost) and (met.sqlstate, met.postmaster_start) == (found["sqlstate"], here)
