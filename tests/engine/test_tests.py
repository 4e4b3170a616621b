"""Tests that a plan runs: what real programs print and write decides, and not their exit status alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason

pytestmark = pytest.mark.postgres
PROVE = shutil.which("pg_prove")
BEGIN = "begin; select plan({n});\n"
GOOD = "select ok(true, 'there is an order');\n"
BAD = "select is((select count(*)::int from t), 3, 'there are three');\n"
END = "select * from finish(); rollback;\n"
STEP = """
          - {{id: a, title: A, changes: false, command: {{run: [{run}], files: [t.sql], {more}}}}}
"""
PSQL = "psql, -XAtqf, t.sql"


@pytest.fixture
def tested(database: Database) -> Iterator[Database]:
    with database.connect() as session:
        known = session.execute("select from pg_available_extensions where name = 'pgtap'").fetchone()
        if known is None:
            pytest.skip("no pgTAP on this server")
        session.execute("create extension pgtap; create table t as select generate_series(1, 2) as id")
    yield database


async def ran(path: Path, database: Database, script: str, run: str = PSQL, more: str = "tap: true") -> Event:
    async with Rig(path, database, STEP.format(run=run, more=more), {"t.sql": script}) as rig:
        return await rig.execute("a")


@pytest.mark.unsaid(FailReason.TESTS_FAILED, FailReason.NO_TESTS, Fact.TESTS)
@awaited
async def test_a_test_that_fails_is_a_failure_whatever_psql_says(tmp_path: Path, tested: Database) -> None:
    event = await ran(tmp_path / "a", tested, BEGIN.format(n=2) + GOOD * 2 + END)
    assert event["type"] == "step.passed", event
    assert event["data"]["evidence"]["tests"] == {"passed": 2, "failed": 0, "skipped": 0}

    event = await ran(tmp_path / "b", tested, BEGIN.format(n=2) + GOOD + BAD + END)
    assert (event["type"], event["data"]["reason"]) == ("step.failed", FailReason.TESTS_FAILED)
    evidence = event["data"]["evidence"]
    # It ended well, by its own word.
    assert evidence["exit_status"] == 0
    assert evidence["tests"] == {"passed": 1, "failed": 1, "skipped": 0, "names": ["there are three"]}

    # In the midst of its tests the session ends; psql has nothing to say of that.
    event = await ran(tmp_path / "c", tested, BEGIN.format(n=2) + GOOD + "\\q\n" + BAD + END)
    assert (event["data"]["reason"], event["data"]["evidence"]["exit_status"]) == (FailReason.NO_TESTS, 0)
    assert event["data"]["evidence"]["tests"]["cut"] is True
    event = await ran(tmp_path / "d", tested, "select 1;\n")
    assert event["data"]["reason"] == FailReason.NO_TESTS
    # Who does not say that they are tests is believed by the exit status.
    event = await ran(tmp_path / "e", tested, BEGIN.format(n=1) + BAD + END, more="expect_status: 0")
    assert event["type"] == "step.passed" and "tests" not in event["data"]["evidence"]


@pytest.mark.skipif(PROVE is None, reason="no pg_prove on this machine")
@pytest.mark.parametrize("run", ["pg_prove, t.sql", "pg_prove, --verbose, t.sql"])
@awaited
async def test_pg_prove(tmp_path: Path, tested: Database, run: str) -> None:
    event = await ran(tmp_path / "a", tested, BEGIN.format(n=2) + GOOD * 2 + END, run)
    assert event["type"] == "step.passed", event
    assert event["data"]["evidence"]["tests"] == {"passed": 2, "failed": 0, "skipped": 0}
    event = await ran(tmp_path / "b", tested, BEGIN.format(n=2) + GOOD + BAD + END, run)
    assert event["data"]["reason"] == FailReason.TESTS_FAILED and event["data"]["evidence"]["exit_status"] == 1
    (name,) = event["data"]["evidence"]["tests"]["names"]
    assert name == ("there are three" if "verbose" in run else "t.sql: 2")


JUNIT = """<testsuite tests="2"><testcase name="one"/><testcase name="two">{inner}</testcase></testsuite>"""
WRITES = "sh, -c, 'cat t.sql > $VIRADA_ARTIFACTS/results.xml'"


@awaited
async def test_junit_is_read_where_the_program_wrote_it(tmp_path: Path, empty_database: Database) -> None:
    more = "junit: results.xml"
    event = await ran(tmp_path / "a", empty_database, JUNIT.format(inner=""), WRITES, more)
    assert event["type"] == "step.passed", event
    assert event["data"]["evidence"]["tests"]["passed"] == 2
    event = await ran(tmp_path / "b", empty_database, JUNIT.format(inner="<failure/>"), WRITES, more)
    assert event["data"]["reason"] == FailReason.TESTS_FAILED
    assert event["data"]["evidence"]["tests"]["names"] == ["two"]
    event = await ran(tmp_path / "c", empty_database, "no tests", "'true'", more)
    assert event["data"]["reason"] == FailReason.NO_TESTS
    # A program that failed, and whose tests did not: its exit status says why.
    event = await ran(tmp_path / "d", empty_database, JUNIT.format(inner=""), f"{WRITES[:-1]}; exit 3'", more)
    assert (event["data"]["reason"], event["data"]["evidence"]["exit_status"]) == (FailReason.EXIT_STATUS, 3)
