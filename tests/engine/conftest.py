"""PostgreSQL for the tests: `server` and `database` on one major version, `each_*` on all that are supported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres_server
from tests.postgres_server import TRIED, Database
from tui.demo.server import Server


@pytest.fixture
def server() -> Server:
    """The running server of all tests. Tests that stop or kill one use `postgres_server.own_server`."""
    return postgres_server.shared_server()


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A fresh database with the sample application."""
    yield from _database(server, sample=True)


@pytest.fixture
def empty_database(server: Server) -> Iterator[Database]:
    """A fresh database with nothing in it."""
    yield from _database(server, sample=False)


@pytest.fixture(params=TRIED, ids=lambda major: f"pg{major}")
def major(request: pytest.FixtureRequest) -> int:
    """Every version that is tried, one after the other; those that are not here are skipped and named."""
    assert isinstance(request.param, int)
    return request.param


@pytest.fixture
def each_server(major: int) -> Server:
    """As `server`, on every major."""
    return postgres_server.shared_server(major)


@pytest.fixture
def each_database(each_server: Server) -> Iterator[Database]:
    """As `database`, on every major."""
    yield from _database(each_server, sample=True)


def _database(server: Server, *, sample: bool) -> Iterator[Database]:
    template = postgres_server.create_sample_template(server) if sample else "template0"
    made = postgres_server.create_database(server, template)
    yield made
    postgres_server.drop_database(made)
