"""Real sources of host figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.probes import parts
from tests.engine.probes.parts import Exporter, Sshd


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    """A running node_exporter."""
    yield from parts.exporters()


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    """A running sshd."""
    made = Sshd()
    try:
        yield made
    finally:
        made.remove()
