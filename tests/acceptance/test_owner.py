"""Another account's run in a shared state directory: nothing of it is executed by whoever commands there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.observer import GID, UID, Observer
from tests.acceptance.planted import LAST, marker_of, plant, share
from tests.acceptance.station import Done, Station
from tests.postgres_server import Database

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can put down what belongs to another account")
LINE = f"sudo -u nobody virada continue {LAST}"


@pytest.fixture
def home(station: Station) -> Path:
    share(station.home, GID)
    return station.home


def as_root(observer: Observer, *arguments: str, **variables: str) -> Done:
    """Root's command from an installation that the other account can execute, too."""
    env = {**observer.env, **variables}
    done = subprocess.run(
        [*observer.argv, *arguments], env=env, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=90,
    )  # fmt: skip
    return Done(arguments, done.returncode, done.stdout, done.stderr)


def test_a_planted_run_is_never_taken_up(station: Station, home: Path) -> None:
    planted = plant(home, (UID, GID))
    for arguments in (
        ("do", "last", "execute", "x"), ("attach", "last", "--plain"), ("continue", "last", "--headless"),
        ("continue", LAST, "--headless"),
    ):  # fmt: skip
        done = station.virada(*arguments).expect(5)
        assert done.out == "" and LINE in done.err
    refused = station.do("note", "x", code=5)["refused"]
    assert refused["code"] == "not-permitted" and LINE in refused["message"]
    assert not marker_of(home).exists() and not planted.engine_lock.exists()
    # Whoever looks on may.
    assert station.status(LAST)["id"] == LAST
    station.virada("verify", LAST).expect(0)
    assert [run["id"] for run in station.virada("runs", "--json").expect(0).json] == [LAST]


def test_root_has_it_gone_on_with_under_its_owners_account(
    station: Station, home: Path, account: Observer, database: Database
) -> None:
    """Never as root, and with nothing of root's environment; the owner's own command does the same."""
    plant(home, (UID, GID), dsn=database.dsn)
    root = account.at(station)
    done = as_root(
        root, "continue", LAST, "--owner", "nobody", "--headless", PGPASSWORD="root's", SECRET_OF_ROOT="root's",
        VIRADA_KEYS="root's", HOME="/root",
    )  # fmt: skip
    assert done.code == 6, done.err
    marker = marker_of(home)
    assert marker.stat().st_uid == UID
    *variables, uid = marker.read_text().splitlines()
    assert uid == str(UID)
    assert not [line for line in variables if "root's" in line or line == "HOME=/root"]
    recovered = station.wait_for("run.recovered", LAST)
    assert recovered["data"]["engine"]["account"] == "nobody"
    assert recovered["data"]["engine"]["by"].startswith("root (declared by nobody@")
    as_root(root, "do", LAST, "note", "seen", "--owner", "nobody").expect(0)
    noted = station.wait_for("note.added", LAST)
    assert noted["by"].startswith("root@"), "the kernel knows who asks"
    as_root(root, "do", LAST, "note", "seen").expect(5)
    root.virada("do", LAST, "sign", "y", "--note", "mine").expect(0)
    owned = {path.stat().st_uid for path in [*(home / "runs" / LAST).rglob("*")]}
    assert owned == {UID}, "root has written nothing there"
