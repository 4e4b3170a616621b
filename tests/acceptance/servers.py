"""Fixtures that acceptance and fault tests share: a station, a server for the session, a database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres_server
from tests.acceptance.station import Station
from tests.postgres_server import Database
from tui.demo.account import scratch_directory
from tui.demo.server import Server


@pytest.fixture
def station() -> Iterator[Station]:
    with Station() as made:
        yield made


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server for the session's tests; whoever kills one uses `own_server`."""
    binaries = postgres_server.binaries_of()
    made = Server.create(scratch_directory(postgres_server.PREFIX), binaries, fsync=False)
    try:
        made.start()
        yield made
    finally:
        postgres_server.remove(made)


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty database of the test's own."""
    made = postgres_server.create_database(server)
    yield made
    postgres_server.drop_database(made)
