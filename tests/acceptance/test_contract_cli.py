"""The command line as scripts rely on it: options, exit codes, streams, RUN and POSITION, `status --json`, refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import postgres_server
from tests.acceptance.station import VIRADA, Done, Station, await_condition
from tests.postgres_server import Database
from tui.cli.main import run
from tui.demo.server import Server

PLAN = """
virada: 1
name: Contrato
targets:
  here:
    environment: development
    dsn: "${CONTRACT_DSN}"
    window: {opens: "+0s", duration: 45m, buffer: 15m}
  prod:
    environment: production
    dsn: "${CONTRACT_DSN}"
    window: {opens: "2031-12-05T22:00", timezone: America/Sao_Paulo, duration: 45m, buffer: 15m}
success:
  - {metric: connections, below: 90%}
  - {metric: response_time, below: 100ms, for: 30s}
phases:
  - title: Work
    sections:
      - title: One by one
        estimate: 1m
        steps:
          - {id: go, title: Go, sign: true}
          - {id: work, title: Work, command: {run: [echo, worked]}, undo: {command: {run: [echo, undone]}}}
          - {id: fragile, title: Fails, command: {run: [sh, fragile.sh], files: [fragile.sh]}}
          - {id: slow, title: Takes long, command: {run: [sleep, "600"]}}
          - {id: last, title: Last, sign: true}
rollback:
  phases:
    - title: Back
      sections:
        - {title: All, steps: [{id: rb, title: Back, command: {run: ["true"]}}]}
"""
FRAGILE = 'test -e "$VIRADA_HOME/../mended"\n'
STEP_STATUSES = {
    "pending", "running", "passed", "failed", "skipped", "signed", "by_hand", "cancelled", "undone", "undecided",
}  # fmt: skip
RUN_STATUSES = {
    "scheduled", "running", "held", "rolling_back", "rolled_back", "rollback_failed", "completed", "failed",
    "undecided",
}  # fmt: skip
OPTIONS = {
    "demo": ["--autopilot", "--headless", "--fail"],
    "check": ["--on", "--create-ledger"],
    "run": ["--on", "--rehearsal", "--headless", "--sign-off", "--on-failure", "--compress", "--detach", "--reason",
            "--as", "--plain"],
    "continue": ["--headless", "--sign-off", "--keep-driving"],
    "attach": ["--take", "--plain", "--keep-driving"],
    "watch": ["--plain"],
    "replay": ["--at", "--speed", "--plain"],
    "do": ["--json", "--no-wait", "--take", "--keep-driving", "--reason", "--note", "--confirm", "--to"],
    "status": ["--at", "--json"],
    "runs": ["--json"],
    "verify": [],
}  # fmt: skip
HELM = [
    "execute STEP", "run-to STEP", "skip STEP --reason", "sign STEP --note", "by-hand STEP --note", "retry STEP",
    "undo STEP", "cancel STEP", "hold", "resume", "rollback --reason TEXT --confirm TARGET", "note TEXT",
    "feedback TEXT", "resolve ERROR TEXT", "handover --note", "close",
]  # fmt: skip


@pytest.fixture
def dsn(database: Database) -> str:
    """A database of the test's own: another run on one that has changes ahead is refused."""
    return database.dsn


@pytest.fixture(scope="module")
def driven_dsn(server: Server) -> Iterator[str]:
    database = postgres_server.create_database(server)
    yield database.dsn
    postgres_server.drop_database(database)


def _furnish(station: Station) -> Path:
    plan = station.root / "plan.yaml"
    plan.write_text(PLAN)
    (station.root / "fragile.sh").write_text(FRAGILE)
    return plan


@pytest.fixture(scope="module")
def driven(driven_dsn: str) -> Iterator[Station]:
    """A closed run (`driven.closed`) with a failure, a retry, a cancel and a rollback; and an open one, the newest."""
    with Station(CONTRACT_DSN=driven_dsn) as station:
        plan = _furnish(station)
        _drive(station, plan)
        station.closed = station.directory().name  # type: ignore[attr-defined]
        station.open(plan, "--on", "here")
        yield station


