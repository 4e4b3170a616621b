"""What cannot be measured is said before a run, at the place of the plan that wants it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.alone import alone, empty_database
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import HEAD, Rig
from tests.engine.test_measured import receiver, setting
from tests.postgres_server import Database
from tui.engine.preflight import metrics
from tui.engine.preflight.findings import settings_words
from tui.engine.preflight.preflight import preflight
from tui.journal.codes import Fact
from tui.plan.loader import load
from tui.postgres.connect import open_session
from tui.run.commands import Close, Sign
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
CODES = (
    "no-createdb", "log-not-measured", "server-log", "metric-not-measured", "nothing-measured", "lag-unknown",
    "target-unreachable",
)  # fmt: skip


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
        assert found == {("error", "log-not-measured"), ("warning", "metric-not-measured")}
        assert ("warning", "server-log") in said(tmp_path, dsn, LOG, "[]", log), "no criterion says it"
    with setting(empty_database, "log_min_messages", "fatal"):
        assert ("error", "log-not-measured") in said(tmp_path, dsn, LOG, critical, "auto")
    assert ("error", "log-not-measured") in said(tmp_path, dsn, LOG, "[]", "file:/nowhere/server.log")
    nothing = {("error", "nothing-measured")}
    assert said(tmp_path, dsn, GUARDS, critical, "none") == {("warning", "metric-not-measured")} | nothing
    with_another = "[{metric: critical_errors, equals: 0}, {metric: connections, below: 90%}]"
    assert said(tmp_path, dsn, GUARDS, with_another, "none") == {("warning", "metric-not-measured")}
    assert said(tmp_path, dsn, GUARDS, "[]", "none") == nothing


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
    wanted = {("warning", "metric-not-measured"), ("error", "nothing-measured")} if lacks else set()
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


@awaited
@pytest.mark.unsaid(Fact.ATTESTED)
async def test_what_nothing_measures_is_left_to_a_person(empty_database: Database, tmp_path: Path) -> None:
    """A step that watches the criteria says for which of them it speaks, and no run completes without the rest."""
    head = HEAD.replace("phases:", "success: %s\nphases:")
    step = "          - {id: watch, title: Watch, monitor: {guards: true, for: 100ms}}\n"
    connections, unmeasured = "{metric: connections, below: 99%}", "{metric: response_time, below: 1s}"
    async with Rig(tmp_path / "one", empty_database, head % f"[{connections}]" + step, checked=True) as rig:
        found = await rig.execute("watch")
        assert found["type"] == "step.passed" and "attested" not in found["data"]["evidence"]
        assert rig.do(Close()) is None and rig.recorder.state.status == "completed"
    wanted = head % f"[{connections}, {unmeasured}]" + step
    async with Rig(tmp_path / "two", empty_database, wanted, checked=True) as rig:
        found = await rig.execute("watch")
        assert found["type"] == "step.passed" and found["data"]["evidence"]["attested"] == ["response_time"]
        assert rig.do(Close()) is not None
        await rig.take_up()
        assert rig.do(Sign(step="criterion.response_time", note="the application's own figures")) is None
        assert rig.do(Close()) is None and rig.recorder.state.status == "completed"


@pytest.mark.parametrize(
    ("setting_", "value", "metric", "log", "told"),
    [
        ("log_min_messages", "fatal", "critical_errors", "auto", "log_min_messages = error (a reload is enough)"),
        (
            "log_line_prefix",
            "%m [%p] ",
            "critical_errors",
            "file",
            "log_line_prefix = '%m [%p] %e ' (a reload is enough)",
        ),
        ("log_destination", "syslog", "critical_errors", "auto", "log_destination = csvlog (a reload is enough)"),
        ("track_activities", "off", "active_sessions", "none", "track_activities = on (a reload is enough)"),
        ("track_counts", "off", "deadlocks", "none", "track_counts = on (a reload is enough)"),
    ],
)
def test_the_setting_that_would_make_it_measurable_is_named(
    empty_database: Database, tmp_path: Path, setting_: str, value: str, metric: str, log: str, told: str
) -> None:
    where = f"file:{empty_database.server.log}" if log == "file" else log
    success = f"[{{metric: {metric}, equals: 0}}, {{metric: connections, below: 99%}}]"
    assert cure(tmp_path, empty_database, success, where, metric) is None or log == "none"
    with setting(empty_database, setting_, value):
        found = cure(tmp_path, empty_database, success, where, metric)
    assert found is not None and found.endswith(f"It can be measured with {told}.")


@awaited
async def test_what_each_setting_takes(empty_database: Database) -> None:
    wanted = metrics._settings(True, "syslog", "off", "%m ", "panic")
    session = await open_session(empty_database.dsn, purpose="monitor", run="cure")
    try:
        told = await settings_words(session, [*wanted, ("log_line_prefix", "'%e '"), ("no_such_setting", "on")])
    finally:
        await session.close()
    assert str(told) == (
        "It can be measured with logging_collector = on (the server has to be restarted); "
        "log_destination = csvlog (a reload is enough); log_min_messages = error (a reload is enough); "
        "log_line_prefix = '%e ' (a reload is enough); no_such_setting = on (what it takes is not known)."
    )
    assert metrics._settings(True, "stderr", "on", "%m ", "warning") == [("log_line_prefix", "'%m %e '")]
    assert metrics._settings(True, "csvlog", "on", "%m ", "warning", forbidden=True) == []


def test_what_does_not_answer_keeps_nobody_waiting(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file on a filesystem that hangs."""

    class Hanging:
        form = "stderr"

        async def open(self, prefix: str) -> None:
            await asyncio.Event().wait()

        async def close(self) -> None:
            pass

    monkeypatch.setattr(metrics, "_LOG_S", 0.05)
    monkeypatch.setattr(metrics, "_HOST_S", 0.0)
    monkeypatch.setattr(metrics, "log_source", lambda *_given: Hanging())
    success = "[{metric: critical_errors, equals: 0}, {metric: memory, below: 99%}, {metric: connections, below: 99%}]"
    assert "did not answer within" in (cure(tmp_path, empty_database, success, "auto", "critical_errors") or "")
    assert "does not answer" in (cure(tmp_path, empty_database, success, "auto", "memory", "[{sql: true}]") or "")


def cure(path: Path, database: Database, success: str, log: str, metric: str, host: str = "[]") -> str | None:
    """What `check --on` says of a criterion that it cannot measure."""
    plan = path / "plan.yaml"
    plan.write_text(PLAN.format(log=log, host=host, success=success, watch=GUARDS))
    problems = preflight(load(plan, KINDS), plan, "dev", {"WANTED": database.dsn, "PATH": "/usr/bin:/bin"}, False)
    told = [str(problem.message) for problem in problems if problem.code == "metric-not-measured"]
    return next((text for text in told if text.startswith(metric)), None)
