"""A log in files here: rotated, cut short, lost for a while, going on under another name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.postgres.logs.file import FileLog
from tui.postgres.logs.parser import LogUnavailable
from tui.words.said import say


def line(text: str) -> str:
    return f"2026-11-22 06:03:00.123 UTC [42] ERROR:  {text}\n"


def add(path: Path, text: str, age: int = 0) -> None:
    """A file that was changed `age` seconds ago."""
    with path.open("a") as file:
        file.write(line(text))
    changed = path.stat().st_mtime_ns - age * 10**9
    os.utime(path, ns=(changed, changed))


def texts(log: FileLog) -> list[str]:
    return [found.text for found in log.read()]


def test_cut_short_it_begins_anew_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    add(path, "a long line before")
    log = FileLog(path)
    log.open()
    os.truncate(path, 0)
    add(path, "after")
    assert texts(log) == ["after"]
    (remark,) = log.remarks
    assert "cut short" in say(remark)
    log.close()


def test_opened_again_it_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    add(path, "before")
    log = FileLog(path)
    log.open()
    log.close()
    add(path, "in between")
    log.open()
    assert texts(log) == ["in between"]
    # Half a record that was read is not lost either.
    with path.open("a") as file:
        file.write(line("two halves")[:40])
    assert texts(log) == []
    log.close()
    with path.open("a") as file:
        file.write(line("two halves")[40:])
    log.open()
    assert texts(log) == ["two halves"] and not log.remarks
    log.close()
    path.rename(tmp_path / "old.log")
    add(path, "another file")
    log.open()
    assert texts(log) == ["another file"]
    (remark,) = log.remarks
    assert "gap" in say(remark)
    log.close()


@pytest.mark.parametrize("name", ["", "pg-*.log"])
def test_a_directory_or_a_pattern_is_followed_from_file_to_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(LogUnavailable, match="log_missing"):
        FileLog(tmp_path / name).open()
    add(tmp_path / "pg-1.log", "long ago", age=300)
    add(tmp_path / "pg-2.log", "before", age=30)
    (tmp_path / "notes.txt").touch()
    log = FileLog(tmp_path / name)
    assert log.open() == str(tmp_path / "pg-2.log")
    add(tmp_path / "pg-2.log", "last words", age=20)
    add(tmp_path / "pg-3.log", "three", age=10)
    add(tmp_path / "pg-4.log", "four")
    assert [texts(log) for _ in range(4)] == [["last words"], ["three"], ["four"], []]
    log.close()


def test_the_server_says_where_its_log_goes_on(tmp_path: Path) -> None:
    directory = tmp_path / "log"
    directory.mkdir()
    add(directory / "pg-130501.log", "before", age=5)
    log = FileLog(directory / "pg-130501.log")
    log.open()
    (tmp_path / "current_logfiles").write_text("stderr log/pg-130501.log\ncsvlog log/pg-130501.csv\n")
    assert texts(log) == []
    add(directory / "pg-130501.log", "last words", age=1)
    add(directory / "pg-130601.log", "new")
    (tmp_path / "current_logfiles").write_text("stderr log/pg-130601.log\ncsvlog log/pg-130601.csv\n")
    assert [texts(log) for _ in range(3)] == [["last words"], ["new"], []]
    assert not log.remarks
    log.close()


def test_a_newer_file_beside_is_told_once_and_not_taken(tmp_path: Path) -> None:
    add(tmp_path / "pg-130501.log", "before", age=5)
    log = FileLog(tmp_path / "pg-130501.log")
    log.open()
    add(tmp_path / "other.log", "not alike")
    assert texts(log) == [] and not log.remarks
    add(tmp_path / "pg-130601.log", "new")
    assert [texts(log) for _ in range(2)] == [[], []]
    (remark,) = log.remarks
    assert "pg-130601.log" in say(remark)
    log.close()


def test_how_far_behind(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.touch()
    log = FileLog(path)
    log.open()
    with path.open("a") as file:
        file.write(line("x") * 20_000)
    size = path.stat().st_size
    assert log.behind() == size
    count = len(log.read())
    assert log.more and log.behind() == size - (256 << 10)
    while log.more:
        count += len(log.read())
    assert (count, log.behind()) == (20_000, 0)
    log.close()
