"""A file that a command writes is there as a whole, on the disk, or as it was before."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tui.cli.exit import Stop
from tui.cli.written import written


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "report.html"
    output.write_text("as it was")
    told: list[tuple[str, str]] = []
    real = os.fsync

    def synced(descriptor: int) -> None:
        told.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), output.read_text()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    assert written(output, lambda file: file.write(b"new")) == 3
    (file, then), (directory, after) = told
    assert Path(file).parent == Path(directory) == tmp_path and (then, after) == ("as it was", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_what_the_disk_does_not_take_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "report.html"
    output.write_text("as it was")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Stop, match="cannot be written"):
        written(output, lambda file: file.write(b"new"))
    assert output.read_text() == "as it was" and len(list(tmp_path.iterdir())) == 1
