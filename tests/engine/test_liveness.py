"""What TCP does not tell: a connection whose other half is gone, and a target that accepts and says nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.proxy import Proxy
from tests.engine.rig import Event, Rig
from tests.faults import counting
from tests.postgres_server import Database
from tui.engine.drivers import cancel
from tui.engine.watch import liveness, sampler
from tui.journal.codes import Fact, FailReason, WaitReason
from tui.run.commands import Cancel, Execute, Rollback

pytestmark = pytest.mark.postgres

SQL = """
          - {id: work, title: Work, sql: {text: "insert into made values (1); select pg_sleep(60)"}}
"""
OUTSIDE = """
          - id: work
            title: Work
            sql: {text: "create index concurrently made_n on made (n)", transaction: per_statement}
            prove: {query: "select count(*) from pg_index where indexrelid = to_regclass('made_n')", equals: 1}
            cleanup: {sql: {text: "drop index concurrently if exists made_n", transaction: per_statement}}
"""
BATCH = """
          - {id: work, title: Work, batch: {sql: "insert into made select 1 from pg_sleep(60)"}}
"""
PSQL = """
          - {id: work, title: Work, psql: {file: work.sql}}
"""
QUERY = """
          - {id: work, title: Work, query: {sql: "select 1 from pg_sleep(60)", equals: 1}}
"""
BACKUP = """
          - {id: work, title: Work, backup: {directory: "${BACKUPS}"}}
"""
COMMAND = """
          - {id: work, title: Work, command: {run: [psql, -XAtc, "select pg_sleep(60)"]}}
"""
FILES = {"work.sql": "insert into made values (1);\nselect pg_sleep(60);\n"}
KINDS = {
    "sql": SQL, "outside": OUTSIDE, "batch": BATCH, "psql": PSQL, "query": QUERY, "backup": BACKUP, "command": COMMAND,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything a tenth as long, or less."""
    for module, name, seconds in (
        (sampler, "TICK", 0.1), (sampler, "_HUNG", 0.3), (liveness, "SAID", 0.6), (liveness, "SLACK", 0.2),
        (liveness, "GONE", 0.2), (liveness, "ENDED", 0.3),
        (liveness, "IDLE", 0.3), (liveness, "STALLED", 0.6), (liveness, "BRIEF", 1.0),
        (liveness, "PAUSED", 0.5), (cancel, "PATIENCE", 0.3), (cancel, "AGAIN", 0.1),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, seconds)


class Far:
    """A run whose target is behind a proxy, with its step at work."""

    def __init__(
        self, rig: Rig, proxy: Proxy, database: Database, looker: psycopg.Connection, blocker: psycopg.Connection
    ) -> None:
        self.rig = rig
        self.proxy = proxy
        self.database = database
        self.looker = looker
        self.blocker = blocker

    def works(self, name: str) -> bool:
        return name.startswith("virada") and "work" in name and not name.endswith("snapshot")

    def pids(self) -> list[int]:
        query = "select pid, application_name from pg_stat_activity where datname = current_database()"
        return [pid for pid, name in self.looker.execute(query.encode()).fetchall() if self.works(name)]

    async def begun(self) -> None:
        """The server works for the step: it sleeps, or waits for a lock."""
        query = """select count(*) from pg_stat_activity where datname = current_database() and state = 'active'
                   and application_name like 'virada%work%' and (wait_event = 'PgSleep' or wait_event_type = 'Lock')"""
        await self.rig.until(lambda: self.looker.execute(query.encode()).fetchone() == (1,), "it is at work")

    def end_backends(self) -> None:
        for pid in self.pids():
            self.looker.execute("select pg_terminate_backend(%s)", [pid])

    async def said(self, reason: str) -> Event:
        def found() -> Event | None:
            waits = [e for e in self.rig.events("step.waiting") if e["data"].get("reason") == reason]
            return waits[-1] if waits else None

        event: Event = await self.rig.until(found, f"{reason} is said")
        return event


@asynccontextmanager
async def far(path: Path, database: Database, kind: str, tolerate: str = "") -> AsyncIterator[Far]:
    """The step is begun; a backup and an index wait for a lock."""
    with database.connect() as connection:
        connection.execute("create table made (n int)")
    backups = path / "backups"
    backups.mkdir()
    steps = KINDS[kind]
    if tolerate:
        steps = steps.replace("title: Work,", f"title: Work, tolerate: {tolerate},")
    with psycopg.connect(database.dsn) as blocker, psycopg.connect(database.dsn, autocommit=True) as looker:
        blocker.execute("lock table made" if kind == "backup" else "lock table made in share update exclusive mode")
        async with Proxy(database) as proxy, Rig(path / "rig", proxy.dsn, steps, FILES, BACKUPS=str(backups)) as rig:
            await rig.measured()
            assert rig.do(Execute(step="work")) is None
            one = Far(rig, proxy, database, looker, blocker)
            await one.begun()
            await rig.engine.sampler.look_now()
            yield one
            proxy.go_on()
            blocker.rollback()
            for pid in one.pids():
                looker.execute("select pg_cancel_backend(%s)", [pid])


