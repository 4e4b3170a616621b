"""What was not measured is named and no pass; what a log does not tell is not counted as nothing."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import postgres_server
from tests.engine.alone import alone, empty_database
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database, await_condition
from tui.journal.codes import CancelReason, Fact, FailReason, Unmeasured, WaitReason
from tui.journal.remarks import Remarked
from tui.run.commands import Execute

pytestmark = pytest.mark.postgres
__all__ = ["alone", "empty_database"]


PLAN = """
virada: 1
name: measured
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: "{log}", host: {host}}}}}
success: {success}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
{steps}
"""
WATCH = "          - {id: watch, title: Watch, monitor: {log: server, for: 1050ms}}"
GUARDS = "          - {id: watch, title: Watch, monitor: {guards: true, for: 300ms}}"


def plan(steps: str, log: str = "none", success: str = "[]", host: str = "[]") -> str:
    return PLAN.format(steps=steps, log=log, success=success, host=host)


def lacks(event: Event) -> set[tuple[str, str]]:
    """What was not measured, and why."""
    assert event["type"] == "step.failed", event
    assert event["data"]["reason"] == FailReason.NOT_MEASURED, event
    return {(one.get("metric") or one["what"], one["why"]) for one in event["data"]["evidence"]["not_measured"]}


@contextmanager
def setting(database: Database, name: str, value: str) -> Iterator[None]:
    """In force on the whole server meanwhile."""
    with database.connect() as session:
        before = session.execute(f"show {name}".encode()).fetchone()
        session.execute(f"alter system set {name} = '{value}'".encode())
        session.execute("select pg_reload_conf()")
    try:
        await_condition(lambda: database.value(f"show {name}") == value, f"{name} is in force")
        yield
    finally:
        with database.connect() as session:
            session.execute(f"alter system reset {name}".encode())
            session.execute("select pg_reload_conf()")
        await_condition(lambda: before is not None and database.value(f"show {name}") == before[0], "it is as it was")


def err(database: Database, times: int = 1, state: str = "22012") -> None:
    """Errors of an application, in the server's log."""
    with database.connect() as session:
        for _ in range(times):
            with pytest.raises(psycopg.Error):
                session.execute(f"do $$ begin raise exception 'boom' using errcode = '{state}'; end $$".encode())


async def watched(rig: Rig, database: Database, state: str = "22012") -> Event:
    """The watch's outcome, with two errors in the log meanwhile."""
    assert rig.do(Execute(step="watch")) is None
    await rig.until(lambda: rig.events("step.progress"), "it watches")
    err(database, 2, state)
    return await rig.ended("watch")


@pytest.mark.unsaid(
    Fact.ERRORS,
    Fact.LINES,
    Fact.SQLSTATES,
    Fact.CRITICAL_ERRORS,
    FailReason.NOT_MEASURED,
    Unmeasured.LOG_WITHOUT_SQLSTATES,
)
@awaited
async def test_errors_in_a_log_without_sqlstates_are_not_none(empty_database: Database, tmp_path: Path) -> None:
    log = f"file:{empty_database.server.log}"
    with setting(empty_database, "log_line_prefix", "%m [%p] "):
        async with Rig(tmp_path / "1", empty_database, plan(WATCH, log)) as rig:
            event = await watched(rig, empty_database)
    assert lacks(event) == {("log", "log_without_sqlstates")}
    assert not {"errors", "critical_errors", "lines", "sqlstates"} & set(event["data"]["evidence"])
    # With them they are counted, the critical ones among them apart.
    async with Rig(tmp_path / "2", empty_database, plan(WATCH, log)) as rig:
        event = await watched(rig, empty_database)
    assert event["type"] == "step.passed", event
    evidence = event["data"]["evidence"]
    # Of other tests on this server there may be more.
    assert evidence["errors"] - evidence["critical_errors"] >= 2 and evidence["lines"] >= 2
    assert evidence["sqlstates"]["22012"] >= 2 and sum(evidence["sqlstates"].values()) == evidence["errors"]
    assert "not_measured" not in evidence


@awaited
async def test_the_log_through_sql_is_counted(each_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, each_database, plan(WATCH, "auto")) as rig:
        event = await watched(rig, each_database, "XX000")
    evidence = event["data"]["evidence"]
    assert event["type"] == "step.passed" and evidence["errors"] >= evidence["critical_errors"] >= 2, event


