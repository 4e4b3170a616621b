"""Wheel and sdist from two clones at different places, at other times and under another umask: the same bytes."""

from __future__ import annotations

import hashlib
import os
import shutil
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
    made: list[list[tuple[str, str]]] = []
    for name, umask, age in (("here", 0o022, 0), ("a much longer name/elsewhere", 0o077, 1_000_000_000)):
        before = os.umask(umask)
        try:
            clone = _clone(tmp_path / name)
            # What lies about does not become part of it.
            (clone / "tui" / "left-behind.txt").write_text("x")
            (clone / "tui" / "__pycache__").mkdir(exist_ok=True)
            (clone / "tui" / "__pycache__" / "x.pyc").write_bytes(b"x")
            if age:
                for path in clone.rglob("*"):
                    if path.is_file():
                        os.utime(path, (age, age))
            tree = source.exported(clone, tmp_path / f"{len(made)}")
            wheel, sdist = source.distributions(tree, clone.with_name("dist"), source.epoch(ROOT))
        finally:
            os.umask(before)
        made.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in (wheel, sdist)])
    assert made[0] == made[1]
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "left-behind" in name or name.endswith(".pyc")]
    assert {"tui/cli/main.py", "tui/_plans/production.yaml", "tui/_plans/demo/plan.yaml"} <= set(names)
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "requirements.lock", "release/__main__.py", "LICENSE", "README.md"} <= inside
    shutil.rmtree(tmp_path / "here")