def _drive(station: Station, plan: Path) -> None:
    """What each command of the helm ends with, on the way."""
    station.open(plan, "--on", "here", "--reason", "CHG-1", "--as", "Ana")
    assert station.do("execute", "work", code=5)["refused"]["code"] == "order"
    assert station.do("sign", "go", "--note", "seen")["status"] == "signed"
    assert station.do("execute", "work")["status"] == "passed"
    assert station.do("execute", "fragile", code=1)["status"] == "failed"
    assert station.do("retry", "fragile", code=1)["attempt"] == 2
    (station.root / "mended").touch()
    assert station.do("resolve", "E1", "mended")["accepted"] is True
    assert station.do("retry", "fragile")["status"] == "passed"
    assert station.do("run-to", "last", "--no-wait")["accepted"] is True
    station.wait_for(lambda e: e["type"] == "step.child" and e["data"]["step"] == "slow")
    assert station.do("hold", "--reason", "wait")["accepted"] is True
    assert station.do("cancel", "slow")["status"] == "cancelled"
    assert station.do("resume")["accepted"] is True
    assert station.do("by-hand", "slow", "--note", "did it myself")["status"] == "by_hand"
    assert station.do("undo", "work", "--confirm", "here")["status"] == "undone"
    assert station.do("retry", "work")["status"] == "passed"
    assert station.do("note", "a", "note")["accepted"] is True
    assert station.do("feedback", "all quiet")["accepted"] is True
    assert station.do("handover", "--note", "to Rui")["accepted"] is True
    assert station.do("rollback", "--reason", "r", "--confirm", "prod", code=5)["refused"]["message"]
    assert station.do("rollback", "--reason", "r", "--confirm", "here")["status"] == "rolled_back"
    assert station.do("close")["accepted"] is True
    station.wait_for("run.closed")
    await_condition(lambda: station.engine() is None, "the engine ends")


def _closed(station: Station) -> str:
    return str(station.closed)  # type: ignore[attr-defined]


def _sentence(done: Done, code: int) -> str:
    """What a command that ended with this code says: a sentence, and no traceback before it."""
    done.expect(code)
    # What is wrong with a plan is the data of `check`; a run's id is told before it stops.
    assert done.out == "" or done.arguments[0] in ("check", "continue")
    lines = done.err.strip().splitlines()
    assert lines, f"{done.arguments} says nothing"
    assert len(lines[-1]) > 15 and " " in lines[-1]
    return done.err


# -- commands and options -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_of_the_table(command: str, driven: Station) -> None:
    told = driven.virada(command, "--help").expect().out
    assert [option for option in OPTIONS[command] if not re.search(rf"(?<!\S){option}\b", told)] == []


def test_every_command_of_the_helm(driven: Station) -> None:
    told = driven.virada("do", "--help").expect().out
    assert [form for form in HELM if form.split()[0] not in told] == []
    for form in HELM:
        words = [re.escape(word) for word in form.split()]
        assert re.search(r"\s+\[?".join(words), told), form


# -- exit codes -----------------------------------------------------------------------------------------------------


def test_0_and_6_headless_stops_at_what_a_person_must_sign(station: Station, dsn: str) -> None:
    station.env["CONTRACT_DSN"] = dsn
    plan = _furnish(station)
    waits = station.virada("run", str(plan), "--on", "here", "--headless").expect(6)
    assert waits.out == f"{station.directory().name}\n"
    assert "go" in waits.err
    (station.root / "mended").touch()
    assert "go" in station.virada("continue", "last", "--headless").expect(6).err
    on = station.start("continue", "last", "--headless", "--sign-off", "as agreed")
    station.wait_for(lambda e: e["type"] == "step.child" and e["data"]["step"] == "slow")
    on.send_signal(signal.SIGINT)
    _out, err = on.communicate(timeout=20)
    assert on.returncode == 130, err
    assert "Traceback" not in err
    assert station.engine() is not None, "whoever looks on is interrupted, not the engine"
    signed = next(event for event in station.events() if event["type"] == "step.signed")
    assert signed["data"]["evidence"]["sign_off"] is True
    assert signed["data"]["note"] == "as agreed"
    # Killed in what nothing can prove: a person must look.
    station.kill_engine()
    lost = station.virada("continue", "last", "--headless").expect(4)
    assert "slow" in lost.err
    told = station.status()
    assert (told["status"], told["undecided"]) == ("undecided", ["slow"])
    assert station.do("execute", "last", code=5)["refused"]
    assert station.do("skip", "slow", "--reason", "looked")["status"] == "skipped"
    station.virada("continue", "last", "--headless", "--sign-off", "x").expect(0)
    assert station.status()["status"] == "completed"
    station.virada("verify", "last").expect()


