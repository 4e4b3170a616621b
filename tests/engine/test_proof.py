"""A proof without an answer is no answer: nothing is failed, cleaned up, taken back or run again because of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from tests.engine.ride import HEADLESS, Ride, plan_of
from tests.postgres_server import Database
from tui.engine import proof as proofs
from tui.journal import events as e
from tui.journal.codes import Fact, FailReason, FateReason, WaitReason
from tui.run import commands as c
from tui.run.state import RunState

pytestmark = pytest.mark.postgres
ROLLING = e.Policy(drive="headless", on_failure="rollback")
COMMITTED = """
- id: migrate
  title: Fill
  sql: {text: "insert into t values (1)"}
  prove: {query: "select count(*) from t", equals: 1}
  undo: {sql: {text: "delete from t"}}
"""
INDEX = """
- id: index
  title: Index
  sql: {text: "create index concurrently t_id on t (id)", transaction: per_statement, lock_timeout: 0}
  prove:
    query: "select 1 from pg_index, t where indexrelid = to_regclass('t_id') and indisvalid"
    equals: 1
  cleanup: {sql: {text: "drop index concurrently if exists t_id", transaction: per_statement}}
  undo: {sql: {text: "drop index concurrently if exists t_id", transaction: per_statement}}
"""


def waits(state: RunState) -> bool:
    return any(at.waiting == WaitReason.PROOF_UNANSWERED for at in state.steps)


@pytest.fixture
def empty(each_database: Database) -> Database:
    with each_database.connect() as setup:
        setup.execute("create table t (id int)")
    return each_database


def locked(database: Database) -> psycopg.Connection:
    """Somebody who holds the table, as an ALTER TABLE does."""
    holder = database.connect()
    holder.execute("begin")
    holder.execute("lock table t in access exclusive mode")
    return holder


@pytest.mark.unsaid(FailReason.NOT_PROVED, Fact.PROVE, Fact.ANSWER)
def test_a_lock_is_no_answer_and_a_committed_change_is_not_rolled_back(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.drivers.query.LOCK_TIMEOUT", 0.2)
    # The step changes another table than the one its proof looks at, which somebody holds all along.
    steps = COMMITTED.replace("insert into t", "insert into other").replace('from t"', 'from t, other"')
    with empty.connect() as setup:
        setup.execute("create table other (id int); insert into t values (7)")

    async def main() -> None:
        async with Ride(tmp_path, monkeypatch, plan_of(steps, empty.dsn), policy=ROLLING) as ride:
            await ride.until(waits, "it waits for the proof's answer", 10)
            await asyncio.sleep(0.5)
            facts = ride.at("migrate").waiting_facts
            assert facts["sqlstate"] == "55P03" and "held by pid" in facts["message"]
            assert ride.at("migrate").status == "running"
            holder.execute("rollback")
            assert (await ride.done()).status == "completed"
            assert ride.at("migrate").evidence["prove"]["answer"] == "there"
            assert not ride.events("rollback.started") and not ride.events("step.failed")

    with locked(empty) as holder:
        asyncio.run(main())


@pytest.mark.unsaid(FateReason.PROOF_UNANSWERED, WaitReason.PROOF_UNANSWERED)
def test_an_answered_proof_is_not_called_unanswered(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        wrong = plan_of(COMMITTED.replace("equals: 1", "equals: 2"), empty.dsn)
        async with Ride(tmp_path, monkeypatch, wrong, policy=HEADLESS) as ride:
            assert (await ride.done()).status == "failed"
            at = ride.at("migrate")
            assert (at.reason, at.evidence["prove"]["answer"], at.effect) == ("not_proved", "not_there", "all")
            assert not [event for event in ride.events("step.waiting") if event["data"].get("reason")]

    asyncio.run(main())


def test_without_an_answer_for_long_it_is_undecided_and_nothing_is_rolled_back(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.drivers.query.LOCK_TIMEOUT", 0.1)
    monkeypatch.setattr(proofs, "PATIENCE", 1.0)
    steps = COMMITTED.replace("insert into t", "insert into other")
    with empty.connect() as setup:
        setup.execute("create table other (id int)")

    async def main() -> None:
        async with Ride(tmp_path, monkeypatch, plan_of(steps, empty.dsn), policy=ROLLING) as ride:
            assert (await ride.done()).status == "undecided"
            at = ride.at("migrate")
            assert (at.fate, at.fate_reason, at.effect) == ("undecided", "proof_unanswered", "unknown")
            assert at.evidence["prove"]["sqlstate"] == "55P03" and at.evidence["commit"]["xid"]
            assert not ride.events("rollback.started")

    with locked(empty):
        asyncio.run(main())


def test_a_person_gives_up_waiting(empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its proof hangs on a lock: the cancel ends the question, and nothing is said of the work."""
    monkeypatch.setattr("tui.engine.drivers.query.LOCK_TIMEOUT", 30.0)
    steps = COMMITTED.replace("insert into t", "insert into other")
    with empty.connect() as setup:
        setup.execute("create table other (id int)")

    async def main() -> None:
        async with Ride(tmp_path, monkeypatch, plan_of(steps, empty.dsn)) as ride:
            ride.do(c.Execute(step="migrate"))
            await ride.until(lambda state: state.steps["migrate"].done == 1, "it commits")
            ride.do(c.Cancel(step="migrate"))
            at = await ride.until_ended("migrate")
            assert (at.status, at.fate_reason) == ("undecided", "proof_unanswered")
            assert at.evidence["given_up"] == "person"
            holder.execute("rollback")
            # Said to be worth another question, it is asked, and nothing is executed again.
            ride.do(c.Retry(step="migrate", reason="the lock is gone"))
            at = await ride.until_ended("migrate")
            assert (at.status, at.reason) == ("failed", "not_proved"), "other was filled, t was not"

    with locked(empty) as holder:
        asyncio.run(main())
    assert empty.value("select count(*) from other") == 1


