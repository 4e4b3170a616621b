"""The run's directory and its journal, read from outside: raw JSON, hashlib and stat, none of our classes.

Two runs are recorded for all tests: the demo, and a plan whose steps flood, leak, fail and are interrupted.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import stat
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests import postgres_server
from tests.acceptance.shape import ENDED, assert_status
from tests.acceptance.station import Event, Station
from tui.demo.server import Server
from tui.journal.events import event_schemas
from tui.plan.schema import json_schema
from tui.steps.registry import KINDS

ROOT = Path(__file__).parents[2]
MIB = 1 << 20
SECRET = "Quetzalcoatl-4711"
KEYS = ["v", "seq", "at", "mono", "type", "by", "data", "prev"]
OUTCOMES = {f"step.{name}" for name in ("passed", "failed", "skipped", "signed", "by_hand", "cancelled")}
ENDS = OUTCOMES | {"step.undone"}
TYPES = {
    *(f"run.{name}" for name in ("opened", "held", "resumed", "amended", "recovered", "closed")), "clock.stepped",
    "helm.taken", "helm.released", "approval.given",
    *(f"step.{name}" for name in ("started", "output", "progress", "waiting", "fate")), *ENDS,
    *(f"tx.{name}" for name in ("begin", "commit_sent", "committed", "aborted")), "metrics.sampled",
    "guard.breached", "guard.cleared", "trigger.fired", "rollback.started", "rollback.finished", "note.added",
    "feedback.added", "error.recorded", "error.resolved", "improvement.added", "backup.recorded",
    "fingerprint.recorded", "log.lines", "notify.sent",
}  # fmt: skip
EXTRA = {
    "step.cancel_requested", "step.child", "run.beside", "run.driven", "run.rested", "step.foretold",
    "difference.recorded", *(f"quiesce.{name}" for name in ("begun", "released")), "swap.begun", "swap.done",
    "improvement.done", "lesson.added",
}  # fmt: skip
PLAN = """
virada: 1
name: Contrato
targets:
  here:
    environment: development
    dsn: "${CONTRACT_DSN}"
    window: {opens: "+0s", duration: 45m, buffer: 15m}
success:
  - {metric: connections, below: 90%}
phases:
  - title: Work
    sections:
      - title: One by one
        estimate: 1m
        steps:
          - {id: go, title: Go, sign: true}
          - id: leak
            title: Says a password
            command: {run: [sh, leak.sh], files: [leak.sh]}
          - id: notice
            title: The server says something
            sql: "do $$ begin raise notice 'from the server'; end $$"
            prove: {query: select 1, equals: 1}
          - {id: sleeper, title: Is interrupted, sql: "select pg_sleep(600)", prove: {query: select 1, equals: 2}}
          - {id: unknown, title: Is lost, command: {run: [sleep, "600"]}}
      - title: At once
        parallel: true
        steps:
          - {id: flood-a, title: Much, command: {run: [sh, flood.sh], files: [flood.sh]}}
          - {id: flood-b, title: As much, command: {run: [sh, flood.sh], files: [flood.sh]}}
      - title: End
        steps:
          - {id: last, title: Last, sign: true}
rollback:
  phases:
    - title: Back
      sections:
        - title: All
          steps:
            - {id: rb, title: Back, sql: select 1, prove: {query: select 1, equals: 1}}
"""


class Recorded:
    """A run that has ended: where it lies, its lines as bytes and decoded."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.directory = station.directory()
        content = (self.directory / "journal.jsonl").read_bytes()
        assert content.endswith(b"\n")
        self.raw = content[:-1].split(b"\n")
        self.lines: list[Event] = [json.loads(line, parse_constant=_no_constant) for line in self.raw]

    def of(self, *types: str) -> list[Event]:
        return [line for line in self.lines if line["type"] in types]


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture(scope="module")
def demo() -> Iterator[Recorded]:
    """The demo under an umask that takes everything away."""
    # Every sample names its server's path for each figure: as long as it is where people have demos.
    with Station("/tmp") as station:
        done = station.start("demo", "--autopilot", "--headless", "--compress", "40", umask=0o077)
        out, err = done.communicate(timeout=120)
        assert done.returncode == 0, err
        assert out == f"{station.directory().name}\n", "only the run's id goes to stdout"
        _ended(station)
        yield Recorded(station)


