"""`verify`: a chain that is whole, an end that is there, a head that a person noted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Virada
from tests.unit.cli.journals import RUN, story
from tui.journal.line import digest
from tui.runs.heads import HeadKeeper, named
from tui.runs.paths import RunPaths


@pytest.fixture
def journal(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed run's journal; what is kept of runs lies in a place of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return story().write(home / "runs" / RUN / "journal.jsonl")


def lines(journal: Path) -> list[bytes]:
    return journal.read_bytes().splitlines(keepends=True)


def keep(journal: Path, seq: int) -> None:
    import os

    keeper = HeadKeeper(*named(RunPaths(journal.parent))[:2], os.environ)
    keeper.note(seq, digest(lines(journal)[seq][:-1]), "2026-11-22T06:00:30Z")
    keeper.close()


def test_a_closed_run_cut_at_a_line_s_end_has_lost_its_end(virada: Virada, journal: Path) -> None:
    whole = lines(journal)
    keep(journal, len(whole) - 1)
    told = virada("verify", "last")
    assert told.code == 0 and "whole" in told.out and "nothing is missing" in told.err
    for count in range(1, len(whole)):
        journal.write_bytes(b"".join(whole[:count]))
        told = virada("verify", "last")
        assert (told.code, told.out) == (1, f"lost its end: there is no line {count}\n")
        assert f"line {len(whole) - 1} was written at 2026-11-22T06:00:30Z" in told.err
    journal.write_bytes(b"".join(whole[:-1]) + whole[-1].replace(b"rolled_back", b"completed  "))
    told = virada("verify", "last")
    assert told.code == 1 and "is another one in it" in told.err, "the last line was changed, and is still a line"
    journal.write_bytes(b"".join(whole) + b'{"v":1,"seq"')
    assert virada("verify", "last").code == 0, "a torn line behind it is none"


def test_a_copy_of_the_file_alone_is_held_against_it_too(virada: Virada, journal: Path, tmp_path: Path) -> None:
    keep(journal, 15)
    copy = tmp_path / "copied.jsonl"
    copy.write_bytes(b"".join(lines(journal)[:16]))
    assert virada("verify", str(copy)).code == 0
    copy.write_bytes(b"".join(lines(journal)[:15]))
    assert virada("verify", str(copy)).out.startswith("lost its end")


def test_where_nothing_is_kept_that_is_said(virada: Virada, journal: Path, tmp_path: Path) -> None:
    journal.write_bytes(b"".join(lines(journal)[:-3]))
    told = virada("verify", "last")
    assert told.code == 0 and "cannot be known here" in told.err
    keep(journal, 3)
    assert "cannot be known" not in virada("verify", "last").err
    shutil.rmtree(tmp_path / "state")
    assert "cannot be known here" in virada("verify", "last").err


def test_a_head_that_a_person_noted(virada: Virada, journal: Path) -> None:
    whole = lines(journal)
    printed = virada("verify", "last", "--head")
    noted = printed.out.strip()
    assert printed.code == 0 and noted == f"{len(whole) - 1}:{digest(whole[-1][:-1])}"
    seq, _colon, hash_ = noted.partition(":")
    for head in (noted, hash_, f"{seq}:{hash_[:12].upper()}", f"7:{digest(whole[7][:-1])}"):
        told = virada("verify", "last", "--head", head)
        assert told.code == 0 and "is in it" in told.err
    journal.write_bytes(b"".join(whole[:-1]))
    for head, words in ((noted, "has lost its end"), (hash_, "it is not the line"), (f"3:{hash_}", "broken at line 3")):
        told = virada("verify", "last", "--head", head)
        assert told.code == 1 and words in told.err, told
    for wrong in ("x", "12", "1:abc", f"{hash_}0"):
        assert virada("verify", "last", "--head", wrong).code == 2
