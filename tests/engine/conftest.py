"""PostgreSQL for the tests: `server` and `database` on the lowest major that is there, `each_*` on all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres_server
from tests.postgres_server import MAJORS, Database
from tui.demo.account import scratch_directory
from tui.demo.server import Server

_running: dict[int, Server] = {}
# Without any server the tests are there all the same, and skipped with the reason.
_majors: list[int | None] = [*sorted(MAJORS)]


@pytest.fixture(scope="session", autouse=True)
def _servers_end() -> Iterator[None]:
    """One server per worker and major, started on first use, removed with the worker."""
    yield
    for server in _running.values():
        postgres_server.remove(server)
    _running.clear()


def _server(major: int | None) -> Server:
    binaries = postgres_server.binaries_of(major)
    if binaries.version not in _running:
        directory = scratch_directory(postgres_server.PREFIX)
        settings = {"max_prepared_transactions": "10"}
        server = Server.create(directory, binaries, fsync=False, settings=settings)
        _running[binaries.version] = server
    _running[binaries.version].start()
    return _running[binaries.version]


@pytest.fixture
def server() -> Server:
    """The worker's running server. Tests that stop or kill one use `postgres_server.own_server`."""
    return _server(None)


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A fresh database with the sample application."""
    yield from _database(server, sample=True)


@pytest.fixture
def empty_database(server: Server) -> Iterator[Database]:
    """A fresh database with nothing in it."""
    yield from _database(server, sample=False)


@pytest.fixture(params=_majors or [None], ids=lambda major: f"pg{major}")
def major(request: pytest.FixtureRequest) -> int | None:
    """Every major version that is there, one after the other."""
    assert request.param is None or isinstance(request.param, int)
    return request.param


@pytest.fixture
def each_server(major: int | None) -> Server:
    """As `server`, on every major."""
    return _server(major)


@pytest.fixture
def each_database(each_server: Server) -> Iterator[Database]:
    """As `database`, on every major."""
    yield from _database(each_server, sample=True)


def _database(server: Server, *, sample: bool) -> Iterator[Database]:
    template = postgres_server.create_sample_template(server) if sample else "template0"
    made = postgres_server.create_database(server, template)
    yield made
    postgres_server.drop_database(made)
