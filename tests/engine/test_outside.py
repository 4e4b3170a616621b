"""Statements outside a transaction: the catalogue says of each by itself what became of it, asked afresh."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.engine.test_script import HEADLESS, fates
from tests.postgres_server import Database, await_condition
from tui.engine.attempt import cleanup as cleaning
from tui.journal.codes import Fact, FailReason, FateReason, WaitReason
from tui.run.commands import Cancel, Execute, Retry

pytestmark = pytest.mark.postgres
SETUP = """
create table t (a int, b int); insert into t select g, g from generate_series(1, 100) g;
create table log (what text);
create function indexes() returns text language sql as $$
  select coalesce(string_agg(c.relname || case when i.indisvalid then '' else '!' end, ' ' order by c.relname), '')
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = 't'::regclass $$;
"""
TWO = "create index concurrently i1 on t (a); create index concurrently i2 on t (b); insert into log values ('done');"
DROPPING = "select count(*) from pg_stat_activity where query ilike 'drop index%'"
DROPS = "drop index concurrently if exists i1; drop index concurrently if exists i2;"


def plan(
    prove: str = "indexes() = 'i1 i2'", cleanup: str | None = DROPS, limit: str = "", mode: str = "per_statement"
) -> str:
    cleaned = "" if cleanup is None else f'cleanup: {{sql: {{text: "{cleanup}", transaction: per_statement}}}}'
    return f"""
          - id: s
            title: S
            sql: {{file: s.sql, transaction: {mode}{limit}}}
            prove: {{query: "select {prove}", equals: true}}
            undo: {{sql: "select 1"}}
            {cleaned}
"""


def prepared(database: Database) -> None:
    with database.connect() as connection:
        connection.execute(SETUP.encode())


def indexes(database: Database) -> object:
    return database.value("select indexes()")


def logged(database: Database) -> object:
    return database.value("select count(*) from log")


@contextmanager
def open_transaction(database: Database, statement: str = "insert into t values (0, 0)") -> Any:
    """Somebody's transaction, as concurrent commands wait for; yields its connection."""
    with database.connect() as other:
        other.execute("set application_name = 'report'")
        other.execute("begin")
        other.execute(statement.encode())
        yield other


async def waits(rig: Rig, database: Database) -> dict[str, Any]:
    """The facts of its wait for an old transaction, once it is told."""
    return dict(
        await rig.until(
            lambda: next(
                (e["data"]["facts"] for e in rig.events("step.waiting") if e["data"]["reason"] == "old_transaction"),
                None,
            ),
            "it says that it waits",
        )
    )


def broken_off(database: Database) -> None:
    """End the backend that builds an index, as a crash of its client would in the end."""
    with database.connect() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where query ilike '%concurrently%'"
            " and pid <> pg_backend_pid() and application_name like 'virada%' and datname = current_database()"
        )
    building = "select count(*) from pg_stat_progress_create_index where datname = current_database()"
    await_condition(lambda: database.value(building) == 0, "the build is over")


@pytest.mark.unsaid(WaitReason.LOCK)
@awaited
async def test_without_a_limit_it_waits_and_says_for_whom(each_database: Database, tmp_path: Path) -> None:
    prepared(each_database)
    async with Rig(tmp_path, each_database, plan(), {"s.sql": TWO}) as rig:
        with open_transaction(each_database) as other:
            assert rig.do(Execute(step="s")) is None
            facts = await waits(rig, each_database)
            (blocker,) = facts["blockers"]
            assert (blocker["pid"], blocker["application"]) == (other.info.backend_pid, "report")
            assert blocker["state"] == "idle in transaction" and blocker["transaction_age_s"] > 0
            assert "lock" not in rig.said()
            other.execute("rollback")
        assert (await rig.ended("s"))["type"] == "step.passed"
    assert indexes(each_database) == "i1 i2"


@awaited
async def test_it_waits_for_a_prepared_transaction_by_its_gid(empty_database: Database, tmp_path: Path) -> None:
    prepared(empty_database)
    async with Rig(tmp_path, empty_database, plan(), {"s.sql": TWO}) as rig:
        with open_transaction(empty_database) as other:
            other.execute("prepare transaction 'pay-18'")
            assert rig.do(Execute(step="s")) is None
            facts = await waits(rig, empty_database)
            assert [b["gid"] for b in facts["blockers"]] == ["pay-18"]
            other.execute("rollback prepared 'pay-18'")
        assert (await rig.ended("s"))["type"] == "step.passed"


