"""A proof without an answer is no answer: nothing is failed, cleaned up, taken back or run again because of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.attempt import proof as proofs
from tui.engine.drivers import query as queries
from tui.journal import events as e
from tui.journal.codes import Fact, FailReason, FateReason, WaitReason
from tui.run import commands as c

pytestmark = pytest.mark.postgres
HEADLESS = e.Policy(drive="headless")
ROLLING = e.Policy(drive="headless", on_failure="rollback")
FILL = """
          - id: fill
            title: Fill
            sql: {text: "insert into t values (1)"}
            prove: {query: "select count(*) from looked_at", equals: 1}
            undo: {sql: {text: "delete from t"}}
"""
"""It commits in one table, and its proof looks at another, which somebody may hold."""
INDEX = """
          - id: index
            title: Index
            sql: {text: "create index concurrently t_id on t (id)", transaction: per_statement, lock_timeout: 0}
            prove:
              query: "select 1 from pg_index, looked_at where indexrelid = to_regclass('t_id') and indisvalid"
              equals: 1
            cleanup: {sql: {text: "drop index concurrently if exists t_id", transaction: per_statement}}
            undo: {sql: {text: "drop index concurrently if exists t_id", transaction: per_statement}}
"""


@pytest.fixture
def made(each_database: Database) -> Database:
    with each_database.connect() as setup:
        setup.execute("create table t (id int); create table looked_at (id int); insert into looked_at values (1)")
    return each_database


@pytest.fixture
def holder(made: Database) -> Iterator[psycopg.Connection]:
    """Somebody who holds the table that proofs look at, as an ALTER TABLE does; questions wait a moment only."""
    with made.connect() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "LOCK_TIMEOUT", 0.1)
        session.execute("begin")
        session.execute("lock table looked_at in access exclusive mode")
        yield session


async def unanswered(rig: Rig, step: str) -> dict[str, object]:
    """The facts with which the step waits for its proof's answer."""
    waits = await rig.until(
        lambda: [w for w in rig.events("step.waiting") if w["data"].get("reason") == "proof_unanswered"],
        "it waits for the proof's answer",
    )
    assert rig.step(step).status == "running"
    facts: dict[str, object] = waits[-1]["data"]["facts"]
    return facts


def waits(rig: Rig) -> list[dict[str, Any]]:
    return [event["data"].get("facts") or {} for event in rig.events("step.waiting")]


def none_of(rig: Rig, *types: str) -> bool:
    return not rig.events(*types)


@awaited
async def test_a_lock_is_no_answer_and_a_committed_change_is_not_rolled_back(
    made: Database, holder: psycopg.Connection, tmp_path: Path
) -> None:
    async with Rig(tmp_path, made, FILL, policy=ROLLING) as rig:
        facts = await unanswered(rig, "fill")
        assert facts["sqlstate"] == "55P03"
        # Who holds it is looked up while the proof waits, again at its next try where there was no time for that.
        facts = await rig.until(
            lambda: next((w for w in waits(rig) if w.get("wanted")), None), "the holder is named"
        )  # fmt: skip
        assert [each["pid"] for each in facts["blockers"]] == [holder.info.backend_pid]
        assert str(facts["wanted"]).endswith("looked_at")
        holder.execute("rollback")
        await rig.until(lambda: rig.recorder.state.status == "completed")
        assert rig.step("fill").evidence["prove"]["answer"] == "there"
        assert none_of(rig, "rollback.started", "step.failed")


@pytest.mark.unsaid(FateReason.PROOF_UNANSWERED, WaitReason.PROOF_UNANSWERED)
@awaited
async def test_what_was_answered_is_not_called_unanswered(made: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, made, FILL.replace("equals: 1", "equals: 2"), policy=HEADLESS) as rig:
        await rig.until(lambda: rig.recorder.state.status == "failed")
        at = rig.step("fill")
        assert (at.reason, at.evidence["prove"]["answer"], at.effect) == ("not_proved", "not_there", "all")
        assert none_of(rig, "step.fate") and "proof_unanswered" not in rig.said()


