"""Servers for the tests beside this file: every supported major version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import Server
from tests.postgres_server import SUPPORTED, binaries_of


@pytest.fixture(scope="session", params=SUPPORTED, ids=lambda major: f"pg{major}")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server shared by the tests of a version."""
    server = Server(binaries_of(request.param).bindir)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="session")
def template(server: Server) -> Iterator[Path]:
    """A data directory to copy: the shared server's version, freshly made and never started."""
    fresh = Server(server.bindir)
    try:
        yield fresh.data
    finally:
        fresh.remove()


@pytest.fixture
def own(server: Server, template: Path) -> Iterator[Server]:
    """A server of the test's own, not started, which it may crash."""
    mine = Server(server.bindir, template)
    try:
        yield mine
    finally:
        mine.remove()


@pytest.fixture
def database(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an empty database on the shared server."""
    name = "t_" + "".join(c if c.isalnum() else "_" for c in request.node.originalname)[:40]
    psql = (
        "psql",
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        server.home,
        "-U",
        "postgres",
        "-d",
        "postgres",
    )
    server.run(*psql, "-c", f"drop database if exists {name} with (force)")
    server.run(*psql, "-c", f"create database {name} template template0")
    yield name
    server.run(*psql, "-c", f"drop database {name} with (force)")
