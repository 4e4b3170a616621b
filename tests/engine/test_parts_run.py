"""What was read beforehand is what runs: one part of a migration tool's file, and a psql script with all it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.run import commands as c

pytestmark = pytest.mark.postgres
FILES = {
    "goose.sql": """\
-- +goose Up
-- +goose StatementBegin
create function up() returns text language plpgsql as $$
begin
  -- +goose Down is not here
  return 'up';
end $$;
-- +goose StatementEnd
create table made (id int);
insert into made values (1);

-- +goose Down
drop table made;
drop function up();
""",
    "dbmate.sql": "-- migrate:up\ncreate table made (id int);\n-- migrate:down\ndrop table made;\n",
    "sqlmigrate.sql": "-- +migrate Up\ncreate table made (id int);\n-- +migrate Down\ndrop table made;\n",
    "node.sql": "-- Up Migration\ncreate table made (id int);\n-- Down Migration\ndrop table made;\n",
    "tern.sql": "create table made (id int);\n---- create above / drop below ----\ndrop table made;\n",
}
PARTS = """
          - id: make
            title: Make
            sql: {file: NAME, transaction: KIND}
            prove: {query: "select count(*) from pg_class where relname = 'made'", equals: 1}
            undo: {sql: {file: NAME, part: down, transaction: KIND}}
"""
MADE = "select count(*) from pg_class where relname = 'made' and relnamespace = 'public'::regnamespace"


@pytest.mark.parametrize("name", sorted(FILES))
@pytest.mark.parametrize("kind", ["single", "per_statement"])
@awaited
async def test_the_up_part_runs_and_the_down_part_takes_it_back(
    empty_database: Database, tmp_path: Path, name: str, kind: str
) -> None:
    plan = PARTS.replace("NAME", name).replace("KIND", kind)
    async with Rig(tmp_path, empty_database, plan, FILES) as rig:
        ended = await rig.execute("make")
        assert ended["type"] == "step.passed", ended
        assert empty_database.value(MADE) == 1
        rig.do(c.Undo(step="make", confirm="dev"))
        await rig.ended("undo.make")
        assert rig.step("make").status == "undone"
        assert empty_database.value(MADE) == 0


PSQL = """
          - id: load
            title: Load
            psql: {file: sql/main.sql, variables: {table: shop, more: sql/more.sql}}
            prove: {query: "select count(*) from shop", equals: 3}
            undo: {sql: drop table shop}
"""
SCRIPT = {
    "sql/main.sql": """\
\\set ON_ERROR_STOP on
create table :"table" (id int, name text);
\\ir rows/load.sql
\\if :{?more}
\\i :more
\\endif
savepoint s;
delete from shop;
rollback to s;
""",
    "sql/rows/load.sql": "\\copy shop from 'data/it''s.csv' with (format csv)\n",
    "sql/more.sql": "\ufeff\\copy shop from stdin\n3\tone's\n\\.\n",
    "data/it's.csv": "1,a\n2,b\n",
}


@awaited
async def test_a_psql_script_runs_with_all_that_it_names(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, PSQL, SCRIPT) as rig:
        assert [problem.code for problem in rig.loaded.problems] == []
        assert set(rig.loaded.files) == set(SCRIPT)
        ended = await rig.execute("load")
        assert ended["type"] == "step.passed", ended
        assert empty_database.value("select string_agg(name, ',' order by id) from shop") == "a,b,one's"
