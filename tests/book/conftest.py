from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests import postgres_server
from tests.acceptance.station import Station
from tests.book.shell import Shell
from tests.postgres_server import Database
from tui.demo.server import Server

THEIRS = ("shop", "shop_staging", "shop_copy")
"""Databases that the pages make."""


@pytest.fixture(scope="module")
def server() -> Server:
    return postgres_server.shared_server()


@pytest.fixture
def shell(server: Server) -> Iterator[Shell]:
    """A terminal in which nothing was typed yet."""
    database = Database(server, "postgres")
    drop(database)
    with Station() as station:
        made = Shell(station, database)
        try:
            yield made
        finally:
            made.close()
    drop(database)


def drop(database: Database) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for name in THEIRS:
            connection.execute(f"drop database if exists {name} with (force)".encode())