GONE = {
    "sql": ("step.cancelled", "connection_lost", "none"), "outside": ("step.cancelled", "connection_lost", "none"),
    "batch": ("step.cancelled", "connection_lost", "none"), "psql": ("step.failed", "backend_gone", "none"),
    "backup": ("step.failed", "backend_gone", "none"), "command": ("step.failed", "backend_gone", "unknown"),
}  # fmt: skip


SOME = ("sql", "psql", "command")
"""The kinds that are tried each time; the others differ by no line of what is tried here."""


@awaited
@pytest.mark.parametrize("kind", GONE if counting.EVERY else SOME)
async def test_a_backend_that_is_gone_is_not_waited_for(tmp_path: Path, empty_database: Database, kind: str) -> None:
    """The load balancer drops the connection on the server's side, and the client sees nothing of it."""
    async with far(tmp_path, empty_database, kind) as one:
        assert one.proxy.half_open(one.works)
        one.end_backends()
        await one.said(WaitReason.BACKEND_GONE)
        ended = await one.rig.ended("work")
        assert (ended["type"], ended["data"]["reason"], ended["data"].get("effect", "none")) == GONE[kind]


@awaited
async def test_a_question_whose_backend_is_gone_is_asked_again(tmp_path: Path, empty_database: Database) -> None:
    async with far(tmp_path, empty_database, "query") as one:
        before = one.pids()
        one.proxy.half_open(one.works)
        one.end_backends()
        await one.said(WaitReason.BACKEND_GONE)
        await one.rig.until(lambda: one.pids() and one.pids() != before, "another session asks")
        assert one.rig.do(Cancel(step="work")) is None
        await one.rig.ended("work")


@awaited
@pytest.mark.parametrize("kind", KINDS if counting.EVERY else ("sql", "command"))
async def test_that_the_target_is_silent_is_said(tmp_path: Path, empty_database: Database, kind: str) -> None:
    async with far(tmp_path, empty_database, kind) as one:
        one.proxy.stall()
        said = await one.said(WaitReason.TARGET_SILENT)
        assert said["data"]["facts"]["since"].endswith("Z")
        one.proxy.go_on()
        await one.rig.until(lambda: one.rig.step("work").waiting != WaitReason.TARGET_SILENT, "it is heard of again")
        assert one.rig.step("work").status == "running"
        assert one.rig.do(Cancel(step="work")) is None
        await one.rig.ended("work")


@awaited
@pytest.mark.unsaid(WaitReason.TARGET_SILENT)
async def test_a_short_silence_is_not_called_one(
    tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "SAID", 5.0)
    async with far(tmp_path, empty_database, "sql") as one:
        one.proxy.stall()
        await asyncio.sleep(0.5)
        one.proxy.go_on()
        await one.rig.engine.sampler.look_now()
        assert WaitReason.TARGET_SILENT not in one.rig.said()


@awaited
async def test_an_engine_that_was_stopped_does_not_blame_the_target(tmp_path: Path, empty_database: Database) -> None:
    async with far(tmp_path, empty_database, "sql", "1s") as one:
        # Nothing of the engine runs meanwhile, which lives in this very loop.
        time.sleep(1.0 + liveness.SLACK + 0.3)  # noqa: ASYNC251
        await one.rig.engine.sampler.look_now()
        assert not one.rig.said() and one.rig.step("work").status == "running"


@awaited
@pytest.mark.unsaid(WaitReason.BACKEND_GONE, FailReason.BACKEND_GONE)
@pytest.mark.parametrize("kind", ["sql", "psql"] if counting.EVERY else ["psql"])
async def test_a_session_that_is_seen_to_end_is_not_called_gone(
    tmp_path: Path, empty_database: Database, kind: str
) -> None:
    async with far(tmp_path, empty_database, kind) as one:
        one.proxy.cut(one.works)
        await one.rig.ended("work")
        assert WaitReason.BACKEND_GONE not in one.rig.said()


@awaited
async def test_a_program_that_has_done_with_the_target_is_left_alone(tmp_path: Path, empty_database: Database) -> None:
    steps = """
          - {id: work, title: Work, command: {run: [sh, -c, "psql -XAtc 'select pg_sleep(0.5)'; sleep 1"]}}
"""
    async with Proxy(empty_database) as proxy, Rig(tmp_path, proxy.dsn, steps) as rig:
        await rig.measured()
        ended = await rig.execute("work")
        assert ended["type"] == "step.passed" and not rig.said()


@awaited
async def test_a_connection_that_carries_nothing_is_given_up(tmp_path: Path, empty_database: Database) -> None:
    """The answer does not arrive, on this connection alone: the server is ready for the next statement."""
    async with far(tmp_path, empty_database, "sql") as one:
        one.proxy.stall(one.works, to_server=False)
        for pid in one.pids():
            one.looker.execute("select pg_cancel_backend(%s)", [pid])
        await one.said(WaitReason.CONNECTION_STALLED)
        ended = await one.rig.ended("work")
        assert (ended["type"], ended["data"]["effect"]) == ("step.cancelled", "none")
        assert WaitReason.TARGET_SILENT not in one.rig.said()


