"""A password is never taken in: not by the journal, the output, the logs, nor by anybody's list of processes."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path

import psutil
import pytest

from tests.acceptance.observer import GID, UID
from tests.acceptance.station import Station, await_condition
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "secret.yaml"
_SECRET = "hunter2-%ecret!"
_FORMS = (_SECRET, "hunter2-%25ecret")


def _command_lines(until: threading.Event, found: set[str]) -> None:
    """Every command line that is seen while it lasts and holds the secret."""
    while not until.is_set():
        for pid in psutil.pids():
            try:
                line = Path("/proc", str(pid), "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if any(form in line for form in _FORMS):
                found.add(line)
        until.wait(0.005)


def test_a_password_is_never_written_down(station: Station, database: Database) -> None:
    backup = station.root / "backup"
    backup.mkdir()
    station.env["PATH"] = f"{database.server.binaries.bindir}:{station.env['PATH']}"
    station.env |= {"SECRET_DSN": f"{database.dsn} password='{_SECRET}'", "SECRET_BACKUP": str(backup)}
    seen: set[str] = set()
    over = threading.Event()
    watcher = threading.Thread(target=_command_lines, args=(over, seen))
    watcher.start()
    try:
        done = station.virada("run", str(PLAN), "--headless").expect(1)
    finally:
        over.set()
        watcher.join()
    assert seen == set()
    assert _SECRET not in done.out + done.err
    statuses = {s["id"]: s["status"] for s in station.status()["steps"]}
    assert statuses == {"raise": "passed", "print": "passed", "psql": "passed", "dump": "passed", "fail": "failed"}
    # The plan's own files are the plan: who writes a password there has published it.
    files = [p for p in station.directory().rglob("*") if p.is_file() and "plan" not in p.parts]
    assert len(files) >= 5
    for path in files:
        data = path.read_bytes()
        if path.name == "journal.jsonl":
            opened = json.loads(data.splitlines()[0])
            del opened["data"]["plan"]
            data = b"\n".join([json.dumps(opened).encode(), *data.splitlines()[1:]])
        for form in _FORMS:
            assert form.encode() not in data, f"{form} stands in {path}"
    printed = (station.directory() / "output" / "print.1").read_text()
    assert "PGPASSWORD" in printed and len(printed.splitlines()) > 3, "what surrounds it is kept"
    for arguments in (("status", "last", "--json"), ("replay", "last", "--plain", "--speed", "1000000"), ("runs",)):
        told = station.virada(*arguments).expect(0)
        assert _SECRET not in told.out + told.err


WRITTEN = """\
virada: 1
name: Written down
targets: {here: {environment: production, dsn: "${WRITTEN_DSN}", server_log: none}}
phases:
  - title: A
    sections:
      - title: A
        steps:
          - {id: role, title: R, sql: "create role %(name)s password 'inl1ne-Zebra'", undo: {sql: "drop role %(name)s"}}
          - id: prints
            title: P
            command: {run: [sh, prints.sh], files: [prints.sh]}
            prove: {query: "select 1", equals: 1}
"""
PRINTS = """\
WORD_PASS=f1le-Zebra; echo "it is $WORD_PASS of $LOGIN_PASS"
until [ -e "$GATE" ]; do sleep 0.05; done
"""
_WRITTEN = ("inl1ne-Zebra", "f1le-Zebra", "env-Zebra")


def _found(directory: Path, *, other: bool = False) -> list[str]:
    """The files below it in which one of the secrets can be read: by us, or by another account of its group."""
    account = {"user": UID, "group": GID, "extra_groups": []} if other else {}
    patterns = [word for secret in _WRITTEN for word in ("-e", secret)]
    done = subprocess.run(["grep", "-rlaF", *patterns, str(directory)], capture_output=True, text=True, **account)  # type: ignore[call-overload]
    return [str(Path(line).relative_to(directory)) for line in done.stdout.splitlines()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can look as another account")
def test_another_account_never_reads_one(station: Station, database: Database) -> None:
    """While a program prints it, after the engine was killed in the midst of that, and when the run is over."""
    station.home.mkdir(mode=0o750)
    os.chown(station.home, 0, GID)
    station.home.chmod(0o2750)
    name, gate, plan = f"written_{database.name}", station.root / "gate", station.root / "plan.yaml"
    plan.write_text(WRITTEN % {"name": name})
    (station.root / "prints.sh").write_text(PRINTS)
    checked = station.virada("check", str(plan)).expect(0)
    assert checked.out.count("secret-in-plan") == 2 and "Zebra" not in checked.out + checked.err
    run = station.open(plan, WRITTEN_DSN=database.dsn, GATE=str(gate), LOGIN_PASS="env-Zebra")
    station.do("execute", "role", run=run)
    station.do("execute", "prints", "--no-wait", run=run)
    directory = station.directory(run)
    await_condition(lambda: "of [redacted]" in (directory / "output" / "prints.1").read_text(), "it is printed")
    raw = [path for path in _found(directory) if "raw" in path]
    assert len(raw) == 1, "what is not redacted yet is there, for us alone"
    assert _found(directory, other=True) == []
    lines = [(Path("/proc") / str(pid) / "cmdline") for pid in psutil.pids()]
    assert not [line for line in lines if line.exists() and b"Zebra" in line.read_bytes()]
    station.kill_engine(run)
    assert _found(directory, other=True) == []
    gate.touch()
    station.virada("continue", run, "--headless", "--detach").expect(0)
    station.wait_for("run.closed", run)
    await_condition(lambda: not list((directory / "output").glob(".*")), "nothing is left of it")
    assert sorted(_found(directory)) == ["plan/plan.yaml", "plan/prints.sh"] and _found(directory, other=True) == []
    with database.connect() as connection:
        connection.execute(f"drop role {name}")
