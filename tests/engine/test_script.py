"""`transaction: script`: each transaction of the file has evidence of its own, whatever it is and however it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.engine.test_resumed import with_ledger
from tests.postgres_server import Database
from tui.journal.codes import Fact, FateReason
from tui.journal.events import Policy
from tui.run.commands import Execute

pytestmark = pytest.mark.postgres
STEP = """
          - id: s
            title: S
            sql: {file: s.sql, transaction: script, retries: 0}
            prove: {query: "select true", equals: true}
            undo: {sql: "select 1"}
"""
SETUP = "create table log (what text, how text); create table t (a int); insert into t select generate_series(1, 9)"
HEADLESS = Policy(drive="headless")


def _said(what: str, how: str = "''") -> str:
    return f"insert into log values ('{what}', {how});"


def log(database: Database) -> object:
    return database.value("select coalesce(string_agg(what || case how when '' then '' else ':' || how end, ' '), '') "
                          "from (select * from log order by what) l")  # fmt: skip


def fates(rig: Rig) -> list[tuple[str, str]]:
    return [(e["data"]["fate"], e["data"]["reason"]) for e in rig.events("step.fate")]


ISOLATION = (
    "begin isolation level serializable;" + _said("1", "current_setting('transaction_isolation')") + "commit;"
    "begin; set transaction isolation level repeatable read;" + _said("2", "current_setting('transaction_isolation')")
    + "end;"
    "begin; set local lock_timeout = '3s'; lock table t; set local transaction_isolation to serializable;"
    + _said("3", "current_setting('transaction_isolation')") + "commit and chain;"
    + _said("4", "current_setting('transaction_isolation')") + "commit;"
    "start transaction read only; select count(*) from log; commit and chain; select 1; rollback;"
    "begin; savepoint a;" + _said("no") + "rollback to a;" + _said("5") + "release a; commit work;"
    "begin;" + _said("no") + "rollback; begin;" + _said("no") + "abort and chain;" + _said("6") + "commit and no chain;"
    "set session characteristics as transaction read only; select count(*) from t; begin read write;" + _said("7")
    + "commit; set default_transaction_read_only = off;" + _said("8")
)  # fmt: skip
EXPECTED = "1:serializable 2:repeatable read 3:serializable 4:serializable 5 6 7 8"


@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "xid"])
@awaited
async def test_every_kind_of_transaction(each_database: Database, tmp_path: Path, ledger: bool) -> None:
    with each_database.connect() as connection:
        connection.execute(SETUP)
    if ledger:
        await with_ledger(each_database)
    async with Rig(tmp_path, each_database, STEP, {"s.sql": ISOLATION}, ledger=ledger) as rig:
        ended = await rig.execute("s")
    assert ended["type"] == "step.passed", ended["data"]
    assert log(each_database) == EXPECTED
    # One piece of evidence for each transaction that left something, and none for another.
    assert len(rig.events("tx.committed")) == len(rig.events("tx.begin")) == 8
    assert not rig.events("tx.aborted")
    evidence = ended["data"]["evidence"]
    assert evidence["done"] == evidence["statements"]


@awaited
async def test_a_repeatable_read_looks_first_where_the_script_does(empty_database: Database, tmp_path: Path) -> None:
    """What was committed while it waited for its LOCK TABLE is seen: our evidence takes no snapshot before."""
    script = "begin isolation level repeatable read; lock table t;" + _said("1", "(select count(*) from t)") + "commit;"
    with empty_database.connect() as holder:
        holder.execute(SETUP)
        holder.execute("begin")
        holder.execute("insert into t values (10)")
        step = STEP.replace("retries: 0", "lock_timeout: 0")
        async with Rig(tmp_path, empty_database, step, {"s.sql": script}) as rig:
            assert rig.do(Execute(step="s")) is None
            pid = await rig.until(lambda: next(iter(rig.engine._backends()), None))
            await rig.until(lambda: holder.execute("select pg_blocking_pids(%s)", [pid]).fetchone() != ([],))
            holder.execute("commit")
            assert (await rig.ended("s"))["type"] == "step.passed"
    assert log(empty_database) == "1:10"


OWN = "begin;" + _said("1") + _said("2") + "commit;" + _said("3") + "begin;" + _said("4") + "commit; set a.b = 1;"
CUTS = [
    # What the journal ends behind; what is committed by then; the fate; statements that are executed after it.
    ("tx.begin", 3, "applied", [4, 7]),
    ("tx.commit_sent", 3, "applied", [4, 7]),
    ("tx.committed", 3, "not_applied", [4, 7]),
    ("tx.begin", 4, "applied", [7]),
    ("tx.committed", 4, "not_applied", [7]),
    ("tx.commit_sent", 7, "applied", []),
    ("tx.committed", 7, "not_applied", []),
]


@pytest.mark.unsaid(FateReason.NOTHING_SENT, FateReason.LEDGER_ROW, FateReason.XID_COMMITTED)
@pytest.mark.parametrize(("kind", "statement", "fate", "rest"), CUTS)
@awaited
async def test_each_transaction_has_a_fate_of_its_own(
    empty_database: Database, tmp_path: Path, kind: str, statement: int, fate: str, rest: list[int]
) -> None:
    """The engine dies somewhere; what it had committed by then is never executed again, and all the rest is."""
    ledger = statement == 4 or kind == "tx.begin"
    with empty_database.connect() as connection:
        connection.execute(SETUP)
    if ledger:
        await with_ledger(empty_database)
    # What comes behind the cut never happened: it is kept from happening by what the test has broken.
    broken = {3: "alter table log add check (what < '3')", 4: "alter table log add check (what < '4')", 7: ""}[
        statement
    ]
    with empty_database.connect() as connection:
        connection.execute(broken.encode())
    async with Rig(tmp_path, empty_database, STEP, {"s.sql": OWN}, ledger=ledger) as rig:
        ended = await rig.execute("s")
        assert ended["type"] == ("step.passed" if statement == 7 else "step.failed"), ended["data"]
        with empty_database.connect() as connection:
            connection.execute("alter table log drop constraint if exists log_what_check")
        behind = [e["seq"] for e in rig.events(kind) if e["data"]["statement"] == statement]
        await rig.take_up(cut=lambda e: e["seq"] == behind[0], policy=HEADLESS)
        await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
        assert [f for f, _reason in fates(rig)] == [fate]
        again = [e["data"]["statement"] for e in rig.events("tx.committed") if e["data"]["attempt"] > 1]
    assert log(empty_database) == "1 2 3 4"
    assert again == rest


@awaited
async def test_a_transaction_that_is_open_when_the_engine_dies_is_begun_again(
    empty_database: Database, tmp_path: Path
) -> None:
    script = "begin; " + _said("1") + "alter table t add b int;" + _said("2") + "commit;" + _said("3")
    with empty_database.connect() as holder:
        holder.execute(SETUP)
        holder.execute("begin")
        holder.execute("select * from t")
        async with Rig(tmp_path, empty_database, STEP, {"s.sql": script}) as rig:
            assert rig.do(Execute(step="s")) is None
            await rig.until(lambda: rig.events("tx.begin"))
            seq = rig.events("tx.begin")[0]["seq"]
            await rig.take_up(cut=lambda e: e["seq"] == seq, policy=HEADLESS)
            holder.execute("rollback")
            await rig.until(lambda: rig.step("s").status == "passed", "it goes on")
            assert fates(rig) == [("not_applied", "xid_aborted")]
    assert log(empty_database) == "1 2 3"


@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "xid"])
@pytest.mark.unsaid(FateReason.XID_IN_PROGRESS)
@awaited
async def test_what_is_prepared_is_done(empty_database: Database, tmp_path: Path, ledger: bool) -> None:
    script = "begin;" + _said("1") + "prepare transaction 'it''s 1';" + _said("2") + "commit prepared 'it''s 1';"
    with empty_database.connect() as connection:
        connection.execute(SETUP)
        connection.execute("alter table log add check (what < '2')")
    if ledger:
        await with_ledger(empty_database)
    async with Rig(tmp_path, empty_database, STEP, {"s.sql": script}, ledger=ledger) as rig:
        failed = await rig.execute("s")
        assert failed["data"]["reason"] == "sql_error" and failed["data"]["effect"] == "some"
        seq = rig.events("tx.commit_sent")[0]["seq"]
        await rig.take_up(cut=lambda e: e["seq"] == seq)
        ended: Event = await rig.ended("s")
        assert ended["type"] == "step.cancelled"
        assert fates(rig) == [("applied", "prepared")]
        with empty_database.connect() as connection:
            connection.execute("rollback prepared 'it''s 1'")
    assert log(empty_database) == ""


@pytest.mark.unsaid(FateReason.PREPARED, Fact.GID)
@awaited
async def test_another_transaction_of_that_gid_is_not_ours(empty_database: Database, tmp_path: Path) -> None:
    script = "begin; " + _said("1") + "alter table t add b int; prepare transaction 'same';"
    with empty_database.connect() as holder, empty_database.connect() as other:
        holder.execute(SETUP)
        holder.execute("begin")
        holder.execute("select * from t")
        async with Rig(tmp_path, empty_database, STEP, {"s.sql": script}) as rig:
            assert rig.do(Execute(step="s")) is None
            await rig.until(lambda: rig.events("tx.begin"))
            seq = rig.events("tx.begin")[0]["seq"]
            other.execute("begin")
            other.execute("insert into log values ('other', '')")
            other.execute("prepare transaction 'same'")
            try:
                await rig.take_up(cut=lambda e: e["seq"] == seq)
                ended = await rig.ended("s")
            finally:
                other.execute("rollback prepared 'same'")
            assert ended["type"] == "step.cancelled"
            assert fates(rig) == [("not_applied", "xid_aborted")]
            assert all("gid" not in e["data"]["facts"] for e in rig.events("step.fate"))


@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "xid"])
@awaited
async def test_what_is_still_prepared_is_no_evidence_that_got_lost(
    empty_database: Database, tmp_path: Path, ledger: bool
) -> None:
    """Another engine takes the run up before another step commits it."""
    with empty_database.connect() as connection:
        connection.execute(SETUP)
    if ledger:
        await with_ledger(empty_database)
    prepare = "begin; " + _said("x") + " prepare transaction 'later'"
    steps = STEP + STEP.replace("id: s", "id: c").replace("s.sql", "c.sql")
    files = {"s.sql": prepare, "c.sql": "commit prepared 'later'"}
    async with Rig(tmp_path, empty_database, steps, files, ledger=ledger) as rig:
        assert (await rig.execute("s"))["type"] == "step.passed"
        await rig.take_up()
        assert (await rig.execute("c"))["type"] == "step.passed"
        assert not rig.events("run.held")
    assert log(empty_database) == "x"