@pytest.mark.unsaid(Unmeasured.NO_LOG, Unmeasured.LOG_NOT_FOLLOWED)
@pytest.mark.parametrize(("log", "why"), [("none", "no_log"), ("file:/nowhere/server.log", "log_not_followed")])
@awaited
async def test_a_log_that_nobody_reads_is_no_log_without_errors(
    empty_database: Database, tmp_path: Path, log: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.steps.monitor._SETTLE", 0.3)
    async with Rig(tmp_path, empty_database, plan(WATCH, log)) as rig:
        event = await rig.execute("watch")
    assert lacks(event) == {("log", why)}


@pytest.mark.unsaid(Unmeasured.LOG_GAP)
@pytest.mark.parametrize("cut", [True, False])
@awaited
async def test_a_log_that_was_cut_short_has_a_gap(empty_database: Database, tmp_path: Path, cut: bool) -> None:
    log = tmp_path / "server.log"
    log.write_text("2026-11-22 06:03:00.000 UTC [1] LOG:  a line\n" * 100)
    steps = WATCH
    async with Rig(tmp_path, empty_database, plan(steps, f"file:{log}")) as rig:
        assert rig.do(Execute(step="watch")) is None
        await rig.until(lambda: rig.events("step.progress"), "it watches")
        if cut:
            log.write_text("")
        event = await rig.ended("watch")
    if cut:
        assert lacks(event) == {("log", "log_gap")}
    else:
        assert event["type"] == "step.passed", event


@pytest.mark.unsaid(Unmeasured.SERVER_CRASHED)
@pytest.mark.parametrize("crashes", [True, False])
@awaited
async def test_a_server_that_crashed_and_is_back_was_not_well(crashes: bool, tmp_path: Path) -> None:
    """Its log has messages alone of that, and it is back within a second or two."""
    with postgres_server.own_server() as server:
        database = Database(server, "postgres")
        steps = "          - {id: watch, title: Watch, monitor: {log: server, for: 4s}}"
        async with Rig(tmp_path, database, plan(steps, f"file:{server.log}")) as rig:
            assert rig.do(Execute(step="watch")) is None
            await rig.until(lambda: rig.events("step.progress"), "it watches")
            with database.connect() as session:
                (pid,) = session.execute("select pg_backend_pid()").fetchone() or (0,)
                if crashes:
                    os.kill(pid, signal.SIGKILL)
                else:
                    session.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> %s", [pid])
                    session.execute("select pg_stat_reset_shared('archiver')")
            event = await rig.ended("watch")
    if crashes:
        assert lacks(event) == {("server", "server_crashed")}
    else:
        assert event["type"] == "step.passed", event


@pytest.mark.unsaid(Unmeasured.LOG_UNCLEAR)
@pytest.mark.parametrize(("word", "unclear"), [("QUATSCH", True), ("ERROR", False), ("FEHLER", False), ("LOG", False)])
@awaited
async def test_a_record_that_may_be_an_error_is_named(
    empty_database: Database, tmp_path: Path, word: str, unclear: bool
) -> None:
    log = tmp_path / "server.log"
    log.touch()
    async with Rig(tmp_path, empty_database, plan(WATCH, f"file:{log}")) as rig:
        assert rig.do(Execute(step="watch")) is None
        await rig.until(lambda: rig.events("step.progress"), "it watches")
        with log.open("a") as file:
            file.write(f"2026-11-22 06:03:00.000 UTC [1] x@y app F0000 {word}:  the file contains errors\n")
        event = await rig.ended("watch")
    if unclear:
        assert lacks(event) == {("log", "log_unclear")}
    else:
        assert event["type"] == "step.passed", event
        assert event["data"]["evidence"]["critical_errors"] == (0 if word == "LOG" else 1)


@pytest.mark.unsaid(
    Fact.NOT_MEASURED, Fact.UNMEASURED, Unmeasured.UNKNOWN, Unmeasured.NO_REPLICA, Unmeasured.NO_CRITERIA
)
@pytest.mark.parametrize(
    ("success", "host", "lacking"),
    [
        ("[{metric: connections, below: 90%}]", "[]", set()),
        ("[]", "[]", {("criteria", "no_criteria")}),
        ("[{metric: replication_lag, below: 5s}]", "[]", {("replication_lag", "no_replica")}),
        ("[{metric: critical_errors, equals: 0}]", "[]", {("critical_errors", "no_log")}),
        ("[{metric: connections, below: 90%}, {metric: cpu, below: 99%}]", '[{ssh: "nowhere.invalid"}]',
         {("cpu", "unknown")}),
        ("[{metric: oldest_transaction_s, below: 600}, {metric: waiting_sessions, below: 5}]", "[]", set()),
    ],
)  # fmt: skip
@awaited
async def test_a_criterion_without_a_figure_is_named(
    empty_database: Database, tmp_path: Path, success: str, host: str, lacking: set[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tui.steps.monitor._SETTLE", 1.5)
    async with Rig(tmp_path, empty_database, plan(GUARDS, success=success, host=host)) as rig:
        event = await rig.execute("watch")
    if lacking:
        assert lacks(event) == lacking
    else:
        assert event["type"] == "step.passed" and event["data"]["evidence"]["samples"] >= 1, event


@pytest.mark.unsaid(Unmeasured.NO_SAMPLES)
@awaited
async def test_without_a_single_look_nothing_passes(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.steps.monitor._SETTLE", 0.5)
    role = "looks_at_nothing"
    with empty_database.connect() as session:
        session.execute(f"drop role if exists {role}".encode())
        session.execute(f"create role {role} login connection limit 1".encode())
    dsn = empty_database.server.dsn(empty_database.name, role)
    async with Rig(tmp_path, dsn, plan(GUARDS, success="[{metric: connections, below: 90%}]")) as rig:
        # The only connection is the control session's: the monitoring one finds none free.
        event = await rig.execute("watch")
    assert ("figures", "no_samples") in lacks(event)
    with empty_database.connect() as session:
        session.execute(f"drop role {role}".encode())


COMPANION = """
          - {{id: work, title: Work, sql: "select pg_sleep(1.2)"}}
          - {{id: watch, title: Watch, with: work, monitor: {{guards: true}}}}
"""


@pytest.mark.unsaid(CancelReason.COMPANION)
@pytest.mark.parametrize(("relation", "outcome"), [("below", "step.failed"), ("above", "step.passed")])
@awaited
async def test_a_companion_says_what_it_saw(
    empty_database: Database, tmp_path: Path, relation: str, outcome: str
) -> None:
    success = f"[{{metric: connections, {relation}: 0.01%}}]"
    async with Rig(tmp_path, empty_database, plan(COMPANION.format(), success=success)) as rig:
        assert (await rig.execute("work"))["type"] == "step.passed"
        event = await rig.ended("watch")
    assert event["type"] == outcome, event
    assert event["data"].get("reason") == (FailReason.GUARD_BREACHED if outcome == "step.failed" else None)


BATCH = """
          - id: fill
            title: Fill
            batch:
              sql: "update t set done = true where id in (select id from t where not done limit 1)"
              pause: 0
              max_lag: 1s
"""


@contextmanager
def receiver(database: Database, path: Path) -> Iterator[None]:
    """Something that replicates: a role without pg_monitor does not see how far it is."""
    server = database.server
    path.mkdir()
    program = [str(server.binaries.bindir / "pg_receivewal"), "-D", str(path), "-h", str(server.socket)]
    running = subprocess.Popen([*program, "-U", "postgres", "--no-loop"], stderr=subprocess.PIPE)
    try:
        await_condition(
            lambda: database.value("select count(*) from pg_stat_replication where state = 'streaming'") == 1, "it runs"
        )
        yield
    finally:
        running.kill()
        running.wait()
        assert running.stderr is not None
        running.stderr.close()
        await_condition(lambda: database.value("select count(*) from pg_stat_replication") == 0, "it has ended")


@pytest.mark.unsaid(WaitReason.LAG_UNKNOWN, Remarked.LAG_HIDDEN)
@pytest.mark.parametrize("sees", [True, False])
@awaited
async def test_a_lag_that_nobody_sees_is_no_lag_of_zero(empty_database: Database, tmp_path: Path, sees: bool) -> None:
    role = f"fills_{sees}".lower()
    with empty_database.connect() as session:
        session.execute(f"drop role if exists {role}".encode())
        session.execute(f"create role {role} login {'in role pg_monitor' if sees else ''}".encode())
        session.execute("create table t as select id, false as done from generate_series(1, 3) as id")
        session.execute(f"alter table t owner to {role}; grant create on schema public to {role}".encode())
    dsn = empty_database.server.dsn(empty_database.name, role)
    with receiver(empty_database, tmp_path / "wal"):
        async with Rig(tmp_path, dsn, plan(BATCH)) as rig:
            await rig.until(lambda: "replicas" in rig.recorder.state.metrics, "it was looked at")
            if sees:
                event = await rig.execute("fill")
                assert event["type"] == "step.passed" and WaitReason.LAG_UNKNOWN not in rig.said(), event
            else:
                assert rig.do(Execute(step="fill")) is None
                await rig.until(
                    lambda: rig.recorder.state.metrics.get("replicas") == 1 and rig.events("step.waiting"), "it waits"
                )
                assert WaitReason.LAG_UNKNOWN in rig.said() and rig.step("fill").status == "running"
            assert (Remarked.LAG_HIDDEN in rig.remarks()) is not sees
    with empty_database.connect() as session:
        session.execute(f"drop owned by {role}; drop role {role}".encode())


@pytest.mark.unsaid(Fact.BASELINE)
@awaited
async def test_a_baseline_is_what_the_target_was_meanwhile(empty_database: Database, tmp_path: Path) -> None:
    steps = "          - {id: watch, title: Watch, monitor: {baseline: true, for: 1050ms}}"
    told = []
    for others in (0, 20):
        sessions = [empty_database.connect() for _ in range(others)]
        try:
            async with Rig(tmp_path / str(others), empty_database, plan(steps)) as rig:
                event = await rig.execute("watch")
        finally:
            for session in sessions:
                session.close()
        assert event["type"] == "step.passed", event
        told.append(event["data"]["evidence"]["baseline"]["connections"])
    assert told[0]["samples"] >= 1 and told[0]["max"] >= told[0]["median"] > 0
    usable = int(str(empty_database.value("select current_setting('max_connections')")))
    assert told[1]["median"] - told[0]["median"] > 15 / usable


@awaited
async def test_a_criterion_that_nothing_measures_has_no_baseline(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.steps.monitor._SETTLE", 0.3)
    steps = "          - {id: watch, title: Watch, monitor: {baseline: true, for: 300ms}}"
    wanted = plan(steps, success="[{metric: response_time, below: 1s}]")
    async with Rig(tmp_path, empty_database, wanted) as rig:
        event = await rig.execute("watch")
    assert ("response_time", "unknown") in lacks(event)
