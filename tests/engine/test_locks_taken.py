"""The locks that each statement took are evidence of its step: mode, relation, how long, rewritten or not."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.drivers import locks_taken
from tui.engine.drivers.locks_taken import LocksTaken
from tui.engine.target.access import TargetAccess
from tui.journal.codes import Fact
from tui.postgres.locks_held import Committed, locks_of
from tui.postgres.session import Session
from tui.steps.effects import SqlStatement
from tui.words.locks import lock_lines

pytestmark = pytest.mark.postgres
STEP = """
          - id: change
            title: Change
            {step}
"""
TABLES = """
create table orders (id int primary key, name varchar(10));
create table customers (id int primary key);
create table plain (id int);
insert into orders select n, 'x' from generate_series(1, 100) n;
"""
SCRIPT = """alter table orders add column region text;
alter table orders alter column id type bigint;
create table fresh (id int);
insert into fresh values (1);
update plain set id = 1;
drop table customers;
truncate plain;
"""

Locks = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seen is tried here, not for how long a busy machine is waited for."""
    monkeypatch.setattr(locks_taken, "_PATIENCE", 2.0)


def made(database: Database) -> None:
    with database.connect() as session:
        session.execute(TABLES)


async def taken(database: Database, path: Path, step: str, outcome: str = "step.passed", **files: str) -> Locks:
    """What evidence says of the locks of a step."""
    beside = {f"{name}.sql": text for name, text in files.items()}
    async with Rig(path, database, STEP.format(step=step), files=beside) as rig:
        event = await rig.execute("change")
        assert event["type"] == outcome, event
        locks = event["data"]["evidence"].get("locks", {"count": 0, "taken": []})
        assert locks["count"] == len(locks["taken"]) and "not_looked" not in locks
        found: Locks = locks["taken"]
        return found


def shown(locks: Locks) -> set[tuple[str, str, int | None, bool | None]]:
    return {(lock["mode"], lock["relation"], lock["line"], lock["rewritten"]) for lock in locks}


@awaited
async def test_of_each_statement_of_a_transaction(each_database: Database, tmp_path: Path) -> None:
    """Not of what the transaction itself has made: nobody could wait for it."""
    with each_database.connect() as session:
        session.execute("drop table if exists orders, customers cascade")
    made(each_database)
    found = await taken(each_database, tmp_path, "sql: {file: change.sql}", change=SCRIPT)
    assert shown(found) == {
        ("ACCESS EXCLUSIVE", "public.orders", 1, False), ("ACCESS EXCLUSIVE", "public.orders", 2, True),
        ("ROW EXCLUSIVE", "public.plain", 5, False), ("ACCESS EXCLUSIVE", "public.customers", 6, False),
        ("ACCESS EXCLUSIVE", "public.plain", 7, True),
    }  # fmt: skip
    assert [lock["relation"] for lock in found if lock.get("dropped")] == ["public.customers"]
    first, second = (next(lock for lock in found if lock["line"] == line) for line in (1, 7))
    assert first["held_s"] > second["held_s"] > 0


