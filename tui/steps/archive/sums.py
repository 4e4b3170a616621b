"""Hashes of a dump's files as text that `sha256sum -c` accepts, and what differs from them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from tui.steps.archive.toc import TocEntry

NAME: Final = "SHA256SUMS"
_LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")
_TOC: Final = "toc.dat"
_DATA: Final = re.compile(r"(\d+)\.dat(?:\.[a-z0-9]+)?")
_LARGE_OBJECTS: Final = re.compile(r"blobs?_?\d*\.(?:dat|toc)(?:\.[a-z0-9]+)?")

Listed = Iterable[tuple[str, str]]
"""Names of files and the hash of each, in their order."""


def written(base: str, listed: Listed, beside: Listed = ()) -> str:
    """Lines to be checked in the directory that holds the dump: `base` is its name there, `beside` are further files of
    that directory. A dump that is one file bears that name itself."""
    lines = [f"{digest}  {name if name == base else f'{base}/{name}'}" for name, digest in listed]
    lines += [f"{digest}  {name}" for name, digest in beside]
    return "".join(line + "\n" for line in lines)


def read(text: str, base: str) -> tuple[tuple[str, str], ...]:
    """The files of the dump among such lines: `written` undone."""
    found = [match for line in text.splitlines() if (match := _LINE.fullmatch(line))]
    within = f"{base}/"
    return tuple(
        (match[2].removeprefix(within), match[1]) for match in found if match[2] == base or match[2].startswith(within)
    )


def whole(base: str, listed: Listed) -> str:
    """The one hash that stands for all of them: that of a single file, else that of the lines."""
    pairs = list(listed)
    if [name for name, _digest in pairs] == [base]:
        return pairs[0][1]
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in pairs).encode()).hexdigest()


class Differing(Struct, frozen=True, kw_only=True):
    """Names of files that are others now, gone, or were not there."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is not as it was written."""
        return tuple(sorted((*self.changed, *self.missing)))


def differing(recorded: Listed, found: Listed) -> Differing:
    """What of the files is not what was recorded."""
    then, now = dict(recorded), dict(found)
    return Differing(
        changed=tuple(name for name in then if name in now and now[name] != then[name]),
        missing=tuple(name for name in then if name not in now),
        added=tuple(name for name in now if name not in then),
    )


class Meant(Struct, frozen=True, kw_only=True):
    """What files of a dump hold. `all`: nobody can say of which part they are, so it may be any."""

    tables: tuple[str, ...] = ()
    large_objects: bool = False
    all: bool = False


def meant(names: Iterable[str], entries: Iterable[TocEntry] | None) -> Meant:
    """Of a dump in a directory. `entries`: its contents; None where they are not known."""
    named: Mapping[int, str] = {e.id: e.name for e in entries or () if e.kind.endswith("TABLE DATA")}
    tables: list[str] = []
    large, unknown = False, False
    for name in names:
        if _LARGE_OBJECTS.fullmatch(name):
            large = True
            continue
        data = _DATA.fullmatch(name)
        table = None if data is None else named.get(int(data[1]))
        if table is None:
            unknown = True
        else:
            tables.append(table)
    return Meant(tables=tuple(sorted(tables)), large_objects=large, all=unknown)