@pytest.fixture(scope="module")
def busy(server: Server) -> Iterator[Recorded]:
    """Under an umask that takes nothing away, in a directory of another group (as root)."""
    database = postgres_server.create_database(server)
    with Station(CONTRACT_DSN=database.dsn, LEAKED=SECRET) as station:
        station.home.mkdir()
        if os.geteuid() == 0:
            os.chown(station.home, -1, 65534)
        station.home.chmod(0o2750)
        plan = station.root / "plan.yaml"
        plan.write_text(PLAN)
        (station.root / "flood.sh").write_text("for i in 1 2 3; do seq 1 400000; sleep 0.5; done\n")
        (station.root / "leak.sh").write_text('echo "postgresql://app:$LEAKED@db/app ação"; echo err >&2\n')
        started = station.start("run", str(plan), "--detach", umask=0)
        said = started.communicate(timeout=60)
        assert started.returncode == 0, said
        _live_modes(station.directory())
        station.do("sign", "go", "--note", "seen")
        station.do("execute", "leak")
        station.do("execute", "notice")
        station.do("execute", "sleeper", "--no-wait")
        station.wait_for(lambda e: e["type"] == "tx.begin" and e["data"]["step"] == "sleeper")
        station.kill_engine()
        station.do("note", "the engine was lost")
        station.wait_for(lambda e: e["type"] == "step.cancelled" and e["data"]["step"] == "sleeper")
        station.do("skip", "sleeper", "--reason", "enough")
        station.do("execute", "unknown", "--no-wait")
        station.wait_for(lambda e: e["type"] == "step.child" and e["data"]["step"] == "unknown")
        station.kill_engine()
        with (station.directory() / "journal.jsonl").open("ab") as journal:
            journal.write(b'{"v":1,"seq":')
        station.virada("continue", "last", "--detach").expect()
        fate = station.wait_for("step.fate", count=2)
        assert fate["data"]["fate"] == "undecided"
        station.do("by-hand", "unknown", "--note", "looked after")
        station.do("run-to", "last", code=6)
        station.do("feedback", "so far so good")
        station.do("rollback", "--reason", "enough", "--confirm", "here")
        station.do("close")
        station.wait_for("run.closed")
        _ended(station)
        yield Recorded(station)
    postgres_server.drop_database(database)


@pytest.fixture(scope="module", params=["demo", "busy"])
def run(request: pytest.FixtureRequest) -> Recorded:
    recorded: Recorded = request.getfixturevalue(request.param)
    return recorded


def _ended(station: Station) -> None:
    postgres_server.await_condition(lambda: station.engine() is None, "the engine ends", 20)


def _live_modes(directory: Path) -> None:
    """What is only there while an engine works."""
    assert _mode(directory / "helm.sock") == 0o600
    assert stat.S_ISSOCK((directory / "helm.sock").lstat().st_mode)
    assert _mode(directory / "engine.lock") == 0o600


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_the_demo_completes(demo: Recorded) -> None:
    """As the README promises it."""
    station = demo.station
    station.virada("verify", "last").expect(0)
    status = station.status()
    assert_status(status)
    assert status["status"] == "completed"
    assert [s["id"] for s in status["steps"] if s["status"] not in ENDED] == []
    assert {s["by"] for s in status["steps"] if s["status"] == "signed"} == {"demo"}
    assert all(s["evidence"] for s in status["steps"] if s["status"] in ("passed", "signed"))
    server = station.demo_server()
    postgres_server.await_condition(lambda: not server.running(), "the server ends with its run")
    human = station.virada("status", "last").expect().out
    assert "completed" in human and "\x1b" not in human


# -- lines ----------------------------------------------------------------------------------------------------------


def test_every_line_has_every_key_in_order(run: Recorded) -> None:
    for line in run.lines:
        assert list(line) == KEYS
        assert line["v"] == 1
        assert isinstance(line["data"], dict)
        assert isinstance(line["by"], str) and line["by"]
        assert isinstance(line["mono"], int | float)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["at"])


def test_the_chain_recomputed(run: Recorded) -> None:
    previous = "0" * 64
    for raw, line in zip(run.raw, run.lines, strict=True):
        assert line["prev"] == previous
        previous = hashlib.sha256(raw).hexdigest()
    told = run.station.virada("verify", "last").expect()
    assert previous in told.out


def test_seq_has_no_gap_and_mono_never_steps_back(run: Recorded) -> None:
    assert [line["seq"] for line in run.lines] == list(range(len(run.lines)))
    monos = [line["mono"] for line in run.lines]
    assert monos == sorted(monos)
    assert monos[0] == 0.0, "seconds since opening"


