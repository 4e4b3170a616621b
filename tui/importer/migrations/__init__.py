"""A plan from a directory of migration scripts: Sqitch's, Flyway's, or numbered files."""

from __future__ import annotations

from pathlib import Path

from tui.importer.imported import Imported


def read_directory(directory: Path, *, language: str) -> Imported:
    """The plan of a directory's scripts; `language` is that of the sentences in it. Raises ImportFailed, OSError."""
    from tui.importer.migrations.drafted import drafted
    from tui.importer.migrations.flyway import is_flyway, read_flyway
    from tui.importer.migrations.numbered import read_numbered
    from tui.importer.migrations.scripts import Scripts
    from tui.importer.migrations.sqitch import is_sqitch, read_sqitch

    scripts = Scripts(directory)
    if is_sqitch(scripts):
        project = read_sqitch(scripts)
    elif is_flyway(scripts):
        project = read_flyway(scripts)
    else:
        project = read_numbered(scripts)
    return drafted(scripts, project, language)
