"""Checklists and plans for the tests of imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.plan.loader import Loaded, load
from tui.said import Said
from tui.steps.registry import KINDS


def say(said: Said, _language: str) -> str:
    """English, whatever is asked for."""
    return str(said)


class ImportDesk:
    """Where plans are written and read again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def load(self, text: str) -> Loaded:
        path = self.directory / "plan.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        return load(path, KINDS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> ImportDesk:
    return ImportDesk(tmp_path_factory.mktemp("plans"))
