"""The files below a directory: which there are, their texts, and what became of each of them."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tui.files import open_regular, permissions
from tui.importer.imported import ImportFailed
from tui.plan.files import why
from tui.said import Said
from tui.sql.psql_files import FileRefused

MOST: Final = 20_000
"""Files below one directory; beyond that it is no directory of migrations."""
LARGEST: Final = 64 << 20
"""Bytes of one script."""


class Scripts:
    """`names`: every regular file by its name relative to the directory, sorted. A name in the plan has `prefix` before
    it, so that files which lie beside the plan are named where they lie."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._root = directory.resolve()
        self.prefix = _prefix(directory)
        self.names: list[str] = []
        self.passed_over: list[str] = []
        self.left: dict[str, Said] = {}
        """Why a file is no part of the plan, by name."""
        self.taken: dict[str, bytes] = {}
        """Files that join the plan, by name."""
        self.modes: dict[str, int] = {}
        """The permissions of a copy of each file that was read, by name."""
        self._raw: dict[str, bytes] = {}
        self._walk(directory, "")
        self.names.sort()

    def planned(self, name: str) -> str:
        """A file's name in the plan."""
        return self.prefix + name

    def raw(self, name: str) -> bytes:
        """A file's bytes. Raises ImportFailed for one that cannot be read."""
        if name not in self._raw:
            path = self.directory / name
            try:
                with os.fdopen(open_regular(path, follow=True), "rb") as file:
                    found = os.fstat(file.fileno())
                    if found.st_size > LARGEST:
                        raise ImportFailed(Said("{file} is too large for a script.", file=str(path)))
                    self._raw[name] = file.read()
                    self.modes[name] = permissions(found)
            except OSError as error:
                raise ImportFailed(Said("{file}: {reason}.", file=str(path), reason=why(error))) from error
        return self._raw[name]

    def text(self, name: str) -> str | None:
        """A script's text; None for one that is not UTF-8. A byte order mark stays."""
        try:
            return self.raw(name).decode("utf-8")
        except UnicodeDecodeError:
            return None

    def wrong_line(self, name: str) -> int:
        """The first line of a file that is not UTF-8."""
        try:
            self.raw(name).decode("utf-8")
        except UnicodeDecodeError as error:
            return 1 + self.raw(name).count(b"\n", 0, error.start)
        return 1

    def take(self, name: str) -> None:
        """Have a file join the plan."""
        self.taken[name] = self.raw(name)

    def leave(self, name: str, reason: Said) -> None:
        """Say why a file is no part of the plan; the first reason stands."""
        self.left.setdefault(name, reason)

    def within(self, *directories: str) -> Iterator[str]:
        """The names below one of these."""
        starts = tuple(f"{name.strip('/')}/" for name in directories)
        return (name for name in self.names if name.startswith(starts))

    def _walk(self, directory: Path, above: str) -> None:
        try:
            entries = sorted(directory.iterdir())
        except OSError as error:
            raise ImportFailed(Said("{file}: {reason}.", file=str(directory), reason=why(error))) from error
        for entry in entries:
            name = f"{above}{entry.name}"
            if entry.name.startswith(".") or not entry.name.isprintable():
                self.passed_over.append(name)
            elif entry.is_dir() and not entry.is_symlink():
                self._walk(entry, f"{name}/")
            elif entry.is_file() and (not entry.is_symlink() or entry.resolve().is_relative_to(self._root)):
                self.names.append(name)
            else:
                self.passed_over.append(name)
            if len(self.names) > MOST:
                raise ImportFailed(Said("{directory} holds too many files.", directory=str(self.directory)))


class Included:
    """The files that a psql script includes, by their names in the plan. `seen`: those that were asked for."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self.seen: list[str] = []

    def text(self, name: str) -> str:
        found = self._own(name)
        text = self._scripts.text(found)
        if text is None:
            raise FileRefused("not-utf8", Said("{name} is not UTF-8; save it as UTF-8.", name=name), name)
        self.seen.append(found)
        return text

    def claim(self, name: str) -> None:
        self.seen.append(self._own(name))

    def _own(self, name: str) -> str:
        own = name.removeprefix(self._scripts.prefix)
        if not name.startswith(self._scripts.prefix) or own not in self._scripts.names:
            raise FileRefused("missing-file", Said("There is no file {name} in the plan's directory.", name=name), name)
        return own


def _prefix(directory: Path) -> str:
    """`db/migrations/` as it was written, where that can stand in a plan; else the directory's own name."""
    written = posixpath.normpath(directory.as_posix())
    if written == ".":
        return ""
    if written.startswith(("/", "..")):
        written = directory.resolve().name
    return f"{written}/" if written.isprintable() and "\\" not in written else ""
