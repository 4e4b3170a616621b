"""PostgreSQL for the tests: `server` and `database` on one major version, `each_*` on all that are supported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres_server
from tests.postgres_server import Database, versions_of
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On every version that is tried; what takes long (`long.txt`) on some of them."""
    if "major" in metafunc.fixturenames:
        majors = versions_of(metafunc.definition)
        metafunc.parametrize("major", majors, indirect=True, ids=lambda major: f"pg{major}")


@pytest.fixture
def major(request: pytest.FixtureRequest) -> int:
    """A version; those that are not here are skipped and named."""
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


@pytest.fixture
def each_empty_database(each_server: Server) -> Iterator[Database]:
    """As `empty_database`, on every major."""
    yield from _database(each_server, sample=False)


def _database(server: Server, *, sample: bool) -> Iterator[Database]:
    template = postgres_server.create_sample_template(server) if sample else "template0"
    made = postgres_server.create_database(server, template)
    yield made
    postgres_server.drop_database(made)