@pytest.mark.unsaid(WaitReason.OLD_TRANSACTION)
@awaited
async def test_a_lock_that_is_held_is_no_old_transaction(empty_database: Database, tmp_path: Path) -> None:
    prepared(empty_database)
    async with Rig(tmp_path, empty_database, plan(limit=", lock_timeout: 0"), {"s.sql": TWO}) as rig:
        with open_transaction(empty_database, "lock table t in share update exclusive mode") as other:
            assert rig.do(Execute(step="s")) is None
            await rig.until(lambda: "lock" in rig.said())
            assert "old_transaction" not in rig.said()
            other.execute("rollback")
        assert (await rig.ended("s"))["type"] == "step.passed"


@pytest.mark.unsaid(FateReason.PROVED, FateReason.CATALOGUE, FateReason.NO_CLEANUP)
@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
@awaited
async def test_killed_in_one_of_two_builds(empty_database: Database, tmp_path: Path, second: bool) -> None:
    """The leftover alone is dropped, what is whole stays, what is missing is built, and nothing twice."""
    prepared(empty_database)
    script = TWO if not second else TWO.replace("i2 on t", "i2 on u")
    with empty_database.connect() as connection:
        connection.execute("create table u (b int)")
    busy = "insert into u values (0)" if second else "insert into t values (0, 0)"
    proof = "indexes() = 'i1' and to_regclass('i2') is not null" if second else "indexes() = 'i1 i2'"
    async with Rig(tmp_path, empty_database, plan(proof), {"s.sql": script}) as rig:
        with open_transaction(empty_database, busy) as other:
            assert rig.do(Execute(step="s")) is None
            await waits(rig, empty_database)
            begun = rig.events("tx.begin")[-1]
            await rig.stop()
            broken_off(empty_database)
            assert empty_database.value("select count(*) from pg_index where not indisvalid") == 1
            await rig.take_up(cut=lambda e: e["seq"] == begun["seq"], policy=HEADLESS)
            # The cleanup's DROP waits for the same transaction.
            await rig.until(lambda: empty_database.value(DROPPING))
            other.execute("rollback")
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert fates(rig) == [("not_applied", "cleaned_up")]
        built = [e["data"].get("statement", 0) for e in rig.events("tx.committed")]
        assert built == [0, 1, 2]
    assert logged(empty_database) == 1
    assert empty_database.value("select count(*) from pg_index where not indisvalid") == 0


@pytest.mark.unsaid(FateReason.DISPROVED, FateReason.CLEANED_UP)
@awaited
async def test_built_although_nobody_saw_it(empty_database: Database, tmp_path: Path) -> None:
    """The proof of both says no while the first is whole; that one is not dropped and built again."""
    prepared(empty_database)
    async with Rig(tmp_path, empty_database, plan(), {"s.sql": TWO}) as rig:
        with empty_database.connect() as connection:
            connection.execute("create table i2 (is_taken int)")
        failed = await rig.execute("s")
        assert failed["data"]["reason"] == "sql_error" and failed["data"]["effect"] == "some"
        oid = empty_database.value("select 'i1'::regclass::oid")
        with empty_database.connect() as connection:
            connection.execute("drop table i2")
        first = rig.events("tx.begin")[0]["seq"]
        await rig.take_up(cut=lambda e: e["seq"] == first, policy=HEADLESS)
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert fates(rig) == [("applied", "catalogue")]
    assert indexes(empty_database) == "i1 i2" and logged(empty_database) == 1
    assert empty_database.value("select 'i1'::regclass::oid") == oid, "it was built again"


@pytest.mark.unsaid(FailReason.LEFTOVER, Fact.LEFTOVERS)
@pytest.mark.parametrize("cleanup", [DROPS, None], ids=["cleanup", "none"])
@awaited
async def test_cancelled_and_retried(empty_database: Database, tmp_path: Path, cleanup: str | None) -> None:
    """A person cancels the second build: with a cleanup its leftover is gone at once, without one it is named; a retry
    builds what is missing."""
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create table u (b int)")
    script, proof = TWO.replace("i2 on t", "i2 on u"), "indexes() = 'i1' and to_regclass('i2') is not null"
    async with Rig(tmp_path, empty_database, plan(proof, cleanup), {"s.sql": script}) as rig:
        with open_transaction(empty_database, "insert into u values (0)") as other:
            assert rig.do(Execute(step="s")) is None
            await waits(rig, empty_database)
            assert rig.do(Cancel(step="s")) is None
            if cleanup is None:
                await rig.ended("s")
            else:
                await rig.until(lambda: empty_database.value(DROPPING))
            other.execute("rollback")
        cancelled = (await rig.ended("s"))["data"]
        assert (cancelled["effect"], cancelled["reason"]) == ("some", "person")
        if cleanup is None:
            assert cancelled["evidence"].get("leftovers") == ["public.i2"]
            with empty_database.connect() as connection:
                connection.execute("drop index i2")
        else:
            assert cancelled["evidence"]["cleanup"] == "done" and "leftovers" not in cancelled["evidence"]
            assert empty_database.value("select to_regclass('i2') is null") and "leftover" not in rig.said()
        assert rig.do(Retry(step="s")) is None
        assert (await rig.ended("s", 2))["type"] == "step.passed"
    assert indexes(empty_database) == "i1" and empty_database.value(
        "select indisvalid from pg_index where indexrelid = 'i2'::regclass"
    )
    assert logged(empty_database) == 1


