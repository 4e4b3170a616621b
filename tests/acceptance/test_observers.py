"""Observers: other accounts of the directory's group read everything as it comes, and can do nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance.observer import GID, UID, Observer
from tests.acceptance.station import Station, await_condition
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "small.yaml"


@pytest.fixture
def observer(account: Observer, station: Station) -> Observer:
    return account.at(station)


def test_two_observers_follow_a_run_and_can_do_nothing(
    station: Station, database: Database, observer: Observer
) -> None:
    station.home.mkdir(mode=0o750)
    os.chown(station.home, 0, GID)
    station.home.chmod(0o2750)
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    run = station.open(PLAN, SMALL_DSN=database.dsn)
    watching = [observer.start("watch", run, "--plain"), observer.start("watch", "--plain")]
    try:
        for process in watching:
            assert Path("/proc", str(process.pid)).stat().st_uid == UID
        station.do("execute", "access")
        station.do("sign", "agreed", "--note", "all")
        _can_do_nothing(station, observer, run)
        status = observer.virada("status", run, "--json").expect(0).json
        assert status["engine"]["alive"] in (True, None)
        assert status["steps"] == station.status()["steps"]
        assert observer.virada("report", run, "--format", "json").expect(0).json["run"] == run
        station.do("run-to", "slow")
        station.do("rollback", "--reason", "enough", "--confirm", "here")
        station.do("close")
        told = []
        for process in watching:
            out, err = process.communicate(timeout=20)
            assert process.returncode == 0, err
            assert err == ""
            told.append(out.splitlines())
    finally:
        for process in watching:
            process.kill()
            process.communicate()
    assert told[0] == told[1]
    assert told[0] == station.virada("watch", run, "--plain").expect(0).out.splitlines()
    assert any("table passed" in line for line in told[0])
    verified = observer.virada("verify", run).expect(0)
    assert verified.out.startswith("whole")
    assert "cannot be known here" in verified.err, "what the operator's account keeps is not the observer's"
    assert "nothing is missing" in station.virada("verify", run).expect(0).err
    assert "rolled back" in observer.virada("replay", run, "--plain", "--speed", "1000000").expect(0).out
    assert [r["id"] for r in observer.virada("runs", "--json").expect(0).json] == [run]


def _can_do_nothing(station: Station, observer: Observer, run: str) -> None:
    seen = [e for e in station.events() if e["type"] not in ("metrics.sampled", "log.lines")]
    engine = station.engine()
    for arguments in (
        ("execute", "table"), ("run-to", "verify"), ("skip", "table", "--reason", "x"),
        ("sign", "agreed", "--note", "x"), ("by-hand", "table", "--note", "x"), ("retry", "table"),
        ("undo", "table"), ("cancel", "table"), ("hold",),
        ("resume",), ("rollback", "--reason", "x", "--confirm", "here"), ("note", "x"), ("feedback", "x"),
        ("resolve", "E1", "x"), ("handover", "--note", "x"), ("close",), ("note", "x", "--take", "I want it"),
        ("note", "x", "--as", "root"),
    ):  # fmt: skip
        done = observer.virada("do", run, *arguments).expect(5)
        assert done.out == "" and done.err
    observer.virada("attach", run, "--plain").expect(5)
    observer.virada("continue", run, "--headless").expect(5)
    # Refused by the operating system, not by a courtesy of the client.
    helper = observer.virada("do", run, "note", "x", "--json").expect(5).json
    assert helper["refused"]["code"] == "not-permitted"
    now = [e for e in station.events() if e["type"] not in ("metrics.sampled", "log.lines")]
    assert now == seen and station.engine() == engine
    modes = {p.name: oct(p.stat().st_mode & 0o7777) for p in station.directory().iterdir()}
    assert modes["journal.jsonl"] == "0o640" and modes["helm.sock"] == "0o600" and modes["plan"] == "0o2750"
    assert station.directory().stat().st_gid == GID


def test_without_the_group_nothing_can_be_read(station: Station, database: Database, observer: Observer) -> None:
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    run = station.open(PLAN, SMALL_DSN=database.dsn)
    for arguments in (("status", run), ("watch", run, "--plain"), ("verify", run), ("do", run, "note", "x")):
        done = observer.virada(*arguments)
        assert done.code in (2, 5) and done.out == "" and "Traceback" not in done.err
    journal = str(station.directory() / "journal.jsonl")
    observer.virada("status", journal).expect(5)
    await_condition(lambda: station.engine() is not None, "the engine is undisturbed")
