"""What earlier runs have left is found however many runs of other plans lie between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.run.runs import Driven, listed, sql
from tui.engine.process.launch import learned
from tui.journal import events as e
from tui.journal.line import GENESIS, encode
from tui.recording import earlier
from tui.recording.earlier import left_by, opening_of
from tui.run.state import RunState
from tui.runs.paths import RunPaths, list_runs

WORK = "a0" * 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
    (tmp_path / "runs").mkdir()
    yield tmp_path / "runs"


def kept(home: Path, number: int, name: str, *events: e.Event, work: str = WORK) -> RunPaths:
    """A run's journal, of the plan of this name; a greater number is newer."""
    run = Driven(replace(listed(sql("a")), name=name))
    opened = run.state.opened
    assert opened is not None
    paths = RunPaths(home / f"20261122T06{number:02d}00Z-{number:04x}")
    run.lines, run.state, run._head = [], RunState(), GENESIS
    run.append(replace(opened, id=paths.id, work=work), *events)
    paths.directory.mkdir()
    paths.journal.write_bytes(b"".join(encode(line) + b"\n" for line in run.lines))
    return paths


def test_runs_of_other_plans_take_no_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier, "MOST", 2)
    for number in range(2):
        kept(home, number, "ours", e.LessonAdded(id="L1", text=f"lesson {number}"))
    for number in range(2, 12):
        kept(home, number, "the demo", e.LessonAdded(id="L1", text="of no use"))
    left = left_by("ours", [paths.journal for paths in list_runs()])
    assert ([one.text for one in left.lessons], left.unread) == (["lesson 1", "lesson 0"], 0)
    kept(home, 12, "ours")
    left = left_by("ours", [paths.journal for paths in list_runs()])
    assert ([one.text for one in left.lessons], left.unread) == (["lesson 1"], 1), "and how many were not read"


def test_a_rehearsal_is_remembered_behind_many_runs_of_other_work(home: Path) -> None:
    step = e.StepStarted(step="a", attempt=1), e.StepPassed(step="a", attempt=1, effect="all")
    rehearsed = kept(home, 0, "ours", *step)
    for number in range(1, 30):
        kept(home, number, "the demo", work="b0" * 32)
    (past,) = learned(WORK)
    assert past.run == rehearsed.id and "a" in past.durations


def test_what_is_no_journal_says_nothing_and_holds_nothing_up(home: Path) -> None:
    paths = kept(home, 0, "ours")
    paths.journal.unlink()
    os.mkfifo(paths.journal)
    assert opening_of(paths.journal) is None
    assert left_by("ours", [paths.journal]).lessons == () and learned(WORK) == ()
