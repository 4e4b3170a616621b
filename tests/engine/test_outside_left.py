"""What a statement outside a transaction left half done, or may have done: it is never said that nothing is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.engine.test_outside import (
    BUSY,
    OTHERS,
    broken_off,
    indexes,
    logged,
    open_transaction,
    plan,
    prepared,
    waits,
)
from tests.engine.test_resumed import Stopped
from tests.engine.test_script import HEADLESS, fates
from tests.postgres_server import Database, await_condition
from tui.engine.attempt import cleanup as cleaning
from tui.engine.target.access import TargetAccess
from tui.journal.codes import FateReason
from tui.plan.model import Target
from tui.postgres.evidence import outside
from tui.run.commands import Execute, Retry, Rollback

pytestmark = pytest.mark.postgres
UNDONE = "insert into log values ('undone')"


def undoable(steps: str) -> str:
    return steps.replace('undo: {sql: "select 1"}', f'undo: {{sql: "{UNDONE}"}}')


@awaited
async def test_an_index_on_its_way_out_is_something_to_take_back(empty_database: Database, tmp_path: Path) -> None:
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create index i on t (a)")
    steps = undoable(plan("indexes() = ''", None))
    async with Rig(tmp_path, empty_database, steps, {"s.sql": "drop index concurrently i"}) as rig:
        with open_transaction(empty_database) as other:
            assert rig.do(Execute(step="s")) is None
            await waits(rig, empty_database)
            begun = rig.events("tx.begin")[-1]["seq"]
            await rig.stop()
            broken_off(empty_database)
            await rig.take_up(cut=lambda e: e["seq"] == begun)
            other.execute("rollback")
        assert (await rig.ended("s"))["data"]["evidence"]["leftovers"] == ["public.i"]
        assert indexes(empty_database) == "i!" and rig.step("s").effect == "some"
        assert rig.do(Rollback(reason="no", confirm="dev")) is None
        await rig.until(lambda: rig.recorder.state.rollback and rig.recorder.state.rollback.status == "rolled_back")
    assert logged(empty_database) == 1, "its undo was executed"


@pytest.mark.unsaid(FateReason.CATALOGUE)
@pytest.mark.parametrize(
    "statement",
    ["alter system set work_mem = '5MB'", "vacuum t", "reindex table concurrently t", "reindex schema public"],
)
@awaited
async def test_what_may_be_repeated_may_be_there(empty_database: Database, tmp_path: Path, statement: str) -> None:
    """It was executed, and nobody saw that: it may be executed again, and a rollback takes it back."""
    prepared(empty_database)
    async with Rig(tmp_path, empty_database, undoable(plan("true", None)), {"s.sql": statement}) as rig:
        try:
            assert (await rig.execute("s"))["type"] == "step.passed"
            begun = rig.events("tx.begin")[-1]["seq"]
            await rig.take_up(cut=lambda e: e["seq"] == begun)
            await rig.ended("s")
        finally:
            with empty_database.connect() as connection:
                connection.execute("alter system reset work_mem")
        assert fates(rig) == [("not_applied", "repeatable")]
        assert rig.step("s").effect == "unknown" and rig.step("s").may_have_effect
        assert rig.do(Execute(step="s")) is None
        assert (await rig.ended("s", 2))["type"] == "step.passed"
    with empty_database.connect() as connection:
        connection.execute("alter system reset work_mem")


@pytest.mark.parametrize(
    ("statement", "effect"),
    [
        ("vacuum log, t", "unknown"), ("reindex (verbose) schema public", "unknown"), ("vacuum", "unknown"),
        ("vacuum t", "none"), ("reindex index i", "none"),
    ],
)  # fmt: skip
@awaited
async def test_of_several_objects_nobody_knows_which_were_done(
    empty_database: Database, tmp_path: Path, statement: str, effect: str
) -> None:
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create index i on t (a)")
    limits = ", lock_timeout: 50ms, retries: 0"
    async with Rig(tmp_path, empty_database, plan("true", None, limits), {"s.sql": statement}) as rig:
        with open_transaction(empty_database, "lock table t in access exclusive mode") as other:
            assert (await rig.execute("s"))["data"]["effect"] == effect
            other.execute("rollback")


SEQUENCE = "create sequence s; create table u (a int)"


@pytest.mark.parametrize("kind", ["sql: {file: s.sql}", "psql: {file: s.sql, single_transaction: true}"])
@pytest.mark.parametrize(("call", "effect"), [("setval('s', 99)", "unknown"), ("nextval('s')", "none")])
@awaited
async def test_what_no_transaction_takes_back_is_not_said_to_be_gone(
    empty_database: Database, tmp_path: Path, kind: str, call: str, effect: str
) -> None:
    with empty_database.connect() as connection:
        connection.execute(SEQUENCE)
    steps = f"\n          - {{id: s, title: S, {kind}}}"
    async with Rig(
        tmp_path, empty_database, steps, {"s.sql": f"insert into u values (1); select {call}; select 1/0;"}
    ) as rig:
        assert (await rig.execute("s"))["data"]["effect"] == effect
    assert empty_database.value("select count(*) from u") == 0
    assert empty_database.value("select last_value from s") == (99 if effect == "unknown" else 1)


@pytest.mark.parametrize("statement", ["create index concurrently on t (a)", "reindex table concurrently t"])
@pytest.mark.parametrize("cleanup", ["drop index if exists t_a_idx", "select 1"])
@awaited
async def test_a_leftover_that_the_server_named_is_gone_after_a_retry(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, cleanup: str
) -> None:
    prepared(empty_database)
    if "reindex" in statement:
        with empty_database.connect() as connection:
            connection.execute("create index t_a_idx on t (a)")
        cleanup = "select 1"
    step = plan("indexes() = 't_a_idx'", limit=", lock_timeout: 100ms", cleanup=cleanup)
    async with Rig(tmp_path, empty_database, step, {"s.sql": statement}) as rig:
        with open_transaction(empty_database) as other:
            monkeypatch.setattr(cleaning, "PATIENCE", 0.1)
            failed = (await rig.execute("s"))["data"]
            monkeypatch.undo()
            other.execute("rollback")
        assert failed["evidence"]["leftovers"] and "!" in str(indexes(empty_database))
        assert rig.do(Retry(step="s")) is None
        assert (await rig.ended("s", 2))["type"] == "step.passed"
    assert indexes(empty_database) == "t_a_idx"


@pytest.mark.parametrize(
    "statement",
    ["reindex table concurrently par", "reindex index concurrently par_a_idx", "reindex schema concurrently Shop"],
)
@awaited
async def test_what_a_rebuild_left_in_partitions_is_found(
    each_database: Database, tmp_path: Path, statement: str
) -> None:
    prepared(each_database)
    with each_database.connect() as connection:
        connection.execute(
            "create schema shop; create table par (a int) partition by range (a); create index on par (a);"
            " create table shop.p1 partition of par for values from (0) to (9) partition by range (a);"
            " create table shop.p11 partition of shop.p1 for values from (0) to (9)"
        )
    async with Rig(tmp_path, each_database, plan("true", "select 1"), {"s.sql": statement}) as rig:
        # A snapshot is waited for without a lock on any of the tables.
        with open_transaction(each_database, "declare c cursor for select * from log; fetch c") as other:
            assert rig.do(Execute(step="s")) is None
            await waits(rig, each_database)
            begun = rig.events("tx.begin")[-1]["seq"]
            await rig.stop()
            broken_off(each_database)
            assert each_database.value("select count(*) from pg_index where not indisvalid") == 1
            await rig.take_up(cut=lambda e: e["seq"] == begun, policy=HEADLESS)
            other.execute("rollback")
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert fates(rig) == [("not_applied", "cleaned_up")]
    assert each_database.value("select count(*) from pg_index where not indisvalid") == 0


@pytest.mark.unsaid(FateReason.CLEANED_UP)
@awaited
async def test_an_unfinished_index_of_somebody_else_is_left_alone(empty_database: Database, tmp_path: Path) -> None:
    """It came while a rebuild ran, and is no part of that."""
    prepared(empty_database)
    with empty_database.connect() as connection:
        connection.execute("create table u (a int); create index on u (a)")
    step = plan("true", "select 1")
    async with Rig(tmp_path, empty_database, step, {"s.sql": "reindex schema concurrently public"}) as rig:
        assert (await rig.execute("s"))["type"] == "step.passed"
        begun = rig.events("tx.begin")[-1]["seq"]
        with empty_database.connect() as connection:
            connection.execute("create index theirs on t (b)")
            connection.execute("update pg_index set indisvalid = false where indexrelid = 'theirs'::regclass")
        await rig.take_up(cut=lambda e: e["seq"] == begun)
        await rig.ended("s")
        assert "cleaned_up" not in rig.said()
    assert indexes(empty_database) == "theirs!"


@awaited
async def test_what_a_role_above_ours_builds_is_no_leftover(each_database: Database, tmp_path: Path) -> None:
    """Whose progress we may not see: dropped concurrently it would be gone when it is whole."""
    prepared(each_database)
    with each_database.connect() as connection:
        connection.execute(
            "do $$ begin create role migrator login; exception when duplicate_object then null; end $$;"
            " alter table t owner to migrator; create index broken on t (a)"
        )
        connection.execute("update pg_index set indisvalid = false where indexrelid = 'broken'::regclass")
    target = TargetAccess(
        "made", Target(environment="development", dsn=each_database.server.dsn(each_database.name, "migrator")), {}
    )
    oid = int(str(each_database.value("select 't'::regclass::oid")))
    with open_transaction(each_database) as other, each_database.connect() as builder:
        build = asyncio.ensure_future(asyncio.to_thread(builder.execute, b"create index concurrently i on t (b)"))
        waiting = (
            "select count(*) from pg_stat_progress_create_index where datname = current_database() and index_relid <> 0"
        )
        await asyncio.to_thread(await_condition, lambda: bool(each_database.value(waiting)), "it is built")
        control = await target.control()
        found = {each.name: (each.whole, each.building) for each in await outside.indexes_of(control, [oid])}
        other.execute("rollback")
        await build
    built = {each.name: (each.whole, each.building) for each in await outside.indexes_of(control, [oid])}
    await target.close()
    assert found["i"] == (False, True)
    assert built == {"i": (True, False), "broken": (False, False)}


@pytest.mark.parametrize("what", ["drop", "detach"])
@awaited
async def test_what_a_cleanup_brings_to_its_end_is_done(empty_database: Database, tmp_path: Path, what: str) -> None:
    """A DROP and a DETACH cannot be taken back: said to be there, and not executed again."""
    prepared(empty_database)
    setup, statement, busy, proof = OTHERS[what]
    with empty_database.connect() as connection:
        connection.execute(setup.encode())
    cleanup = "drop index concurrently if exists i" if what == "drop" else "select 1"
    step = plan(proof, limit=", lock_timeout: 300ms", cleanup=cleanup)
    ending = (
        "select count(*) from pg_stat_activity where query ilike 'drop index concurrently public.i' or query ilike "
    )
    files = {"s.sql": statement + "; insert into log values ('done')"}
    async with Rig(tmp_path, empty_database, step, files) as rig:
        with open_transaction(empty_database, busy if what == "detach" else BUSY) as other:
            assert rig.do(Execute(step="s")) is None
            await rig.until(lambda: empty_database.value(ending + "'%partition % finalize'"), "it is cleaned up")
            other.execute("rollback")
        failed = (await rig.ended("s"))["data"]
        assert (failed["effect"], failed["sqlstate"]) == ("some", "55P03")
        assert rig.do(Retry(step="s")) is None
        assert (await rig.ended("s", 2))["type"] == "step.passed"
    assert logged(empty_database) == 1


@pytest.mark.parametrize(
    "whose", ["database {name}", "role session_user in database {name}", "role postgres in database {name}"]
)
@pytest.mark.parametrize("by", ["a person", "itself"])
@awaited
async def test_with_what_new_sessions_begin_is_not_what_the_script_had(
    empty_database: Database, tmp_path: Path, whose: str, by: str
) -> None:
    altered = whose.format(name=empty_database.name)
    script = f"alter {altered} set search_path to shop; alter table public.locked add b int; create table b (x int)"
    run = Stopped(empty_database, tmp_path, script, "per_statement")
    _rig, ended = await (run.by_a_person() if by == "a person" else run.by_itself())
    assert ended["data"]["reason"] == "session_state_lost"
    assert ended["data"]["evidence"]["lost"] == [{"code": "setting", "name": "search_path", "line": 1}]
    assert empty_database.value("select to_regclass('shop.b') is null and to_regclass('public.b') is null")


@pytest.mark.parametrize(
    "first", ["alter role shopkeeper set search_path to shop", "alter role session_user set search_path to shop; "
              "set search_path to public; alter role session_user reset search_path"]
)  # fmt: skip
@awaited
async def test_the_defaults_of_others_and_what_the_script_sets_itself_do_not_matter(
    empty_database: Database, tmp_path: Path, first: str
) -> None:
    name = empty_database.name
    first = first.replace("session_user", f"session_user in database {name}")
    script = first + "; alter table public.locked add b int; create table b (x int)"
    _rig, ended = await Stopped(empty_database, tmp_path, script, "per_statement").by_itself()
    with empty_database.connect() as connection:
        connection.execute("alter role shopkeeper reset search_path")
    assert ended["type"] == "step.passed", ended["data"]
    assert empty_database.value("select to_regclass('public.b') is not null")
