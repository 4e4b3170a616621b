"""`monitoring` and `resources`: what is measured of a real server and this host, against the plan's criteria."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.checks.looks import look
from tests.engine.postgres.pgserver import awaited
from tests.postgres_server import Database
from tui.journal.codes import Shortcoming

ALL = """
canary: {sql: "select 1"}
success:
  - {metric: response_time, below: 30s}
  - {metric: cpu, below: 100%}
  - {metric: connections, below: 90%}
"""


@pytest.mark.unsaid(Shortcoming.NO_SOURCE, Shortcoming.LEFT_TO_A_PERSON)
@awaited
async def test_every_criterion_has_a_source(database: Database, tmp_path: Path) -> None:
    found = await look(tmp_path, database, "{monitoring: true}", more=ALL)
    assert found.event["type"] == "step.passed" and not found.codes, found.rows
    assert [row["of"] for row in found.rows] == ["response_time", "cpu", "connections"]
    assert all(row["found"] for row in found.rows)


@awaited
async def test_a_criterion_without_a_source_is_named(database: Database, tmp_path: Path) -> None:
    """Nobody tells the host of a server over TCP whose plan names no source; and there is no replica."""
    more = ALL.replace("canary:", "team:\n  - {role: dba}\n#") + "  - {metric: replication_lag, below: 5s}\n"
    found = await look(tmp_path, database, "{monitoring: true}", more=more)
    assert found.failed == ["monitoring"] * 2
    lacking = {row["of"]: row for row in found.rows if row["holds"] is False}
    assert set(lacking) == {"response_time", "replication_lag"}
    assert "monitoring response_time" in found.words and found.codes == {"no_source"}
    nothing = await look(tmp_path / "2", database, "{monitoring: true}")
    assert (nothing.rows[0]["found"], nothing.rows[0]["holds"]) == ("nothing", False)


@awaited
async def test_what_nothing_could_measure_when_the_run_was_opened_is_left_to_a_person(
    database: Database, tmp_path: Path
) -> None:
    more = "success:\n  - {metric: replication_lag, below: 5s}\n  - {metric: connections, below: 90%}\n"
    found = await look(tmp_path, database, "{monitoring: true}", more=more, checked=True)
    assert found.row("monitoring", of="replication_lag")["found"] == "left_to_a_person"
    assert found.codes == {"left_to_a_person"} and found.row("monitoring", of="connections")["holds"] is True


@awaited
async def test_resources_are_within_the_criteria(database: Database, tmp_path: Path) -> None:
    limits = "{resources: {cpu: 100%, memory: 100%}}"
    found = await look(tmp_path, database, limits, more="success:\n  - {metric: connections, below: 90%}\n")
    assert [row["of"] for row in found.rows if row["name"] == "resources"] == ["connections", "cpu", "memory"]
    share, memory = found.row("resources", of="connections"), found.row("resources", of="memory")
    assert (share["holds"], share["samples"]) == (True, 3) and memory["found"] < 1 and memory["source"]
    free = found.row("connections_free")
    # Three are reserved for superusers.
    limit = int(str(database.value("select setting from pg_settings where name = 'max_connections'")))
    assert free["usable"] == limit - 3 and free["found"] == free["usable"] - free["used"] >= 10


@awaited
async def test_what_is_over_its_limit_says_so_and_what_is_not_measured_is_not_passed(
    database: Database, tmp_path: Path
) -> None:
    more = "success:\n  - {metric: memory, below: 0.01%}\n"
    found = await look(tmp_path / "1", database, "{resources: {samples: 1, cpu: 100%, connections: 100000}}", more=more)
    assert set(found.failed) == {"resources", "connections_free"}
    row = found.row("resources", of="memory")
    assert "resources memory" in found.words and "0 %" in found.words
    assert (row["holds"], row["expected"], row["relation"]) == (False, 0.0001, "below") and row["found"] > 0.0001
    # A host that does not answer: nobody knows.
    target = 'host: [{node_exporter: "http://127.0.0.1:9/metrics"}]'
    hidden = await look(tmp_path / "2", database, "{resources: {samples: 1}}", target=target)
    assert hidden.event["data"]["reason"] == "not_answered" and hidden.unanswered == ["resources"] * 2
    assert hidden.row("connections_free")["holds"] is True
