"""The other runs of a runs directory: whatever lies there, it is read, or named, and ends nobody's work."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.run.runs import listed, opening, query, sign, sql
from tui.engine.other_runs import discovery as module
from tui.engine.other_runs.admission import met, refusal
from tui.engine.other_runs.discovery import neighbours
from tui.journal import events as e
from tui.journal.clock import RunClock
from tui.journal.codes import Standing
from tui.journal.other_runs import OtherRun
from tui.journal.writer import JournalWriter
from tui.plan.model import Plan
from tui.postgres.presence import Sighting
from tui.run.other_runs import awaited, named, neighbour
from tui.runs.paths import RunPaths
from tui.words.said import say

HERE = {"system_identifier": "7", "database": "app", "database_oid": 16384, "host": "db1", "port": 5432}
MINE = "20261122T060000Z-0000"
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can put down what belongs to another account")
NOBODY = 65534


def put(
    runs: Path, run: str, of: Plan | None = None, *more: e.Event, identity: dict[str, Any] | None = None
) -> RunPaths:
    """A run's directory with its journal."""
    paths = RunPaths(runs / run)
    paths.directory.mkdir(parents=True)
    paths.directory.chmod(0o2750)
    opened = opening(of or listed(sql("a"), sql("b"), sign("review")))
    opened = e.RunOpened(
        **{name: getattr(opened, name) for name in opened.__struct_fields__}
        | {"id": run, "identity": HERE if identity is None else identity}
    )
    with JournalWriter.create(paths.journal, RunClock.start()) as writer:
        writer.append("run.opened", opened, by="ana@jump1")
        for event in more:
            writer.append(event.TYPE, event, by="ana@jump1")
    return paths


def ids(runs: Path) -> list[tuple[str, str]]:
    return [(other.run, other.standing) for other in neighbours(runs, MINE, HERE)]


def name(number: int) -> str:
    return f"20261122T0600{number:02}Z-0001"


def test_open_runs_of_the_same_server_and_database_are_found(tmp_path: Path) -> None:
    assert neighbours(tmp_path / "none", MINE, HERE) == ()
    put(tmp_path, MINE)
    put(tmp_path, name(1))
    put(tmp_path, name(2), listed(query("look")))
    put(tmp_path, name(3), None, e.RunClosed(outcome="failed"))
    put(tmp_path, name(4), identity=HERE | {"system_identifier": "8"})
    put(tmp_path, name(5), identity=HERE | {"database": "other", "database_oid": 5})
    # Renamed since; and made anew since under its name.
    put(tmp_path, name(6), identity=HERE | {"database": "renamed"})
    put(tmp_path, name(7), identity=HERE | {"database_oid": 99, "host": "db2"})
    put(tmp_path, name(8), identity={})
    (tmp_path / name(9)).mkdir()
    ahead, watches = Standing.CHANGES_AHEAD, Standing.WATCHES
    assert ids(tmp_path) == [(name(1), ahead), (name(2), watches), (name(6), ahead), (name(7), ahead)]
    told = {other.run: other for other in neighbours(tmp_path, MINE, HERE)}
    one = told[name(1)]
    assert (one.by, one.step, one.number, one.ahead, one.account) == ("ana@jump1", "a", "1.1.1", 2, "")
    assert told[name(7)].place == "db2:5432" and "db2:5432" in say(neighbour(told[name(7)]))
    lines = [*map(say, refusal(told.values()))]
    assert len(lines) == 4 and "--beside" in lines[-1] and "ana@jump1" in lines[0] and "1.1.1 a" in lines[0]
    assert [line for line in map(say, named(told.values())) if name(2) in line]


@pytest.mark.unsaid(Standing.UNKNOWN, Standing.UNREADABLE)
def test_what_cannot_be_read_is_named_and_ends_nothing(tmp_path: Path) -> None:
    whole = put(tmp_path, name(1))
    damaged = put(tmp_path, name(2), listed(query("look")))
    with damaged.journal.open("ab") as file:
        file.write(b"{no line}\n")
    changed = put(tmp_path, name(3))
    with changed.journal.open("ab") as file:
        file.write(b"{no line}\n")
    put(tmp_path, name(4)).journal.write_bytes(b"\x00" * 100 + b"\n")
    put(tmp_path, name(5)).journal.write_text('{"type":"run.opened","data":' + "[" * 100_000 + "\n")
    link = put(tmp_path, name(6))
    link.journal.unlink()
    link.journal.symlink_to(whole.journal)
    pipe = put(tmp_path, name(7))
    pipe.journal.unlink()
    os.mkfifo(pipe.journal)
    huge = put(tmp_path, name(8))
    with huge.journal.open("r+b") as file:
        file.truncate(1 << 40)
        file.seek(0)
        file.write(b"\x00" * 4096)
    began = time.monotonic()
    found = dict(ids(tmp_path))
    assert time.monotonic() - began < 10
    assert found.pop(name(1)) == Standing.CHANGES_AHEAD
    # By what could be read it changes nothing, and what could not be read may say otherwise.
    assert found.pop(name(2)) == Standing.UNKNOWN
    assert found.pop(name(3)) == Standing.CHANGES_AHEAD
    assert found == {name(n): Standing.UNREADABLE for n in (4, 5, 6, 7, 8)}