@awaited
async def test_a_retry_drops_what_an_earlier_attempt_could_not(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leftover is still there when it is retried: it is dropped concurrently first, then built."""
    prepared(empty_database)
    step = plan(limit=", lock_timeout: 100ms", cleanup="drop index i1; drop index if exists i2")
    async with Rig(tmp_path, empty_database, step, {"s.sql": TWO}) as rig:
        with open_transaction(empty_database) as other:
            monkeypatch.setattr(cleaning, "PATIENCE", 0.1)
            failed = (await rig.execute("s"))["data"]
            monkeypatch.undo()
            assert (failed["sqlstate"], failed["effect"]) == ("55P03", "some")
            assert failed["evidence"]["leftovers"] == ["public.i1"]
            assert "statement timeout" in failed["evidence"]["cleanup"]
            other.execute("rollback")
        assert indexes(empty_database) == "i1!"
        assert rig.do(Retry(step="s")) is None
        assert (await rig.ended("s", 2))["type"] == "step.passed"
    assert indexes(empty_database) == "i1 i2" and logged(empty_database) == 1


BUSY = "insert into t values (0, 0)"
OTHERS: dict[str, tuple[str, str, str, str]] = {
    # Setup; statement; what it waits for; the proof.
    "drop": ("create index i on t (a)", "drop index concurrently i", BUSY, "indexes() = ''"),
    "unnamed": ("create index i on t (b)", "create index concurrently on t (a)", BUSY, "indexes() = 'i t_a_idx'"),
    "reindex": ("create index i on t (a)", "reindex index concurrently i", BUSY, "indexes() = 'i'"),
    "reindex table": ("create index i on t (a)", "reindex table concurrently t", BUSY, "indexes() = 'i'"),
    "detach": (
        "create table p (a int) partition by range (a); create table p1 partition of p for values from (0) to (9)",
        "alter table p detach partition p1 concurrently", "select * from p",
        "not exists (select from pg_inherits where inhrelid = 'p1'::regclass)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
@awaited
async def test_other_concurrent_commands_killed(each_database: Database, tmp_path: Path, name: str) -> None:
    prepared(each_database)
    setup, statement, busy, proof = OTHERS[name]
    with each_database.connect() as connection:
        connection.execute(setup.encode())
    script = statement + "; insert into log values ('done')"
    # Of a rebuild nobody can name what it leaves; the cleanup says that it may be taken away.
    async with Rig(tmp_path, each_database, plan(proof, "select 1"), {"s.sql": script}) as rig:
        with open_transaction(each_database, busy) as other:
            assert rig.do(Execute(step="s")) is None
            await waits(rig, each_database)
            begun = rig.events("tx.begin")[-1]
            await rig.stop()
            broken_off(each_database)
            await rig.take_up(cut=lambda e: e["seq"] == begun["seq"], policy=HEADLESS)
            other.execute("rollback")
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert len(fates(rig)) == 1
    assert logged(each_database) == 1
    assert each_database.value("select count(*) from pg_index where not indisvalid") == 0
    assert each_database.value(f"select {proof}")


@pytest.mark.unsaid(FateReason.ONE_OF_MANY)
@awaited
async def test_a_procedure_that_commits_is_told_by_the_proof_of_it_alone(
    empty_database: Database, tmp_path: Path
) -> None:
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create procedure twice() language plpgsql as $$ begin insert into t values (-1); commit;"
                           " insert into t values (-2); end $$")  # fmt: skip
    step = plan("count(*) = 2 from t where a < 0", mode="script")
    async with Rig(tmp_path, empty_database, step, {"s.sql": "set a.b = 1; call twice(); reset a.b;"}) as rig:
        assert (await rig.execute("s"))["type"] == "step.passed"
        begun = rig.events("tx.begin")[-1]["seq"]
        await rig.take_up(cut=lambda e: e["seq"] == begun, policy=HEADLESS)
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert fates(rig) == [("applied", "proved")] and "one_of_many" not in rig.said()


@pytest.mark.unsaid(FateReason.PROVED)
@awaited
async def test_of_several_that_the_catalogue_does_not_know_none_is_guessed(
    empty_database: Database, tmp_path: Path
) -> None:
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create procedure one() language sql as $$ insert into t values (-1) $$;")
    step = plan("count(*) = 2 from t where a < 0", mode="script")
    # As a plan of an earlier version may be, which `check` did not refuse yet.
    earlier = {"s.sql": "call one(); call one();"}
    async with Rig(tmp_path, empty_database, step, {"s.sql": "call one();"}, past_check=earlier) as rig:
        assert (await rig.execute("s"))["type"] == "step.passed"
        begun = rig.events("tx.begin")[0]["seq"]
        await rig.take_up(cut=lambda e: e["seq"] == begun, policy=HEADLESS)
        await rig.until(lambda: rig.step("s").status == "undecided", "nobody knows")
        assert fates(rig) == [("undecided", "one_of_many")]


@pytest.mark.parametrize("end", ["commit", "rollback"])
@awaited
async def test_what_was_prepared_is_ended_once(empty_database: Database, tmp_path: Path, end: str) -> None:
    prepared(empty_database)
    script = f"begin; insert into log values ('x'); prepare transaction 'two'; {end} prepared 'two'; select 1"
    step = plan("true", mode="script")
    async with Rig(tmp_path, empty_database, step, {"s.sql": script}) as rig:
        assert (await rig.execute("s"))["type"] == "step.passed"
        begun = rig.events("tx.begin")[1]["seq"]
        await rig.take_up(cut=lambda e: e["seq"] == begun, policy=HEADLESS)
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert fates(rig) == [("applied", "catalogue")]
    assert logged(empty_database) == (1 if end == "commit" else 0)


@pytest.mark.unsaid(Fact.OBJECT)
@awaited
async def test_what_is_meant_is_what_the_scripts_session_means(empty_database: Database, tmp_path: Path) -> None:
    """Another table and another index of the same names say nothing of ours, and are left alone."""
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create schema shop; create table shop.t (a int, b int); create index i1 on t (a)")
    script = "set search_path to shop; create index concurrently i1 on t (a); create index concurrently i2 on t (b);"
    proof = "count(*) = 2 from pg_index where indrelid = 'shop.t'::regclass and indisvalid"
    async with Rig(tmp_path, empty_database, plan(proof), {"s.sql": script}) as rig:
        with open_transaction(empty_database, "insert into shop.t values (0, 0)") as other:
            assert rig.do(Execute(step="s")) is None
            await waits(rig, empty_database)
            begun = rig.events("tx.begin")[-1]
            assert begun["data"]["witness"]["object"]["table"] == empty_database.value("select 'shop.t'::regclass::oid")
            await rig.stop()
            broken_off(empty_database)
            await rig.take_up(cut=lambda e: e["seq"] == begun["seq"], policy=HEADLESS)
            other.execute("rollback")
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert fates(rig) == [("not_applied", "cleaned_up")]
    assert indexes(empty_database) == "i1", "the other one of that name stays"
    assert empty_database.value(f"select {proof}")


@pytest.mark.parametrize("gone", ["drop index i1", "drop index i1; create table i1 (a int)"], ids=["gone", "taken"])
@awaited
async def test_a_retry_builds_what_is_missing(empty_database: Database, tmp_path: Path, gone: str) -> None:
    """Everything was executed, and the proof misses an index that somebody has dropped since: a retry builds it, and
    nothing else is executed again."""
    prepared(empty_database)
    script = (
        "set search_path to public; " + TWO + "create index concurrently brief on t (b); drop index concurrently brief;"
    )
    async with Rig(tmp_path, empty_database, plan(), {"s.sql": script}) as rig:
        holder = empty_database.connect()
        holder.execute("begin")
        holder.execute("lock table log in access exclusive mode")
        assert rig.do(Execute(step="s")) is None
        await rig.until(lambda: "lock_retry" in rig.said())
        holder.execute(gone.encode())
        holder.execute("commit")
        holder.close()
        failed = await rig.ended("s")
        assert (failed["type"], failed["data"]["reason"]) == ("step.failed", "not_proved"), failed
        assert rig.do(Retry(step="s")) is None
        ended = await rig.ended("s", 2)
        again = [e["data"]["statement"] for e in rig.events("tx.begin") if e["data"]["attempt"] == 2]
        assert again == [1]
        if "table" in gone:
            assert (ended["data"]["reason"], ended["data"]["sqlstate"]) == ("sql_error", "42P07")
            return
        assert ended["type"] == "step.passed", ended
        assert rig.step("s").done == 6
    assert indexes(empty_database) == "i1 i2" and logged(empty_database) == 1
