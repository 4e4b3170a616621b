"""The engine ended in order, started twice, or in the way of another run: one engine a run, one run a target."""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.station import Event, Station, await_condition
from tests.faults import counting
from tests.postgres_server import Database

_GO_ON = ("--headless", "--sign-off", "seen by the test")
SMALL = Path(__file__).parent.parent / "acceptance" / "plans" / "small.yaml"


def _works_for(step: str, event: Event) -> bool:
    return event["type"] in ("tx.begin", "step.child") and bool(event["data"]["step"] == step)


def test_sigterm_is_no_cancel(station: Station, database: Database) -> None:
    """A machine that shuts down ends its engines so; what ran is decided and gone on with, as after a crash."""
    counting.prepare(station, database, ledger=True)
    station.virada("run", str(counting.PLAN), *_GO_ON, "--detach").expect()
    for step in ("single", "batch", "psql"):
        station.wait_for(partial(_works_for, step))
        station.kill_engine(number=signal.SIGTERM)
        log = (station.directory() / "engine.log").read_text()
        assert "ended by a signal" in log and "Traceback" not in log
        station.virada("continue", "last", *_GO_ON, "--detach").expect()
    assert station.wait_for("run.closed")["data"]["outcome"] == "completed"
    counting.assert_once(database)
    counting.assert_sound(station)


@pytest.mark.parametrize("who", ["note", "tick"] if counting.EVERY else ["tick"])
def test_an_idle_engine_that_cannot_record_ends_by_itself(station: Station, database: Database, who: str) -> None:
    """One failed write, a person's or one that nobody waits for: it keeps nobody out, and what it advises works."""
    counting.prepare(station, database, ledger=False)
    station.virada("run", str(counting.PLAN), "--detach", env=counting.crashing(f"JOURNAL:1:{who}")).expect()
    if who == "note":
        told = station.virada("do", "last", "note", "is anybody there?").expect(5)
        assert "virada continue" in told.err and "Traceback" not in told.err
    await_condition(lambda: station.engine() is None, "the engine ends by itself", 20)
    log = (station.directory() / "engine.log").read_text()
    assert "virada continue" in log and "Traceback" not in log
    sessions = "select count(*) from pg_stat_activity where application_name like 'virada %'"
    sessions += " and datname = current_database()"
    await_condition(lambda: database.value(sessions) == 0, "its sessions are gone", 10)
    station.virada("continue", "last", "--detach").expect()
    assert station.do("execute", "single")["status"] == "passed"
    station.virada("verify", "last").expect(0)


def test_a_second_engine_is_refused(station: Station, database: Database) -> None:
    counting.prepare(station, database, ledger=False)
    run = station.virada("run", str(counting.PLAN), "--detach").expect().out.strip()
    engine = station.engine()
    assert engine is not None
    second = subprocess.run(
        [sys.executable, "-m", "tui.engine", str(station.directory(run))], env=station.env, capture_output=True,
        text=True, timeout=30, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert second.returncode == 1
    assert "Traceback" not in second.stderr
    assert station.engine() == engine
    assert [e for e in station.events() if e["type"] == "run.recovered"] == []
    assert station.do("execute", "single")["status"] == "passed"
    station.virada("verify", run).expect(0)


def test_many_who_take_a_run_up_at_once_start_one_engine(station: Station, database: Database) -> None:
    counting.prepare(station, database, ledger=False)
    station.virada("run", str(counting.PLAN), "--detach").expect()
    station.kill_engine()
    at_once = [station.start("do", "last", "note", f"number {n}") for n in range(4)]
    for process in at_once:
        _out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert len([e for e in station.events() if e["type"] == "run.recovered"]) == 1
    assert len([e for e in station.events() if e["type"] == "note.added"]) == 4
    station.virada("verify", "last").expect(0)


def test_two_runs_change_one_target_one_after_the_other(station: Station, database: Database) -> None:
    counting.prepare(station, database, ledger=False)
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean); insert into gate values (true)")
    one = station.open(SMALL, SMALL_DSN=database.dsn)
    lines = "execute access\nsign agreed --note all\nexecute table\nexecute rows\n"
    station.virada("attach", one, "--plain", stdin=lines).expect()
    station.do("execute", "slow", "--no-wait", run=one)
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow", run=one)
    other = (
        station.virada("run", str(counting.PLAN), "--detach", "--beside", "one after the other").expect().out.strip()
    )
    assert other != one
    station.do("execute", "single", "--no-wait", run=other)
    waiting = station.wait_for("step.waiting", run=other)
    assert waiting["data"]["reason"] == "target_key"
    (holder,) = waiting["data"]["facts"]["held_by"]
    assert holder["run"] == one and holder["pid"] in waiting["data"]["facts"]["holders"]
    assert counting.executed(database)["single.1"] == 0
    with database.connect() as connection:
        connection.execute("delete from gate")
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "slow", run=one)
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "single", run=other)
    assert counting.executed(database)["single.1"] == 1
