"""A plan from a directory of migration scripts: Sqitch's, Flyway's, or numbered files."""

from __future__ import annotations

from pathlib import Path

from tui.importer.imported import Imported, ImportFailed
from tui.said import Said


def read_directory(directory: Path, *, language: str) -> Imported:
    """The plan of a directory's scripts; `language` is that of the sentences in it. Raises ImportFailed, OSError."""
    raise ImportFailed(Said("{directory} holds no migration scripts that are known.", directory=str(directory)))
