"""Fixtures that acceptance and fault tests share: a station, a server, a database for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres_server
from tests.acceptance.station import Station
from tests.postgres_server import Database
from tui.demo.server import Server


@pytest.fixture
def station() -> Iterator[Station]:
    with Station() as made:
        yield made


@pytest.fixture(scope="session")
def server() -> Server:
    """The server of all tests; whoever kills one uses `own_server`."""
    return postgres_server.shared_server()


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty database of the test's own."""
    made = postgres_server.create_database(server)
    yield made
    postgres_server.drop_database(made)
