"""An engine is killed under the eyes of its operator, of an observer and of another account: all of them are told, and
when somebody goes on, all of them see it without a key."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.observer import GID, UID, Observer
from tests.acceptance.station import VIRADA, Station
from tests.acceptance.terminal import Terminal
from tests.acceptance.test_typed import enter
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "small.yaml"
SAID = "NOTHING RUNS. q, then virada attach"


@pytest.fixture
def run(station: Station, database: Database) -> str:
    """A run in which a statement takes as long as the gate is closed; a group may read it."""
    station.home.mkdir(mode=0o750)
    if os.geteuid() == 0:
        os.chown(station.home, 0, GID)
        station.home.chmod(0o2750)
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean); insert into gate values (true)")
    return station.open(PLAN, SMALL_DSN=database.dsn)


def _screen(station: Station, *arguments: str) -> Terminal:
    return Terminal([str(VIRADA), *arguments], station.env, 80, 24)


def test_all_are_told_that_nothing_runs_and_see_it_go_on(station: Station, database: Database, run: str) -> None:
    with ExitStack() as stack:
        operator = stack.enter_context(_screen(station, "attach", run))
        observer = stack.enter_context(_screen(station, "watch", run))
        lines = stack.enter_context(_screen(station, "watch", run, "--plain"))
        operator.wait_text("OPERATOR", "live")
        observer.wait_text("OBSERVER", "live")
        station.do("execute", "access")
        station.do("sign", "agreed", "--note", "all")
        station.do("run-to", "slow", "--no-wait")
        operator.wait_text("▶ 0:0", "running")
        lines.wait_text("slow started")

        station.kill_engine()
        for screen in (operator, observer):
            text = screen.wait_text(SAID, "engine ended", "at work for")
            first = text.splitlines()[0]
            assert "NOTHING RUNS" in first and "running" not in first
        lines.wait_text("NOTHING RUNS: the engine of the run")
        for key in "xRchns":
            operator.send(key)
        operator.send("rollback now")
        assert operator.code is None and station.engine() is None, "no key brings it back by the way"
        assert "NOTHING RUNS" in station.virada("runs").expect().out
        told = station.virada("status", run).expect().out
        assert "NOTHING RUNS" in told.splitlines()[0] and f"virada attach {run}" in told
        assert operator.text.splitlines()[-4] == SAID and operator.code is None
        assert "running" not in told

        station.virada("continue", run, "--detach").expect()
        for screen in (operator, observer):
            screen.wait_gone("NOTHING RUNS")
            assert "live" in screen.text.splitlines()[1]
        lines.wait_text("The run was taken up again by another engine")
        with database.connect() as connection:
            connection.execute("delete from gate")
        operator.send("n")
        operator.wait_text("Note at")
        operator.send("with the new engine")
        operator.wait_text("with the new engine")
        enter(operator, lambda: any(e["type"] == "note.added" for e in station.events()))


def test_another_account_knows_it_too_and_who_goes_on(station: Station, run: str, account: Observer) -> None:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("no setpriv")
    other = account.at(station)
    argv = [setpriv, f"--reuid={UID}", f"--regid={GID}", "--clear-groups", *other.argv, "watch", run]
    with Terminal(argv, other.env, 80, 24) as screen:
        screen.wait_text("OBSERVER", "live")
        status = other.virada("status", run, "--json").expect().json
        engine = station.engine()
        assert engine is not None
        assert status["engine"] == {"pid": engine.pid, "host": os.uname().nodename, "alive": True}
        station.kill_engine()
        screen.wait_text("NOTHING RUNS. root goes on with: virada attach", "engine ended")
        told = other.virada("status", run).expect().out
        assert "NOTHING RUNS" in told.splitlines()[0] and f"root goes on with: virada attach {run}" in told
        assert "NOTHING RUNS" in other.virada("runs").expect().out
        screen.send("x")
        station.virada("continue", run, "--detach").expect()
        screen.wait_gone("NOTHING RUNS")
        screen.wait_text("live")
