"""What a trial restore says of a real database, whatever that is called and whatever the server was built without."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.postgres_server import Database, create_database, drop_database
from tests.unit.steps.drive import context, ended, step
from tui.demo.server import Server
from tui.engine.drivers.query import QueryDriver
from tui.engine.target import TargetAccess
from tui.plan.model import Target
from tui.steps.effects import HashPath, Outcome, Passed, PathHash, Probe, RunChild, RunQuery
from tui.steps.verify_backup import KIND

pytestmark = pytest.mark.postgres
HASHED = PathHash(bytes=1, files=1, sha256="cd")


def counted(database: Database) -> Outcome:
    """What is said of a restore into this database: the programs are left out, the questions are asked for real."""

    async def asked() -> Outcome:
        target = TargetAccess("run", Target(environment="development", dsn=database.server.dsn()), {})
        of = step(KIND.name, {"of": "backup", "level": "restore", "database": database.name})
        queries = QueryDriver(target, of)
        recorded = {"backup": {"path": "/b/x.dump", "sha256": "cd"}}
        generator = KIND.execute(context(of, evidence=recorded), KIND.typed(of.spec))
        result: Any = None
        try:
            while True:
                match effect := generator.send(result):
                    case HashPath():
                        result = HASHED
                    case RunChild():
                        result = ended(0)
                    case Probe():
                        result = {"bytes": 1}
                    case RunQuery():
                        result = await queries.query(effect)
                    case _:
                        raise AssertionError(effect)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        finally:
            await queries.close()
            await target.close()

    with database.connect() as session:
        # As an earlier trial that was interrupted left it: what is somebody else's is not looked at.
        session.execute(f"comment on database {database.name} is 'virada trial restore'".encode())
    return asyncio.run(asked())


def test_every_row_is_counted_once(each_server: Server) -> None:
    database = create_database(each_server)
    try:
        with database.connect() as session:
            session.execute(
                b"""
                create schema "odd ""schema"; create schema "x'y";
                create table "odd ""schema"."ta'ble; drop" (a int);
                insert into "odd ""schema"."ta'ble; drop" select generate_series(1, 3);
                create table "x'y"."100%I %s \\ {}" (a int); insert into "x'y"."100%I %s \\ {}" values (1);
                create table none ();
                create table parted (a int) partition by list (a);
                create table parted_1 partition of parted for values in (1);
                create table parted_2 partition of parted for values in (2) partition by list (a);
                create table parted_2_2 partition of parted_2 for values in (2);
                insert into parted values (1), (2), (2);
                create table parent (a int); create table child () inherits (parent);
                insert into parent values (1); insert into child values (1), (2);
                create view seen as select * from parent;
                create materialized view kept as select * from parent;
                """
            )
        outcome = counted(database)
    finally:
        drop_database(database)
    assert isinstance(outcome, Passed), outcome
    assert {"tables": 7, "rows": 10}.items() <= outcome.evidence.items()


def test_a_thousand_tables_are_counted_a_few_at_a_time(empty_database: Database) -> None:
    with empty_database.connect() as session:
        session.execute(
            b"""
            do $$ begin for n in 1..1001 loop
            execute format('create table t%s as select 1 as a', n);
            end loop; end $$
            """
        )
    outcome = counted(empty_database)
    assert isinstance(outcome, Passed), outcome
    assert {"tables": 1001, "rows": 1001}.items() <= outcome.evidence.items()
