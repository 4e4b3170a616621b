"""What a directory of migration scripts was made into: applied on a real server, taken back by its own way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tests.unit.importer.migrated import migrated
from tui.importer.migrations import read_directory
from tui.journal.events import Policy
from tui.run import commands as c

pytestmark = pytest.mark.postgres
FLYWAY = {
    "V1__users.sql": "create table users (id int, name text);\n",
    "U1__users.sql": "drop table users;\n",
    "V1.10__index.sql": "create index concurrently by_name on users (name);\n",
    "U1.10__index.sql": "drop index concurrently by_name;\n",
    "V1.9__enum.sql": "create type mood as enum ('ok');\nalter type mood add value 'sad';\n",
    "V1.9__enum.sql.conf": "executeInTransaction=false\n",
    "U1.9__enum.sql": "drop type mood;\n",
}
NUMBERED = {
    "001_users.up.sql": "create table users (id int, name text);\n",
    "001_users.down.sql": "drop table users;\n",
    "002_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently by_name on users (name);\n"
    "-- +goose Down\ndrop index concurrently by_name;\n",
    "010_rows.sql": "insert into users values (1, 'a');\n",
    "rollback/010.sql": "delete from users where id = 1;\n",
    "9_column.sql": "alter table users add region text;\n",
    "9_column_down.sql": "alter table users drop region;\n",
}
PROJECTS = {
    "flyway": (FLYWAY, "select enum_range(null::mood)::text = '{ok,sad}' and to_regclass('by_name') is not null"),
    "numbered": (NUMBERED, "select region is null and to_regclass('by_name') is not null from users where id = 1"),
}


@pytest.mark.parametrize("project", PROJECTS)
@awaited
async def test_applied_and_taken_back(project: str, empty_database: Database, tmp_path: Path) -> None:
    files, applied = PROJECTS[project]
    steps = [step.id for step in migrated(tmp_path, dict(files)).steps if step.kind == "sql"]
    made = read_directory(tmp_path / "db", language="en")
    _comment, _sign, plan = made.plan.partition("\n")
    plan = plan.replace("service: app-staging", 'dsn: "${RIG_DSN}"')
    async with Rig(tmp_path, empty_database, plan, made.files, policy=Policy(drive="headless")) as rig:
        await rig.ended(steps[-1])
        assert {rig.step(step).status for step in steps} == {"passed"}
        assert empty_database.value(applied)
        rig.do(c.Rollback(reason="it was not good", confirm="staging"))
        await rig.until(lambda: rig.recorder.state.status == "rolled_back", "the rollback's end")
        assert [event["data"]["step"] for event in rig.events("step.undone")] == steps[::-1]
        assert empty_database.value("select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 0
