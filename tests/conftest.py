"""What every run of the tests has: servers that its workers share (`tests.shared`)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import shared


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", None)
    if worker is None:
        shared.begin()
    else:
        shared.join(worker["virada_servers"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """What pytest-xdist's worker is told."""
    node.workerinput["virada_servers"] = shared.told()


def pytest_unconfigure() -> None:
    shared.end()
