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
    # What is left of the journal's last page takes a few lines more.
    for _ in range(100):
        refused = station.virada("do", "last", "note", "x" * 400)
        if refused.code != 0:
            break
    assert refused.code == 5 and "room" in refused.err, refused.err
    for command in (
        ("execute", "rows"),
        ("run-to", "verify"),
        ("undo", "table", "--confirm", "here"),
        ("skip", "rows", "--reason", "x"),
    ):
        done = station.virada("do", "last", *command, "--no-wait").expect(5)
        assert "room" in done.err
    assert database.value("select count(*) from things") == 0, "it ran without a record of it"
    assert [e for e in station.events() if e["data"].get("step") == "rows"] == []
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
    there = database.value("select count(*) from things where id = 3")
    recorded = [e["type"] for e in station.events() if e["data"].get("step") == "slow"]
    assert there == 0 or "tx.commit_sent" in recorded, "it was committed without a record of it"
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


def test_a_step_that_found_no_room_for_its_records_can_be_rolled_back(
    station: Station, database: Database, small_disk: Path
) -> None:
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean); insert into gate values (true)")
    station.open(PLAN, SMALL_DSN=database.dsn)
    station.virada("attach", "--plain", stdin=_TO_ROWS).expect()
    station.do("execute", "slow", "--no-wait")
    station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "slow")
    ballast = _fill(small_disk)
    # What a long line leaves of the journal's last page may still hold a short one, and with it a record.
    for size in (400, 40, 1):
        for _ in range(100):
            if station.virada("do", "last", "note", "x" * size).code != 0:
                break
    with database.connect() as connection:
        connection.execute("delete from gate")
    await_condition(
        lambda: database.value("select count(*) from pg_stat_activity where application_name like '%slow%'") == 0,
        "the session of the step ends",
    )
    assert database.value("select count(*) from things where id = 3") == 0, "it was committed without a record of it"
    assert station.do("rollback", "--reason", "no room", "--confirm", "here")["status"] == "rolled_back"
    assert database.value("select to_regclass('things') is null")
    ballast.unlink()
    station.virada("verify", "last").expect(0)
