"""Try the newest versions of everything: `python -m tests.newest [pytest's arguments]`.

The lock and the bounds of `pyproject.toml` are left aside: a fresh environment in a temporary directory gets the newest
release of each package that is named there, tests and linters run in it, and what breaks is said at the end. Exit code
1 when something does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

from tests import lock


def newest() -> list[str]:
    """What is asked for, without bounds."""
    return sorted({_unbound(one) for one in lock.wanted()})


def _unbound(one: Requirement) -> str:
    extras = f"[{','.join(sorted(one.extras))}]" if one.extras else ""
    return f"{one.name}{extras}" + (f"; {one.marker}" if one.marker else "")


def checks(python: Path, arguments: Sequence[str]) -> dict[str, list[str]]:
    """What is run, by name."""
    programs = python.parent
    return {
        "tests": [str(python), "-m", "pytest", "-q", *(arguments or ["-n", "auto"])],
        "ruff check": [str(programs / "ruff"), "check", "--no-cache", "."],
        "ruff format": [str(programs / "ruff"), "format", "--no-cache", "--check", "."],
        "mypy": [str(programs / "mypy"), "--cache-dir", os.devnull],
        "import-linter": [str(programs / "lint-imports"), "--no-cache"],
    }


def main(arguments: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="virada-newest-") as name:
        venv.create(name, with_pip=True)
        python = Path(name, "bin", "python")
        pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "-q", "--upgrade", *newest()], check=True)
        subprocess.run(
            [*pip, "install", "-q", "--no-deps", "--no-build-isolation", "-e", "."], check=True, cwd=lock.ROOT
        )
        if not _tell_versions(pip):
            print("the lock has the newest versions")
        broken = []
        for what, command in checks(python, arguments).items():
            print(f"+ {what}", flush=True)
            if subprocess.run(command, cwd=lock.ROOT, check=False).returncode != 0:
                broken.append(what)
    print("with the newest versions everything holds" if not broken else f"breaks: {', '.join(broken)}")
    return 1 if broken else 0


def _tell_versions(pip: Sequence[str]) -> bool:
    """Say what is another version here than in the lock; whether anything is."""
    listed = subprocess.run([*pip, "list", "--format", "json"], check=True, capture_output=True, text=True)
    locked = {name: str(version) for name, version, _marker in lock.pinned(lock.LOCK.read_text())}
    others = [one for one in json.loads(listed.stdout) if one["name"] not in ("pip", "setuptools", "virada")]
    others = [one for one in others if locked.get(lock.normalized(one["name"])) != one["version"]]
    for one in others:
        print(f"{one['name']:28} {locked.get(lock.normalized(one['name']), '-')} -> {one['version']}", flush=True)
    return bool(others)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
