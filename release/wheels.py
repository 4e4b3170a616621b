"""Wheels of the lock, for a machine and each of the Pythons: fetched by pip from where it is configured to look.

A wheel that is here already is not fetched again; whether it is one of the lock's says its hash, and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from release.locked import Pin

GLIBC = 28
"""The minor version of the oldest glibc that the file is for: 2.28."""
_LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
VARIABLE = "VIRADA_WHEELS"
"""A directory that wheels are kept in, other than the account's cache."""


class NoWheel(Exception):
    """Something of the lock cannot be had for a machine; the text says what."""


def platforms(machine: str) -> list[str]:
    """Platform tags of a glibc 2.28, the newest first."""
    oldest = 5 if machine == "x86_64" else 17
    found = []
    for minor in range(GLIBC, oldest - 1, -1):
        found.append(f"manylinux_2_{minor}_{machine}")
        if minor in _LEGACY:
            found.append(f"{_LEGACY[minor]}_{machine}")
    return [*found, f"linux_{machine}"]


@cache
def tags(machine: str, python: str) -> tuple[Tag, ...]:
    """What a Python accepts there, the best first."""
    version = tuple(int(part) for part in python.split("."))
    named = platforms(machine)
    own = cpython_tags(python_version=version, platforms=named)
    return (*own, *compatible_tags(python_version=version, interpreter=f"cp{version[0]}{version[1]}", platforms=named))


def kept_in() -> Path:
    """Where wheels are kept."""
    named = os.environ.get(VARIABLE) or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "virada-wheels"
    )
    return Path(named)


def wheels(pins: Iterable[Pin], machine: str, pythons: Sequence[str], kept: Path | None = None) -> list[Path]:
    """The wheels that serve every package on each of the Pythons: one each, or one for several. Raises NoWheel."""
    kept = kept or kept_in()
    kept.mkdir(parents=True, exist_ok=True)
    wanted = list(pins)
    found: dict[Path, None] = {}
    for python in pythons:
        here = {pin: _best(pin, machine, python, kept) for pin in wanted}
        lacking = [pin for pin, path in here.items() if path is None]
        if lacking:
            _fetch(lacking, machine, python, kept)
        for pin, path in here.items():
            path = path or _best(pin, machine, python, kept)
            if path is None:
                raise NoWheel(f"the lock has no wheel of {pin.name} {pin.version} for Python {python} on {machine}")
            found[path] = None
    return list(found)


def _best(pin: Pin, machine: str, python: str, kept: Path) -> Path | None:
    """Of those that are here the one that an installer would choose."""
    order = {tag: place for place, tag in enumerate(tags(machine, python))}
    fitting = []
    for path in _named(pin, kept):
        places = [order[tag] for tag in parse_wheel_filename(path.name)[3] if tag in order]
        if places and _digest(path) in pin.hashes:
            fitting.append((min(places), path.name, path))
    return min(fitting)[2] if fitting else None


def _named(pin: Pin, kept: Path) -> Iterator[Path]:
    for path in kept.glob("*.whl"):
        name, _, rest = path.name.partition("-")
        if canonicalize_name(name) == pin.name and rest.startswith(f"{pin.version}-"):
            yield path


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _fetch(pins: Sequence[Pin], machine: str, python: str, kept: Path) -> None:
    short = python.replace(".", "")
    with tempfile.TemporaryDirectory(prefix="virada-wheels-") as name:
        asked = Path(name, "asked.txt")
        asked.write_text(
            "".join(
                " ".join([f"{pin.name}=={pin.version}", *(f"--hash=sha256:{one}" for one in sorted(pin.hashes))]) + "\n"
                for pin in pins
            )
        )
        command = [
            sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
            "--require-hashes", "--only-binary=:all:", "--dest", name, "--requirement", str(asked),
            "--implementation=cp", f"--python-version={python}", f"--abi=cp{short}", "--abi=abi3", "--abi=none",
            *(f"--platform={one}" for one in platforms(machine)),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            why = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise NoWheel(f"pip has no wheels for Python {python} on {machine}: {' '.join(why) or done.stderr.strip()}")
        for path in Path(name).glob("*.whl"):
            # At once, because another build may look for it.
            new = kept / f".{path.name}.{os.getpid()}"
            new.write_bytes(path.read_bytes())
            new.replace(kept / path.name)
