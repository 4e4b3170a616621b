"""Behind what is proved to be committed a script goes on as if its session had never ended, or not at all."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.engine.target.access import TargetAccess
from tui.journal.codes import Fact, FailReason
from tui.journal.events import Policy
from tui.plan.model import Target
from tui.postgres.evidence.ledger import create_ledger
from tui.run.commands import Execute, Retry

pytestmark = pytest.mark.postgres
STEP = """
          - id: s
            title: S
            sql: {{file: s.sql, transaction: {mode}, retries: 0, lock_timeout: 100ms}}
            prove: {{query: "select true", equals: true}}
            undo: {{sql: "select 1"}}
"""
SETUP = """
do $$ begin create role shopkeeper; exception when duplicate_object then null; end $$;
create table locked (a int); create schema shop; grant all on schema shop, public to shopkeeper;
alter table locked owner to shopkeeper; create table seen (what text, who text default current_user);
grant all on seen to shopkeeper;
create function go_shopping() returns void language plpgsql as $$ begin set search_path to shop, public; end $$
"""


async def with_ledger(database: Database) -> None:
    target = TargetAccess("made", Target(environment="development", dsn=database.dsn), {})
    await create_ledger(await target.control())
    await target.close()


class Stopped:
    """A run that stopped at `alter table locked`, which somebody holds."""

    def __init__(self, database: Database, path: Path, script: str, mode: str, ledger: bool = False) -> None:
        self.database, self.script, self.mode, self.ledger = database, script, mode, ledger
        self.path = path
        with database.connect() as connection:
            connection.execute(SETUP.encode())

    async def by_a_person(self) -> tuple[Rig, Event]:
        """It failed, and is retried: the run and how that ended."""
        return await self._on(lambda rig: self._retried(rig))

    async def by_itself(self) -> tuple[Rig, Event]:
        """The engine died at the statement, and another one goes on: the run and how that ended."""
        return await self._on(lambda rig: self._killed(rig))

    async def _on(self, then: Callable[[Rig], Any]) -> tuple[Rig, Event]:
        if self.ledger:
            await with_ledger(self.database)
        plan = STEP.format(mode=self.mode)
        holder = await asyncio.to_thread(self.database.connect)
        async with Rig(self.path, self.database, plan, {"s.sql": self.script}, ledger=self.ledger) as rig:
            holder.execute("begin")
            holder.execute("lock table locked in access share mode")
            try:
                assert rig.do(Execute(step="s")) is None
                failed = await rig.ended("s")
            finally:
                holder.execute("rollback")
                holder.close()
            assert failed["data"]["reason"] == "sql_error", failed["data"]
            return rig, await then(rig)

    async def _retried(self, rig: Rig) -> Event:
        assert rig.do(Retry(step="s")) is None
        return await rig.ended("s", 2)

    async def _killed(self, rig: Rig) -> Event:
        # As if the engine had died behind the last commit, or before the first.
        last = [e["seq"] for e in rig.events("tx.committed", "step.started")][-1]
        await rig.take_up(cut=lambda e: e["seq"] == last, policy=Policy(drive="headless"))
        return await rig.ended("s", 2)


def _as_it_would_be(database: Database) -> tuple[object, object]:
    there = database.value("select string_agg(schemaname || '.' || tablename || '.' || tableowner, ' ' order by 1) "
                           "from pg_tables where tablename in ('a', 'b')")  # fmt: skip
    return there, database.value("select coalesce(string_agg(what || ' ' || who, ', ' order by what), '') from seen")


PATH = "set search_path to shop, public; create table a (x int); alter table locked add b int; create table b (x int);"
RESTORED = {
    "search_path": (PATH, "shop.a.postgres shop.b.postgres", ""),
    "set_config": (
        "select set_config('search_path', 'shop', false), set_config('my.own', 'x y', false); create table a (x int); "
        "alter table public.locked add b int; create table b (x int); "
        "insert into public.seen values (current_setting('my.own'));",
        "shop.a.postgres shop.b.postgres", "x y postgres",
    ),
    "role": (
        "set role shopkeeper; create table a (x int); alter table locked add b int; create table b (x int); reset role;"
        "insert into seen values ('last');",
        "public.a.shopkeeper public.b.shopkeeper", "last postgres",
    ),
    "prepared": (
        "prepare p (text) as insert into seen values ($1); execute p('1'); alter table locked add b int; "
        "execute p('2');", None, "1 postgres, 2 postgres",
    ),
    "listen": (
        "listen jobs; create table a (x int); alter table locked add b int; "
        "insert into seen select * from pg_listening_channels();", "public.a.postgres", "jobs postgres",
    ),
    "set again": (
        "set search_path to nowhere; set search_path to shop, public; create table a (x int); "
        "set search_path to public; alter table locked add b int; create table b (x int);",
        "shop.a.postgres public.b.postgres", "",
    ),
    "dropped": (
        "create temp table t (x int); create table a (x int); drop table t; alter table locked add b int; "
        "create table b (x int)", "public.a.postgres public.b.postgres", "",
    ),
    "limits": (
        "set statement_timeout to '7s'; create table a (x int); alter table locked add b int; "
        "insert into seen values (current_setting('statement_timeout'));", "public.a.postgres", "7s postgres",
    ),
    "built in": (
        "insert into seen select upper('a') || length(now()::text)::bool; alter table locked add b int; "
        "create table b (x int);", "public.b.postgres", "Atrue postgres",
    ),
}  # fmt: skip


@pytest.mark.unsaid(FailReason.SESSION_STATE_LOST, Fact.LOST)
@pytest.mark.parametrize(("name", "killed"), list(zip(RESTORED, itertools.cycle((False, True)))))
@awaited
async def test_the_session_is_made_anew(empty_database: Database, tmp_path: Path, name: str, killed: bool) -> None:
    script, tables, seen = RESTORED[name]
    stopped = Stopped(empty_database, tmp_path, script, "per_statement", ledger=name in ("role", "search_path"))
    rig, ended = await (stopped.by_itself() if killed else stopped.by_a_person())
    assert ended["type"] == "step.passed", ended["data"]
    assert "lost" not in rig.facts() and "session_state_lost" not in rig.said()
    assert _as_it_would_be(empty_database) == (tables, seen)
    statements = [e["data"].get("statement", 0) for e in rig.events("tx.committed")]
    assert len(statements) == len(set(statements)), "a statement was committed twice"
    assert ended["data"]["evidence"]["done"] == ended["data"]["evidence"]["statements"]


_LOCKED = "\nalter table public.locked add b int; "
LOST = {
    "temporary": (
        "create temp table t as select 1 as x;" + _LOCKED + "insert into seen select x from T;",
        [("temporary", "t", 1)],
    ),
    "cursor": (
        "declare c cursor with hold for select 1;" + _LOCKED + "fetch c; create table b (x int);", [("cursor", "c", 1)],
    ),
    "advisory": (
        "select pg_advisory_lock(7);" + _LOCKED + "create table b (x int);", [("advisory_lock", "", 1)],
    ),
    "do": (
        "do $$ begin\n set search_path to shop; end $$;" + _LOCKED + "create table b (x int);",
        [("setting", "search_path", 2)],
    ),
    "function": ("\nselect go_shopping();" + _LOCKED + "create table b (x int);", [("routine", "go_shopping", 2)]),
    "currval": (
        "create sequence s; select nextval('s');" + _LOCKED + "insert into seen values (currval('s'));",
        [("sequence", "", 1)],
    ),
}  # fmt: skip


@pytest.mark.unsaid(FailReason.SQL_ERROR)
@pytest.mark.parametrize(("name", "killed"), list(zip(LOST, itertools.cycle((True, False)))))
@awaited
async def test_what_cannot_be_made_anew_is_said(
    empty_database: Database, tmp_path: Path, name: str, killed: bool
) -> None:
    script, lost = LOST[name]
    stopped = Stopped(empty_database, tmp_path, script, "per_statement")
    rig, ended = await (stopped.by_itself() if killed else stopped.by_a_person())
    assert (ended["type"], ended["data"]["reason"]) == ("step.failed", "session_state_lost"), ended["data"]
    assert ended["data"]["effect"] == "some"
    found = [(each["code"], each["name"], each["line"]) for each in ended["data"]["evidence"]["lost"]]
    assert found == lost
    assert _as_it_would_be(empty_database) == (None, "")
    assert len(rig.events("tx.begin")) <= 3, "something further was begun"


@pytest.mark.parametrize(("ledger", "killed"), [(True, True), (False, True), (True, False)])
@awaited
async def test_a_script_of_its_own_transactions_goes_on_likewise(
    empty_database: Database, tmp_path: Path, ledger: bool, killed: bool
) -> None:
    script = (
        "begin; set role shopkeeper; set search_path to shop; set my.own = 'kept'; create table a (x int); commit;\n"
        "begin; set search_path to nowhere; rollback;\n"
        "begin; savepoint s; set search_path to nowhere; rollback to s; set local my.own = 'local'; commit;\n"
        "begin isolation level serializable; alter table public.locked add b int; create table b (x int);"
        "insert into public.seen values (current_setting('my.own')); commit;"
    )
    rig, ended = await (
        Stopped(empty_database, tmp_path, script, "script", ledger).by_itself()
        if killed
        else Stopped(empty_database, tmp_path, script, "script", ledger).by_a_person()
    )
    assert ended["type"] == "step.passed", ended["data"]
    assert _as_it_would_be(empty_database) == ("shop.a.shopkeeper shop.b.shopkeeper", "kept shopkeeper")
    begun = [e["data"]["witness"]["ledger"] for e in rig.events("tx.begin")]
    assert begun and set(begun) == {ledger}


@awaited
async def test_a_session_that_ends_between_two_tries_is_made_anew(empty_database: Database, tmp_path: Path) -> None:
    """The session of an attempt may end while it waits to try again: what was set in it is set again."""
    with empty_database.connect() as holder:
        holder.execute(SETUP.encode())
        holder.execute("begin")
        holder.execute("lock table locked in access share mode")
        plan = STEP.format(mode="per_statement").replace("retries: 0", "retries: 20")
        async with Rig(tmp_path, empty_database, plan, {"s.sql": "prepare p as select 1;" + PATH}) as rig:
            assert rig.do(Execute(step="s")) is None
            await rig.until(lambda: any(e["data"]["reason"] == "lock_retry" for e in rig.events("step.waiting")))
            attempt = next(iter(rig.engine._attempts.values()))
            session = await rig.until(lambda: attempt.sql.work.current)
            await session.close()
            holder.execute("rollback")
            assert (await rig.ended("s"))["type"] == "step.passed"
    assert _as_it_would_be(empty_database) == ("shop.a.postgres shop.b.postgres", "")


@awaited
async def test_a_statement_prepared_in_a_transaction_that_is_tried_again(
    empty_database: Database, tmp_path: Path
) -> None:
    """A rolled back PREPARE stays in the session, where it would be there already."""
    with empty_database.connect() as holder:
        holder.execute(SETUP.encode())
        holder.execute("begin")
        holder.execute("lock table locked in access share mode")
        plan = STEP.format(mode="single").replace("retries: 0", "retries: 20")
        script = "prepare p as insert into seen values ('p'); execute p; alter table locked add b int;"
        async with Rig(tmp_path, empty_database, plan, {"s.sql": script}) as rig:
            assert rig.do(Execute(step="s")) is None
            await rig.until(lambda: any(e["data"]["reason"] == "lock_retry" for e in rig.events("step.waiting")))
            holder.execute("rollback")
            ended = await rig.ended("s")
    assert ended["type"] == "step.passed", ended["data"]
    assert _as_it_would_be(empty_database) == (None, "p postgres")
