"""What tests of acceptance start with; everything in this directory drives the installed command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ram
from tests.acceptance.observer import Observer
from tests.acceptance.servers import database, server, station

__all__ = ["database", "server", "station"]


@pytest.fixture(scope="session")
def account() -> Iterator[Observer]:
    """Another account, with what it needs to run `virada`."""
    with tempfile.TemporaryDirectory(prefix="va-observer-", dir=ram.place()) as name:
        Path(name).chmod(0o755)
        yield Observer.make(Path(name) / "copy")


_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.acceptance)
