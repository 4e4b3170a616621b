"""A primary with a standby, on sockets and on loopback, for tests that start, pause and copy servers of their own."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import postgres_server
from tests.engine.postgres.pgserver import Server
from tests.ports import free_port


class Node:
    """One running cluster: its data directory, its port, its socket's directory."""

    def __init__(self, server: Server, data: Path, port: int) -> None:
        self.server = server
        self.data = data
        self.port = port

    @property
    def socket(self) -> str:
        return str(self.server.home)

    @property
    def dsn(self) -> str:
        """Over TCP."""
        return f"host=127.0.0.1 port={self.port} dbname=postgres user=postgres"

    def run(self, statement: str, dbname: str = "postgres", **more: object) -> list[tuple[object, ...]]:
        where = {"host": self.socket, "port": self.port, "dbname": dbname, "user": "postgres", **more}
        with psycopg.connect(autocommit=True, **where) as connection:  # type: ignore[arg-type]
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description is not None else []

    def value(self, statement: str, dbname: str = "postgres", **more: object) -> object:
        return self.run(statement, dbname, **more)[0][0]

    def listens(self, address: str) -> bool:
        """Whether it is reached at this address."""
        try:
            socket.create_connection((address, self.port), 2).close()
        except OSError:
            return False
        return True

    def start(self, **settings: str) -> None:
        wanted = {**self.server.settings, "port": str(self.port), "listen_addresses": "'127.0.0.1,::1'", **settings}
        options = " ".join(f"-c {name}={value}" for name, value in wanted.items())
        log = self.server.home / f"{self.data.name}.log"
        self.server.run("pg_ctl", "-D", self.data, "-w", "-s", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self.server.run("pg_ctl", "-D", self.data, "-w", "-s", "-m", mode, "stop", check=False)

    def promote(self) -> None:
        self.server.run("pg_ctl", "-D", self.data, "-w", "-s", "promote")


@contextmanager
def primary(major: int | None = None, **settings: str) -> Iterator[Node]:
    """A server of its own; its copies lie beside it and end with it."""
    server = Server(postgres_server.binaries_of(major).bindir)
    node = Node(server, server.data, free_port())
    nodes.append(node)
    try:
        node.start(**settings)
        yield node
    finally:
        for other in [n for n in nodes if n.server is server]:
            other.stop()
            nodes.remove(other)
        server.remove()


nodes: list[Node] = []


def standby_of(node: Node, name: str = "standby") -> Node:
    """A streaming standby of it, started."""
    copy = copy_of(node, name)
    (copy.data / "standby.signal").touch()
    with (copy.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = 'host={node.socket} port={node.port} user=postgres'\n")
    copy.start()
    return copy


def copy_of(node: Node, name: str) -> Node:
    """A base backup of it, with its system identifier, not started."""
    data = node.server.home / name
    shutil.rmtree(data, ignore_errors=True)
    # Not with -R: a newer pg_basebackup may write options that the server's own libpq does not know.
    node.server.run(
        "pg_basebackup", "-h", node.socket, "-p", node.port, "-U", "postgres", "-D", data, "-X", "stream", "-c", "fast"
    )
    copy = Node(node.server, data, free_port())
    nodes.append(copy)
    return copy
