"""What a psql older than its server would do wrong is said before it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres_server
from tests.postgres_server import MAJORS
from tui.engine.preflight.preflight import preflight
from tui.plan.loader import load
from tui.steps.registry import KINDS

PLAN = """
virada: 1
name: programs
targets: {dev: {environment: development, dsn: "${WANTED}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: load, title: Load, psql: {file: load.sql}, prove: {query: "select 1", equals: 1}}
"""
COPY = "create table t (v text);\ncopy t from stdin with (format %s);\n1\n\\.\n"


@pytest.mark.postgres
@pytest.mark.parametrize(("format", "level"), [("csv", "error"), ("text", "warning")])
def test_inline_csv_by_an_older_psql_is_refused(tmp_path: Path, format: str, level: str) -> None:
    """Up to 17 psql sends the line with \\. along, and a server from 18 on loads it."""
    older = next(
        (found.bindir for major, found in MAJORS.items() if major < 18 and (found.bindir / "psql").exists()), None
    )
    if older is None or 18 not in MAJORS:
        pytest.skip("needs a psql older than 18 and a server 18")
    server = postgres_server.shared_server(18)
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    (tmp_path / "load.sql").write_text(COPY % format)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "psql").symlink_to(older / "psql")
    loaded = load(plan, KINDS)
    assert loaded.plan is not None, loaded.errors
    problems = preflight(loaded, plan, "dev", {"WANTED": server.dsn("postgres"), "PATH": str(programs)}, False)
    assert [problem.level for problem in problems if problem.code == "old-program"] == [level]