def test_1_when_a_step_fails_and_3_when_that_is_rolled_back(station: Station, dsn: str) -> None:
    station.env["CONTRACT_DSN"] = dsn
    plan = str(_furnish(station))
    driving = ("--headless", "--sign-off", "as agreed")
    failed = station.virada("run", plan, "--on", "here", *driving).expect(1)
    assert "fragile" in failed.err
    assert station.status()["status"] == "failed"
    beside = ("--beside", "the one before has failed")
    station.virada("run", plan, "--on", "here", *driving, "--on-failure", "rollback", *beside).expect(3)
    told = station.status()
    assert told["status"] == "rolled_back"
    assert {step["id"]: step["status"] for step in told["steps"]}["work"] == "undone"
    assert {"rb", "undo.work"} <= {step["id"] for step in told["steps"]}, "rollback steps join"
    assert told["rollback"]["reason"]


def test_5_on_production(station: Station, dsn: str) -> None:
    station.env["CONTRACT_DSN"] = dsn
    plan = str(_furnish(station))
    for option in (("--compress", "2"), ("--rehearsal",)):
        assert "production" in _sentence(station.virada("run", plan, "--on", "prod", "--headless", *option), 5)
    assert not station.has_run()
    run = station.open(Path(plan), "--on", "prod")
    told = station.status(run)
    assert (told["environment"], told["mode"]) == ("production", "live")
    assert told["window"]["opens"].startswith("2031-12-06T01:00:00")


def test_5_after_the_end(driven: Station) -> None:
    run = _closed(driven)
    for command in ("note too late", "execute work", "close", "hold"):
        assert "closed" in _sentence(driven.virada("do", run, *command.split()), 5)
    assert "closed" in _sentence(driven.virada("attach", run, "--plain"), 5)
    assert "closed" in _sentence(driven.virada("continue", run, "--plain"), 5)


def test_1_for_a_journal_that_was_changed(driven: Station, tmp_path: Path) -> None:
    raw = (driven.directory(_closed(driven)) / "journal.jsonl").read_bytes()
    lines = raw.splitlines(keepends=True)
    changes = {
        7: b"".join([*lines[:6], lines[6].replace(b'"by":"', b'"by":"x', 1), *lines[7:]]),
        4: b"".join([*lines[:4], *lines[5:]]),
        9: b"".join([*lines[:9], lines[10], lines[9], *lines[11:]]),
    }
    for seq, content in changes.items():
        path = tmp_path / f"{seq}.jsonl"
        path.write_bytes(content)
        told = driven.virada("verify", str(path)).expect(1)
        assert re.search(rf"\b{seq}\b", told.err + told.out), told.err
    whole = tmp_path / "torn.jsonl"
    whole.write_bytes(raw + b'{"v":1')
    driven.virada("verify", str(whole)).expect(0)


# -- RUN and POSITION -----------------------------------------------------------------------------------------------


def test_run_by_every_name(driven: Station) -> None:
    run, newest = _closed(driven), driven.directory().name
    directory = driven.directory(run)
    unique = next(run[:n] for n in range(1, len(run) + 1) if not newest.startswith(run[:n]))
    for name in (run, unique, str(directory), str(directory / "journal.jsonl"), f"h/runs/{run}/"):
        assert driven.status(name)["id"] == run, name
    assert driven.status("last")["id"] == newest
    ambiguous = _sentence(driven.virada("status", run[:4]), 2)
    assert run in ambiguous and newest in ambiguous
    assert "no run" in _sentence(driven.virada("status", "20200101T000000Z-0000"), 2)
    assert [row["id"] for row in driven.virada("runs", "--json").expect().json] == [newest, run]


def test_without_run_the_newest_open_one(dsn: str, station: Station) -> None:
    station.env["CONTRACT_DSN"] = dsn
    plan = _furnish(station)
    first = station.open(plan, "--on", "here")
    station.open(plan, "--on", "here", "--beside", "of the two the newest is meant")
    station.do("close", "--reason", "not this one")
    told = station.virada("attach", "--plain", stdin="status\nquit\n").expect().out
    assert first in told
    station.do("close", "--reason", "nor this", run=first)
    assert "no open run" in _sentence(station.virada("watch", "--plain"), 2)


