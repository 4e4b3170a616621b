"""A server of a module's own, for tests that set what a whole server has, read its log or stop its processes: on one
that is shared others would meet that. Import both names into the module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres_server
from tests.postgres_server import Database
from tui.demo.server import Server


@pytest.fixture(scope="module")
def alone() -> Iterator[Server]:
    """The module's server."""
    with postgres_server.own_server() as server:
        yield server


@pytest.fixture
def empty_database(alone: Server) -> Iterator[Database]:
    """A fresh database with nothing in it, on that server."""
    made = postgres_server.create_database(alone)
    yield made
    postgres_server.drop_database(made)
