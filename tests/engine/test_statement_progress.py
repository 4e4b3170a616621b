"""How far a script is: the statement that runs, and WAL where the server tells no progress."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.words.progress import progress_of

pytestmark = pytest.mark.postgres
STEP = """
          - {{id: change, title: Change, sql: {{file: change.sql, transaction: {how}}}}}
"""
TEXTS = {
    "single": "create table a (v text);\n{work};\nselect pg_sleep(30);\nselect 1;\n",
    "script": "create table a (v text);\nbegin;\n{work};\nselect pg_sleep(30);\ncommit;\nselect 1;\n",
    "per_statement": "create table a (v text);\n{work};\nselect pg_sleep(30);\nselect 1;\n",
}
WORK = "insert into a select repeat('x', 100) from generate_series(1, 20000)"


@pytest.mark.parametrize("how", TEXTS)
@awaited
async def test_the_statement_that_runs(empty_database: Database, tmp_path: Path, how: str) -> None:
    of = TEXTS[how].count(";")
    place = 4 if how == "script" else 3
    script = {"change.sql": TEXTS[how].format(work=WORK)}
    async with Rig(tmp_path, empty_database, STEP.format(how=how), files=script) as rig:
        executed = asyncio.ensure_future(rig.execute("change"))

        def told() -> list[Event]:
            return [event for event in rig.events("step.progress") if event["data"].get("statement") == place]

        await rig.until(told, "it says which statement runs")
        assert {event["data"]["statements"] for event in told()} == {of}
        assert f"statement {place} of {of}" in progress_of(rig.step("change"))
        empty_database.value("select pg_cancel_backend(pid) from pg_stat_activity where query like '%pg_sleep(30)%' "
                             "and pid <> pg_backend_pid()")  # fmt: skip
        await executed


@awaited
async def test_wal_where_the_server_tells_no_progress(empty_database: Database, tmp_path: Path) -> None:
    """Of one statement alone no number is told, and of a wait no WAL."""
    with empty_database.connect() as session:
        session.execute("create table big as select n, 'x'::text v from generate_series(1, 1000) n")
    work = "do $$ begin for i in 1..200 loop update big set v = v || 'y'; perform pg_sleep(0.02); end loop; end $$;\n"
    async with Rig(tmp_path, empty_database, STEP.format(how="single"), files={"change.sql": work}) as rig:
        executed = asyncio.ensure_future(rig.execute("change"))
        await rig.until(lambda: "of WAL meanwhile" in progress_of(rig.step("change")), "WAL is told")
        progress = rig.step("change").progress or {}
        assert progress["wal_bytes"] > 0 and progress.get("statement") is None and progress.get("done") is None
        assert (await executed)["type"] == "step.passed"
