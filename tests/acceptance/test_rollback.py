"""Rollback: at any time, confirmed by the target's name, in the reverse order, and honest when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.station import Station
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "small.yaml"
_BACK = ("rollback", "--reason", "it was not good", "--confirm", "here")


@pytest.fixture
def run(station: Station, database: Database) -> str:
    """A run in which table and rows are applied."""
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    id = station.open(PLAN, SMALL_DSN=database.dsn)
    lines = "execute access\nsign agreed --note all\nexecute table\nexecute rows\n"
    station.virada("attach", id, "--plain", stdin=lines).expect()
    return id


def test_the_database_is_as_before(station: Station, database: Database, run: str) -> None:
    answer = station.do(*_BACK)
    assert answer["status"] == "rolled_back"
    assert database.value("select to_regclass('things') is null")
    status = station.status()
    assert status["status"] == "rolled_back" and status["rollback"]["status"] == "rolled_back"
    assert status["rollback"]["undo"] == ["rows", "table"]
    ids = [s["id"] for s in status["steps"]]
    assert ids[-3:] == ["undo.rows", "undo.table", "rb-gone"]
    assert {s["id"]: s["status"] for s in status["steps"]}["rows"] == "undone"
    assert station.do("execute", "slow", code=5)["refused"]["code"] == "rollback"
    station.do("close")
    assert station.status()["status"] == "rolled_back"


def test_while_a_step_runs(station: Station, database: Database, run: str) -> None:
    with database.connect() as connection:
        connection.execute("insert into gate values (true)")
    station.do("execute", "slow", "--no-wait")
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow")
    assert station.do(*_BACK)["status"] == "rolled_back"
    steps = {s["id"]: s for s in station.status()["steps"]}
    assert steps["slow"]["status"] == "cancelled" and steps["slow"]["reason"] == "rollback"
    assert steps["undo.slow"]["status"] == "skipped", "nothing of it was there to be undone"
    assert database.value("select to_regclass('things') is null")


def test_to_a_step(station: Station, database: Database, run: str) -> None:
    assert station.do(*_BACK, "--to", "table")["status"] == "rolled_back_to"
    assert database.value("select count(*) from things") == 0
    assert station.step("table")["status"] == "passed"
    assert station.status()["status"] == "held"
    station.do("resume")
    assert station.do("retry", "rows")["status"] == "passed"
    assert station.do(*_BACK)["status"] == "rolled_back"
    assert database.value("select to_regclass('things') is null")


def test_one_that_fails_says_so_and_can_be_taken_up_again(station: Station, database: Database, run: str) -> None:
    with database.connect() as connection:
        connection.execute("create view looks as select * from things")
    answer = station.do(*_BACK, code=1)
    assert (answer["status"], answer["step"]) == ("rollback_failed", "undo.table")
    status = station.status()
    assert status["status"] == "rollback_failed" and status["rollback"]["failed_step"] == "undo.table"
    assert station.step("undo.table")["sqlstate"] == "2BP01"
    assert station.step("table")["status"] == "passed", "it is still there"
    with database.connect() as connection:
        connection.execute("drop view looks")
    station.do("retry", "undo.table", "--reason", "the view is gone")
    station.await_status("rolled_back")
    assert database.value("select to_regclass('things') is null")
    assert station.step("table")["status"] == "undone"


def test_a_failed_rollback_can_be_closed_as_what_it_is(station: Station, database: Database, run: str) -> None:
    with database.connect() as connection:
        connection.execute("create view looks as select * from things")
    station.do(*_BACK, code=1)
    station.do("close", code=5)
    station.do("close", "--reason", "restored from the backup", "--confirm", "here")
    assert station.status()["status"] == "rollback_failed"


def test_the_engine_killed_while_it_rolls_back(station: Station, database: Database, run: str) -> None:
    crash = Path(__file__).parent.parent / "faults" / "crash"
    station.kill_engine()
    variables = {"VIRADA_TEST_CRASH": "tx.committed@undo.rows:1:before", "PYTHONPATH": str(crash)}
    station.virada("do", "last", *_BACK, env=variables).expect(4)
    assert database.value("select count(*) from things") == 0
    station.virada("continue", "last", "--headless").expect(3)
    assert database.value("select to_regclass('things') is null")
    fate = station.wait_for("step.fate")["data"]
    assert (fate["step"], fate["fate"]) == ("undo.rows", "applied")
    assert station.status()["status"] == "rolled_back"
