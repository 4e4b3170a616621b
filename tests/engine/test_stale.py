"""What killed engines and commands leave of this account's runs: cleared away by the next command, and nothing else."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tui.engine.lock import EngineLock
from tui.engine.process.stale import clear
from tui.files import open_or_create
from tui.helm.socket import listen
from tui.journal.writer import reserve_path
from tui.runs import opening
from tui.runs.paths import RunNotFound, RunPaths, create_run_directory, find_run

OLD, NEW = "20261122T060300Z-7f3a", "20261123T060300Z-0001"
OPENED, CLOSED = b'{"seq":0,"type":"run.opened"}\n', b'{"seq":1,"type":"run.closed"}\n'
RAW = (".x.1.raw", ".x.1.raw.status", ".y.2.private/pg_service.conf")


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    above = Path(tempfile.mkdtemp(prefix="virada-remains-"))
    monkeypatch.setenv("VIRADA_HOME", str(above / "state"))
    yield above / "state"
    shutil.rmtree(above)


def run(id: str, *lines: bytes) -> RunPaths:
    paths = create_run_directory(id)
    os.close(open_or_create(paths.journal, 0o640))
    paths.journal.write_bytes(b"".join(lines))
    return paths


def _begun(*names: str, journal: bytes | None = None) -> RunPaths:
    """A directory as it is when whoever opened the run was killed, after these files were there."""
    paths = create_run_directory(NEW)
    for name in names:
        path = paths.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    if journal is not None:
        paths.journal.write_bytes(journal)
    return paths


KILLED: dict[str, Callable[[], RunPaths]] = {
    "the directory alone": _begun,
    "what it is opened with": lambda: _begun("opening.json"),
    "the plan half frozen": lambda: _begun("opening.json", "plan/plan.yaml"),
    "the engine started": lambda: _begun("opening.json", "plan/plan.yaml", "plan/SEAL", "engine.log", "engine.lock"),
    "an empty journal": lambda: _begun("opening.json", "plan/SEAL", "engine.lock", ".reserve", journal=b""),
    "half a line": lambda: _begun("opening.json", "plan/SEAL", "engine.lock", ".reserve", journal=OPENED[:-9]),
}


@pytest.mark.parametrize("when", KILLED)
def test_a_directory_in_which_no_run_opened_is_no_run_and_is_cleared_away(when: str) -> None:
    before = run(OLD, OPENED)
    paths = KILLED[when]()
    assert find_run("last") == find_run(None) == find_run("last", own=True) == before
    clear()
    assert not paths.directory.exists() and before.journal.read_bytes() == OPENED
    shutil.rmtree(before.directory)
    KILLED[when]()
    for own in (True, False):
        with pytest.raises(RunNotFound, match="There is no run"):
            find_run("last", own=own)


@pytest.mark.parametrize("when", KILLED)
def test_where_a_run_is_being_opened_nothing_is_touched(when: str) -> None:
    paths = KILLED[when]()
    held = opening.hold(paths)
    names = sorted(paths.directory.rglob("*"))
    clear()
    assert sorted(paths.directory.rglob("*")) == names
    os.close(held)
    clear()
    assert not paths.directory.exists()


def test_an_engine_that_was_started_by_itself_is_not_disturbed() -> None:
    paths = _begun("opening.json")
    with EngineLock.acquire(paths):
        clear()
        assert opening.file_of(paths).exists()


@pytest.mark.parametrize(
    "names",
    [
        ("opening.json", "output/x.1"), ("opening.json", "artifacts/manifest.json"), ("opening.json", "notes.txt"),
        ("engine.lock", "engine.log"), ("plan/plan.yaml",), ("output/x.1",), ("keyframes.jsonl",), ("dump",),
    ],
    ids=str,
)  # fmt: skip
def test_what_somebody_could_miss_stays(names: tuple[str, ...]) -> None:
    """A journal that was moved away, or lost: what lies there is not of a run that never opened."""
    paths = _begun(*names)
    clear()
    left = {str(path.relative_to(paths.directory)) for path in paths.directory.rglob("*") if path.is_file()}
    assert left == set(names)


def test_the_directory_is_cleared_away_before_it_is_held() -> None:
    """Whoever has made it makes another one."""
    paths = create_run_directory(NEW)
    clear()
    with pytest.raises(opening.Gone):
        opening.hold(paths)


def test_the_directory_is_cleared_away_while_the_lock_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = create_run_directory(NEW)
    lock = fcntl.flock

    def meanwhile(fd: int, how: int) -> None:
        shutil.rmtree(paths.directory)
        lock(fd, how)

    monkeypatch.setattr(fcntl, "flock", meanwhile)
    with pytest.raises(opening.Gone):
        opening.hold(paths)


def _left(paths: RunPaths, *marks: str) -> None:
    for name in RAW:
        path = paths.output / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("a password, unredacted")
    (paths.output / "x.1").write_text("redacted")
    if "reserve" in marks:
        reserve_path(paths.journal).write_bytes(b"\0" * 100)
    if "socket" in marks:
        listen(paths.helm_socket).close()


@pytest.mark.parametrize("marks", [("reserve", "socket"), ("reserve",), ("socket",)], ids=str)
def test_what_was_for_the_engine_of_a_closed_run_alone_is_removed(marks: tuple[str, ...]) -> None:
    paths = run(OLD, OPENED, CLOSED)
    _left(paths, *marks)
    with EngineLock.acquire(paths):
        clear()
        assert all((paths.output / name).exists() for name in RAW), "its engine is still at it"
    clear()
    names = {path.name for path in paths.directory.rglob("*")}
    assert names == {"plan", "output", "artifacts", "journal.jsonl", "engine.lock", "x.1"}


@pytest.mark.parametrize("last", [b"", b'{"seq":1,"type":"note.added"}\n', CLOSED[:-1], b"\xff\n"], ids=str)
def test_of_an_open_run_its_next_engine_needs_all(last: bytes) -> None:
    paths = run(OLD, OPENED, last)
    _left(paths, "reserve", "socket")
    before = sorted(paths.directory.rglob("*"))
    clear()
    assert sorted(paths.directory.rglob("*")) == before


def test_what_an_opened_run_was_opened_with_goes() -> None:
    """Killed between the journal's first line and its removal."""
    paths = run(OLD, OPENED)
    opening.file_of(paths).write_text("{}")
    clear()
    assert not opening.file_of(paths).exists() and paths.journal.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can put down what belongs to another account")
def test_others_clear_away_their_own() -> None:
    closed, begun = run(OLD, OPENED, CLOSED), _begun("opening.json")
    _left(closed, "reserve", "socket")
    for paths in (closed, begun):
        os.chown(paths.directory, 65534, 65534)
    clear()
    assert begun.directory.exists() and all((closed.output / name).exists() for name in RAW)
