"""What cannot be measured is said before a run, at the place of the plan that wants it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.alone import alone, empty_database
from tests.engine.test_measured import receiver, setting
from tests.postgres_server import Database
from tui.engine.preflight import preflight
from tui.plan.loader import load
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres
__all__ = ["alone", "empty_database"]


PLAN = """
virada: 1
name: wanted
targets: {{dev: {{environment: development, dsn: "${{WANTED}}", server_log: "{log}", host: {host}}}}}
success: {success}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {{id: watch, title: Watch, {watch}}}
          - {{id: fill, title: Fill, batch: {{sql: "update t set a = 1 where a = 0", max_lag: 1s}}}}
"""
GUARDS = "monitor: {guards: true, for: 1s}"
LOG = "monitor: {log: server, for: 1s}"
CODES = ("no-createdb", "log-not-measured", "server-log", "metric-not-measured", "lag-unknown", "target-unreachable")


def said(
    path: Path, dsn: str, watch: str = GUARDS, success: str = "[]", log: str = "none", host: str = "[]"
) -> set[tuple[str, str]]:
    """Level and code of what is said of measuring."""
    plan = path / "plan.yaml"
    plan.write_text(PLAN.format(log=log, host=host, success=success, watch=watch))
    loaded = load(plan, KINDS)
    assert loaded.plan is not None, loaded.problems
    problems = preflight(loaded, plan, "dev", {"WANTED": dsn, "PATH": "/usr/bin:/bin"}, False)
    return {(problem.level, problem.code) for problem in problems if problem.code in CODES}


def test_a_log_that_does_not_tell_all_errors(empty_database: Database, tmp_path: Path) -> None:
    log, dsn = f"file:{empty_database.server.log}", empty_database.dsn
    critical = "[{metric: critical_errors, equals: 0}]"
    assert said(tmp_path, dsn, LOG, critical, log) == set()
    assert said(tmp_path, dsn, LOG, critical, "auto") == set(), "CSV and JSON have it without a prefix"
    with setting(empty_database, "log_line_prefix", "%m [%p] %%e "):
        found = said(tmp_path, dsn, LOG, critical, log)
        assert found == {("error", "log-not-measured"), ("warning", "metric-not-measured"), ("warning", "server-log")}
    with setting(empty_database, "log_min_messages", "fatal"):
        assert ("error", "log-not-measured") in said(tmp_path, dsn, LOG, critical, "auto")
    assert ("error", "log-not-measured") in said(tmp_path, dsn, LOG, "[]", "file:/nowhere/server.log")
    assert said(tmp_path, dsn, GUARDS, critical, "none") == {("error", "metric-not-measured")}
    assert said(tmp_path, dsn, GUARDS, "[]", "none") == set()


@pytest.mark.parametrize(
    ("success", "host", "lacks"),
    [
        ("[{metric: cpu, below: 70%}, {metric: disk_free_bytes, above: 1}]", "[]", False),
        ("[{metric: cpu, below: 70%}]", '[{ssh: "nowhere.invalid"}]', True),
        ("[{metric: disk, below: 70%}]", "[{sql: true}]", True),
        ("[{metric: memory, below: 99%}]", "[{sql: true}]", False),
        ("[{metric: replication_lag, below: 5s}]", "[]", True),
        ("[{metric: response_time, below: 5s}]", "[]", True),
        ("[{metric: active_sessions, below: 50}, {metric: connections, below: 90%}]", "[]", False),
    ],
)
def test_a_criterion_without_a_source(
    empty_database: Database, tmp_path: Path, success: str, host: str, lacks: bool
) -> None:
    wanted = {("error", "metric-not-measured")} if lacks else set()
    assert said(tmp_path, empty_database.dsn, success=success, host=host) == wanted


def test_a_role_that_sees_too_little(empty_database: Database, tmp_path: Path) -> None:
    role = "wants_to_see"
    with empty_database.connect() as session, empty_database.connect():
        session.execute(f"drop role if exists {role}".encode())
        session.execute(f"create role {role} login".encode())
        dsn = empty_database.server.dsn(empty_database.name, role)
        sessions = "[{metric: active_sessions, below: 50}]"
        assert said(tmp_path, dsn, LOG, sessions, host="[{local: true}]") >= {("warning", "metric-not-measured")}
        with receiver(empty_database, tmp_path / "wal"):
            assert ("error", "lag-unknown") in said(tmp_path, dsn)
            session.execute(f"grant pg_monitor to {role}".encode())
            assert said(tmp_path, dsn, GUARDS, sessions, host="[{local: true}]") == set()
        session.execute(f"drop role {role}".encode())


@pytest.mark.parametrize("may", [True, False])
def test_a_role_that_may_make_no_scratch_database(empty_database: Database, tmp_path: Path, may: bool) -> None:
    role = f"makes_{may}".lower()
    watch = """backup: {directory: /b}}
          - {id: verify, title: Verify, verify_backup: {of: watch, level: restore}"""
    with empty_database.connect() as session:
        session.execute(f"drop role if exists {role}".encode())
        session.execute(f"create role {role} login {'createdb' if may else 'nocreatedb'}".encode())
        found = said(tmp_path, empty_database.server.dsn(empty_database.name, role), watch)
        session.execute(f"drop role {role}".encode())
    assert (("error", "no-createdb") in found) is not may
