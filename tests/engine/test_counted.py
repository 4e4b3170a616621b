"""What a batch changes is counted truthfully, and it is not done while `total` says that something is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.engine.test_resumed import with_ledger
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
SETUP = """
create table t (id int primary key, done bool not null default false);
insert into t select g from generate_series(1, 25) g;
create table other (id int);
create table parts (id int, done bool) partition by range (id);
create table parts1 partition of parts for values from (0) to (13);
create table parts2 partition of parts for values from (13) to (99);
insert into parts select g, false from generate_series(1, 25) g;
create function work_off() returns int language sql as $$
    with u as (update t set done = true where id in (select id from t where not done limit 10) returning 1)
    select count(*)::int from u $$;
create function silently() returns void language plpgsql as $$
begin update t set done = true where id in (select id from t where not done limit 10); end $$;
create procedure called() language sql as
    $$ update t set done = true where id in (select id from t where not done limit 10) $$;
create function elsewhere() returns trigger language plpgsql as $$
begin delete from t where id = old.id; insert into other values (old.id); return null; end $$;
create function swallowed() returns trigger language plpgsql as $$ begin return null; end $$;
create function noted() returns trigger language plpgsql as $$ begin insert into other values (1); return new; end $$;
"""
PICKED = "where id in (select id from t where not done limit 10)"
LEFT = "select count(*) from t where not done"


def step(statement: str, total: str | None = LEFT) -> str:
    given = "" if total is None else f', total: "{total}"'
    return f"""
          - id: s
            title: S
            batch: {{sql: "{statement}", pause: 0s{given}}}
            undo: {{sql: "select 1"}}
"""


async def ended(
    database: Database, path: Path, plan: str, more: str = "", ledger: bool = False
) -> tuple[Rig, dict[str, Any]]:
    with database.connect() as connection:
        connection.execute((SETUP + more).encode())
    if ledger:
        await with_ledger(database)
    async with Rig(path, database, plan, ledger=ledger) as rig:
        outcome = await rig.execute("s")
    return rig, outcome["data"] | {"type": outcome["type"]}


COUNTED = {
    "returning": (f"update t set done = true {PICKED} returning id", ""),
    "with select": (f"with u as (update t set done = true {PICKED} returning id) select count(*) from u", ""),
    "with rows": (f"with u as (update t set done = true {PICKED} returning id) select id from u", ""),
    "moved": (f"with d as (delete from t {PICKED} returning id) insert into other select id from d", ""),
    "moved none": (f"with d as (delete from t {PICKED} returning 1) insert into other select 1 from d where false", ""),
    "function": ("select work_off()", ""),
    "void": ("select silently()", ""),
    "call": ("call called()", ""),
    "routed": (f"update t set done = true {PICKED}",
               "create trigger r before update on t for each row execute function elsewhere();"),
    "audited": (f"update t set done = true {PICKED}",
                "create trigger r before update on t for each row execute function noted();"),
}  # fmt: skip


@pytest.mark.unsaid(FailReason.ROWS_LEFT, FailReason.ROWS_UNCOUNTED)
@pytest.mark.parametrize(("name", "total"), [(name, LEFT if at % 2 else None) for at, name in enumerate(COUNTED)])
@awaited
async def test_it_goes_on_to_its_end_and_counts(
    each_database: Database, tmp_path: Path, name: str, total: str | None
) -> None:
    statement, more = COUNTED[name]
    rig, outcome = await ended(each_database, tmp_path, step(statement, total), more, ledger=name in ("void", "routed"))
    assert outcome["type"] == "step.passed", outcome
    assert each_database.value(LEFT) == 0
    evidence = outcome["evidence"]
    assert (evidence["rows"], evidence["batches"]) == (25, 4)
    assert evidence.get("left") == (0 if total else None)
    assert not {"rows_left", "rows_uncounted"} & rig.said()


@pytest.mark.parametrize("when", ["before", "after"])
@awaited
async def test_partitions_that_send_rows_elsewhere(empty_database: Database, tmp_path: Path, when: str) -> None:
    """A trigger on one partition alone: the tag tells only of the others."""
    trigger = """
