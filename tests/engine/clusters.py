"""Clusters that take each other's place behind one address: copies, standbys, and servers that have nothing in common.

A data directory is copied from a template, so that a further cluster takes a tenth of a second.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.engine.postgres.pgserver import Server

DATABASE = "app"


class Address:
    """A socket, and the clusters that answer there one after the other; `first` is the one that a run begins with."""

    def __init__(self, bindir: Path, template: Path) -> None:
        self.bindir = bindir
        self._all: list[Server] = []
        self.first = self.made(template)
        self.answers: Server | None = None
        self.start()
        self.sql(f"create database {DATABASE}", database="postgres")

    @property
    def dsn(self) -> str:
        return self.first.dsn(DATABASE)

    def made(self, template: Path) -> Server:
        """A cluster of this data directory, which does not run."""
        server = Server(self.bindir, template)
        server.settings |= {"wal_level": "replica", "hot_standby": "on", "autovacuum": "off"}
        self._all.append(server)
        return server

    def start(self, server: Server | None = None, **settings: str) -> Server:
        """Have a cluster answer in the place of the one that does."""
        self.stop()
        server = server or self.first
        server.start(unix_socket_directories=f"'{self.first.home}'", **settings)
        self.answers = server
        return server

    def stop(self, mode: str = "fast") -> None:
        if self.answers is not None:
            server, self.answers = self.answers, None
            server.run("pg_ctl", "-D", server.data, "-w", "-s", "-m", mode, "stop")

    def copy(self) -> Server:
        """The first cluster's files as they are now; it is stopped for that and answers again."""
        answered = self.answers is not None
        self.stop()
        copied = self.made(self.first.data)
        if answered:
            self.start()
        return copied

    def standby(self) -> Server:
        """A copy that follows the first one, at an address of its own."""
        server = self.copy()
        signal = server.data / "standby.signal"
        signal.touch()
        if server.account is not None:
            shutil.chown(signal, server.account)
        return server.start(primary_conninfo=f"'host={self.first.home} user=postgres'")

    def promote(self, server: Server) -> None:
        """The first one is gone; what followed it answers, in a history of its own."""
        self.stop()
        server.run("pg_ctl", "-D", server.data, "-w", "-s", "promote")
        server.run("pg_ctl", "-D", server.data, "-w", "-s", "-m", "fast", "stop")
        self.start(server)

    def sql(self, text: str, database: str = DATABASE) -> None:
        """Statements in autocommit, one a line."""
        with psycopg.connect(self.first.dsn(database), autocommit=True) as connection:
            for line in text.strip().splitlines():
                connection.execute(line.encode())

    def value(self, text: str, database: str = DATABASE) -> object:
        with psycopg.connect(self.first.dsn(database), autocommit=True) as connection:
            row = connection.execute(text.encode()).fetchone()
        assert row is not None
        return row[0]

    def remove(self) -> None:
        for server in self._all:
            server.remove()


@contextmanager
def address(bindir: Path, template: Path) -> Iterator[Address]:
    """With a first cluster that answers."""
    made = Address(bindir, template)
    try:
        yield made
    finally:
        made.remove()