def test_no_free_connection_is_no_answer(empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = COMMITTED.replace("values (1)", "select 1 from pg_sleep(0.5)")

    async def main() -> None:
        few = plan_of(steps, empty.server.dsn(empty.name, "few"))
        async with Ride(tmp_path, monkeypatch, few, policy=ROLLING) as ride:
            await ride.until(lambda state: state.steps["migrate"].witness, "it works")
            admin.execute("alter role few connection limit 1")
            await ride.until(waits, "it waits for the proof's answer")
            assert "few" in ride.at("migrate").waiting_facts["message"]
            admin.execute("alter role few connection limit -1")
            assert (await ride.done()).status == "completed"
            assert not ride.events("rollback.started")

    with empty.connect() as admin:
        admin.execute("create role few login")
        try:
            admin.execute("grant all on t to few")
            asyncio.run(main())
        finally:
            admin.execute("drop owned by few")
            admin.execute("drop role few")


def _left_outside(ride: Ride, database: Database) -> None:
    """Another engine sent the statement outside a transaction and was gone before its end."""
    with database.connect() as session:
        identifier = session.execute("select system_identifier::text from pg_control_system()").fetchone()
    assert identifier is not None
    witness = {
        "outside": True,
        "pid": 1,
        "backend_start": "2020-01-01 00:00:00.000000",
        "system_identifier": identifier[0],
    }
    ride.record(e.StepStarted(step="index", attempt=1, kind="sql"), e.TxBegin(step="index", attempt=1, witness=witness))


@pytest.mark.unsaid(FateReason.CLEANED_UP)
def test_a_valid_index_is_not_dropped_because_its_proof_met_a_lock(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.drivers.query.LOCK_TIMEOUT", 0.1)
    with empty.connect() as setup:
        setup.execute("insert into t values (1)")
        setup.execute("create index t_id on t (id)")
        before = empty.value("select 't_id'::regclass::oid")

    async def main() -> None:
        ride = Ride(tmp_path, monkeypatch, plan_of(INDEX, empty.dsn), policy=ROLLING)
        _left_outside(ride, empty)
        async with ride:
            await ride.until(waits, "it waits for the proof's answer")
            holder.execute("rollback")
            assert (await ride.done()).status == "completed"
            assert ride.at("index").fate == "applied"

    with locked(empty) as holder:
        asyncio.run(main())
    assert empty.value("select 't_id'::regclass::oid") == before, "it is the very index"


def test_a_failed_statement_whose_effect_is_there_is_not_cleaned_up(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CREATE INDEX CONCURRENTLY fails because somebody has made the index already: it is theirs, and valid."""
    with empty.connect() as setup:
        setup.execute("insert into t values (1)")
        setup.execute("create index t_id on t (id)")
        before = empty.value("select 't_id'::regclass::oid")

    async def main() -> None:
        async with Ride(tmp_path, monkeypatch, plan_of(INDEX, empty.dsn), policy=HEADLESS) as ride:
            await ride.done()
            at = ride.at("index")
            assert (at.status, at.sqlstate, at.effect) == ("failed", "42P07", "all")
            assert at.evidence["prove"]["answer"] == "there" and "cleanup" not in at.evidence

    asyncio.run(main())
    assert empty.value("select 't_id'::regclass::oid") == before
