"""A commit that waits for a synchronous standby says so, and what ends the wait tells the truth about the commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.alone import alone, empty_database
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.drivers import cancel
from tui.engine.watch import sampler
from tui.journal.codes import Fact, Replication, WaitReason
from tui.run.commands import Cancel, Execute
from tui.words.steps import evidence_words
from tui.words.waiting import wait_words

__all__ = ["alone", "empty_database"]
pytestmark = pytest.mark.postgres

STEPS = """
          - {id: sql, title: One, sql: "insert into made values (1)"}
          - {id: psql, title: Two, psql: {file: work.sql}}
          - id: index
            title: Three
            sql: {text: "create index concurrently made_n on made (n)", transaction: per_statement}
            prove: {query: "select count(*) from pg_index where indexrelid = to_regclass('made_n')", equals: 1}
            cleanup: {sql: {text: "drop index concurrently if exists made_n", transaction: per_statement}}
"""
FILES = {"work.sql": "insert into made values (2);\n"}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "TICK", 0.05)
    monkeypatch.setattr(cancel, "AGAIN", 0.1)


def standbys(database: Database, names: str) -> None:
    with database.connect() as connection:
        connection.execute(f"alter system set synchronous_standby_names = '{names}'".encode())
        connection.execute("select pg_reload_conf()")


async def waiting(rig: Rig, step: str) -> None:
    assert rig.do(Execute(step=step)) is None
    await rig.until(lambda: rig.step(step).waiting == WaitReason.SYNCHRONOUS_STANDBY, f"{step} waits for the standby")


@awaited
@pytest.mark.parametrize("ledger", [False, True], ids=["xid", "ledger"])
async def test_a_commit_that_waits_for_a_standby(tmp_path: Path, empty_database: Database, ledger: bool) -> None:
    from tui.postgres.connect import open_session
    from tui.postgres.evidence.ledger import create_ledger

    with empty_database.connect() as connection:
        connection.execute("create table made (n int)")
    if ledger:
        session = await open_session(empty_database.dsn, purpose="control", run="setup")
        await create_ledger(session)
        await session.close()
    async with Rig(tmp_path, empty_database, STEPS, FILES, ledger=ledger) as rig:
        await rig.measured()
        standbys(empty_database, "nobody")
        try:
            await waiting(rig, "sql")
            assert rig.step("sql").waiting_facts["standbys"] == "nobody"
            said = wait_words(rig.step("sql").waiting or "", rig.step("sql").waiting_facts)
            assert said == "its commit is on this server, and waits for the synchronous standby nobody"
            assert rig.do(Cancel(step="sql")) is None
            ended = await rig.ended("sql")
            # It is committed, whatever was asked for, and nobody has confirmed it.
            assert (ended["type"], ended["data"]["effect"]) == ("step.passed", "all")
            assert ended["data"]["evidence"]["replication"] == Replication.UNCONFIRMED
            assert "replication no standby has confirmed it" in evidence_words(rig.step("sql"))

            await waiting(rig, "psql")
            assert rig.do(Cancel(step="psql")) is None
            ended = await rig.ended("psql")
            assert (ended["type"], ended["data"]["effect"]) == ("step.passed", "all")
            assert ended["data"]["evidence"]["replication"] == Replication.UNCONFIRMED

            await waiting(rig, "index")
        finally:
            standbys(empty_database, "")
        ended = await rig.ended("index")
        assert ended["type"] == "step.passed" and "replication" not in ended["data"]["evidence"]
        assert empty_database.value("select count(*) from made") == 2


@awaited
@pytest.mark.unsaid(WaitReason.SYNCHRONOUS_STANDBY, Replication.UNCONFIRMED, Fact.REPLICATION, Fact.STANDBYS)
async def test_a_commit_that_warns_of_something_else(tmp_path: Path, empty_database: Database) -> None:
    """In the same words and with the same SQLSTATE, at its COMMIT; there is no standby to wait for."""
    warn = """create table made (n int);
create function warn() returns trigger language plpgsql as $$
begin raise warning 'canceling wait for synchronous replication'; perform pg_sleep(0.3); return null; end $$;
create constraint trigger warns after insert on made deferrable initially deferred
    for each row execute function warn();
insert into made values (1);
"""
    steps = "\n          - {id: sql, title: One, sql: {file: warn.sql}}\n"
    async with Rig(tmp_path, empty_database, steps, {"warn.sql": warn}) as rig:
        ended = await rig.execute("sql")
        assert ended["type"] == "step.passed" and "01000" in str(ended["data"]["evidence"]["warnings"])
        assert not {"replication", "standbys"} & rig.facts() and not rig.said()
