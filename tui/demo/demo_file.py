"""The file with the demo's server and client programs: beside the program's own, or as the environment says.

It is unpacked as that one is, into the same place, and looked through once a day.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tui.demo import DemoError
from tui.onefile import held, places
from tui.said import N_, Said

VARIABLE = "VIRADA_DEMO_FILE"
_BESIDE = "virada-demo*"


def unpacked(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The directory with what the file holds; None where there is no such file. Raises DemoError for one that cannot
    be used: named by the environment, or unpacked nowhere."""
    found = _found(environ)
    if found is None:
        return None
    file, build = found
    there = places.ready(build, environ)
    if there is not None:
        return Path(there)
    # Hardly any start comes to this.
    from tui.onefile import unpacked as archive

    try:
        return archive.obtain(file, build, environ)
    except (archive.NoPlace, archive.Damaged, OSError) as error:
        text = N_("The demo's file {path} cannot be unpacked: {reason}.")
        raise DemoError(Said(text, path=file, reason=error)) from None


def _found(environ: Mapping[str, str]) -> tuple[Path, str] | None:
    named = environ.get(VARIABLE)
    if named:
        build = _build(Path(named))
        if build is None:
            text = N_(
                "{variable} names {path}, which is no demo file for this machine ({machine}); correct or unset it."
            )
            raise DemoError(Said(text, variable=VARIABLE, path=named, machine=os.uname().machine))
        return Path(named), build
    for path in _beside():
        build = _build(path)
        if build is not None:
            return path, build
    return None


def _beside() -> Iterator[Path]:
    """Files that may be it, beside the one that was started, as it was named and where that leads; the newest first."""
    file = held.file()
    if file is None:
        return
    for directory in dict.fromkeys((file.parent, file.resolve().parent)):
        yield from sorted(directory.glob(_BESIDE), reverse=True)


def _build(path: Path) -> str | None:
    """The name of the build that the file holds; None for any other file, or another machine's."""
    try:
        with zipfile.ZipFile(path) as outer:
            told = json.loads(outer.comment)
    except (OSError, ValueError, zipfile.BadZipFile):
        return None
    if not isinstance(told, dict) or told.get("virada") != "demo" or told.get("machine") != os.uname().machine:
        return None
    build = told.get("build")
    return build if isinstance(build, str) and len(build) == 16 and build.isalnum() else None
