"""What `check --on` calls an error keeps `run` from opening, with 5, unless it is to open in spite of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.station import Station
from tests.pgbouncer import pgbouncer
from tests.postgres_server import Database

_HEAD = """
virada: 1
name: Something changes
targets: {here: {environment: development, dsn: "${THE_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
"""
_CHANGE = '          - {id: table, title: A table, sql: "create table made (n int)"}\n'
_ASK = "          - {id: ask, title: A question, query: {sql: select 1, equals: 1}}\n"


def plan(station: Station, steps: str, dsn: str) -> str:
    file = station.root / "plan.yaml"
    file.write_text(_HEAD + steps)
    station.env["THE_DSN"] = dsn
    return str(file)


def test_an_error_of_check_is_a_refusal_of_run(station: Station, database: Database) -> None:
    steps = _CHANGE + _CHANGE.replace("id: table", "id: other, as: nobody_here").replace("made", "other")
    file = plan(station, steps, database.dsn)
    told = station.virada("check", file, "--on", "here").expect(2).out
    assert f"{file}:11:" in told and "error no-role" in told
    refused = station.virada("run", file, "--headless").expect(5)
    assert f"{file}:11:" in refused.err and "error no-role" in refused.err and "--despite no-role" in refused.err
    assert refused.out == "" and not station.has_run()
    assert "error no-role" in station.virada("run", file, "--detach", "--despite", "pooler").expect(5).err
    mistaken = ("--despite", "no-rol", "--despite", "standby")
    told = station.virada("run", file, "--headless", *mistaken).expect(5).err
    assert "--despite no-rol: " in told and "--despite standby: " in told
    assert not station.has_run()
    assert database.value("select to_regclass('made') is null")
    station.virada("run", file, "--headless", "--despite", "no-role", "--despite", "pooler").expect(1)
    assert database.value("select to_regclass('made') is not null")
    assert station.events()[0]["data"]["despite"] == ["no-role"]
    assert station.status()["despite"] == ["no-role"]
    assert "no-role" in station.virada("status", "last").expect().out


def test_nothing_is_recorded_where_nothing_was_wrong(station: Station, database: Database) -> None:
    file = plan(station, _CHANGE, database.dsn)
    station.virada("run", file, "--headless", "--despite", "no-role").expect(0)
    assert station.events()[0]["data"]["despite"] == []


@pytest.fixture
def pooled(database: Database) -> str:
    """Where the database's server is, for a pooler."""
    return f"host={database.server.socket} port=5432 user=postgres"


def bounced(database: Database, leads: str, mode: str) -> AbstractContextManager[str]:
    account = database.server.account
    return pgbouncer(Path(database.server.socket), leads, account.name if account.switch else None, mode, 4)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pooler_that_lends_its_servers_out(station: Station, database: Database, pooled: str, mode: str) -> None:
    with bounced(database, pooled, mode) as dsn:
        dsn += f" dbname={database.name}"
        file = plan(station, _CHANGE, dsn)
        assert "error pooler" in station.virada("check", file, "--on", "here").expect(2).out
        assert "error pooler" in station.virada("run", file, "--headless").expect(5).err
        assert not station.has_run() and database.value("select to_regclass('made') is null")
        # Nothing of ours is left in a server that others are lent.
        with psycopg.connect(dsn, autocommit=True) as other:
            for setting, value in (("search_path", '"$user", public'), ("default_transaction_read_only", "off")):
                row = other.execute(f"show {setting}".encode()).fetchone()
                assert row is not None and row[0] == value
        if mode == "transaction":
            station.virada("run", file, "--detach", "--despite", "pooler").expect()
            assert station.status()["despite"] == ["pooler"]


def test_what_changes_nothing_is_only_warned(station: Station, database: Database, pooled: str) -> None:
    with bounced(database, pooled, "transaction") as dsn:
        file = plan(station, _ASK, f"{dsn} dbname={database.name}")
        assert "warning pooler" in station.virada("check", file, "--on", "here").expect(0).out


def test_a_pooler_in_session_mode_says_what_is_lost(station: Station, database: Database, pooled: str) -> None:
    with bounced(database, pooled, "session") as dsn:
        file = plan(station, _CHANGE, f"{dsn} dbname={database.name}")
        told = station.virada("check", file, "--on", "here").expect(0).out
        assert "warning pooler" in told and "options" in told and "keepalives" in told


def test_what_nothing_measures_is_told_and_signed(station: Station, database: Database) -> None:
    """By `run` in lines, in a checklist that headless stops at, and before the run can be closed."""
    file = plan(station, _ASK, database.dsn)
    text = Path(file).read_text()
    Path(file).write_text(text.replace("phases:", "success: [{metric: response_time, below: 1s}]\nphases:", 1))
    run = station.virada("run", file, "--headless").expect(6)
    assert f"{file}:5:" in run.err and "warning metric-not-measured" in run.err and "has no canary" in run.err
    assert "criterion.response_time" in run.err and "response_time < 1 s" in run.err
    assert station.status()["unmeasured"] == ["criterion.response_time"]
    assert station.do("close", code=5)["refused"]
    assert station.do("skip", "criterion.response_time", "--reason", "no", code=5)["refused"]
    station.do("sign", "criterion.response_time", "--note", "the load balancer's own figures")
    station.virada("continue", "last", "--headless").expect(0)
    assert station.status()["status"] == "completed"
