"""A change breaks the application: its errors enter the register by themselves, and may fire a trigger."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import TriggerReason
from tui.run.commands import Resolve
from tui.run.status import status
from tui.words.errors import error_words
from tui.words.proposal import grounds_of

pytestmark = pytest.mark.postgres
PLAN = """
virada: 1
name: application
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: "{log}"}}}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - id: rename
            title: Rename
            sql: "alter table carts rename column state to status"
            undo: {{sql: "alter table carts rename column status to state"}}
          - {{id: agree, title: Agree, sign: true}}
rollback:
  triggers:
    - {{title: The application fails, errors: {{unresolved: 1, from: application, classes: ["42"]}}}}
"""


def asks(database: Database, sql: str, times: int = 1) -> None:
    """What an application does, whatever comes of it."""
    with database.connect() as session:
        session.execute("set application_name = 'shop'")
        for _ in range(times):
            try:
                session.execute(sql.encode())
            except psycopg.Error:
                continue


async def followed(rig: Rig) -> None:
    await rig.until(lambda: rig.recorder.state.facts.get("server_log_state") == "", "the log is followed")


async def changed(rig: Rig) -> None:
    """The change is made, and the log was read up to behind that."""
    outcome = await rig.execute("rename")
    assert outcome["type"] == "step.passed", outcome
    seen = len(rig.recorder.state.samples) and rig.recorder.state.samples[-1].mono
    await rig.until(lambda: rig.recorder.state.samples[-1].mono > seen + 2.5, "it was looked twice")


@awaited
async def test_a_column_that_is_gone(each_database: Database, tmp_path: Path) -> None:
    with each_database.connect() as session:
        session.execute("create table carts (id int primary key, state text)")
    async with Rig(tmp_path, each_database, PLAN.format(log="auto")) as rig:
        await followed(rig)
        # What fails before as well is the application's own.
        asks(each_database, "select nothing from carts_of_old")
        await rig.until(lambda: rig.recorder.state.facts.get("application_errors"), "it was seen before")
        await changed(rig)
        asks(each_database, "select nothing from carts_of_old")
        asks(each_database, "select id, state from carts where id = 7", 3)
        await rig.until(lambda: rig.recorder.state.fired, "the trigger fires")
        state = rig.recorder.state
        (error,) = [error for error in state.errors if error.source == "application"]
        assert (error.sqlstate, error.relations, error.level) == ("42703", ("carts",), "error")
        assert error.seen["count"] >= 1 and error.seen["before"] == 0 and error.seen["before_s"] > 0
        assert "[carts]; " in error_words(error) and "since the change began, 0 in" in error_words(error)
        (fired,) = state.fired
        assert fired.event.reason == TriggerReason.ERRORS_UNRESOLVED and fired.event.grounds["errors"] == [error.id]
        assert 'column "state" does not exist' in grounds_of(fired.event, state)
        assert rig.do(Resolve(error=error.id, text="the application was deployed")) is None
        assert not rig.recorder.state.proposed
        journal = rig.paths.journal.read_text()
        assert "where id = 7" not in journal, "what others sent is not written down"
        assert status(rig.recorder.state)["application_errors"]["sorts"]


@awaited
async def test_by_the_text_format_too_and_not_without_sqlstates(database: Database, tmp_path: Path) -> None:
    from tests.engine.test_measured import setting

    with database.connect() as session:
        session.execute("create table carts (id int primary key, state text)")
    log = f"file:{database.server.log}"
    async with Rig(tmp_path / "with", database, PLAN.format(log=log)) as rig:
        await followed(rig)
        await changed(rig)
        asks(database, "select state\n  from carts", 2)
        await rig.until(lambda: rig.recorder.state.fired, "the trigger fires")
        (error,) = [error for error in rig.recorder.state.errors if error.source == "application"]
        assert (error.sqlstate, error.relations) == ("42703", ("carts",))
    with database.connect() as session:
        session.execute("alter table carts rename column status to state")
    with setting(database, "log_line_prefix", "%m [%p] "):
        async with Rig(tmp_path / "without", database, PLAN.format(log=log)) as rig:
            await rig.until(lambda: rig.recorder.state.facts.get("server_log_state"), "the log is looked at")
            await changed(rig)
            asks(database, "select state from carts", 2)
            seen = rig.recorder.state.samples[-1].mono
            await rig.until(lambda: rig.recorder.state.samples[-1].mono > seen + 2.5, "it was looked")
            assert not rig.recorder.state.fired and not list(rig.recorder.state.errors)
            assert rig.recorder.state.facts["server_log_state"] == "log_without_sqlstates", "it is said instead"
