"""The past of a run: `status --at`, `replay`, and a journal file that has left its machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.shape import assert_status
from tests.acceptance.station import Station
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "small.yaml"


@pytest.fixture
def run(station: Station, database: Database) -> str:
    """A run with a bit of everything, rolled back and closed."""
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean)")
    id = station.open(PLAN, SMALL_DSN=database.dsn)
    lines = (
        "execute access", "sign agreed --note all", "execute table", "execute rows", "execute slow", "note 'so far'",
        "hold --reason lunch", "resume", "undo slow --confirm here", "retry slow",
        "rollback --reason enough --confirm here", "close",
    )  # fmt: skip
    station.virada("attach", id, "--plain", stdin="\n".join(lines) + "\n").expect(0)
    station.wait_for("run.closed")
    return id


def _without_present(status: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in status.items() if key != "engine"}


def test_status_at_a_line_is_the_status_of_a_journal_cut_there(station: Station, run: str) -> None:
    journal = station.directory() / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = station.root / "cut.jsonl"
    chosen = list(range(len(lines)))
    # In the test's own process, by the same entry point: a hundred starts of an interpreter would show nothing more.
    for n in chosen:
        cut.write_bytes(b"".join(lines[: n + 1]))
        at = _in_process(station, "status", run, "--at", str(n), "--json")
        alone = _in_process(station, "status", str(cut), "--json")
        assert _without_present(at) == _without_present(alone), f"line {n}"
        assert at["seq"] == n
        assert_status(at)
    # And once by the command itself, on a line in the middle and by time.
    middle = len(lines) // 2
    cut.write_bytes(b"".join(lines[: middle + 1]))
    event = json.loads(lines[middle])
    alone = station.virada("status", str(cut), "--json").expect().json
    for position in (str(middle), event["at"]):
        at = station.virada("status", run, "--at", position, "--json").expect().json
        assert _without_present(at) == _without_present(alone)
    assert station.status("last", "--at", "+00:00:00")["seq"] == 0
    station.virada("status", run, "--at", "tomorrow").expect(2)


def _in_process(station: Station, *arguments: str) -> dict[str, Any]:
    from click.testing import CliRunner

    from tui.cli.main import group

    done = CliRunner(env=station.env).invoke(group(), arguments, prog_name="virada", standalone_mode=False)
    assert done.exception is None, done.exception
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_replay_ends_in_the_state_of_the_run(station: Station, run: str) -> None:
    watched = station.virada("watch", run, "--plain").expect(0).out.splitlines()
    replayed = station.virada("replay", run, "--plain", "--speed", "1000000").expect(0).out.splitlines()
    assert replayed == watched
    assert "rolled back" in replayed[-1]
    middle = station.virada("replay", run, "--plain", "--speed", "1000000", "--at", "10").expect(0).out.splitlines()
    assert middle[-1] == replayed[-1] and len(middle) < len(replayed)


def test_a_journal_file_alone_is_enough(station: Station, run: str) -> None:
    elsewhere = station.root / "elsewhere"
    elsewhere.mkdir()
    copy = elsewhere / "of-another-machine.jsonl"
    shutil.copy(station.directory() / "journal.jsonl", copy)
    here = station.status()
    replayed = station.virada("replay", run, "--plain", "--speed", "1000000").expect(0).out
    env = {"VIRADA_HOME": str(station.root / "nothing")}
    station.virada("verify", str(copy), env=env).expect(0)
    assert station.virada("replay", str(copy), "--plain", "--speed", "1000000", env=env).expect(0).out == replayed
    alone = station.virada("status", str(copy), "--json", env=env).expect(0).json
    assert _without_present(alone) == _without_present(here)
    assert alone["engine"]["alive"] in (False, None)
    station.virada("do", str(copy), "note", "hello", env=env).expect(5)


def test_verify_names_the_line_from_which_on_it_is_broken(station: Station, run: str) -> None:
    copy = station.root / "copy.jsonl"
    lines = (station.directory() / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[7] = lines[7].replace(b'"type"', b'"Type"')
    copy.write_bytes(b"".join(lines))
    done = station.virada("verify", str(copy)).expect(1)
    assert "line 7" in done.err
    copy.write_bytes(b"".join(lines[:7] + lines[8:]))
    assert "line 7" in station.virada("verify", str(copy)).expect(1).err
    copy.write_bytes(b"".join(lines[:7]) + b'{"v":1,"se')
    elsewhere = {"XDG_STATE_HOME": str(station.root / "nothing"), "HOME": str(station.root / "nothing")}
    assert "cannot be known here" in station.virada("verify", str(copy), env=elsewhere).expect(0).err
    here = station.virada("verify", str(copy)).expect(1)
    assert here.out.startswith("lost its end"), "where the run was made its last line is known"
