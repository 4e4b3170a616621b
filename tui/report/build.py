"""Which build makes a report: what else than the journal decides about its bytes."""

from __future__ import annotations

import hashlib
import os
import sys
import unicodedata
import zoneinfo
from collections.abc import Iterator
from datetime import tzinfo
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Final

import tui
from tui.onefile import held
from tui.report.mark import plain

ASIDE: Final = frozenset(
    ("cli", "console", "demo", "doctor", "engine", "helm", "importer", "onefile", "plain", "postgres", "probes")
)
"""Packages that no report is made with."""
_LIBRARIES: Final = ("jinja2", "markupsafe", "msgspec", "rich")
_TOLD: Final = (".py", ".mo", ".css", ".html", ".json", ".sql")


def made_by(where: tzinfo) -> str:
    """This version, and 16 digits of a digest of the code, of the libraries, of what Python knows of characters, and of
    the time zone: the same build makes the same document of the same lines. Another one may, too."""
    found = hashlib.sha256(_code())
    key = getattr(where, "key", None)
    if isinstance(key, str):
        found.update(f"{key}\n".encode() + _rules(key))
    return f"{plain(tui.__version__)}:{found.hexdigest()[:16]}"


@cache
def _code() -> bytes:
    held.whole()
    found = hashlib.sha256()
    package = Path(tui.__file__).parent
    for source in sorted(_sources(package)):
        found.update(f"{source.relative_to(package)}\n".encode())
        found.update(source.read_bytes())
    for library in _LIBRARIES:
        try:
            found.update(f"{library} {version(library)}\n".encode())
        except PackageNotFoundError:
            found.update(f"{library}\n".encode())
    # rich can be told how wide characters are.
    known = sys.version_info[:3], unicodedata.unidata_version, os.environ.get("UNICODE_VERSION", "")
    found.update(repr(known).encode("utf-8", "backslashreplace"))
    return found.digest()


def _sources(package: Path) -> Iterator[Path]:
    for directory, directories, names in os.walk(package):
        inside = Path(directory)
        directories[:] = [name for name in directories if name != "__pycache__" and (
            inside != package or name not in ASIDE
        )]  # fmt: skip
        yield from (inside / name for name in names if name.endswith(_TOLD))


def _rules(key: str) -> bytes:
    """The zone's rules, from where `zoneinfo` has them; empty where they cannot be read."""
    for directory in zoneinfo.TZPATH:
        try:
            return Path(directory, key).read_bytes()
        except OSError:
            continue
    try:
        return files("tzdata").joinpath("zoneinfo", *key.split("/")).read_bytes()
    except (OSError, ModuleNotFoundError):
        return b""
