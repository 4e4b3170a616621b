"""`virada doctor` where something is wrong: what it says, what it advises, how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.observer import Observer
from tests.acceptance.station import VIRADA, Station
from tests.acceptance.terminal import Terminal


def told(station: Station, code: int = 0, **variables: str) -> dict[str, Any]:
    answer = station.virada("doctor", "--json", env=variables).expect(code).json
    return {one["name"]: one for one in answer}


def test_here(station: Station) -> None:
    found = told(station)
    assert all(set(one) == {"name", "state", "code", "facts"} for one in found.values())
    assert found["home"]["code"] == "will_be_made" and not station.home.exists()
    assert found["terminal.size"]["state"] == "unknown"
    done = station.virada("doctor", env={"LANG": "C", "LC_ALL": "", "LC_CTYPE": ""}).expect()
    lines = done.out.splitlines()
    at = next(number for number, line in enumerate(lines) if " locale " in line)
    assert lines[at].startswith("warn") and "export LANG=C.UTF-8" in lines[at + 1]
    # Whoever is warned is told what to do.
    for number, line in enumerate(lines):
        if line.startswith(("warn", "FAIL", "unknown")):
            assert lines[number + 1].lstrip().startswith("-> "), line


@pytest.mark.parametrize(
    ("columns", "lines", "term", "size", "type_"),
    [(120, 40, "xterm-256color", "large_enough", "colours"), (70, 24, "dumb", "small", "dumb")],
)
def test_in_a_terminal(columns: int, lines: int, term: str, size: str, type_: str, station: Station) -> None:
    out = station.root / "told.json"
    command = f"TERM={term} {VIRADA} doctor --json >{out}; echo en''ded"
    with Terminal(["/bin/sh", "-c", command], station.env, columns=columns, lines=lines) as terminal:
        terminal.wait_text("ended")
        assert terminal.wait() == 0
    found = {one["name"]: one for one in json.loads(out.read_text())}
    assert found["terminal.size"]["code"] == size and found["terminal.size"]["facts"]["columns"] == columns
    assert (found["terminal.type"]["code"], found["terminal.encoding"]["code"]) == (type_, "utf8")


def test_a_home_that_everybody_may_write(station: Station) -> None:
    station.home.mkdir(mode=0o777)
    station.home.chmod(0o777)
    done = station.virada("doctor").expect(1)
    assert f"Close it: chmod o-w {station.home}" in done.out and "1 FAIL" in done.err


def test_another_account(station: Station, account: Observer) -> None:
    station.home.mkdir(mode=0o755)
    station.home.chmod(0o755)
    station.root.chmod(0o755)
    answer = account.at(station).virada("doctor", "--json").expect(0).json
    found = {one["name"]: one for one in answer}
    assert (found["home"]["code"], found["home.write"]["code"]) in (
        ("own", "not_permitted"),
        ("of_another", "not_permitted"),
    )
    station.home.chmod(0o700)
    assert account.at(station).virada("doctor").expect(0).out


def apart(script: str, station: Station) -> subprocess.CompletedProcess[str]:
    """In a mount namespace of its own, prepared by this script."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root can mount something for a program alone")
    command = [str(shutil.which("unshare")), "-m", "sh", "-ec", f"{script}\nexec {VIRADA} doctor --json"]
    done = subprocess.run(command, env=station.env, text=True, capture_output=True, timeout=60, check=False)
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    return done


def test_a_host_without_client_programs_and_a_home_that_only_reads(station: Station) -> None:
    station.home.mkdir()
    (station.root / "bin").mkdir()
    for name in ("sh", "mount"):
        (station.root / "bin" / name).symlink_to(str(shutil.which(name)))
    station.env["PATH"] = str(station.root / "bin")
    hide = "".join(f"mount -t tmpfs none {path}\n" for path in ("/usr/lib/postgresql",) if Path(path).is_dir())
    done = apart(f"{hide}mount --bind {station.home} {station.home}\nmount -o remount,bind,ro {station.home}", station)
    assert done.returncode == 1, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)}
    for name in ("psql", "pg_dump", "pg_restore", "pg_basebackup", "pgbench", "zstd", "ssh"):
        assert (found[f"tools.{name}"]["state"], found[f"tools.{name}"]["code"]) == ("warn", "missing")
    assert (found["home.write"]["state"], found["home.write"]["code"]) == ("fail", "read_only")
