"""A server that has much to say, or nothing any more: the engine goes on, and its figures hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.acceptance.station import Station
from tests.engine.probes.test_run import HERE, Run, log_line_prefix
from tests.postgres_server import Database, await_condition, create_database, own_server

pytestmark = pytest.mark.postgres


def test_a_storm_of_errors_stalls_nothing(empty_database: Database, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.touch()
    with Station() as station, log_line_prefix(empty_database, "%m [%p] %e %q%u@%d "):
        run = Run(station, empty_database)
        run.open(tmp_path, log=f"file:{log}")
        run.until("critical_errors", f"{HERE} (file)")
        run.station.wait_for(lambda event: "response_time" in event["data"].get("values", {}))
        storm = "2026-11-22 06:03:00.000 UTC [999999] 53300 ana@app FATAL:  sorry, too many clients already\n"
        with log.open("a") as file:
            file.write(storm * 60_000)
        began = time.monotonic()
        station.do("note", "in the middle of it")
        assert time.monotonic() - began < 5
        await_condition(lambda: run.samples()[-1]["values"].get("critical_errors") == 60_000, "all are counted", 30)
        recorded = [e["data"]["text"] for e in station.events() if e["type"] == "error.recorded"]
        assert len(recorded) < 30 and "(×" in recorded[-1]
        assert max(sample["values"].get("response_time", 0) for sample in run.samples()) < 0.5


def test_a_server_that_is_gone_leaves_its_errors_unknown(tmp_path: Path) -> None:
    with own_server() as server, Station() as station:
        run = Run(station, create_database(server))
        run.open(tmp_path, host="[{local: true}]", log="auto")
        await_condition(lambda: run.source("critical_errors") != "", "the log is followed", 40)
        server.stop("immediate")
        await_condition(lambda: "critical_errors" not in run.samples()[-1]["values"], "it is unknown")
        server.start()
        await_condition(lambda: run.source("critical_errors") != "", "it is known again", 40)
