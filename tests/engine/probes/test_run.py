"""A whole run whose sources are killed under it: what its journal shows, second by second."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.station import Station
from tests.engine.alone import alone, empty_database
from tests.engine.probes.parts import Exporter, Sshd
from tests.postgres_server import Database, await_condition, create_database, own_server
from tui.report.reading import JournalReading
from tui.words.said import told

pytestmark = pytest.mark.postgres
__all__ = ["alone", "empty_database"]
HERE = os.uname().nodename
PLAN = """
virada: 1
name: watched
targets:
  dev:
    environment: development
    dsn: "${{WATCHED_DSN}}"
    server_log: "{log}"
    host: {host}
canary: {{sql: "select 1 from canary_wait", every: 200ms}}
success:
  - {{metric: response_time, below: 100ms, for: 2s}}
  - {{metric: critical_errors, equals: 0}}
phases:
  - title: Wait
    sections:
      - title: Wait
        steps: [{{id: wait, title: Wait for a person, sign: true}}]
"""


class Run:
    """An open run that waits for a person, and its figures."""

    def __init__(self, station: Station, database: Database) -> None:
        self.station = station
        self.database = database

    def open(self, path: Path, host: str = "[]", log: str = "none", **variables: str) -> None:
        with self.database.connect() as session:
            session.execute("create table if not exists canary_wait (id int)")
        plan = path / "plan.yaml"
        plan.write_text(PLAN.format(host=host, log=log))
        self.station.open(plan, **{"WATCHED_DSN": self.database.dsn, **variables})

    def samples(self) -> list[dict[str, Any]]:
        return [event["data"] for event in self.station.events() if event["type"] == "metrics.sampled"]

    def source(self, metric: str) -> str:
        """Where the latest sample has the metric from; "" where it has none."""
        samples = self.samples()
        return str(samples[-1]["sources"].get(metric, "")) if samples else ""

    def until(self, metric: str, source: str) -> None:
        await_condition(lambda: self.source(metric) == source, f"{metric} comes from {source!r}", 40)

    def said(self) -> list[str]:
        return [
            "\n".join(told(entry) for entry in event["data"]["lines"])
            for event in self.station.events()
            if event["type"] == "log.lines" and event["data"]["stream"] == "engine"
        ]


@pytest.fixture
def run(empty_database: Database) -> Iterator[Run]:
    with Station() as station:
        yield Run(station, empty_database)


def test_sources_die_and_the_figures_go_on(run: Run, exporter: Exporter, sshd: Sshd, tmp_path: Path) -> None:
    host = f'[{{node_exporter: "${{EXPORTER}}"}}, {{ssh: "{sshd.host}"}}, {{sql: true}}]'
    run.open(tmp_path, host, EXPORTER=exporter.url, PATH=sshd.environment["PATH"])
    run.until("cpu", f"{HERE} (node_exporter)")
    assert {"memory", "disk", "disk_free_bytes", "load"} <= set(run.samples()[-1]["values"])
    exporter.kill()
    run.until("cpu", f"{HERE} (ssh)")
    assert run.source("disk") == f"{HERE} (ssh)"
    sshd.kill()
    run.until("cpu", f"{HERE} (sql)")
    assert run.source("disk") == "", "SQL cannot tell it"
    said = run.said()
    assert "(node_exporter)" in said[0] and exporter.url in said[1] and "over ssh" in said[2]
    engine = run.station.engine()
    assert engine is not None
    children = engine.children(recursive=True)
    run.station.kill_engine()
    await_condition(lambda: not any(child.is_running() for child in children), "its children end with it")


def test_a_plan_without_a_source_uses_this_host_only_for_a_socket(run: Run, tmp_path: Path) -> None:
    assert run.database.dsn.find("host=/") >= 0, "these servers have a socket"
    run.open(tmp_path)
    run.until("cpu", f"{HERE} (local)")
    assert run.source("disk") == f"{HERE} (local)"


def test_a_role_that_may_see_little_is_told_what_it_lacks(run: Run, tmp_path: Path) -> None:
    with run.database.connect() as session:
        session.execute("drop role if exists sees_little")
        session.execute("create role sees_little login")
        session.execute("create table canary_wait (id int)")
        session.execute("grant select on canary_wait to sees_little")
    with run.database.connect():
        run.open(tmp_path, WATCHED_DSN=run.database.dsn.replace("user=postgres", "user=sees_little"))
        run.until("cpu", f"{HERE} (local)")
        assert run.source("memory") == f"{HERE} (local)" and run.source("disk") == ""
        await_condition(lambda: any("pg_monitor" in text for text in run.said()), "it says that sessions are hidden")
    said = "\n".join(run.said())
    assert said.count("pg_read_all_settings") == 1 and said.count("pg_monitor") == 1


def test_a_server_that_hangs_costs_its_own_figures_only(run: Run, exporter: Exporter, tmp_path: Path) -> None:
    run.open(tmp_path, f'[{{node_exporter: "{exporter.url}"}}]')
    run.until("cpu", f"{HERE} (node_exporter)")
    run.station.wait_for(lambda event: "tps" in event["data"].get("values", {}))
    with run.database.connect() as session:
        rows = session.execute(
            "select pid from pg_stat_activity where application_name like 'virada %' and datname = current_database()"
        ).fetchall()
        backends = [psutil.Process(pid) for (pid,) in rows]
    assert backends
    try:
        for backend in backends:
            backend.suspend()
        run.station.wait_for("guard.breached")
        last = run.samples()[-1]
        assert last["values"]["response_time"] > 0.1 and "connections" not in last["values"]
        assert {"cpu", "memory", "disk"} <= set(last["values"])
        at = [e["mono"] for e in run.station.events() if e["type"] == "metrics.sampled"]
        assert max(b - a for a, b in itertools.pairwise(at)) < 3.0
    finally:
        for backend in backends:
            backend.resume()
    run.station.wait_for("guard.cleared")
    assert "connections" in run.samples()[-1]["values"]


def test_the_canary_waits_for_a_lock(run: Run, tmp_path: Path) -> None:
    run.open(tmp_path)
    run.station.wait_for(lambda event: "response_time_p95" in event["data"].get("values", {}))
    with run.database.connect() as blocker:
        blocker.execute("begin; lock table canary_wait")
        run.station.wait_for("guard.breached")
        assert any("The canary is not answered" in text for text in run.said())
        blocker.execute("rollback")
    run.station.wait_for("guard.cleared")


def test_a_canary_that_falls_silent_before_its_engine_dies_has_not_been_silent_since(run: Run, tmp_path: Path) -> None:
    run.open(tmp_path)
    run.station.wait_for(lambda event: "response_time" in event["data"].get("values", {}))
    assert {"canary", "host", "server_log"} <= run.samples()[0]["facts"].keys(), "null as well, for the one before it"
    with run.database.connect() as session:
        session.execute("drop table canary_wait")
        run.station.wait_for(lambda event: event["data"].get("facts", {}).get("canary") is not None)
        run.station.kill_engine()
        session.execute("create table canary_wait (id int)")
    last = run.station.events()[-1]
    run.station.virada("continue", "last", "--detach").expect()
    back = run.station.wait_for(lambda event: event["seq"] > last["seq"] and event["type"] == "metrics.sampled")
    assert back["data"]["facts"]["canary"] is None
    found = JournalReading(run.station.directory() / "journal.jsonl")
    [(since, until)] = found.unanswered
    [(left, returned)] = found.away
    assert since <= until <= left == last["mono"] and returned == back["mono"]


@contextmanager
def log_line_prefix(database: Database, prefix: str) -> Iterator[None]:
    """In force on the whole server meanwhile."""
    with database.connect() as session:
        session.execute(f"alter system set log_line_prefix = '{prefix}'".encode())
        session.execute("select pg_reload_conf()")
    try:
        await_condition(lambda: database.value("show log_line_prefix") == prefix, "the prefix is in force")
        yield
    finally:
        with database.connect() as session:
            session.execute("alter system reset log_line_prefix")
            session.execute("select pg_reload_conf()")


def test_critical_errors_are_those_of_others(run: Run, tmp_path: Path) -> None:
    """A log that names no application: our own lines are told by their process."""
    log = tmp_path / "server.log"
    log.touch()
    with log_line_prefix(run.database, "%m [%p] %e %q%u@%d "):
        run.open(tmp_path, log=f"file:{log}")
        run.until("critical_errors", f"{HERE} (file)")
        own = run.database.value("select min(pid) from pg_stat_activity where application_name like 'virada %'")
        with log.open("a") as file:
            for pid, state, severity, text in (
                (own, "53100", "ERROR", "ours"),
                (999_999, "53100", "ERROR", "no space left on device"),
                (999_999, "53100", "STATEMENT", "insert"),
                (999_998, "42601", "ERROR", "a mistake of theirs"),
                (999_997, "57P01", "FATAL", "terminating connection due to administrator command"),
                (999_996, "XX000", "LOG", "only a notice"),
            ):
                file.write(f"2026-11-22 06:03:00.000 UTC [{pid}] {state} ana@app {severity}:  {text}\n")
        event = run.station.wait_for("error.recorded")
        assert (event["data"]["text"], event["data"]["sqlstate"]) == ("no space left on device", "53100")
        run.station.wait_for("guard.breached")
        assert run.samples()[-1]["values"]["critical_errors"] == 1
        lines = [e["data"]["text"] for e in run.station.events() if e["data"].get("stream") == "server"]
        assert "a mistake of theirs" in "\n".join(lines) and "ours" not in "\n".join(lines).splitlines()


def test_a_log_without_states_leaves_critical_errors_unknown(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.touch()
    with log_line_prefix(run.database, "%m [%p] %q%u@%d "):
        run.open(tmp_path, log=f"file:{log}")
        await_condition(lambda: any("%e" in text for text in run.said()), "it says what is missing")
        run.station.wait_for("metrics.sampled", count=3)
        assert run.source("critical_errors") == ""


def test_a_log_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    run.open(tmp_path, log=f"file:{tmp_path}/missing.csv")
    await_condition(lambda: any("missing.csv" in text for text in run.said()), "it says why")
    assert run.source("critical_errors") == ""


def test_an_idle_engine_uses_little(run: Run, exporter: Exporter, tmp_path: Path) -> None:
    """All watches at work; a generous limit, for others use this machine, too."""
    run.open(tmp_path, f'[{{node_exporter: "{exporter.url}"}}]')
    run.until("cpu", f"{HERE} (node_exporter)")
    engine = run.station.engine()
    assert engine is not None
    before, began = engine.cpu_times(), time.monotonic()
    run.station.wait_for("metrics.sampled", count=len(run.samples()) + 10)
    after, taken = engine.cpu_times(), time.monotonic() - began
    share = (after.user + after.system - before.user - before.system) / taken
    print(f"idle engine: {share * 100:.2f} % of a processor over {taken:.0f} s")
    assert share < 0.05
    run.station.kill_engine(number=signal.SIGTERM)


def test_the_log_goes_on_where_a_crash_cut_the_connection(tmp_path: Path) -> None:
    """What the server says of the crash itself is written while nobody is connected."""
    with own_server() as server, Station() as station:
        database = create_database(server)
        run = Run(station, database)
        run.open(tmp_path, log="auto")
        await_condition(lambda: run.source("critical_errors") != "", "the log is followed", 40)
        with database.connect() as session:
            row = session.execute("select pg_backend_pid()").fetchone()
            assert row is not None
            os.kill(row[0], signal.SIGKILL)
        lines = station.wait_for(
            lambda event: event["data"].get("stream") == "server" and "signal 9" in event["data"]["text"]
        )
        assert lines["type"] == "log.lines"
        station.wait_for(lambda event: event["seq"] > lines["seq"] and "tps" in event["data"].get("values", {}))
