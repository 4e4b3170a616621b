"""What tests of faults start with; everything in this directory drives the installed command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.servers import database, server, station

__all__ = ["database", "server", "station"]
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.acceptance)