@awaited
async def test_without_an_answer_for_long_it_is_undecided_and_nothing_is_rolled_back(
    made: Database, holder: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "PATIENCE", 0.8)
    async with Rig(tmp_path, made, FILL, policy=ROLLING) as rig:
        await rig.until(lambda: rig.recorder.state.status == "undecided")
        at = rig.step("fill")
        assert (at.fate, at.fate_reason, at.effect) == ("undecided", "proof_unanswered", "unknown")
        assert at.evidence["prove"]["sqlstate"] == "55P03" and at.evidence["commit"]["xid"]
        assert none_of(rig, "rollback.started", "step.failed")


@pytest.mark.unsaid(FailReason.NOT_PROVED, Fact.PROVE, Fact.ANSWER)
@awaited
async def test_a_person_gives_up_waiting_and_asks_again(
    made: Database, holder: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cancel ends a question that hangs; asked again later, it is answered, and nothing is executed twice."""
    monkeypatch.setattr(queries, "LOCK_TIMEOUT", 30.0)
    async with Rig(tmp_path, made, FILL) as rig:
        rig.do(c.Execute(step="fill"))
        await rig.until(lambda: rig.step("fill").done == 1, "it commits")
        rig.do(c.Cancel(step="fill"))
        assert (await rig.ended("fill"))["data"]["fate"] == "undecided"
        at = rig.step("fill")
        assert (at.fate_reason, at.evidence["given_up"]) == ("proof_unanswered", "person")
        holder.execute("rollback")
        rig.do(c.Retry(step="fill", reason="the lock is gone"))
        await rig.ended("fill", attempt=2)
        assert rig.step("fill").status == "passed"
    assert made.value("select count(*) from t") == 1


@awaited
async def test_no_free_connection_is_no_answer(made: Database, tmp_path: Path) -> None:
    slow = FILL.replace("values (1)", "select 1 from pg_sleep(0.5)")
    with made.connect() as admin:
        admin.execute("create role few login")
        try:
            admin.execute("grant all on t, looked_at to few")
            async with Rig(tmp_path, made.server.dsn(made.name, "few"), slow, policy=ROLLING) as rig:
                await rig.until(lambda: rig.step("fill").witness, "it works")
                admin.execute("alter role few connection limit 1")
                assert "few" in str((await unanswered(rig, "fill"))["message"])
                admin.execute("alter role few connection limit -1")
                await rig.until(lambda: rig.recorder.state.status == "completed")
                assert none_of(rig, "rollback.started")
        finally:
            admin.execute("drop owned by few")
            admin.execute("drop role few")


@awaited
async def test_the_session_that_did_the_work_makes_room_for_the_proof(made: Database, tmp_path: Path) -> None:
    """The login may have three: control, monitor, and the one in which the step has done its work."""
    with made.connect() as admin:
        admin.execute("create role three login connection limit 3")
        try:
            admin.execute("grant all on t, looked_at to three")
            async with Rig(tmp_path, made.server.dsn(made.name, "three"), FILL) as rig:
                mine = "select count(*) from pg_stat_activity where usename = 'three'"
                await rig.until(lambda: made.value(mine) == 2, "control and monitor are there")
                assert (await rig.execute("fill"))["type"] == "step.passed"
        finally:
            admin.execute("drop owned by three")
            admin.execute("drop role three")


@awaited
async def test_a_proof_that_takes_long_is_given_more_time(
    made: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "_TIMEOUT", 0.2)
    slow = FILL.replace("count(*) from", "count(*) from pg_sleep(0.5),")
    async with Rig(tmp_path, made, slow) as rig:
        assert (await rig.execute("fill"))["type"] == "step.passed"
        assert "57014" in {wait["data"].get("facts", {}).get("sqlstate") for wait in rig.events("step.waiting")}


@awaited
async def test_a_lost_connection_is_no_answer(made: Database, tmp_path: Path) -> None:
    """The proof's own session is ended from outside while it asks."""
    slow = FILL.replace("count(*) from", "count(*) from pg_sleep(0.5),")
    async with Rig(tmp_path, made, slow, policy=ROLLING) as rig:
        ended = (
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like '%fill query'"
            " and datname = current_database()"
        )
        await rig.until(lambda: made.value(ended), "the proof asks")
        await unanswered(rig, "fill")
        await rig.until(lambda: rig.recorder.state.status == "completed")
        assert none_of(rig, "rollback.started")


@pytest.mark.unsaid(FateReason.CLEANED_UP)
@awaited
async def test_a_valid_index_is_not_dropped_because_its_proof_met_a_lock(
    made: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is gone as soon as it has sent the statement; the next one asks."""
    monkeypatch.setattr(queries, "LOCK_TIMEOUT", 0.1)
    async with Rig(tmp_path, made, INDEX) as rig:
        await rig.execute("index")
        before = made.value("select 't_id'::regclass::oid")
        with made.connect() as holder:
            holder.execute("begin")
            holder.execute("lock table looked_at in access exclusive mode")
            await rig.take_up(cut=lambda event: event["type"] == "tx.begin")
            await unanswered(rig, "index")
            await asyncio.sleep(0.3)
            holder.execute("rollback")
        await rig.ended("index")
        assert (rig.step("index").status, rig.step("index").fate) == ("passed", "applied")
    assert made.value("select 't_id'::regclass::oid") == before, "it is the very index"


@awaited
async def test_a_failed_statement_whose_effect_is_there_is_not_cleaned_up(made: Database, tmp_path: Path) -> None:
    """CREATE INDEX CONCURRENTLY fails because somebody has made the index already: it is theirs, not the step's."""
    with made.connect() as setup:
        setup.execute("create index t_id on t (id)")
    before = made.value("select 't_id'::regclass::oid")
    async with Rig(tmp_path, made, INDEX) as rig:
        await rig.execute("index")
        at = rig.step("index")
        assert (at.status, at.sqlstate, at.effect) == ("failed", "42P07", "none")
        assert "cleanup" not in at.evidence
    assert made.value("select 't_id'::regclass::oid") == before


CALLED = """
          - id: call
            title: Call
            sql: {text: "call p()", transaction: script}
            prove: {query: "select count(*) from t, looked_at", equals: 1}
            cleanup: {sql: {text: "delete from t"}}
            undo: {sql: {text: "delete from t"}}
"""
HALFWAY = "create procedure p() language plpgsql as $$ begin insert into t values (1); commit; raise 'no'; end $$"


@awaited
async def test_without_an_answer_nothing_is_cleaned_up(
    made: Database, holder: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A procedure commits and fails: what it left only the proof can tell, and that is not answered."""
    monkeypatch.setattr(proofs, "PATIENCE", 0.3)
    with made.connect() as setup:
        setup.execute(HALFWAY)
    async with Rig(tmp_path, made, CALLED, policy=ROLLING) as rig:
        await rig.until(lambda: rig.recorder.state.status == "undecided")
        assert rig.step("call").evidence["error"]["sqlstate"] == "P0001"
        assert none_of(rig, "rollback.started", "step.failed")
    assert made.value("select count(*) from t") == 1


@pytest.mark.parametrize("there", [True, False])
@awaited
async def test_what_is_there_by_its_proof_is_not_cleaned_up(made: Database, tmp_path: Path, there: bool) -> None:
    with made.connect() as setup:
        setup.execute(HALFWAY)
    async with Rig(tmp_path, made, CALLED.replace("equals: 1", f"equals: {1 if there else 2}")) as rig:
        await rig.execute("call")
        at = rig.step("call")
        assert (at.status, at.effect, "cleanup" in at.evidence) == ("failed", "all" if there else "none", not there)
    assert made.value("select count(*) from t") == (1 if there else 0)


@pytest.fixture
def owners(made: Database) -> Iterator[Database]:
    """A login that owns and inherits nothing, member of the role that owns the tables."""
    with made.connect() as admin:
        admin.execute("create role proof_owner; create role proof_deployer login noinherit in role proof_owner")
        admin.execute("alter table t owner to proof_owner; alter table looked_at owner to proof_owner")
        yield made
        admin.execute("drop owned by proof_owner, proof_deployer; drop role proof_deployer, proof_owner")


@pytest.mark.unsaid(FateReason.DISPROVED)
@awaited
async def test_a_proof_is_asked_as_the_steps_role(owners: Database, tmp_path: Path) -> None:
    steps = FILL.replace("title: Fill", "title: Fill\n            as: proof_owner")
    async with Rig(tmp_path, owners.server.dsn(owners.name, "proof_deployer"), steps) as rig:
        assert (await rig.execute("fill"))["type"] == "step.passed"


@awaited
async def test_a_proof_is_asked_under_the_steps_row_security(owners: Database, tmp_path: Path) -> None:
    with owners.connect() as admin:
        for table in ("t", "looked_at"):
            admin.execute(f"alter table {table} enable row level security".encode())
            admin.execute(f"alter table {table} force row level security".encode())
            admin.execute(f"create policy all_{table} on {table} using (true)".encode())
    steps = FILL.replace("title: Fill", "title: Fill\n            as: proof_owner")
    dsn = owners.server.dsn(owners.name, "proof_deployer")
    async with Rig(tmp_path / "on", dsn, steps.replace('(1)"', '(1)", row_security: on')) as rig:
        assert (await rig.execute("fill"))["type"] == "step.passed"
    # The step's own table has no policy here, and the proof's may not be read in part: that is no answer.
    with owners.connect() as admin:
        admin.execute("alter table t disable row level security")
    async with Rig(tmp_path / "off", dsn, steps, policy=ROLLING) as rig:
        await rig.until(lambda: rig.recorder.state.status == "undecided")
        assert rig.step("fill").evidence["prove"]["sqlstate"] == "42501"
        assert none_of(rig, "rollback.started", "step.failed")


@awaited
async def test_what_is_not_there_is_an_answer(made: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, made, FILL.replace("looked_at", "nowhere")) as rig:
        await rig.execute("fill")
        at = rig.step("fill")
        assert (at.status, at.reason) == ("failed", "not_proved")
        assert (at.evidence["prove"]["answer"], at.evidence["prove"]["sqlstate"]) == ("not_there", "42P01")


@awaited
async def test_what_was_done_by_hand_is_proved_by_whichever_engine_asks(
    made: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken up in the middle of the question, it is asked again; what a person did is not executed by itself."""
    async with Rig(tmp_path, made, FILL, policy=e.Policy()) as rig:
        rig.do(c.ByHand(step="fill", note="in psql"))
        await rig.ended("fill")
        assert rig.step("fill").status == "by_hand"
        await rig.take_up(cut=lambda event: event["type"] == "step.started", policy=HEADLESS)
        await rig.ended("fill")
        assert (rig.step("fill").status, rig.step("fill").fate) == ("by_hand", "applied")
        with made.connect() as session:
            session.execute("delete from looked_at")
        await rig.take_up(cut=lambda event: event["type"] == "step.started", policy=HEADLESS)
        await rig.ended("fill")
        at = rig.step("fill")
        assert (at.status, at.reason, at.effect, at.fate) == ("failed", "not_proved", "unknown", "not_applied")
    assert made.value("select count(*) from t") == 0


@awaited
async def test_a_person_gives_up_waiting_for_what_another_engine_left(
    made: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said to be done by hand is asked for by the next engine, in vain: it is undecided, and by whose word."""
    monkeypatch.setattr(queries, "LOCK_TIMEOUT", 0.1)
    async with Rig(tmp_path, made, FILL) as rig:
        rig.do(c.ByHand(step="fill", note="in psql"))
        await rig.ended("fill")
        with made.connect() as holder:
            holder.execute("begin")
            holder.execute("lock table looked_at in access exclusive mode")
            await rig.take_up(cut=lambda event: event["type"] == "step.started")
            await unanswered(rig, "fill")
            rig.do(c.Cancel(step="fill"))
            await rig.ended("fill")
        at = rig.step("fill")
        assert (at.status, at.fate_reason, at.evidence["given_up"]) == ("undecided", "proof_unanswered", "person")