def test_types_are_those_of_the_list(run: Recorded) -> None:
    assert {line["type"] for line in run.lines} <= TYPES | EXTRA
    architecture = (ROOT / "ARCHITECTURE.md").read_text()
    assert [name for name in sorted(EXTRA) if f"`{name}`" not in architecture] == [], "extras are documented"
    assert set(event_schemas()) <= TYPES | EXTRA


def test_every_line_fits_the_shipped_schema(run: Recorded) -> None:
    validators = {}
    for name, schema in event_schemas().items():
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[name] = jsonschema.Draft202012Validator(schema)
    for line in run.lines:
        errors = [error.message for error in validators[line["type"]].iter_errors(line["data"])]
        assert errors == [], line


def test_ids_of_64_bits_are_strings(run: Recorded) -> None:
    def walk(value: object, path: str) -> Iterator[tuple[str, int]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, f"{path}.{key}")
        elif isinstance(value, list):
            for item in value:
                yield from walk(item, path)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield path, value

    for line in run.lines:
        for path, value in walk(line["data"], line["type"]):
            assert abs(value) < 2**53, (path, value)
            assert not path.endswith(("xid", "system_identifier", "query_id", "queryid")), (path, value)
    assert isinstance(run.lines[0]["data"]["identity"]["system_identifier"], str)
    assert all(isinstance(line["data"]["witness"].get("xid", ""), str) for line in run.of("tx.begin"))


# -- steps ----------------------------------------------------------------------------------------------------------


def test_events_of_steps_name_step_and_attempt(run: Recorded) -> None:
    plan = json.dumps(run.lines[0]["data"]["plan"])
    for line in run.lines:
        if line["type"].partition(".")[0] in ("step", "tx"):
            data = line["data"]
            assert f'"id": "{data["step"].removeprefix("undo.")}"' in plan
            assert isinstance(data["attempt"], int) and data["attempt"] >= 1
        if line["type"] in ENDS:
            assert isinstance(line["data"]["evidence"], dict)


def test_every_attempt_has_one_intent_and_one_outcome(run: Recorded) -> None:
    ends: dict[tuple[str, int], list[str]] = defaultdict(list)
    started: set[tuple[str, int]] = set()
    for line in run.lines:
        key = (line["data"].get("step"), line["data"].get("attempt"))
        if line["type"] == "step.started":
            assert key not in started
            started.add(key)
        elif line["type"] in OUTCOMES:
            ends[key].append(line["type"])
        elif line["type"] in ("step.output", "step.progress", "step.child", "step.fate"):
            assert key in started
            assert key not in ends, "nothing of an attempt comes after its outcome"
    assert started <= set(ends)
    assert {key: found for key, found in ends.items() if len(found) != 1} == {}


def test_exactly_one_outcome_follows_a_fate(busy: Recorded) -> None:
    fates = busy.of("step.fate")
    assert [(line["data"]["step"], line["data"]["fate"]) for line in fates] == [
        ("sleeper", "not_applied"), ("unknown", "undecided"),
    ]  # fmt: skip
    for fate in fates:
        key = (fate["data"]["step"], fate["data"]["attempt"])
        after = [
            line["type"] for line in busy.lines[fate["seq"] + 1 :]
            if line["type"] in ENDS and (line["data"]["step"], line["data"]["attempt"]) == key
        ]  # fmt: skip
        assert after == (["step.cancelled"] if key[0] == "sleeper" else ["step.by_hand"])


def test_a_torn_line_is_cut_and_that_is_journaled(busy: Recorded) -> None:
    recovered = busy.of("run.recovered")
    assert len(recovered) == 2
    assert recovered[1]["data"]["cut_bytes"] == len(b'{"v":1,"seq":')


def test_signatures_name_a_person(busy: Recorded) -> None:
    for line in busy.of("step.signed", "step.by_hand", "helm.taken", "feedback.added", "rollback.started"):
        assert re.fullmatch(r"[^@\s]+@[^@\s]+", line["by"])
    assert {line["by"] for line in busy.of("step.passed", "step.fate", "metrics.sampled")} == {"engine"}


# -- run.opened -----------------------------------------------------------------------------------------------------


def test_the_first_line_makes_the_journal_self_contained(run: Recorded) -> None:
    first = run.lines[0]
    assert first["type"] == "run.opened"
    assert [line["seq"] for line in run.of("run.opened")] == [0]
    data = first["data"]
    assert data["id"] == run.directory.name
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", data["id"])
    assert re.fullmatch("[0-9a-f]{64}", data["seal"]) and re.fullmatch("[0-9a-f]{64}", data["work"])
    assert {"plan", "target", "environment", "mode", "identity", "durations", "policy", "window"} <= set(data)
    assert set(data["policy"]) >= {"drive", "until", "sign_off", "signer", "on_failure"}
    assert isinstance(data["durations"], dict)
    assert {"system_identifier", "timeline", "database", "server_version"} <= set(data["identity"])
    steps = [step for phase in data["plan"]["phases"] for part in phase["sections"] for step in part["steps"]]
    assert all({"id", "title", "kind"} <= set(step) for step in steps)
    assert data["plan"]["targets"][data["target"]]["environment"] == data["environment"]
    assert data["clock"]["boot_id"]


