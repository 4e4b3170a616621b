"""What other sessions did for a statement stays, whatever becomes of its own transaction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database

pytestmark = pytest.mark.postgres
KINDS: dict[str, Any] = {
    "single": {"sql": {"file": "s.sql"}},
    "units": {"sql": {"file": "s.sql", "transaction": "script"}},
    "psql": {"psql": {"file": "s.sql"}},
}
SCRIPT = 'begin;\ncopy a from program \'psql -qX -d "{dsn}" -c "insert into b values (1)"\';\n{last};\ncommit;\n'


def step(kind: str, dsn: str) -> str:
    spec = json.dumps(KINDS[kind]).replace("{dsn}", dsn)
    return f"          - {{id: a, title: A, {spec[1:-1]}}}"


def script(kind: str, dsn: str, last: str) -> str:
    text = SCRIPT.replace("{dsn}", dsn).replace("{last}", last)
    return text if kind == "units" else text.replace("begin;\n", "").replace("commit;\n", "")


@pytest.mark.parametrize("kind", ["single", "units", "psql"])
@awaited
async def test_that_nothing_is_there_is_not_said(empty_database: Database, tmp_path: Path, kind: str) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table a (i int); create table b (i int)")
    files = {"s.sql": script(kind, empty_database.dsn, "select 1 / 0")}
    async with Rig(tmp_path, empty_database, step(kind, empty_database.dsn), files) as rig:
        ended = await rig.execute("a")
        assert (ended["type"], ended["data"]["effect"]) == ("step.failed", "unknown")
    assert empty_database.value("select count(*) from b") == 1


@pytest.mark.parametrize("kind", ["single", "units"])
@awaited
async def test_it_is_not_done_again_for_want_of_a_lock(empty_database: Database, tmp_path: Path, kind: str) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table a (i int); create table b (i int)")
    files = {"s.sql": script(kind, empty_database.dsn, "lock table c")}
    with empty_database.connect() as blocker:
        blocker.execute("create table c ()")
        with blocker.transaction():
            blocker.execute("lock table c")
            async with Rig(tmp_path, empty_database, step(kind, empty_database.dsn), files) as rig:
                ended = await rig.execute("a")
        assert (ended["data"]["sqlstate"], ended["data"]["effect"]) == ("55P03", "unknown")
    assert empty_database.value("select count(*) from b") == 1


@awaited
async def test_the_next_engine_does_not_say_it_either(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table a (i int); create table b (i int)")
    files = {"s.sql": script("single", empty_database.dsn, "select 1 / 0")}
    async with Rig(tmp_path, empty_database, step("single", empty_database.dsn), files) as rig:
        await rig.execute("a")
        await rig.take_up(lambda event: event["type"] == "tx.begin")
        ended = await rig.ended("a")
        assert (ended["type"], ended["data"]["effect"]) == ("step.cancelled", "unknown")
