"""The dumps that lie in a directory of this host, the newest first, as far as their beginnings tell."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from tui.files import open_regular
from tui.journal.remarks import Coded, Remarked
from tui.plan.scalars import ExpansionError, expand
from tui.steps.archive import header, sums

_ENTRIES: Final = 20_000
"""Names of a directory that are looked at."""
_NEWEST: Final = 20
_SUMS: Final = 4 << 20
"""Bytes of a file of hashes that are read."""


class Recorded(Struct, frozen=True):
    """Backups of the target's database that runs have recorded: the SHA-256 of each by its path. What was compressed
    or encrypted behind pg_dump is known by that alone."""

    database: str
    sha256: Mapping[str, str]


def dumps_in(directory: str, environment: Mapping[str, str], recorded: Recorded) -> dict[str, Any]:
    """`dumps`: `{path, name, format, database, made, bytes, complete, sums}` of the newest; `made` in seconds since the
    epoch, the earlier one of when it was last written and what its beginning says; `sums` is the text of what holds
    its hashes, None where nothing does. Raises OSError."""
    try:
        place = Path(expand(directory, environment))
    except ExpansionError as error:
        return {"error": Coded(Remarked.VARIABLE_UNSET, name=error.name).neutral()}
    if not place.is_absolute():
        return {"error": Coded(Remarked.PATH_RELATIVE).neutral()}
    found = sorted(_found(place, recorded), key=lambda dump: -dump["made"])[:_NEWEST]
    for dump in found:
        dump["sums"] = _sums(place, dump["name"])
        known = recorded.sha256.get(dump["path"])
        if dump["sums"] is None and known is not None and dump["format"] != "directory":
            dump["sums"] = sums.written(dump["name"], ((dump["name"], known),))
    return {"directory": str(place), "dumps": found}


def _found(place: Path, recorded: Recorded) -> Iterator[dict[str, Any]]:
    with os.scandir(place) as entries:
        for _number, entry in zip(range(_ENTRIES), entries, strict=False):
            try:
                dump = _looked_at(Path(entry.path), entry.is_dir(), recorded)
            except OSError:
                # One that is not to be read says nothing of the others.
                continue
            if dump is not None:
                yield dump


def _looked_at(path: Path, directory: bool, recorded: Recorded) -> dict[str, Any] | None:
    contents = path / "toc.dat" if directory else path
    complete = not directory or contents.exists()
    if directory and not complete and next(path.glob("[0-9]*.dat*"), None) is None:
        return None
    begun: header.Header | None = None
    if complete:
        with os.fdopen(open_regular(contents, follow=True), "rb") as file:
            begun = header.read(file.read(header.LENGTH))
        if begun is None and not directory:
            if str(path) not in recorded.sha256:
                return None
            stat = path.stat()
            return {
                "path": str(path), "name": path.name, "format": "other", "database": recorded.database,
                "made": stat.st_mtime, "bytes": stat.st_size, "complete": True,
            }  # fmt: skip
    files = [p.lstat() for p in path.iterdir()] if directory else [path.stat()]
    made = max((stat.st_mtime for stat in files), default=path.stat().st_mtime)
    if begun is not None:
        try:
            made = min(made, time.mktime((*begun.begun, 0, 0, -1)))
        except (ValueError, OverflowError):
            pass
    return {
        "path": str(path), "name": path.name, "format": "directory" if directory else "custom",
        "database": None if begun is None else begun.database, "made": made,
        "bytes": sum(stat.st_size for stat in files), "complete": begun is not None,
    }  # fmt: skip


def _sums(place: Path, name: str) -> str | None:
    """Of the first file that has hashes of it."""
    for file in (f"{name}.{sums.NAME}", f"{name}.sha256", sums.NAME):
        try:
            with os.fdopen(open_regular(place / file, follow=True), "rb") as opened:
                text = opened.read(_SUMS).decode("utf-8", "surrogateescape").replace(" *", "  ")
        except OSError:
            continue
        if sums.read(text, name):
            return text
    return None
