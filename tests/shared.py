"""One PostgreSQL server of each major version for a whole run of the tests, shared by all its workers.

The process that began the run (pytest, or what hands work to its workers) has a name for a directory, which is made
when the first server is wanted; who needs a server that is not there starts it under a lock. At the run's end all are
removed: by the process that began it, or, when that was killed, by a guardian that waits for its end.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from msgspec import Struct

from tests import cluster
from tui.demo import DemoError, processes
from tui.demo.account import account, bases
from tui.demo.binaries import Binaries
from tui.demo.server import Server

_PREFIX = "virada-tests-"
# In the data directory, and gone with it: what a killed server leaves in /dev/shm nobody removes.
_ALL = {"dynamic_shared_memory_type": "mmap"}
_SETTINGS = {"max_connections": "150", "max_prepared_transactions": "20"}


class _Run(Struct):
    directory: Path | None = None
    owner: int = 0


_run = _Run()


def begin() -> None:
    """This process begins the run. Nothing is made yet."""
    fitting = bases(account())
    if fitting:
        _run.directory, _run.owner = fitting[0] / f"{_PREFIX}{secrets.token_hex(4)}", os.getpid()


def told() -> str:
    """What a worker needs for `join`."""
    return f"{_run.owner} {_run.directory or ''}"


def join(told: str) -> None:
    """This process is a worker of a run that another began."""
    owner, _, directory = told.partition(" ")
    _run.directory, _run.owner = Path(directory) if directory else None, int(owner)


def end() -> None:
    """Remove every server of the run that this process began."""
    if _run.owner == os.getpid() and _run.directory is not None:
        _remove(_run.directory)
        _run.directory = None


def directory() -> Path:
    """The run's own directory, which every account can pass through; gone at its end."""
    if _run.directory is None:
        # Outside pytest, as in a measurement.
        begin()
        atexit.register(end)
    if _run.directory is None:
        raise DemoError("no temporary directory fits")
    if not _run.directory.is_dir():
        _run.directory.mkdir(mode=0o711, exist_ok=True)
        _run.directory.chmod(0o711)
    return _run.directory


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """The run's directory, while no other process of the run does what is called so."""
    with (directory() / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory()


def server(binaries: Binaries) -> Server:
    """The run's server of that version, running; made by the first who asks.

    Every test asks: who has asked before only looks whether its first process lives."""
    place = directory() / str(binaries.version)
    known = _known.get(place)
    if known is not None and processes.alive(known.pid() or 0):
        return known
    _known[place] = _started(place, binaries)
    return _known[place]


_known: dict[Path, Server] = {}


def _started(place: Path, binaries: Binaries) -> Server:
    with alone(f"server-{binaries.version}") as run:
        _guard(run)
        if (place / "server.json").exists():
            found = Server.open(place)
        else:
            found = create(place, binaries, fsync=False, settings=_SETTINGS)
        found.start()
        return found


def create(
    directory: Path, binaries: Binaries, *, fsync: bool = True, settings: Mapping[str, str] | None = None
) -> Server:
    """As `Server.create`, in a tenth of its time: what initdb makes is copied, and gets an identity of its own."""
    return _Copied.create(directory, binaries, fsync=fsync, settings=_ALL | dict(settings or {}))


def template(binaries: Binaries) -> Path:
    """A data directory that initdb made, never started, the account's: made by the first of the run who asks."""
    with alone(f"template-{binaries.version}") as run:
        place = run / f"template-{binaries.version}"
        if not place.exists():
            making = run / f"making-{binaries.version}"
            Server.create(making, binaries)
            (making / "home" / "data").rename(place)
            shutil.rmtree(making)
        return place


class _Copied(Server):
    """A server whose cluster is a copy of the run's template."""

    def _initdb(self) -> None:
        source = template(Binaries(self.binaries.bindir, self.binaries.version))
        subprocess.run(["cp", "-a", source, self.data], check=True)
        cluster.give_identity(self.data)


def _guard(run: Path) -> None:
    """A process of its own session that outlives the run's owner for as long as it takes to remove what it left."""
    with alone("guardian") as run:
        mark = run / "guardian.pid"
        if not mark.exists():
            command = [sys.executable, "-m", "tests.shared", str(_run.owner), str(run)]
            root = Path(__file__).parents[1]
            null = subprocess.DEVNULL
            guardian = subprocess.Popen(
                command, cwd=root, start_new_session=True, stdin=null, stdout=null, stderr=null,
            )  # fmt: skip
            mark.write_text(str(guardian.pid))
            _guardians.append(guardian)


# Kept so that nobody warns about a process that is still running when its object goes.
_guardians: list[subprocess.Popen[bytes]] = []


def _remove(run: Path) -> None:
    """End every process of the run's servers, its guardian's included, and delete its directory."""
    try:
        guardian = int((run / "guardian.pid").read_text())
        if guardian != os.getpid():
            os.kill(guardian, signal.SIGKILL)
    except (OSError, ValueError):
        pass
    for guardian_here in _guardians:
        guardian_here.wait()
    _guardians.clear()
    for place in run.glob("*/server.json"):
        found = Server.open(place.parent)
        for process in processes.of_cluster(found.data):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
        free_memory(found)
        found.remove()
    shutil.rmtree(run, ignore_errors=True)


def free_memory(server: Server) -> None:
    """The System V segment that a killed server leaves; a kernel has 4096 of them, and no restart comes to take it."""
    try:
        _key, segment = (server.data / "postmaster.pid").read_text().splitlines()[6].split()
    except (OSError, IndexError, ValueError):
        return
    subprocess.run(["ipcrm", "-m", segment], capture_output=True)


def _watch(owner: int, run: Path) -> None:
    try:
        psutil.Process(owner).wait()
    except psutil.NoSuchProcess:
        pass
    _remove(run)


if __name__ == "__main__":
    _watch(int(sys.argv[1]), Path(sys.argv[2]))
