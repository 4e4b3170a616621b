"""A monitor beside a baseline, with pg_stat_statements on a server of its own: what became slower is named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import postgres_server
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
STEPS = """
          - {id: before, title: Before, monitor: {baseline: true, statements: required, for: 2s}}
          - id: same
            title: The same
            monitor: {statements: required, against: {baseline: before, margin: 1s}, for: 2s}
          - {id: after, title: After, monitor: {statements: required, against: {baseline: before}, for: 2s}}
"""
PLAN = """
virada: 1
name: rig
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none}}}}
canary: {{sql: select 1, every: 100ms}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
{steps}
"""


@pytest.fixture(scope="module")
def counting() -> Iterator[Server]:
    with postgres_server.own_server() as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("alter system set shared_preload_libraries = 'pg_stat_statements'")
        server.stop("fast")
        server.start()
        yield server


class Application:
    """Asks one question again and again, which takes as long as it is told."""

    def __init__(self, database: Database) -> None:
        self.pause = 0.001
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(database.dsn,))

    def __enter__(self) -> Application:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self, dsn: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not self._over.is_set():
                connection.execute("select pg_sleep(%s::float8) as application", [self.pause])


@pytest.mark.unsaid(Fact.WORSE, Fact.SLOWER, Fact.STATEMENTS_UNKNOWN)
@awaited
async def test_a_statement_that_became_slower_is_named(tmp_path: Path, counting: Server) -> None:
    database = postgres_server.create_database(counting)
    with database.connect() as connection:
        connection.execute("create extension pg_stat_statements")
    with Application(database) as application:
        async with Rig(tmp_path, database, PLAN.format(steps=STEPS)) as rig:
            before = (await rig.execute("before"))["data"]
            assert any("application" in row["statement"] for row in before["evidence"]["top_statements"])
            same = (await rig.execute("same"))["data"]
            assert "slower" not in same["evidence"] and "worse" not in same["evidence"]
            assert same["evidence"]["against"], "the canary's answers stand beside those of before"
            application.pause = 0.05
            after = (await rig.execute("after"))["data"]
    assert after["reason"] == FailReason.WORSE_THAN_BASELINE
    (row,) = (row for row in after["evidence"]["slower"] if "application" in row["statement"])
    assert row["mean_s"] > 0.04 > 0.02 > row["before_s"] and row["calls"] >= 20
    assert "statements_unknown" not in after["evidence"]


@pytest.mark.unsaid(Fact.AGAINST, Fact.TOP_STATEMENTS, Fact.HOURS)
@awaited
async def test_without_the_extension_nothing_is_said_of_statements(tmp_path: Path, database: Database) -> None:
    steps = STEPS.replace("for: 2s", "for: 1s")
    async with Rig(tmp_path, database, PLAN.format(steps=steps)) as rig:
        before = (await rig.execute("before"))["data"]
    assert before["reason"] == FailReason.NOT_MEASURED
    assert ("statements", "no_statements") in {
        (one.get("what"), one["why"]) for one in before["evidence"]["not_measured"]
    }
    assert not {"top_statements", "against", "hours"} & before["evidence"].keys()
