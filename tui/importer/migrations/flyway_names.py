"""How Flyway reads the name of a file: prefix, version, separator, description, suffix."""

from __future__ import annotations

import posixpath
import re
from typing import Final, Literal, NamedTuple

from tui.importer.migrations.flyway_settings import FlywaySettings

Version = tuple[int, ...]
Kind = Literal["versioned", "undo", "baseline", "repeatable"]
_VERSION: Final = re.compile(r"\d+(?:[._]\d+)*")
CODE: Final = (".java", ".kt", ".groovy", ".class", ".py", ".sh", ".ps1", ".bat", ".cmd", ".bash")
"""Migrations in a programming language, as far as files tell."""


class FlywayName(NamedTuple):
    """`version` as it is written, empty for a repeatable one; `about` with blanks for underscores, as Flyway compares
    it, and `written` as it stands; `suffix` as it stands."""

    kind: Kind
    version: str
    about: str
    written: str
    suffix: str


def version_of(text: str) -> Version:
    """A version to be compared: its numbers without trailing zeros, for 1.0 is 1, and 1.10 comes behind 1.9."""
    numbers = [int(number) for number in re.split(r"[._]", text)]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


class FlywayNames:
    """The names of a project, by its settings."""

    def __init__(self, settings: FlywaySettings) -> None:
        self.separator = settings.get("sqlMigrationSeparator", "__")
        suffixes = settings.get("sqlMigrationSuffixes", ".sql").split(",")
        self.suffixes = [suffix.strip() for suffix in suffixes if suffix.strip()]
        prefixes: list[tuple[str, Kind]] = [
            (settings.get("sqlMigrationPrefix", "V"), "versioned"),
            (settings.get("undoSqlMigrationPrefix", "U"), "undo"),
            (settings.get("baselineMigrationPrefix", "B"), "baseline"),
            (settings.get("repeatableSqlMigrationPrefix", "R"), "repeatable"),
        ]
        self.prefixes = sorted(prefixes, key=lambda prefix: -len(prefix[0]))

    def read(self, name: str) -> FlywayName | None:
        """None for a name that is none of Flyway's: it passes over such a file."""
        base = posixpath.basename(name)
        for suffix in (*self.suffixes, *CODE):
            if base.lower().endswith(suffix.lower()):
                return self._read(base[: -len(suffix)], base[-len(suffix) :])
        return None

    def _read(self, stem: str, suffix: str) -> FlywayName | None:
        for prefix, kind in self.prefixes:
            if stem.startswith(prefix):
                version, _separator, about = stem.removeprefix(prefix).partition(self.separator)
                fits = version == "" if kind == "repeatable" else _VERSION.fullmatch(version) is not None
                there = fits and stem != prefix
                return FlywayName(kind, version, about.replace("_", " "), about, suffix) if there else None
        return None
