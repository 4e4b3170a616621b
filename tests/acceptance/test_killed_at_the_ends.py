"""Killed while a run opens, and just after it was closed: the account's next command works, and clears away."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.station import Station, await_condition
from tests.postgres_server import Database, alive

SMALL = Path(__file__).parent / "plans" / "small.yaml"
PLAN = """
virada: 1
name: ends
targets: {here: {environment: development, dsn: "${ENDS_DSN}", server_log: none}}
phases: [{title: A, sections: [{title: A, steps: [{id: x, title: X, command: [echo, hello]}]}]}]
"""


@pytest.fixture
def mute() -> Iterator[str]:
    """A server that takes connections and says nothing: opening a run on it lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"host=127.0.0.1 port={listener.getsockname()[1]} connect_timeout=60 dbname=x user=x"


@pytest.fixture
def plan(station: Station) -> Path:
    path = station.root / "ends.yaml"
    path.write_text(PLAN)
    return path


def test_killed_while_opening(station: Station, plan: Path, mute: str) -> None:
    started = station.start("run", str(plan), "--detach", env={"ENDS_DSN": mute})
    runs = station.home / "runs"
    await_condition(lambda: any(runs.glob("*/engine.lock")), "it opens")
    begun, engine = station.directory(), station.engine()
    assert engine is not None
    started.kill()
    started.communicate()
    # Its engine is still about to open it, so nobody takes it for one that was left.
    assert "No run has opened" in station.virada("runs").expect(0).out
    assert (begun / "opening.json").exists() and alive(engine)
    station.kill_engine(begun.name)
    assert "There is no run" in station.virada("do", "last", "note", "x").expect(2).err
    assert not begun.exists()


def test_killed_just_after_closing(station: Station, plan: Path, database: Database) -> None:
    station.virada("run", str(plan), "--headless", env={"ENDS_DSN": database.dsn}).expect(0)
    station.kill_engine(number=signal.SIGKILL)
    directory = station.directory()
    assert station.events()[-1]["type"] == "run.closed"
    # As a program's keeper leaves it when everything dies in the same instant.
    (directory / "output" / ".x.1.raw").write_text("unredacted")
    assert (directory / ".reserve").exists() and (directory / "helm.sock").exists()
    assert station.status()["status"] == "completed"
    left = {path.name for path in directory.rglob("*") if path.name.startswith(".") or path.suffix == ".sock"}
    assert left == set()
