"""Wheels laid over each other: what one directory holds from which each of the Pythons imports its own.

Modules in machine code bear the Python that they are for in their names; everything else must be the same in all wheels
of a package.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_DATA = re.compile(r"^[^/]+\.data/(?P<kind>[^/]+)/(?P<rest>.+)$")
_OF_AN_INSTALLER = ("RECORD", "WHEEL", "INSTALLER", "direct_url.json", "top_level.txt")
"""Of a wheel's own directory: what speaks of one wheel, or to an installer."""


class Content(NamedTuple):
    """Of one file; `executable` as in the wheel."""

    data: bytes
    executable: bool = False


class Differs(Exception):
    """Two wheels have other content for one name."""


def laid(wheels: Iterable[Path]) -> dict[str, Content]:
    """Path below the directory, and what is there. Raises Differs."""
    found: dict[str, Content] = {}
    whose: dict[str, str] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                name = _place(entry.filename, wheel)
                if entry.is_dir() or name is None:
                    continue
                content = Content(archive.read(entry), bool(entry.external_attr >> 16 & 0o100))
                if name in found and found[name].data != content.data:
                    raise Differs(f"{name} is not the same in {whose[name]} and {wheel.name}")
                found[name] = content
                whose[name] = wheel.name
    return found


def _place(name: str, wheel: Path) -> str | None:
    """Where it goes; None for what is not needed where nothing is installed or removed."""
    if ".dist-info/sboms/" in name:
        # What a wheel in machine code was built from is told of each of them.
        above, _, last = name.rpartition("/")
        return f"{above}/{wheel.stem.split('-')[-3]}/{last}"
    if re.fullmatch(r"[^/]+\.dist-info/[^/]+", name) and name.rpartition("/")[2] in _OF_AN_INSTALLER:
        return None
    data = _DATA.match(name)
    if data is None:
        return name
    if data["kind"] in ("purelib", "platlib"):
        return data["rest"]
    # Programs of others are not started by theirs; ours is the file. What is shared, such as a manual page, is found.
    return data["rest"] if data["kind"] == "data" else None


def importable(found: Mapping[str, Content], python: str) -> set[str]:
    """Modules in machine code that this Python can import, without what follows their names' first dot."""
    short = python.replace(".", "")
    fitting = (f".cpython-{short}-", ".abi3.so")
    return {name.partition(".")[0] for name in found if name.endswith(".so") and any(one in name for one in fitting)}
