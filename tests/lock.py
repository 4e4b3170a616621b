"""Keep up `requirements.lock`: `python -m tests.lock`, with `--upgrade` for the newest versions of everything.

The lock is for every Python and machine that the project is for, with the hashes of all their wheels. It holds what the
README's commands and the linters need, the build backend included: pip refuses hashes together with `-e`, so that the
project itself is installed by a second command, which resolves and builds nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
EXTRAS = ("demo", "dev")
# Of hatchling: it asks for this one when it is to make an editable installation, and without isolation nobody answers.
_BACKEND = ("editables>=0.5",)
_HEADER = """\
# What is installed, for Python 3.11 to 3.14 on Linux (x86_64 and aarch64). Written by `python -m tests.lock`.
"""
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+?))?\s*\\?$", re.M)


def wanted() -> list[Requirement]:
    """What `pyproject.toml` asks for: to run, for the extras that are locked, and to build."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = told["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *told["build-system"]["requires"], *_BACKEND]
    named += [one for extra in ("demo", "test", "dev") for one in extras[extra]]
    return [one for one in map(Requirement, named) if one.name != project["name"]]


def pinned(text: str) -> Iterator[tuple[str, Version, str]]:
    """Name (as PyPI normalizes it), version and marker ("" without one) of every line of the lock."""
    for found in _PINNED.finditer(text):
        yield normalized(found["name"]), Version(found["version"]), found["marker"] or ""


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(options: Iterable[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="virada-lock-") as name:
        uv = shutil.which("uv") or _install_uv(Path(name))
        backend = Path(name, "backend.in")
        told = tomllib.loads((ROOT / "pyproject.toml").read_text())
        backend.write_text("\n".join([*told["build-system"]["requires"], *_BACKEND, ""]))
        compiled = subprocess.run(
            [
                uv, "pip", "compile", "--quiet", "--no-config", "--universal", "--python-version", "3.11",
                "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
                *(f"--extra={extra}" for extra in EXTRAS), *options,
                "--output-file", str(LOCK), "pyproject.toml", str(backend),
            ],
            cwd=ROOT, check=False,
        )  # fmt: skip
    if compiled.returncode == 0:
        LOCK.write_text(_HEADER + LOCK.read_text())
    return compiled.returncode


def _install_uv(directory: Path) -> str:
    venv.create(directory / "venv", with_pip=True)
    subprocess.run([directory / "venv" / "bin" / "pip", "install", "-q", "uv"], check=True)
    return str(directory / "venv" / "bin" / "uv")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