def test_seal_and_work_recomputed(run: Recorded) -> None:
    plan = run.directory / "plan"
    seal = (plan / "SEAL").read_bytes()
    opened = run.lines[0]["data"]
    assert hashlib.sha256(seal).hexdigest() == opened["seal"]
    assert subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SEAL"], cwd=plan, check=False).returncode == 0
    sealed = {line[66:]: line[:64] for line in seal.decode().splitlines()}
    assert seal.decode().splitlines() == sorted(seal.decode().splitlines())
    files = {path.relative_to(plan).as_posix() for path in plan.rglob("*") if path.is_file()}
    assert files - {"SEAL"} == set(sealed)
    work = {
        **{key: opened["plan"].get(key, []) for key in ("phases", "success")}, "rollback": opened["plan"]["rollback"],
        "files": {name: digest for name, digest in sealed.items() if name != "plan.yaml"},
    }  # fmt: skip
    if quality := opened["plan"].get("quality"):
        work["quality"] = quality
    text = json.dumps(work, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == opened["work"]


def test_a_journal_alone_replays_elsewhere(run: Recorded, tmp_path: Path, station: Station) -> None:
    """In another directory, under another name, with another home."""
    copied = tmp_path / "copied.jsonl"
    shutil.copyfile(run.directory / "journal.jsonl", copied)
    here, there = run.station.status(), station.status(str(copied))
    assert {**here, "engine": None} == {**there, "engine": None}
    replayed = station.virada("replay", str(copied), "--plain", "--speed", "1e9").expect()
    assert replayed.out == run.station.virada("replay", "last", "--plain", "--speed", "1e9").expect().out
    assert run.directory.name in replayed.out
    station.virada("verify", str(copied)).expect()


def test_a_reader_keeps_what_it_does_not_know(run: Recorded, tmp_path: Path, station: Station) -> None:
    """Further types and keys, and a line that is not finished."""
    line = {
        **run.lines[-1], "seq": len(run.lines), "type": "moon.rose", "data": {"phase": 0.5}, "more": [1],
        "prev": hashlib.sha256(run.raw[-1]).hexdigest(),
    }  # fmt: skip
    path = tmp_path / "newer.jsonl"
    path.write_bytes(b"\n".join([*run.raw, json.dumps(line).encode(), b'{"v":1,"seq"']))
    station.virada("verify", str(path)).expect()
    told = station.status(str(path))
    assert told["seq"] == line["seq"]
    assert told["status"] == run.station.status()["status"]
    station.virada("replay", str(path), "--plain", "--speed", "1e9").expect()


def test_readers_follow_no_links_and_open_no_pipes(demo: Recorded, tmp_path: Path, station: Station) -> None:
    (tmp_path / "link.jsonl").symlink_to(demo.directory / "journal.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    for kind in ("link", "pipe"):
        directory = tmp_path / kind
        directory.mkdir()
        (tmp_path / f"{kind}.jsonl").rename(directory / "journal.jsonl")
        for path in (directory, directory / "journal.jsonl"):
            for command in ("status", "verify"):
                done = station.virada(command, str(path), timeout=20)
                assert done.code in (1, 2)
                assert "Traceback" not in done.err


# -- output, logs and metrics ---------------------------------------------------------------------------------------


def test_outputs_agree_with_their_files(run: Recorded) -> None:
    ends: dict[str, int] = {}
    for line in run.of("step.output"):
        data = line["data"]
        name = f"{data['step']}.{data['attempt']}"
        content = (run.directory / "output" / name).read_bytes()
        assert isinstance(data["stream"], str) and data["stream"]
        assert data["offset"] == ends.get(name, 0), "no byte is left out"
        ends[name] = data["offset"] + data["length"]
        part = content[data["offset"] : ends[name]]
        assert hashlib.sha256(part).hexdigest() == data["sha256"]
        assert part[data["dropped"] :].decode() == data["text"]
    assert ends, "something was printed"
    for path in (run.directory / "output").iterdir():
        assert path.stat().st_size == ends.get(path.name, 0), path.name


def test_what_was_printed_is_there_but_for_secrets(busy: Recorded) -> None:
    output = (busy.directory / "output" / "leak.1").read_text()
    assert "ação\n" in output and "err\n" in output
    assert "from the server" in (busy.directory / "output" / "notice.1").read_text()
    assert (busy.directory / "output" / "flood-a.1").read_bytes() == 3 * b"".join(b"%d\n" % n for n in range(1, 400001))
    for path in busy.directory.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_at_most_1_mib_of_text_a_second(busy: Recorded) -> None:
    sizes = [(line["mono"], len(line["data"]["text"].encode())) for line in busy.of("step.output", "log.lines")]
    assert sum(size for _mono, size in sizes) > MIB // 2
    for begin, _size in sizes:
        assert sum(size for mono, size in sizes if begin <= mono < begin + 1) <= MIB


def test_the_servers_log_carries_lines(busy: Recorded) -> None:
    for line in busy.of("log.lines"):
        assert isinstance(line["data"]["stream"], str)
        assert isinstance(line["data"]["text"], str)


def test_one_event_a_tick_and_a_day_below_250_mb(run: Recorded) -> None:
    ticks = [line["mono"] for line in run.of("metrics.sampled")]
    recovered = [line["mono"] for line in run.of("run.recovered")]
    for before, after in itertools.pairwise(ticks):
        if not any(before <= mono <= after for mono in recovered):
            assert after - before > 0.95
    longest = dict.fromkeys(("metrics.sampled", "step.progress", "guard.breached"), 0)
    for raw, line in zip(run.raw, run.lines, strict=True):
        if line["type"] in longest:
            longest[line["type"]] = max(longest[line["type"]], len(raw) + 1)
    assert longest["metrics.sampled"]
    assert 86_400 * sum(longest.values()) < 250_000_000


# -- the directory --------------------------------------------------------------------------------------------------


def test_modes_whatever_the_umask(run: Recorded) -> None:
    assert _mode(run.directory.parent) == 0o2750
    for path in (run.directory, *run.directory.rglob("*")):
        if path.is_dir():
            assert _mode(path) == 0o2750, path
        else:
            private = path.name in ("engine.lock", "engine.log") or path.match("artifacts/*.database")
            assert _mode(path) == (0o600 if private else 0o640), path
    names = {path.name for path in run.directory.iterdir()}
    assert names == {"journal.jsonl", "plan", "output", "artifacts", "engine.lock", "engine.log"}
    assert (run.directory / "engine.log").read_bytes() == b"", "no engine crashed"


def test_the_group_is_inherited(busy: Recorded) -> None:
    group = busy.station.home.stat().st_gid
    assert {path.lstat().st_gid for path in busy.station.home.rglob("*")} == {group}


# -- the plan -------------------------------------------------------------------------------------------------------


def test_the_plans_schema_takes_the_shipped_plans() -> None:
    schema = json_schema(KINDS)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    plans = sorted((ROOT / "plans").rglob("*.yaml"))
    assert plans
    for path in plans:
        assert [error.message for error in validator.iter_errors(yaml.safe_load(path.read_text()))] == [], path
    wrong = yaml.safe_load(plans[0].read_text()) | {"phasen": []}
    assert not validator.is_valid(wrong)


def test_work_does_not_depend_on_targets_and_is_learned_from(server: Server, station: Station) -> None:
    database = postgres_server.create_database(server)
    station.env["CONTRACT_DSN"] = database.dsn
    script = station.root / "one.sql"
    text = """
virada: 1
name: Twice
targets:
  staging: {environment: staging, dsn: "${CONTRACT_DSN}"}
phases:
  - title: Work
    sections:
      - {title: Only, steps: [{id: one, title: One, sql: {file: one.sql}, prove: {query: select 1, equals: 1}}]}
"""
    plan = station.root / "plan.yaml"

    def opened(body: str, sql: str) -> Event:
        plan.write_text(body)
        script.write_text(sql)
        run = station.virada("run", str(plan), "--headless").expect().out.strip()
        found: Event = station.events(run)[0]["data"]
        return found

    first = opened(text, "select 1")
    assert first["durations"] == {}
    other = text.replace("staging:", "elsewhere:").replace("environment: staging", "environment: development")
    second = opened(other, "select 1")
    assert second["target"] == "elsewhere"
    assert second["work"] == first["work"]
    assert second["seal"] != first["seal"]
    assert second["durations"]["one"] > 0
    third = opened(other, "select 2")
    assert third["work"] != first["work"]
    assert third["durations"] == {}
    postgres_server.drop_database(database)