def test_status_at_equals_the_status_of_a_journal_cut_there(driven: Station, tmp_path: Path) -> None:
    run = _closed(driven)
    journal = (driven.directory(run) / "journal.jsonl").read_bytes().splitlines(keepends=True)
    positions = sorted({*range(0, len(journal), max(1, len(journal) // 4)), len(journal) - 1})
    for seq in positions:
        cut = tmp_path / f"{seq}.jsonl"
        cut.write_bytes(b"".join(journal[: seq + 1]))
        there, here = driven.status(str(cut)), driven.status(run, "--at", str(seq))
        assert here["seq"] == seq
        assert {**there, "engine": None} == {**here, "engine": None}


def test_positions(driven: Station) -> None:
    run = _closed(driven)
    lines = driven.events(run)
    middle = lines[len(lines) // 2]
    assert driven.status(run, "--at", middle["at"])["seq"] >= middle["seq"]
    assert driven.status(run, "--at", "+00:00:00")["seq"] == 0
    assert driven.status(run, "--at", "+99:00:00")["seq"] == lines[-1]["seq"]
    seconds = middle["mono"]
    offset = f"+00:{int(seconds // 60):02}:{seconds % 60:09.6f}"
    at = driven.status(run, "--at", offset)["seq"]
    assert lines[at]["mono"] <= seconds and (at + 1 == len(lines) or lines[at + 1]["mono"] > seconds)
    local = middle["at"].replace("Z", "+00:00")
    assert driven.status(run, "--at", local)["seq"] == driven.status(run, "--at", middle["at"])["seq"]
    replayed = driven.virada("replay", run, "--plain", "--speed", "1e9", "--at", str(middle["seq"])).expect().out
    whole = driven.virada("replay", run, "--plain", "--speed", "1e9").expect().out
    assert replayed.splitlines()[-1] == whole.splitlines()[-1]
    assert len(replayed) < len(whole)


# -- status --json --------------------------------------------------------------------------------------------------

_NUMBER = (int, float)


def _check_status(told: dict[str, Any]) -> None:
    text = ("id", "plan", "target", "seal", "work", "environment", "status")
    assert all(isinstance(told[key], str) and told[key] for key in text)
    assert told["mode"] in ("live", "rehearsal")
    assert told["status"] in RUN_STATUSES
    assert isinstance(told["seq"], int) and isinstance(told["mono"], _NUMBER)
    assert told["helm"] is None or isinstance(told["helm"], str)
    assert set(told["engine"]) >= {"pid", "host", "alive"}
    assert told["engine"]["alive"] in (True, False, None)
    window = told["window"]
    assert isinstance(window["opens"], str) and isinstance(window["closes"], str)
    assert isinstance(window["buffer_s"], _NUMBER) and isinstance(window["remaining_s"], _NUMBER)
    assert window["last_safe_rollback_s"] is None or isinstance(window["last_safe_rollback_s"], _NUMBER)
    assert isinstance(told["metrics"], dict)
    assert told["rollback"] is None or isinstance(told["rollback"], dict)
    assert isinstance(told["undecided"], list) and all(isinstance(step, str) for step in told["undecided"])
    for step in told["steps"]:
        assert all(isinstance(step[key], str) for key in ("id", "number", "title", "phase", "kind"))
        assert step["status"] in STEP_STATUSES
        assert isinstance(step["attempt"], int)
        assert step["started"] is None or isinstance(step["started"], str)
        assert step["ended"] is None or isinstance(step["ended"], str)
        assert step["duration_s"] is None or isinstance(step["duration_s"], _NUMBER)
        assert "waiting" in step and isinstance(step["evidence"], dict)
    for guard in told["guards"]:
        assert set(guard) >= {"metric", "value", "limit", "state", "source"}
        assert isinstance(guard["limit"], _NUMBER)


def test_status_has_its_fields_at_every_moment(driven: Station) -> None:
    run = _closed(driven)
    last = driven.events(run)[-1]["seq"]
    for at in (0, last // 4, last // 2, 3 * last // 4, last):
        told = driven.status(run, "--at", str(at))
        _check_status(told)
        assert [guard["metric"] for guard in told["guards"]] == ["connections", "response_time"]
    assert told["status"] == "rolled_back"
    assert told["rollback"] is not None
    assert {"rb", "undo.work"} <= {step["id"] for step in told["steps"]}
    assert driven.status(run) == driven.status(run), "nothing depends on the present"
    assert driven.status(run)["engine"]["alive"] is False


def test_status_of_a_living_run(driven: Station) -> None:
    first, second = driven.status(), driven.status()
    _check_status(first)
    assert first["engine"]["alive"] is True
    assert first["engine"]["pid"] == driven.engine().pid  # type: ignore[union-attr]
    assert first["status"] == "scheduled"
    assert second["window"]["remaining_s"] < first["window"]["remaining_s"] <= 3600
    rows = driven.virada("runs", "--json").expect().json
    assert {row["id"]: row["status"] for row in rows} == {
        driven.directory().name: "scheduled",
        _closed(driven): "rolled_back",
    }


# -- the helm -------------------------------------------------------------------------------------------------------


def test_the_helm_belongs_to_one_person(driven: Station) -> None:
    holder = driven.start("attach", "--plain", "--as", "Rui", stdin=subprocess.PIPE)
    try:
        driven.wait_for(lambda e: e["type"] == "helm.taken" and "Rui" in e["by"])
        assert "declared" in driven.status()["helm"], "a name given with --as is marked"
        assert driven.do("note", "mine", code=5)["refused"]["code"] == "helm"
        assert "--take" in _sentence(driven.virada("do", "last", "note", "mine"), 5)
        driven.do("note", "now mine", "--take", "Rui is asleep")
        taken = [e for e in driven.events() if e["type"] == "helm.taken"][-1]
        assert taken["data"]["reason"] == "Rui is asleep"
        assert "Rui" in taken["data"]["from"]
    finally:
        assert holder.stdin is not None
        holder.stdin.close()
        holder.wait(timeout=20)
        for pipe in (holder.stdout, holder.stderr):
            assert pipe is not None
            pipe.close()
    assert driven.status()["helm"] is None, "the last client's end releases it"


def _reachable(works: Callable[[list[str]], bool]) -> list[str]:
    """The installed command, or the system's Python of the same version with its packages: one's own home is closed."""
    system = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin:/bin")
    for tried in ([str(VIRADA)], [system, "-m", "tui.cli.main"] if system else []):
        try:
            if tried and works(tried):
                return tried
        except PermissionError:
            continue
    pytest.skip("other accounts cannot reach this installation")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_an_observer_reads_and_is_refused_by_the_system(driven: Station) -> None:
    group = 65534
    driven.root.chmod(0o755)
    for path in (driven.home, *driven.home.rglob("*")):
        os.chown(path, -1, group)
        if stat.S_ISDIR(path.stat().st_mode):
            path.chmod(0o2750)

    def as_other(command: list[str], arguments: tuple[str, ...]) -> Done:
        environment = driven.env | {"HOME": "/nonexistent", "PYTHONPATH": os.pathsep.join(sys.path[1:])}
        done = subprocess.run(
            [*command, *arguments], env=environment, cwd="/", text=True, capture_output=True, timeout=30,
            stdin=subprocess.DEVNULL, user=65533, group=group, extra_groups=[],
        )  # fmt: skip
        return Done(arguments, done.returncode, done.stdout, done.stderr)

    program = _reachable(lambda tried: as_other(tried, ("--version",)).code == 0)

    def observer(*arguments: str) -> Done:
        return as_other(program, arguments)

    told = observer("status", "last", "--json").expect().json
    _check_status(told)
    assert told["engine"]["alive"] is True, "other accounts see that this very process lives"
    assert told["id"] == driven.directory().name
    before = len(driven.events())
    for command in (("do", "last", "note", "x"), ("do", "last", "note", "x", "--take", "y"), ("attach", "--plain"),
                    ("continue", "last", "--plain")):  # fmt: skip
        _sentence(observer(*command), 5)
    # What the engine measures and waits for meanwhile is its own.
    assert {e["by"] for e in driven.events()[before:]} <= {"engine"}
    observer("verify", "last").expect()
    replayed = observer("replay", _closed(driven), "--plain", "--speed", "1e9").expect()
    assert replayed.out == driven.virada("replay", _closed(driven), "--plain", "--speed", "1e9").expect().out
    assert len(observer("runs", "--json").expect().json) == 2


# -- environment and streams ----------------------------------------------------------------------------------------


@pytest.mark.skipif(Path("/var/lib/virada").exists(), reason="this machine has a state directory of its own")
def test_where_state_lies(station: Station) -> None:
    del station.env["VIRADA_HOME"], station.env["XDG_STATE_HOME"]
    state = station.root / "state"
    told = station.virada("runs", env={"XDG_STATE_HOME": str(state), "HOME": str(station.root)}).expect()
    assert str(state / "virada" / "runs") in told.err
    told = station.virada("runs", env={"HOME": str(station.root)}).expect()
    assert str(station.root / ".local" / "state" / "virada" / "runs") in told.err
    told = station.virada("runs", env={"VIRADA_HOME": str(station.root / "own"), "XDG_STATE_HOME": str(state)}).expect()
    assert str(station.root / "own" / "runs") in told.err


@pytest.mark.parametrize("variable", ["LANG", "LC_MESSAGES"])
def test_portuguese(variable: str, driven: Station) -> None:
    portuguese = {"LANG": "C.UTF-8", variable: "pt_BR.UTF-8"}
    told = driven.virada("status", _closed(driven), env=portuguese).expect().out
    assert "desfeito" in told.lower() or "revertid" in told.lower()
    assert told != driven.virada("status", _closed(driven)).expect().out
    english = driven.virada("do", "last", "explode").expect(2)
    assert driven.virada("do", "last", "explode", env=portuguese).expect(2).err != english.err
    assert driven.virada("status", _closed(driven), "--json", env=portuguese).json == driven.status(_closed(driven))


def test_no_colour_where_it_is_not_wanted(driven: Station) -> None:
    for environment in ({"NO_COLOR": "1"}, {"TERM": "xterm-256color", "FORCE_COLOR": "1", "NO_COLOR": "1"}):
        for arguments in (("status", "last"), ("replay", _closed(driven), "--plain", "--speed", "1e9")):
            assert "\x1b" not in driven.virada(*arguments, env=environment).expect().out


def test_data_goes_to_stdout_and_narration_to_stderr(driven: Station) -> None:
    for arguments in (("status", "last", "--json"), ("runs", "--json")):
        done = driven.virada(*arguments).expect()
        json.loads(done.out)
        assert done.err == ""
    told = driven.virada("do", _closed(driven), "note", "x", "--json").expect(5)
    assert set(json.loads(told.out)) == {"refused"}
    plan = str(driven.root / "plan.yaml")
    broken = driven.root / "broken.yaml"
    broken.write_text(PLAN.replace("title: Go,", "titel: Go,").replace("id: last", "id: go"))
    driven.virada("check", plan).expect()
    found = driven.virada("check", str(broken)).expect(2).out.splitlines()
    assert len(found) >= 2
    assert all(re.match(r"^.+\.yaml:\d+:\d+: (error|warning) [a-z0-9-]+ .+$", line) for line in found)


def test_a_reader_that_goes_away(driven: Station) -> None:
    command = f"{VIRADA} replay {_closed(driven)} --plain --speed 1e9 | head -1"
    done = subprocess.run(
        ["bash", "-c", command], env=driven.env, capture_output=True, text=True, cwd=driven.root, check=False
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


# -- bad input ------------------------------------------------------------------------------------------------------

BAD: list[tuple[str, int]] = [
    ("", 2),
    ("explode", 2),
    ("--explode", 2),
    ("status nowhere", 2),
    ("status ./nowhere", 2),
    ("status .", 2),
    ("status plan.yaml", 1),
    ("status empty.jsonl", 2),
    ("status last --at yesterday", 2),
    ("status last --at -5", 2),
    ("status last --at 1e3", 2),
    ("status last --at +00:99:00", 2),
    ("status last --at 2026-13-45T99:00:00Z", 2),
    ("status last --at 2026-01-01T00:00:00", 2),
    ("status last --at 1999-01-01T00:00:00Z", 2),
    ("status last --json=yes", 2),
    ("status last more", 2),
    ("status binary.jsonl", 1),
    ("verify nowhere", 2),
    ("replay last", 2),
    ("replay last --plain --speed 0", 2),
    ("replay last --plain --speed nan", 2),
    ("replay last --plain --speed -1", 2),
    ("replay last --plain --at never", 2),
    ("check", 2),
    ("check missing.yaml", 2),
    ("check binary.jsonl", 2),
    ("check h", 2),
    ("check empty.jsonl", 2),
    ("check plan.yaml --on mars", 2),
    ("check plan.yaml --create-ledger", 2),
    ("run", 2),
    ("run missing.yaml --headless", 2),
    ("run plan.yaml --headless", 2),
    ("run plan.yaml --on mars --headless", 2),
    ("run plan.yaml --on here", 2),
    ("run plan.yaml --on here --headless --compress 0", 2),
    ("run plan.yaml --on here --headless --compress nan", 2),
    ("run plan.yaml --on here --headless --compress inf", 2),
    ("run plan.yaml --on here --headless --compress fast", 2),
    ("run plan.yaml --on here --sign-off x --plain", 2),
    ("run plan.yaml --on here --headless --on-failure pray", 2),
    ("run plan.yaml --on here --headless --as (root)", 2),
    ("run plan.yaml --on here --detach --plain", 2),
    ("run plan.yaml --on prod --headless --compress 3", 5),
    ("continue", 2),
    ("continue nowhere --headless", 2),
    ("attach", 2),
    ("attach nowhere --plain", 2),
    ("watch", 2),
    ("watch nowhere --plain", 2),
    ("do", 2),
    ("do last", 2),
    ("do last explode", 2),
    ("do last execute", 2),
    ("do last execute nosuchstep", 5),
    ("do last execute go", 5),
    ("do last execute go work", 2),
    ("do last sign go", 2),
    ("do last sign work --note x", 5),
    ("do last skip go", 2),
    ("do last skip go --note x", 2),
    ("do last retry go", 5),
    ("do last undo go", 5),
    ("do last cancel go", 5),
    ("do last rollback --reason x", 2),
    ("do last rollback --confirm here", 2),
    ("do last rollback --reason x --confirm mars", 5),
    ("do last rollback --reason x --confirm here --to nosuchstep", 5),
    ("do last note", 2),
    ("do last resolve", 2),
    ("do last resolve E99 x", 5),
    ("do last handover", 2),
    ("do nowhere note x", 2),
    ("do alone.jsonl note x", 5),
    ("continue alone.jsonl --headless", 5),
    ("demo", 2),
    ("demo --compress 0 --headless", 2),
    ("runs everything", 2),
]


@pytest.fixture(scope="module")
def untidy(driven: Station) -> Station:
    root = driven.root
    (root / "empty.jsonl").write_bytes(b"")
    (root / "binary.jsonl").write_bytes(bytes(range(256)) + b"\n")
    shutil.copyfile(driven.directory(_closed(driven)) / "journal.jsonl", root / "alone.jsonl")
    return driven


@pytest.mark.parametrize(("words", "code"), BAD, ids=[words or "nothing" for words, _code in BAD])
def test_bad_input_is_told_in_a_sentence(
    words: str, code: int, untidy: Station, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Through the installed command's entry point, in this process for the sake of time."""
    for name, value in untidy.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(untidy.root)
    arguments = tuple(words.split(" ") if words else ())
    ended = run(arguments)
    said = capfd.readouterr()
    _sentence(Done(arguments or ("",), ended, said.out, said.err), code)
    assert not (untidy.home / "crash.log").exists()


def test_what_cannot_be_reached(station: Station) -> None:
    plan = _furnish(station)
    nobody = "host=/nonexistent dbname=x"
    done = station.virada("run", str(plan), "--on", "here", "--headless", env={"CONTRACT_DSN": nobody})
    assert "error target-unreachable The target here cannot be reached" in done.expect(5).err
    done = station.virada("run", str(plan), "--on", "here", "--headless")
    assert "CONTRACT_DSN" in done.expect(5).err
    assert not station.has_run(), "a run that never opened leaves nothing behind"


@pytest.mark.skipif(sys.platform != "linux", reason="permissions as Linux has them")
def test_a_home_that_is_a_file(station: Station) -> None:
    station.home.write_text("")
    for command in (("runs",), ("status", "last"), ("do", "last", "hold")):
        done = station.virada(*command)
        assert done.code in (1, 2, 5)
        _sentence(done, done.code)
