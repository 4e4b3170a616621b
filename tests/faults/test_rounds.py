"""The command that has everything befall a run, for a few seeded rounds: kills forward and in a rollback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tui.demo.server import Server

FAULT = "engine killed"


def test_a_few_rounds(server: Server) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.faults",
        "--only",
        FAULT,
        "--rounds",
        "2",
        "--server",
        str(server.directory),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    cases, wrong, _undecided, hung, _seconds = next(
        line[len(FAULT) :].split() for line in done.stdout.splitlines() if line.startswith(FAULT)
    )
    assert (cases, wrong, hung) == ("6", "0", "0")
