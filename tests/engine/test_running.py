"""Whether an engine is at work, for those who may ask its lock and for those who may not: nothing is guessed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from msgspec import structs

from tui import processid
from tui.engine import lock
from tui.engine import running as module
from tui.engine.lock import EngineFacts, EngineLock
from tui.engine.running import engine_seen
from tui.runs.paths import RunPaths, create_run_directory

ENGINE = """
import json, sys, time
from pathlib import Path
from tui.engine.lock import EngineLock
from tui.engine.running import identity
from tui.runs.paths import RunPaths
lock = EngineLock.acquire(RunPaths(Path(sys.argv[1])))
print(json.dumps(identity()), flush=True)
sys.stdin.read()
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunPaths:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    paths = create_run_directory("20261122T060300Z-7f3a")
    paths.journal.write_bytes(b"")
    paths.helm_socket.touch()
    return paths


@contextmanager
def engine(run: RunPaths) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(run.directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock may not be opened, as by another account."""
    monkeypatch.setattr(module, "engine_facts", lambda paths: EngineFacts())


def test_who_may_not_open_the_lock_finds_the_process(run: RunPaths, closed: None) -> None:
    with engine(run) as (process, told):
        found = engine_seen(run, told)
        assert (found.alive, found.pid, found.host) == (True, process.pid, os.uname().nodename)
        process.send_signal(signal.SIGKILL)
        # Nobody has reaped it yet: it is there as a number, and gone.
        deadline = time.monotonic() + 10
        while engine_seen(run, told).alive is not False:
            assert time.monotonic() < deadline
        assert process.returncode is None
        process.wait()
        assert engine_seen(run, told).alive is False


def test_a_number_that_is_another_processs_by_now_is_no_engine(run: RunPaths, closed: None) -> None:
    mine = module.identity()
    assert engine_seen(run, mine).alive is True
    assert engine_seen(run, mine | {"start_time": mine["start_time"] - 1}).alive is False


def test_a_host_that_was_booted_again_has_no_engine_of_before(run: RunPaths, closed: None) -> None:
    mine = module.identity()
    assert engine_seen(run, mine | {"boot_id": "another"}).alive is False


def test_a_socket_taken_along_tells_of_an_engine_that_ended_in_order(run: RunPaths, closed: None) -> None:
    run.helm_socket.unlink()
    elsewhere = module.identity() | {"host": "db2", "boot_id": "another"}
    assert engine_seen(run, elsewhere).alive is None, "one that just begins has none yet"
    os.utime(run.journal, (time.time() - 60, time.time() - 60))
    assert engine_seen(run, elsewhere).alive is False


@pytest.mark.parametrize(
    "told",
    [
        {"host": "db2", "boot_id": "another"},
        {"pid_namespace": "pid:[1]"},
        {"start_time": None},
        {"boot_id": None},
        {"boot_id": None, "host": "db2"},
    ],
    ids=["another host", "another namespace", "no start time", "no boot", "neither"],
)
def test_what_cannot_be_known_is_not_said(run: RunPaths, closed: None, told: dict[str, Any]) -> None:
    # Of a version that has not written all of it down, of a container, of another machine.
    found = engine_seen(run, module.identity() | told)
    assert found.alive is None
    assert found.host == told.get("host", os.uname().nodename)
    assert engine_seen(run, {}).alive is None


def test_closed_processes_are_not_taken_for_ended_ones(
    run: RunPaths, closed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(path: str, mode: str) -> BinaryIO:
        raise FileNotFoundError(path)

    with engine(run) as (process, told):
        monkeypatch.setattr(processid, "open", hidden, raising=False)
        assert engine_seen(run, told).alive is None, "its number is somebody's; whose is not told"
        process.kill()
        process.wait()
        assert engine_seen(run, told).alive is False


def test_a_free_lock_of_another_machines_engine_says_nothing(run: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    with EngineLock.acquire(run):
        assert engine_seen(run).alive is True
    assert engine_seen(run).alive is False
    here = lock.this_process()
    for changes, alive in (
        ({"boot_id": "another", "host": "jump2"}, None),
        ({"boot_id": "another"}, False),
        ({"host": "jump2"}, False),
    ):
        monkeypatch.setattr(module, "this_process", lambda changes=changes: structs.replace(here, **changes))
        assert engine_seen(run).alive is alive, changes
