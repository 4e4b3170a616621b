from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.engine.lock import EngineLock, EngineRunning, engine_alive, engine_facts, this_process
from tui.runs.paths import RunPaths, create_run_directory

ENGINE = """
import subprocess, sys
from pathlib import Path
from tui.engine.lock import EngineLock
from tui.runs.paths import RunPaths
lock = EngineLock.acquire(RunPaths(Path(sys.argv[1])))
child = subprocess.Popen(["sleep", "60"], close_fds=False) if len(sys.argv) > 2 else None
print(child.pid if child else 0, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunPaths:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    return create_run_directory("20261122T060300Z-7f3a")


@contextmanager
def engine(run: RunPaths, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", ENGINE, str(run.directory), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()


def test_no_engine_yet(run: RunPaths) -> None:
    assert engine_alive(run) is False
    assert engine_facts(run).pid is None
    assert not run.engine_lock.exists()


def test_two_processes_exclude_each_other(run: RunPaths) -> None:
    with engine(run) as (process, _):
        with pytest.raises(EngineRunning, match=f"Process {process.pid} on"):
            EngineLock.acquire(run)
        facts = engine_facts(run)
        assert (facts.pid, facts.alive, facts.host) == (process.pid, True, os.uname().nodename)
        assert stat.S_IMODE(run.engine_lock.stat().st_mode) == 0o600


def test_kill_9_frees_the_run_though_its_child_lives(run: RunPaths) -> None:
    with engine(run, "with a child") as (process, child):
        try:
            process.send_signal(signal.SIGKILL)
            process.wait()
            facts = engine_facts(run)
            assert (facts.pid, facts.alive) == (process.pid, False)
            with EngineLock.acquire(run) as lock:
                assert lock.held
                mine = engine_facts(run)
                assert (mine.pid, mine.start_time, mine.boot_id, mine.alive) == (
                    os.getpid(),
                    this_process().start_time,
                    this_process().boot_id,
                    True,
                )
            assert not lock.held
            assert engine_alive(run) is False
        finally:
            os.kill(child, signal.SIGKILL)


def test_asking_never_makes_a_start_fail(run: RunPaths) -> None:
    EngineLock.acquire(run).release()
    stop = threading.Event()
    asked = []

    def ask() -> None:
        while not stop.is_set():
            asked.append(engine_alive(run))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(300):
            EngineLock.acquire(run).release()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(asked) > 3
    assert None not in asked


def test_a_damaged_lock_file_says_nothing_and_locks_all_the_same(run: RunPaths) -> None:
    run.engine_lock.write_bytes(b"\xff{")
    assert engine_facts(run).pid is None
    with EngineLock.acquire(run):
        assert engine_facts(run).pid == os.getpid()
        with pytest.raises(EngineRunning):
            EngineLock.acquire(run)


def test_a_link_is_no_lock(run: RunPaths, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    run.engine_lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        EngineLock.acquire(run)
    assert engine_alive(run) is None
