"""A password is never taken in: not by the journal, the output, the logs, nor by anybody's list of processes."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import psutil

from tests.acceptance.station import Station
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