create function to_other() returns trigger language plpgsql as $$
begin delete from parts where id = old.id; insert into other values (old.id); return null; end $$;
create trigger r """
    trigger += f"{when} update on parts2 for each row execute function to_other();"
    picked = "where id in (select id from parts where not done order by id limit 10)"
    plan = step(f"update parts set done = true {picked}", "select count(*) from parts where not done")
    _rig, outcome = await ended(empty_database, tmp_path, plan, trigger)
    assert outcome["type"] == "step.passed", outcome
    assert empty_database.value("select count(*) from parts where not done") == 0
    assert outcome["evidence"]["rows"] >= 17 and outcome["evidence"]["left"] == 0


@pytest.mark.unsaid(Fact.LEFT, Fact.ROWS)
@awaited
async def test_rows_that_a_trigger_swallows_are_left(each_database: Database, tmp_path: Path) -> None:
    swallow = "create trigger r before update on t for each row execute function swallowed();"
    _rig, outcome = await ended(each_database, tmp_path, step(f"update t set done = true {PICKED}"), swallow)
    assert (outcome["type"], outcome["reason"], outcome["effect"]) == ("step.failed", "rows_left", "some")
    evidence = outcome["evidence"]
    assert (evidence["rows"], evidence["total"], evidence["left"]) == (0, 25, 25)


@awaited
async def test_what_shrinks_nothing_ends(empty_database: Database, tmp_path: Path) -> None:
    _rig, outcome = await ended(empty_database, tmp_path, step(f"update t set done = done {PICKED}"))
    assert (outcome["type"], outcome["reason"]) == ("step.failed", "rows_left")
    assert outcome["evidence"]["left"] == 25 and outcome["evidence"]["rows"] >= 75


@awaited
async def test_what_is_done_where_the_server_does_not_count(empty_database: Database, tmp_path: Path) -> None:
    """A function that says that it did something of which this server knows nothing."""
    sql = "create function remote() returns int language sql as 'select 7';"
    _rig, outcome = await ended(empty_database, tmp_path, step("select remote()", None), sql)
    assert (outcome["type"], outcome["reason"]) == ("step.failed", "rows_uncounted")


@awaited
async def test_a_server_that_does_not_count(empty_database: Database, tmp_path: Path) -> None:
    uncounted = f"alter database {empty_database.name} set track_counts = off;"
    with empty_database.connect() as connection:
        connection.execute(uncounted.encode())
    statement = f"with u as (update t set done = true {PICKED} returning id) select count(*) from u"
    _rig, outcome = await ended(empty_database, tmp_path, step(statement))
    assert outcome["type"] == "step.passed" and outcome["evidence"]["rows"] == 25, outcome


@awaited
async def test_rows_that_come_meanwhile_are_done(empty_database: Database, tmp_path: Path) -> None:
    """The last batch found nothing, and then a row came: `total` sees it, and a further batch does it."""
    comes = """
create function late() returns bigint language plpgsql volatile as $$
begin return (select count(*) from t where not done); end $$;
create table clock (n int); insert into clock values (0);
create function slipped() returns trigger language plpgsql as $$
begin if (select count(*) from t where not done) = 0 and not exists (select from t where id = 1000)
then insert into t values (1000, false); end if; return null; end $$;
create trigger c after update on t for each statement execute function slipped();
"""
    _rig, outcome = await ended(empty_database, tmp_path, step(f"update t set done = true {PICKED}"), comes)
    assert outcome["type"] == "step.passed" and outcome["evidence"]["rows"] == 26, outcome
    assert empty_database.value(LEFT) == 0


@awaited
async def test_a_sql_step_counts_what_returns_rows(empty_database: Database, tmp_path: Path) -> None:
    plan = """
          - id: s
            title: S
            sql: "update t set done = true where id < 8 returning id; select * from t; delete from t where id = 1"
            undo: {sql: "select 1"}
"""
    _rig, outcome = await ended(empty_database, tmp_path, plan)
    assert outcome["evidence"]["rows"] == 8
