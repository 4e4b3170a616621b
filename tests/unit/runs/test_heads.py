"""The head of a journal, kept away from it: never ahead of it, never somebody else's, whatever tears the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.journal.clock import RunClock
from tui.journal.end import End
from tui.journal.line import digest
from tui.journal.writer import JournalWriter
from tui.runs import heads
from tui.runs.heads import HeadKeeper, known_head
from tui.runs.paths import RunPaths

RUN = "20261122T060000Z-7f3a"


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    """A journal of ten lines."""
    paths = RunPaths(tmp_path / RUN)
    paths.directory.mkdir()
    with JournalWriter.create(paths.journal, RunClock.start()) as writer:
        writer.append("run.opened", {"id": RUN})
        for number in range(9):
            writer.append("note.added", {"text": str(number)})
    return paths


def lines(paths: RunPaths) -> list[bytes]:
    return paths.journal.read_bytes().splitlines()


def keep(paths: RunPaths, state: Path, *noted: int) -> dict[str, str]:
    """Keep these lines, one after the other; the environment it was done in."""
    environment = {"XDG_STATE_HOME": str(state)}
    keeper = HeadKeeper(RUN, digest(lines(paths)[0]), environment)
    for seq in noted:
        keeper.note(seq, digest(lines(paths)[seq]), f"at {seq}")
    keeper.close()
    assert keeper.problem is None
    return environment


def test_what_was_noted_last_is_kept(run: RunPaths, tmp_path: Path) -> None:
    assert known_head(run, {"XDG_STATE_HOME": str(tmp_path / "s")}) is None
    found = known_head(run, keep(run, tmp_path / "s", 3, 7))
    assert found is not None
    assert (found.end, found.at) == (End(7, digest(lines(run)[7])), "at 7")
    assert found.file.stat().st_mode & 0o777 == 0o640
    later = known_head(run, keep(run, tmp_path / "s", 9))
    assert later is not None
    assert later.end.seq == 9


def test_a_torn_record_leaves_the_one_before(run: RunPaths, tmp_path: Path) -> None:
    environment = keep(run, tmp_path / "s", 3)
    found = known_head(run, environment)
    assert found is not None
    whole = found.file.read_bytes()
    second = whole.replace(b'"seq":3', b'"seq":4')
    for size in range(0, len(second), 7):
        found.file.write_bytes(whole + second[:size])
        assert known_head(run, environment) == found
    found.file.write_bytes(b"\0" * 1024)
    assert known_head(run, environment) is None


def test_a_run_of_another_directory_is_never_meant(run: RunPaths, tmp_path: Path) -> None:
    """Two runs that opened in the same instant have the same id."""
    environment = keep(run, tmp_path / "s", 9)
    other = RunPaths(tmp_path / "elsewhere" / RUN)
    other.directory.mkdir(parents=True)
    with JournalWriter.create(other.journal, RunClock.start()) as writer:
        writer.append("run.opened", {"id": RUN, "other": True})
    keep(other, tmp_path / "s", 0)
    mine, theirs = known_head(run, environment), known_head(other, environment)
    assert mine is not None and theirs is not None
    assert (mine.end.seq, theirs.end.seq) == (9, 0)


def test_a_journal_with_another_beginning_is_held_against_what_is_known_of_its_run(
    run: RunPaths, tmp_path: Path
) -> None:
    environment = keep(run, tmp_path / "s", 9)
    run.journal.write_bytes(run.journal.read_bytes().replace(b'"text"', b'"TEXT"', 1).replace(b'"by"', b'"By"', 1))
    found = known_head(run, environment)
    assert found is not None and found.end.seq == 9
    run.journal.write_bytes(b"")
    assert known_head(run, environment) == found


def test_what_others_may_have_written_is_not_believed(run: RunPaths, tmp_path: Path) -> None:
    environment = keep(run, tmp_path / "s", 9)
    found = known_head(run, environment)
    assert found is not None
    found.file.chmod(0o666)
    assert known_head(run, environment) is None
    found.file.chmod(0o640)
    moved = found.file.with_name("moved")
    found.file.rename(moved)
    found.file.symlink_to(moved)
    assert known_head(run, environment) is None


def test_without_a_place_to_keep_it_nothing_is_kept_and_nothing_fails(
    run: RunPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(heads, "_home", lambda uid: "")
    keeper = HeadKeeper(RUN, digest(lines(run)[0]), {"XDG_STATE_HOME": str(tmp_path / "file")})
    keeper.note(9, digest(lines(run)[9]), "")
    keeper.close()
    assert keeper.problem


def test_where_the_first_place_takes_nothing_the_account_s_own_does(run: RunPaths, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {"XDG_STATE_HOME": str(tmp_path / "file"), "HOME": str(tmp_path / "h")}
    assert tmp_path / "h" / ".local/state/virada/heads" not in heads.directories(environment), "no home is made"
    (tmp_path / "h").mkdir()
    keeper = HeadKeeper(RUN, digest(lines(run)[0]), environment)
    keeper.note(9, digest(lines(run)[9]), "")
    keeper.close()
    found = known_head(run, {"HOME": str(tmp_path / "h")})
    assert found is not None and found.end.seq == 9


def test_a_thousand_notes_are_kept_in_a_few_writes(
    run: RunPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    whole = os.pwrite

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        written.append(offset)
        return whole(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    environment = keep(run, tmp_path / "s", *(n % 10 for n in range(1000)))
    found = known_head(run, environment)
    assert found is not None and found.end.seq == 9
    assert len(written) < 20
