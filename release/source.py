"""The tree that a release is made from, and its wheel and sdist: the same bytes from any clone, at any hour."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from release.locked import ROOT


class NotBuilt(Exception):
    """The text says what could not be built."""


def epoch(root: Path = ROOT) -> int:
    """The moment that everything in a release bears: SOURCE_DATE_EPOCH, else that of the last commit."""
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if told.isdigit():
        return int(told)
    done = _git(root, "log", "-1", "--format=%ct")
    return int(done) if done and done.strip().isdigit() else int(time.mktime((2026, 1, 1, 0, 0, 0, 0, 0, 0)))


def changed(root: Path = ROOT) -> bool:
    """Whether something differs from the last commit."""
    return bool(_git(root, "status", "--porcelain", "--untracked-files=no"))


def exported(root: Path, into: Path) -> Path:
    """A copy of what is under version control, as it lies there: nothing else that lies about becomes part of it."""
    listed = _git(root, "ls-files", "-z")
    if listed is None:
        # An sdist: all of it was.
        shutil.copytree(root, into, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".venv", "dist", "__pycache__"))
        return into
    for name in filter(None, listed.split("\0")):
        source, target = root / name, into / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    return into


def distributions(tree: Path, into: Path, moment: int) -> tuple[Path, Path]:
    """The wheel and the sdist, built from the tree by the locked backend. Raises NotBuilt."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(moment), "TZ": "UTC"}
    into.mkdir(parents=True, exist_ok=True)
    found = []
    for target, pattern in (("wheel", "*.whl"), ("sdist", "*.tar.gz")):
        there = into / target
        shutil.rmtree(there, ignore_errors=True)
        command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(there)]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
        made = list(there.glob(pattern))
        if done.returncode != 0 or len(made) != 1:
            raise NotBuilt(f"hatchling did not build the {target}: {(done.stderr or done.stdout).strip()}")
        found.append(made[0].replace(into / made[0].name))
        there.rmdir()
    return found[0], found[1]


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
