from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.locale import use

from .desk import Desk


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    use("en")
    yield
    use()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
