"""Servers for the tests beside this file: every supported major version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import shared
from tests.engine.postgres.pgserver import Server
from tests.postgres_server import binaries_of, create_database, drop_database, shared_server, versions_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """On every version; tests with a server of their own, which take longer, on some of them."""
    if "server" in metafunc.fixturenames:
        own = {"own", "template"} & set(metafunc.fixturenames)
        majors = versions_of(metafunc.definition, long=bool(own))
        metafunc.parametrize("server", majors, indirect=True, scope="session", ids=lambda major: f"pg{major}")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """The running server of a version, which all tests share."""
    found = shared_server(request.param)
    return Server(found.binaries.bindir, shared=found)


@pytest.fixture(scope="session")
def template(server: Server) -> Path:
    """A data directory to copy: of the same version, freshly made and never started."""
    return shared.template(binaries_of(server.version))


@pytest.fixture
def own(server: Server) -> Iterator[Server]:
    """A server of the test's own, of the same version, not started, which it may crash."""
    mine = Server(server.bindir)
    try:
        yield mine
    finally:
        mine.remove()


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an empty database on the shared server."""
    made = create_database(shared_server(request.node.callspec.params["server"]))
    yield made.name
    drop_database(made)
