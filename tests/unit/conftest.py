"""A state directory of its own for every test, and acting as another account of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tui.locale import use

NOBODY = 65534
AsNobody = Callable[[str, list[str]], str]

# Everything is imported before the rights are dropped: another account need not be able to read this installation.
_DROP = """
import json, os, sys
from pathlib import Path
from tui.engine.lock import engine_facts
from tui.helm.client import HelmClient, HelmError
from tui.runs.owner import NotOwned, claimed
from tui.runs.paths import RunError, RunPaths, find_run, list_runs
from tui.runs.person import caller
from tui.locale import use
use("en")
arguments = sys.argv[2:]
os.setgroups([])
os.setgid(int(sys.argv[1]))
os.setuid(int(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def english() -> None:
    use("en")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """$VIRADA_HOME: not there yet, in a directory that every account can reach."""
    above = Path(tempfile.mkdtemp(prefix="virada-helm-"))
    above.chmod(0o755)
    monkeypatch.setenv("VIRADA_HOME", str(above / "state"))
    yield above / "state"
    shutil.rmtree(above)


@pytest.fixture
def as_nobody() -> AsNobody:
    """Run code as an account without rights, in its own group; returns what it prints."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another account")

    def run(code: str, arguments: list[str]) -> str:
        process = subprocess.run(
            [sys.executable, "-c", _DROP + code, str(NOBODY), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            cwd=Path(__file__).parents[2],
        )
        assert process.returncode == 0, process.stderr
        return process.stdout.strip()

    return run
