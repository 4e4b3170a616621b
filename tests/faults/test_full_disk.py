"""The journal's disk is full: nothing further is executed, a rollback still can be; then there is room again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.station import Station, await_condition
from tests.postgres_server import Database

PLAN = Path(__file__).parent.parent / "acceptance" / "plans" / "small.yaml"
_TO_TABLE = "execute access\nsign agreed --note all\nexecute table\n"
_TO_ROWS = _TO_TABLE + "execute rows\n"


@pytest.fixture
def small_disk(station: Station) -> Iterator[Path]:
    """The station's state directory on a disk of 6 MB."""
    station.home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(station.home)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk of one's own can only be mounted by root, and not in every container")
    try:
        yield station.home
    finally:
        for process in list(station.processes()):
            process.kill()
        await_condition(lambda: subprocess.run(["umount", str(station.home)]).returncode == 0, "it is unmounted", 20)


def _fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast


def test_on_a_full_disk_only_a_rollback_is_executed(station: Station, database: Database, small_disk: Path) -> None:
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    station.open(PLAN, SMALL_DSN=database.dsn)
    station.virada("attach", "--plain", stdin=_TO_TABLE).expect()
    ballast = _fill(small_disk)
    refused = station.virada("do", "last", "execute", "rows")
    for _ in range(200):
        # What is left of the last page takes a few lines more.
        if refused.code != 0:
            break
        refused = station.virada("do", "last", "note", "x" * 400)
    assert refused.code in (1, 4, 5) and "Traceback" not in refused.err, refused.err
    rows = database.value("select count(*) from things")
    before = station.events()
    again = station.virada("do", "last", "execute", "slow")
    assert again.code != 0 and "Traceback" not in again.err
    assert database.value("select count(*) from things where id = 3") == 0, "it ran without a record of it"
    assert database.value("select count(*) from things") == rows
    assert len(station.events()) <= len(before) + 4
    answer = station.do("rollback", "--reason", "no room", "--confirm", "here")
    assert answer["status"] == "rolled_back"
    assert database.value("select to_regclass('things') is null")
    ballast.unlink()
    station.virada("verify", "last").expect(0)
    station.do("close")
    assert station.status()["status"] == "rolled_back"


def test_room_again_and_the_run_goes_on(station: Station, database: Database, small_disk: Path) -> None:
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean); insert into gate values (true)")
    station.open(PLAN, SMALL_DSN=database.dsn)
    station.virada("attach", "--plain", stdin=_TO_ROWS).expect()
    station.do("execute", "slow", "--no-wait")
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow")
    ballast = _fill(small_disk)
    with database.connect() as connection:
        connection.execute("delete from gate")
    # Its COMMIT may be sent only after that was recorded: with no room it is taken back instead.
    await_condition(
        lambda: database.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == 0, "it goes on"
    )
    committed = [e["type"] for e in station.events() if e["type"].startswith("tx.") and e["data"].get("step") == "slow"]
    there = database.value("select count(*) from things where id = 3")
    assert there == (1 if "tx.commit_sent" in committed else 0)
    ballast.unlink()
    if station.engine() is None:
        station.virada("continue", "last", "--plain").expect(0)
    station.wait_for(
        lambda e: e["type"] in ("step.passed", "step.cancelled", "step.failed") and e["data"]["step"] == "slow"
    )
    status = station.step("slow")["status"]
    there = database.value("select count(*) from things where id = 3")
    assert there == (1 if status == "passed" else 0)
    if status != "passed":
        again = "retry" if station.step("slow")["reason"] != "interrupted" else "execute"
        assert station.do(again, "slow")["status"] == "passed"
    assert database.value("select count(*) from things where id = 3") == 1
    station.virada("verify", "last").expect(0)