@awaited
async def test_a_moment_that_was_given_up_is_held_back_by_nobody(tmp_path: Path, empty_database: Database) -> None:
    """The end of the session that kept a dump's snapshot does not arrive: others would wait for it for good."""
    async with far(tmp_path, empty_database, "backup") as one:
        one.proxy.stall(lambda name: name.endswith("snapshot"))
        one.blocker.rollback()
        ended = await one.rig.ended("work")
        assert ended["type"] == "step.passed"
        query = "select count(*) from pg_stat_activity where application_name ~ 'snapshot$' and datname = %s"
        assert one.looker.execute(query, [one.database.name]).fetchone() == (0,)


@awaited
@pytest.mark.unsaid(WaitReason.CONNECTION_STALLED)
async def test_a_statement_that_takes_long_is_not_called_stalled(tmp_path: Path, empty_database: Database) -> None:
    async with far(tmp_path, empty_database, "sql") as one:
        await asyncio.sleep(liveness.STALLED + 0.3)
        await one.rig.engine.sampler.look_now()
        assert not one.rig.said()


@awaited
async def test_a_cancel_that_nobody_hears_says_so_and_takes_effect(tmp_path: Path, empty_database: Database) -> None:
    async with far(tmp_path, empty_database, "sql", tolerate="60s") as one:
        one.proxy.stall()
        assert one.rig.do(Cancel(step="work")) is None
        unheard = await one.said(WaitReason.CANCEL_UNHEARD)
        assert unheard["data"]["facts"]["since"].endswith("Z")
        one.proxy.go_on()
        ended = await one.rig.ended("work")
        assert (ended["type"], ended["data"]["reason"], ended["data"]["effect"]) == ("step.cancelled", "person", "none")


@awaited
@pytest.mark.unsaid(WaitReason.CANCEL_UNHEARD, Fact.SINCE)
async def test_a_cancel_that_is_heard_says_nothing(tmp_path: Path, empty_database: Database) -> None:
    async with far(tmp_path, empty_database, "sql") as one:
        assert one.rig.do(Cancel(step="work")) is None
        await one.rig.ended("work")
        assert one.rig.said() == {"person"} and "since" not in one.rig.facts()


@awaited
async def test_a_rollback_in_the_silence_takes_effect_when_it_is_over(tmp_path: Path, empty_database: Database) -> None:
    async with far(tmp_path, empty_database, "sql", tolerate="60s") as one:
        one.proxy.stall()
        await one.said(WaitReason.TARGET_SILENT)
        assert one.rig.do(Rollback(reason="too long", confirm="dev")) is None
        await one.said(WaitReason.CANCEL_UNHEARD)
        one.proxy.go_on()
        await one.rig.until(lambda: one.rig.events("rollback.finished"), "it is rolled back")
        assert one.rig.recorder.state.status == "rolled_back"
        assert one.database.value("select count(*) from made") == 0


@awaited
async def test_a_rollback_waits_for_a_server_that_is_away_for_a_moment(
    tmp_path: Path, empty_database: Database
) -> None:
    """What there is to be taken back is known a moment later; nobody has to look at the database for it."""
    async with far(tmp_path, empty_database, "sql") as one:
        one.proxy.refusing = True
        one.proxy.cut()
        await one.said(WaitReason.SERVER_UNREACHABLE)
        assert one.rig.do(Rollback(reason="away", confirm="dev")) is None
        await asyncio.sleep(0.2)
        assert one.rig.step("work").status == "running"
        one.proxy.refusing = False
        await one.rig.until(lambda: one.rig.events("rollback.finished"), "it is rolled back")
        assert one.rig.recorder.state.status == "rolled_back"
        assert [e["data"]["fate"] for e in one.rig.events("step.fate")] == ["not_applied"]


@awaited
async def test_a_silence_is_tolerated_where_nobody_waits_for_what_is_locked(
    tmp_path: Path, empty_database: Database
) -> None:
    """A moment without a network under a concurrent index build: it goes on, and passes; no other step would have."""
    async with far(tmp_path, empty_database, "outside") as one:
        one.proxy.stall()
        await one.said(WaitReason.TARGET_SILENT)
        await asyncio.sleep(1.0 + liveness.SLACK + 0.5)
        one.proxy.go_on()
        one.blocker.rollback()
        ended = await one.rig.ended("work")
        assert ended["type"] == "step.passed"
        assert not one.rig.events("step.fate")


@awaited
@pytest.mark.parametrize("kind", ["sql", "psql"])
async def test_a_silence_ends_what_holds_locks(tmp_path: Path, empty_database: Database, kind: str) -> None:
    async with far(tmp_path, empty_database, kind, tolerate="1s") as one:
        one.proxy.stall()
        await one.said(WaitReason.TARGET_SILENT)
        await one.said(WaitReason.SERVER_UNREACHABLE)
        one.proxy.go_on()
        ended = await one.rig.ended("work")
        found = (ended["type"], ended["data"]["reason"], ended["data"]["effect"])
        assert found == (
            ("step.cancelled", "connection_lost", "none") if kind == "sql" else ("step.failed", "connection", "none")
        )
