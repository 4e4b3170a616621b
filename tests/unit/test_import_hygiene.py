"""What a module drags in when it is imported, in a fresh interpreter: layers are kept, and starting stays cheap."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PURE = ["tui.plan.model", "tui.plan.loader", "tui.sql.script", "tui.journal.events", "tui.journal.writer"]
PURE += ["tui.journal.reader", "tui.run.fold", "tui.run.decide", "tui.run.next", "tui.run.clock", "tui.run.status"]
PURE += ["tui.steps.registry"]
WORK = ["tui.engine.engine", "tui.engine.process.launch", "tui.engine.preflight.preflight"]
WORK += ["tui.engine.watch.sampler", "tui.postgres.evidence.commits"]
IMPURE = {"os", "io", "pathlib", "shutil", "tempfile", "time", "random", "secrets"}
SCREENS = ["tui.console.launch", "tui.plain.narrator", "tui.helm.client"]


def imported(module: str) -> set[str]:
    """Top-level and tui's own modules that stand in sys.modules after the import."""
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_stay_pure(module: str) -> None:
    found = imported(module)
    assert not found & {"textual", "psycopg", "asyncio", "tui.engine", "tui.postgres", "tui.console", "psutil"}


@pytest.mark.parametrize("module", WORK)
def test_what_does_the_work_knows_no_screen(module: str) -> None:
    assert not imported(module) & {"textual", "rich", "tui.console", "tui.plain"}


@pytest.mark.parametrize("module", SCREENS)
def test_screens_know_no_server(module: str) -> None:
    assert not imported(module) & {"psycopg", "tui.postgres", "tui.engine.engine", "tui.demo"}


def test_the_command_line_starts_light() -> None:
    heavy = {"textual", "psycopg", "yaml", "babel", "psutil", "asyncio", "rich", "tui.demo", "tui.engine.engine"}
    assert not imported("tui.cli.main") & heavy


def test_where_a_run_stands_is_told_without_a_file() -> None:
    for path in (Path(__file__).parents[2] / "tui" / "run").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & IMPURE, path
            assert not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"), path