@pytest.mark.unsaid(Fact.LOCKS)
@awaited
async def test_what_takes_no_lock_and_what_is_not_rewritten(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    assert await taken(empty_database, tmp_path / "none", 'sql: "select 1"') == []
    widened = 'sql: "alter table orders alter column name type varchar(20)"'
    found = await taken(empty_database, tmp_path / "wider", widened)
    assert shown(found) == {("ACCESS EXCLUSIVE", "public.orders", 1, False)}


@awaited
async def test_a_savepoint_gives_back_what_was_taken_behind_it(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    script = "savepoint s;\nlock table orders;\nrollback to s;\nselect pg_sleep(0.3);\nlock table customers;\n"
    found = await taken(empty_database, tmp_path, "sql: {file: change.sql}", change=script)
    assert {lock["relation"] for lock in found} == {"public.orders", "public.customers"}
    assert next(lock["held_s"] for lock in found if lock["relation"] == "public.orders") < 0.3


@awaited
async def test_the_time_for_which_it_waited_is_not_counted(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    with empty_database.connect() as holder:
        holder.execute("begin; lock table orders in access share mode")
        step = 'sql: {text: "alter table orders add column extra int", lock_timeout: 10s, retries: 0}'
        async with Rig(tmp_path, empty_database, STEP.format(step=step)) as rig:
            executed = asyncio.ensure_future(rig.execute("change"))
            facts = await rig.waits("change")
            assert facts["blockers"]
            await asyncio.sleep(1.5)
            holder.execute("commit")
            evidence = (await executed)["data"]["evidence"]
    assert evidence["seconds"] > 1.5
    assert evidence["locks"]["taken"][0]["held_s"] < 1.0 < evidence["seconds"]


@awaited
async def test_of_an_attempt_that_failed_too(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    step = 'sql: "alter table orders add column extra int; select 1 / 0"'
    found = await taken(empty_database, tmp_path, step, outcome="step.failed")
    assert shown(found) == {("ACCESS EXCLUSIVE", "public.orders", 1, False)}


@awaited
async def test_outside_of_a_transaction_they_are_sampled(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    step = (
        'sql: {text: "create index concurrently named on orders (name)", transaction: per_statement}\n'
        '            prove: {query: "select 1", equals: 1}'
    )
    with empty_database.connect() as reader:
        reader.execute("begin isolation level repeatable read; select count(*) from plain")
        async with Rig(tmp_path, empty_database, STEP.format(step=step)) as rig:
            executed = asyncio.ensure_future(rig.execute("change"))
            await rig.waits("change")
            reader.execute("commit")
            (lock,) = (await executed)["data"]["evidence"]["locks"]["taken"]
    assert (lock["mode"], lock["relation"], lock["sampled"]) == ("SHARE UPDATE EXCLUSIVE", "public.orders", True)
    assert lock["rewritten"] is False


@awaited
async def test_those_of_psql_are_seen_before_its_commit(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    script = "alter table orders alter column id type bigint;\n\\echo done\n"
    (lock,) = await taken(empty_database, tmp_path, "psql: {file: change.sql}", change=script)
    assert (lock["mode"], lock["relation"], lock["sampled"]) == ("ACCESS EXCLUSIVE", "public.orders", True)
    assert lock["rewritten"] is None, "only the transaction itself sees that before its end"


@awaited
async def test_many_batches_are_one_lock(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    text = "update orders set name = 'y' where id in (select id from orders where name = 'x' limit 10)"
    found = await taken(empty_database, tmp_path, f'batch: {{sql: "{text}"}}')
    assert [(lock["mode"], lock["relation"], lock["rewritten"]) for lock in found] == [
        ("ROW EXCLUSIVE", "public.orders", False)
    ]
    assert found[0]["times"] == 10, "looked at so often, and then once a second"


@awaited
async def test_where_nobody_may_look_it_is_not_known(empty_database: Database, tmp_path: Path) -> None:
    """The work is not disturbed by the question."""
    made(empty_database)
    role = f"plain_{empty_database.name}"
    with empty_database.connect() as session:
        session.execute(
            f"create role {role}; alter table orders owner to {role}; grant create on schema public to {role}"
        )
        session.execute("revoke select on pg_catalog.pg_class from public")
    step = f'as: {role}\n            sql: "alter table orders alter column id type bigint; select 1"'
    try:
        found = await taken(empty_database, tmp_path, step)
    finally:
        with empty_database.connect() as session:
            session.execute(f"drop owned by {role} cascade; drop role {role}")
    assert shown(found) == {("ACCESS EXCLUSIVE", "public.orders", 1, None)}


@awaited
async def test_of_several_workers_together(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    with empty_database.connect() as session:
        session.execute("insert into orders select n, 'x' from generate_series(101, 6000) n")
    walk = "batch: {table: orders, set: \"name = 'y'\", where: \"name = 'x'\", workers: 2, target: 10ms}"
    found = await taken(empty_database, tmp_path, walk)
    assert {(lock["mode"], lock["relation"]) for lock in found} == {("ROW EXCLUSIVE", "public.orders")}
    assert sum(lock.get("times", 1) for lock in found) > 1


@awaited
async def test_where_nobody_answers_that_is_said_and_the_work_goes_on() -> None:
    class Silent:
        async def monitor(self) -> Any:
            await asyncio.sleep(60)

    locks = LocksTaken(cast(TargetAccess, Silent()), lambda: -math.inf)
    session = cast(Session, SimpleNamespace(backend=SimpleNamespace(pid=1)))
    began = time.monotonic()
    await locks.behind(session, SqlStatement(text="alter table a", line=3), 1, began, last=True)
    assert time.monotonic() - began < 5
    locks.ended()
    assert locks.told() == {"locks": {"count": 0, "taken": [], "not_looked": 1}}
    assert lock_lines(locks.told()["locks"], 5) == ["behind 1 transaction nobody could look"]


@awaited
async def test_a_look_that_is_given_up_takes_no_name_from_another() -> None:
    """Behind a program's script the last look overtakes the one that samples."""

    class Monitor:
        server = SimpleNamespace(database_oid=1)
        asked = asyncio.Event()

        async def rows(self, named: str, _arguments: Any) -> list[tuple[Any, ...]]:
            if named == "locks_of":
                return [(7, "AccessExclusiveLock")]
            if not self.asked.is_set():
                self.asked.set()
                await asyncio.sleep(60)
            return [(7, "public.orders", 70)]

    names: Committed = {}
    monitor = cast(Session, Monitor())
    first = asyncio.ensure_future(locks_of(monitor, 1, names, ()))
    await Monitor.asked.wait()
    last = await locks_of(monitor, 1, names, ())
    first.cancel()
    assert [held.relation for held in last.values()] == ["public.orders"]


@awaited
async def test_of_a_program_that_nobody_could_look_at_in_the_end_it_is_said() -> None:
    class Silent:
        async def monitor(self) -> Any:
            await asyncio.sleep(60)

    locks = LocksTaken(cast(TargetAccess, Silent()), lambda: -math.inf)
    async with locks.sampling(1, None):
        pass
    assert locks.told() == {"locks": {"count": 0, "taken": [], "not_looked": 1}}
    # Behind a statement of its own transaction nothing is held any more.
    statement = LocksTaken(cast(TargetAccess, Silent()), lambda: -math.inf)
    async with statement.sampling(1, 3):
        pass
    assert statement.told() == {}


@awaited
async def test_what_an_earlier_transaction_made_or_renamed(empty_database: Database, tmp_path: Path) -> None:
    made(empty_database)
    script = (
        "begin;\ncreate table fresh (id int);\nalter table orders rename to placed;\ncommit;\n"
        "begin;\nlock table fresh;\nlock table placed;\ncommit;\n"
    )
    found = await taken(
        empty_database, tmp_path, "sql: {file: change.sql, transaction: script}", change=script
    )  # fmt: skip
    assert {(lock["relation"], lock["line"]) for lock in found} == {
        ("public.orders", 3), ("public.fresh", 6), ("public.placed", 7)
    }  # fmt: skip
