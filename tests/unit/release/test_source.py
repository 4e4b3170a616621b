"""Wheel and sdist from two clones at different places, at other times and under another umask: the same bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

from release import source
from release.locked import ROOT


def _clone(into: Path) -> Path:
    """With what is not committed yet."""
    subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", str(ROOT), str(into)], check=True)
    source.exported(ROOT, into)
    subprocess.run(["git", "-C", str(into), "add", "-A"], check=True)
    return into


def test_two_clones_make_the_same_wheel_and_sdist(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        # Unpacked from an sdist there is one tree alone.
        return
    here = _built(ROOT, tmp_path / "one")
    before = os.umask(0o077)
    try:
        clone = _clone(tmp_path / "a much longer name" / "elsewhere")
        # What lies about does not become part of it.
        (clone / "tui" / "__pycache__").mkdir(exist_ok=True)
        for name in ("left-behind.txt", "__pycache__/x.pyc"):
            (clone / "tui" / name).write_bytes(b"x")
        for path in clone.rglob("*.*"):
            if path.is_file():
                os.utime(path, (1_000_000_000, 1_000_000_000))
        there = _built(clone, tmp_path / "two")
    finally:
        os.umask(before)
    assert [_digest(path) for path in here] == [_digest(path) for path in there]
    wheel, sdist = there
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "left-behind" in name or name.endswith(".pyc")]
    assert {"tui/cli/main.py", "tui/_plans/production.yaml", "tui/_plans/demo/plan.yaml"} <= set(names)
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "requirements.lock", "release/__main__.py", "LICENSE", "README.md"} <= inside


def _built(tree: Path, into: Path) -> tuple[Path, Path]:
    return source.distributions(source.exported(tree, into / "tree"), into / "dist", source.epoch(ROOT))


def _digest(path: Path) -> tuple[str, str]:
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()
