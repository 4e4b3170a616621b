from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tui.files import closing_on_error, create_file, open_regular, reading, write_all


def test_only_a_regular_file_is_opened_and_no_pipe_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    with reading(tmp_path / "file") as fd:
        assert os.read(fd, 10) == b"text"
    for name in ("link", "pipe", "."):
        with pytest.raises(OSError):
            open_regular(tmp_path / name)
    os.close(open_regular(tmp_path / "link", follow=True))


def test_a_new_file_has_its_mode_whatever_the_umask_and_replaces_nothing(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        fd = create_file(tmp_path / "new", 0o640)
    finally:
        os.umask(before)
    write_all(fd, b"a" * 100_000)
    os.close(fd)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert (tmp_path / "new").stat().st_size == 100_000
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "new", 0o640)


def test_a_descriptor_is_the_callers_unless_the_block_fails(tmp_path: Path) -> None:
    fd = create_file(tmp_path / "new", 0o600)
    with closing_on_error(fd):
        pass
    os.fstat(fd)
    with pytest.raises(KeyError), closing_on_error(fd):
        raise KeyError
    with pytest.raises(OSError):
        os.fstat(fd)