@needs_root
def test_another_account_is_named_and_read_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    paths = put(tmp_path, name(1))
    for path in (paths.directory, paths.journal):
        os.chown(path, NOBODY, NOBODY)
    (other,) = neighbours(tmp_path, MINE, HERE)
    assert other.account == "nobody" and other.in_the_way and "nobody" in say(neighbour(other))
    # Not its owner's own journal, or one that others may write: it says nothing.
    os.chown(paths.journal, 0, 0)
    assert ids(tmp_path) == [(name(1), Standing.UNREADABLE)]
    os.chown(paths.journal, NOBODY, NOBODY)
    paths.journal.chmod(0o666)
    assert ids(tmp_path) == [(name(1), Standing.UNREADABLE)]
    paths.journal.chmod(0o640)
    long = put(tmp_path, name(2), listed(sql("x" * 500), query("y\x1b[2J")))
    for path in (long.directory, long.journal):
        os.chown(path, NOBODY, NOBODY)
    told = say(neighbour(neighbours(tmp_path, MINE, HERE)[1]))
    assert len(told) < 600 and "\x1b" not in told
    monkeypatch.setattr(module, "_BYTES", 100)
    assert {standing for _run, standing in ids(tmp_path)} == {Standing.UNREADABLE}
    monkeypatch.setattr(module, "_PATIENCE_S", -1.0)
    assert {standing for _run, standing in ids(tmp_path)} == {Standing.UNREADABLE}


def seen(run: str, **more: Any) -> Sighting:
    given: dict[str, Any] = {"pid": 4711, "since": "2026-11-22T06:00:00Z", "user": "app", "address": "10.0.0.7"}
    keys = {"changing": False, "in_the_way": False, "opening": False}
    return Sighting(application=f"virada {run} control" if run else "psql", **(given | keys | more))


@pytest.mark.unsaid(Standing.ANNOUNCED, Standing.CHANGING)
def test_what_shows_itself_on_the_server_is_added(tmp_path: Path) -> None:
    journal = OtherRun(run=name(1), standing=Standing.WATCHES, by="ana@jump1")
    foreign = OtherRun(run=name(2), standing=Standing.WATCHES, by="eva@jump1", account="eva")
    put(tmp_path, name(3), None, e.RunClosed(outcome="completed"))
    sightings = [
        seen(MINE, in_the_way=True), seen(name(1), in_the_way=True), seen(name(2), in_the_way=True),
        seen(name(3), in_the_way=True), seen(name(4), in_the_way=True), seen(name(5), changing=True, pid=5),
        seen(name(6)), seen("", pid=6), seen("", pid=7, changing=True),
    ]  # fmt: skip
    found = {other.name: other for other in met((journal, foreign), sightings, tmp_path, MINE)}
    # One's own journal tells; of others it is believed what is worse.
    assert {run: other.standing for run, other in found.items()} == {
        name(1): Standing.WATCHES, name(2): Standing.ANNOUNCED, name(4): Standing.ANNOUNCED,
        name(5): Standing.CHANGING, name(6): Standing.UNKNOWN, "pid 7": Standing.CHANGING,
    }  # fmt: skip
    assert "10.0.0.7" in say(neighbour(found[name(4)])) and "4711" in say(neighbour(found[name(4)]))
    none = met((), [seen(name(4)), seen("", pid=6)], tmp_path, MINE)
    assert [other.in_the_way for other in none] == [False]


def test_a_wait_for_the_key_says_for_whom() -> None:
    facts = {"holders": [4711], "held_by": [
        {"pid": 4711, "run": name(1), "user": "app", "address": "10.0.0.7", "since": "2026-11-22T06:03:00.5Z"},
    ]}  # fmt: skip
    told = say(awaited(facts))
    assert all(part in told for part in (name(1), "4711", "app", "10.0.0.7", "2026-11-22 06:03 UTC")), told
    assert "4711" in say(awaited({"holders": [4711]}))
    assert say(awaited({"held_by": "?", "holders": None})) == "waits for another run to leave the target"
    assert "?" in say(awaited(json.loads('{"held_by": [{}]}')))
