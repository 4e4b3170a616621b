"""Where Flyway looks for scripts: its locations, held against what lies below the directory."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import Final

from tui.importer.migrations.flyway_settings import FlywaySettings
from tui.importer.migrations.scripts import Scripts
from tui.said import N_, Said

_USUAL: Final = "filesystem:sql"
"""That of its command line, where nothing is said."""
_CLASSES: Final = "src/main/resources"
"""Where Maven and Gradle take from what is on the class path later."""


def scripts_of(scripts: Scripts, settings: FlywaySettings) -> list[str]:
    """The names of all files in its locations; what lies elsewhere is left, and told of. All files where no location
    is known."""
    file = next(reversed(settings.files), "")
    written = settings.values.get("locations")
    if written is None:
        if not file or not any(scripts.within("sql")):
            return scripts.names
        message = N_(
            "{file} names no locations; Flyway's command line takes the scripts in sql alone, and so does the plan."
        )
        settings.told.append(Said(message, file=file))
        written = _USUAL
    found: dict[str, None] = {}
    unknown = []
    locations = [location.strip() for location in written.split(",") if location.strip()]
    for location in locations:
        names = _within(scripts, location)
        found |= dict.fromkeys(names or ())
        if names is None:
            unknown.append(location)
    if not found:
        message = N_(
            "{file}: none of the locations {locations} is known below {directory}; all scripts there were taken."
        )
        settings.told.append(Said(message, file=file, locations=locations, directory=str(scripts.directory)))
        return scripts.names
    if unknown:
        message = N_(
            "{file}: what these locations hold is no part of the plan, for they are not known below {directory}: "
            "{locations}."
        )
        settings.told.append(Said(message, file=file, locations=unknown, directory=str(scripts.directory)))
    for name in scripts.names:
        if name not in found and name not in settings.files:
            scripts.leave(name, Said(N_("it lies outside of Flyway's locations")))
    return sorted(found)


def _within(scripts: Scripts, location: str) -> list[str] | None:
    """The files of a location; None for one that is not known here."""
    kind, colon, path = location.partition(":")
    if not colon:
        kind, path = "classpath", location
    if kind.lower() == "classpath":
        path = posixpath.join(_CLASSES, path.lstrip("/"))
    elif kind.lower() != "filesystem":
        return None
    path = path.replace("\\", "/")
    if path.startswith("/"):
        try:
            path = str(PurePosixPath(path).relative_to(scripts.directory.resolve()))
        except ValueError:
            return None
    path = posixpath.normpath(path)
    if path.startswith(".."):
        return None
    if "*" in path or "?" in path:
        pattern = _pattern(path)
        return None if pattern is None else [name for name in scripts.names if pattern.fullmatch(name)] or None
    return scripts.names if path == "." else list(scripts.within(path)) or None


def _pattern(path: str) -> re.Pattern[str] | None:
    """Of a location with wildcards, `db/**/release*`. None where Flyway itself (9.22) finds nothing, whatever its
    documentation says: nothing stands before the first of them, the last is `**`, or its end reads as a file's name."""
    parts = path.split("/")
    if "*" in parts[0] or "?" in parts[0] or parts[-1] == "**" or "." in parts[-1]:
        return None
    written = ""
    for part in parts:
        if part == "**":
            written += "(?:[^/]+/)*"
        else:
            written += re.escape(part).replace(r"\*", "[^/]+").replace(r"\?", "[^/]") + "/"
    return re.compile(written + ".*")
