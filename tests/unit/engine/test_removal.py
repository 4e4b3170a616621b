"""A directory is removed whatever a program left in it, and nothing that lies elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.engine.programs.removal import remove

NOBODY = 65534


def _closed(top: Path) -> None:
    for mode in (0o000, 0o500, 0o200):
        inner = top / f"mode{mode}" / "inner"
        inner.mkdir(parents=True)
        (inner / "file").write_text("")
        inner.chmod(mode)
        inner.parent.chmod(mode)


def _deep(top: Path) -> None:
    above = os.open(top, os.O_RDONLY)
    for _level in range(40):
        # Longer in all than a path may be.
        os.mkdir("d" * 200, dir_fd=above)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=above)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
        os.close(above)
        above = inner
    os.close(above)


def _strange(top: Path) -> None:
    os.mkfifo(top / "pipe")
    (top / "here" / "deeper").mkdir(parents=True)
    os.mkfifo(top / "here" / "deeper" / "pipe")
    (top / "dangling").symlink_to("nowhere")
    (top / os.fsdecode(b"\xff\n")).mkdir()
    (top / ("n" * 255) / ("n" * 255)).mkdir(parents=True)
    (top / ("n" * 255) / ("n" * 255) / "file").write_text("")


def _many(top: Path) -> None:
    for number in range(60):
        (top / f"d{number}" / "e").mkdir(parents=True)
        (top / f"d{number}" / "e" / "file").write_text("")


@pytest.mark.parametrize("left", [_closed, _deep, _strange, _many, lambda _top: None])
def test_it_is_gone(tmp_path: Path, left: Callable[[Path], None]) -> None:
    top = tmp_path / "top"
    top.mkdir()
    left(top)
    top.chmod(0)
    assert remove(top)
    assert list(tmp_path.iterdir()) == []


def test_what_is_linked_stays(tmp_path: Path) -> None:
    kept, top = tmp_path / "kept", tmp_path / "top"
    kept.mkdir()
    (kept / "file").write_text("kept")
    kept.chmod(0o750)
    (top / "inner").mkdir(parents=True)
    (top / "inner" / "link").symlink_to(kept)
    (top / "link").symlink_to(kept)
    assert remove(top) and (kept / "file").read_text() == "kept" and kept.stat().st_mode & 0o777 == 0o750
    # And where the directory itself has become one.
    top.symlink_to(kept)
    assert not remove(top) and (kept / "file").exists()


def test_what_is_not_there_is_gone(tmp_path: Path) -> None:
    assert remove(tmp_path / "nothing") and remove(tmp_path / "nothing" / "at all")


_MOUNTED = """
import subprocess, sys
from pathlib import Path
from tui.engine.programs.removal import remove
top, kept = Path(sys.argv[1]), Path(sys.argv[2])
subprocess.run(["mount", "--bind", kept, top / "inner" / "mounted"], check=True)
subprocess.run(["mount", "-t", "tmpfs", "none", top / "other"], check=True)
(top / "other" / "file").write_text("")
subprocess.run(["mount", "--bind", kept / "file", top / "inner" / "file"], check=True)
assert not remove(top)
assert (kept / "file").read_text() == "kept" and (top / "other" / "file").exists()
assert not (top / "gone").exists()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_what_is_mounted_stays_and_the_rest_goes(tmp_path: Path) -> None:
    """Also from the same file system."""
    kept, top = tmp_path / "kept", tmp_path / "top"
    kept.mkdir()
    (kept / "file").write_text("kept")
    for inner in ("inner/mounted", "other", "gone/deeper"):
        (top / inner).mkdir(parents=True)
    (top / "inner" / "file").write_text("")
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", _MOUNTED, top, kept], capture_output=True, text=True, check=False
    )
    if "unshare" in done.stderr:
        pytest.skip("nothing can be mounted here")
    assert done.returncode == 0, done.stderr
    assert (kept / "file").read_text() == "kept"
    assert remove(top)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second account")
def test_what_belongs_to_another_account_blocks_nothing() -> None:
    """What only they could remove stays; what is beside it goes."""
    # Directories of the tests' own are closed to other accounts.
    with tempfile.TemporaryDirectory() as place:
        top = Path(place) / "top"
        for owner in ("theirs", "mine"):
            (top / owner / "deep").mkdir(parents=True)
            (top / owner / "deep" / "file").write_text("")
        for path in (Path(place), top, top / "mine", top / "mine" / "deep"):
            os.chown(path, NOBODY, NOBODY)
        child = os.fork()
        if child == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os._exit(10 + remove(top))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 10
        assert [path.name for path in top.iterdir()] == ["theirs"]
        assert remove(top)
