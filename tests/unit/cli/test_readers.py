"""`status`, `runs`, `verify`, `replay`, `watch` over journals that lie there as files."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Virada
from tests.unit.cli.journals import OPENED, RUN, Journal, plan, sql, story
from tui.journal import events as e
from tui.journal.clock import stamp
from tui.plain.narrator import end_line
from tui.recording.keyframes import Recording, keyframes_path
from tui.run.fold import fold_all


def journal_file(home: Path, run: str = RUN) -> Path:
    return home / "runs" / run / "journal.jsonl"


def test_status_at_every_line_is_that_of_a_journal_cut_there(virada: Virada, home: Path, tmp_path: Path) -> None:
    journal = story()
    whole = journal.write(journal_file(home))
    for seq in range(len(journal.lines)):
        cut = journal.write(tmp_path / "cut" / "journal.jsonl", seq + 1)
        at = json.loads(virada("status", str(whole), "--at", str(seq), "--json").out)
        there = json.loads(virada("status", str(cut), "--json").out)
        assert at.pop("engine") is not None
        assert there.pop("engine") is not None
        assert at == there
        assert at["seq"] == seq


def test_positions_are_lines_offsets_and_times(virada: Virada, home: Path) -> None:
    journal = story()
    journal.write(journal_file(home))
    line = journal.lines[5]
    for position in (str(line.seq), f"+{line.mono}s", stamp(OPENED + line.mono)):
        assert json.loads(virada("status", "last", "--at", position, "--json").out)["seq"] == line.seq


def test_a_position_before_the_opening_has_no_status(virada: Virada, home: Path) -> None:
    story().write(journal_file(home))
    result = virada("status", "last", "--at", stamp(OPENED - 1))
    assert result.code == 2
    assert "before the opening" in result.err


def test_a_torn_tail_does_not_exist(virada: Virada, home: Path) -> None:
    journal = story()
    path = journal.write(journal_file(home), 7)
    path.write_bytes(path.read_bytes() + b'{"v":1,"seq":7')
    assert json.loads(virada("status", "last", "--json").out)["seq"] == 6
    verdict = virada("verify", "last")
    assert verdict.code == 0
    assert "whole: 7 lines" in verdict.out


def test_verify_names_the_first_broken_line(virada: Virada, home: Path) -> None:
    path = story().write(journal_file(home))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"expand", b"expend")
    path.write_bytes(b"".join(lines))
    result = virada("verify", "last")
    assert result.code == 1
    assert "broken at line 5" in result.err
    path.write_bytes(b"")
    assert virada("verify", str(path)).code == 1


def test_a_broken_journal_is_a_sentence_everywhere(virada: Virada, home: Path) -> None:
    path = story().write(journal_file(home))
    path.write_bytes(path.read_bytes()[:2000] + b"\n\xff\n")
    for arguments in (["status", "last"], ["replay", "last", "--plain", "--speed", "1e9"], ["watch", RUN, "--plain"]):
        result = virada(*arguments)
        assert result.code == 1
        assert "is broken at line" in result.err
        assert "Traceback" not in result.err
    listed = json.loads(virada("runs", "--json").out)
    assert "is broken at line" in listed[0]["problem"]


def test_a_journal_alone_replays_on_another_machine(virada: Virada, tmp_path: Path) -> None:
    journal = story()
    path = journal.write(tmp_path / "elsewhere" / "copied.jsonl")
    result = virada("replay", str(path), "--plain", "--speed", "1e9")
    assert result.code == 0
    assert result.out.splitlines()[-1] == end_line(fold_all(journal.lines))
    assert "ROLLBACK started" in result.out
    assert virada("verify", str(path)).code == 0


def test_replay_begins_at_a_position_with_how_the_run_stood_there(virada: Virada, home: Path) -> None:
    journal = story()
    journal.write(journal_file(home))
    lines = virada("replay", "last", "--plain", "--speed", "1e9", "--at", "12").out.splitlines()
    assert lines[0] == end_line(fold_all(journal.lines[:13]))
    assert "ROLLBACK started" in lines[1]
    assert lines[-1] == end_line(fold_all(journal.lines))


def test_replay_takes_the_time_it_took_divided_by_the_speed(
    virada: Virada, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("tui.cli.replay.time.monotonic", lambda: now[0])
    monkeypatch.setattr("tui.cli.replay.time.sleep", sleep)
    journal = story()
    journal.write(journal_file(home))
    assert virada("replay", "last", "--plain", "--speed", "4").code == 0
    assert sum(slept) == pytest.approx(journal.lines[-1].mono / 4)


def test_runs_are_listed_newest_first(virada: Virada, home: Path) -> None:
    other = "20261123T060000Z-0001"
    story().write(journal_file(home))
    Journal(plan(sql("a")), run=other).write(journal_file(home, other))
    listed = json.loads(virada("runs", "--json").out)
    assert [(run["id"], run["status"]) for run in listed] == [(other, "scheduled"), (RUN, "rolled_back")]
    assert [line.split()[0] for line in virada("runs").out.splitlines()] == [other, RUN]


def test_no_runs(virada: Virada) -> None:
    result = virada("runs")
    assert (result.code, result.out) == (0, "")
    assert "There is no run" in result.err
    assert virada("runs", "--json").out.strip() == "[]"
    for command in (["status", "last"], ["verify", "x"], ["watch", "--plain"], ["do", "x", "hold"]):
        result = virada(*command)
        assert result.code == 2
        assert "There is no run" in result.err


def test_watch_follows_until_the_run_is_closed(virada: Virada, home: Path) -> None:
    journal = story()
    path = journal.write(journal_file(home), 5)
    rest = journal.bytes()[len(journal.bytes(5)) :]

    def write() -> None:
        with path.open("ab") as file:
            for start in range(0, len(rest), 97):
                file.write(rest[start : start + 97])
                file.flush()

    writer = threading.Timer(0.2, write)
    writer.start()
    result = virada("watch", "--plain")
    writer.join()
    assert result.code == 0
    assert result.out.splitlines()[-1] == end_line(fold_all(journal.lines))


def test_commands_to_a_closed_run_or_a_journal_alone_are_refused(virada: Virada, home: Path, tmp_path: Path) -> None:
    story().write(journal_file(home))
    for arguments in (["do", "last", "hold"], ["continue", "last", "--headless"], ["attach", "last", "--plain"]):
        result = virada(*arguments)
        assert result.code == 5
        assert "is closed" in result.err
    told = virada("do", "last", "hold", "--json")
    assert told.code == 5
    assert json.loads(told.out)["refused"]["message"]
    alone = Journal(plan(sql("a"))).write(tmp_path / "alone.jsonl")
    result = virada("do", str(alone), "hold")
    assert result.code == 5
    assert "journal without its run" in result.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(virada: Virada, home: Path) -> None:
    path = story().write(journal_file(home))
    path.chmod(0)
    assert virada("status", "last").code == 5


def test_status_does_not_depend_on_the_engine_of_another_directory(virada: Virada, home: Path, tmp_path: Path) -> None:
    path = story().write(journal_file(home))
    copied = tmp_path / "copied.jsonl"
    shutil.copy(path, copied)
    told = json.loads(virada("status", str(copied), "--json").out)
    assert told["id"] == RUN
    assert told["engine"] == {"pid": None, "host": None, "alive": False}


def test_an_open_run_without_an_engine_is_told_as_of_its_last_event(virada: Virada, home: Path) -> None:
    journal = Journal(plan(sql("a")))
    journal.add(e.StepStarted(step="a", attempt=1))
    journal.add(e.StepProgress(step="a", attempt=1, done=1.0), after=7.0)
    journal.write(journal_file(home))
    told = json.loads(virada("status", "last", "--json").out)
    assert told["steps"][0]["duration_s"] == 7.0


def test_a_broken_chain_is_said_by_every_reader_that_came_there(
    virada: Virada, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line was changed and is still a line: what is shown is not what was written."""
    path = story().write(journal_file(home))
    monkeypatch.setattr("tui.recording.keyframes.EVERY_BYTES", 1)
    Recording(path).extend(write=True)
    assert keyframes_path(path).exists()
    lines = path.read_bytes().splitlines(keepends=True)
    changed = next(seq for seq, line in enumerate(lines) if b"what now?" in line)
    lines[changed] = lines[changed].replace(b"what now?", b"go ahead.")
    path.write_bytes(b"".join(lines))
    bad = changed + 1
    for arguments in (["replay", "last", "--plain", "--speed", "1e9"], ["watch", RUN, "--plain"]):
        told = virada(*arguments)
        assert told.code == 1
        printed = told.out.splitlines()
        said = next(n for n, line in enumerate(printed) if f"THE JOURNAL IS BROKEN at line {bad}:" in line)
        assert said < len(printed) - 1 and "rolled back" in printed[-1], "the rest is shown all the same"
        assert f"BROKEN at line {bad}:" in told.err
    for _keyframes in (True, False):
        told = virada("status", "last")
        assert told.code == 1
        assert told.out.startswith(f"THE JOURNAL IS BROKEN at line {bad}:")
        assert virada("status", "last", "--at", str(changed)).code == 0, "up to there it is whole"
        data = json.loads(virada("status", "last", "--json").out)
        assert data["chain"] == {"whole": False, "bad_seq": bad}
        # They vouch for what they were made from, and for nothing that was changed since.
        keyframes_path(path).unlink(missing_ok=True)
