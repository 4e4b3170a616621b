"""Everything that needs a server, on every supported version, one after the other: `python -m tests.versions`.

Arguments go to pytest; without any the tests of engine, acceptance and faults run on all cores. What does not depend on
a server runs once, in `pytest`. At the end a table says what passed where; exit code 1 when something failed, or when a
version is not here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from tests.postgres_server import MAJORS, SUPPORTED, VARIABLE

_EVERYTHING = ("-n", "auto", "tests/engine", "tests/acceptance", "tests/faults")
_OUTCOMES = ("passed", "failed", "skipped")


def tried(major: int, arguments: Sequence[str]) -> Counter[str]:
    """How many tests ended how on this version."""
    with tempfile.TemporaryDirectory(prefix="virada-versions-") as name:
        report = Path(name, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *(arguments or _EVERYTHING)]
        environment = {**os.environ, VARIABLE: str(major)}
        done = subprocess.run(command, cwd=Path(__file__).parents[1], env=environment, check=False)
        counted = counts(report.read_text()) if report.exists() else Counter({"failed": 1})
    # A run that pytest could not begin or finish has failed, whatever the report holds.
    if done.returncode not in (0, 1):
        counted["failed"] += 1
    return counted


def counts(report: str) -> Counter[str]:
    """What a JUnit report counts."""
    counted: Counter[str] = Counter()
    for suite in ElementTree.fromstring(report).iter("testsuite"):
        failed, skipped = int(suite.get("failures", 0)) + int(suite.get("errors", 0)), int(suite.get("skipped", 0))
        counted += Counter(failed=failed, skipped=skipped, passed=int(suite.get("tests", 0)) - failed - skipped)
    return counted


def main(arguments: Sequence[str]) -> int:
    rows, failed = [], False
    for major in SUPPORTED:
        if major not in MAJORS:
            rows.append(f"{major:10}  not on this machine: python -m tests.servers fetches it")
            failed = True
            continue
        print(f"+ PostgreSQL {major}", flush=True)
        started = time.monotonic()
        counted = tried(major, arguments)
        failed = failed or bool(counted["failed"]) or not counted["passed"]
        cells = "".join(f"{counted[outcome]:9}" for outcome in _OUTCOMES)
        rows.append(f"{major:10}{cells}{time.monotonic() - started:8.0f} s")
    print("PostgreSQL" + "".join(f"{outcome:>9}" for outcome in _OUTCOMES))
    print("\n".join(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
