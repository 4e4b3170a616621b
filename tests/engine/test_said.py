"""A failing statement is named by its file and line, its SQLSTATE, and all that the server said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.station import Station
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.words.trouble import trouble

pytestmark = pytest.mark.postgres
BAD = """create table made (id int primary key);

/* a long
   one */
insert into made
  select
    nosuch
  from made;
"""
TWICE = """create table made (id int primary key);
insert into made
  values (1);
insert into made
  values (1);
"""
LATE = """create table made (id int, constraint u unique (id) deferrable initially deferred);
insert into made values (1);
insert into made values (1);
"""
RAISED = """create function f() returns void language plpgsql as $$
begin
  raise exception 'no' using errcode = 'P0007', detail = 'because', hint = 'do not';
end $$;
select f();
"""


async def error_of(path: Path, database: Database, step: str, **files: str) -> tuple[dict[str, Any], list[Any]]:
    named = {name.replace("_", "."): text for name, text in files.items()}
    async with Rig(path, database, f"          - {{id: a, title: A, {step}}}\n", named) as rig:
        await rig.execute("a")
        at = rig.step("a")
        error: dict[str, Any] = at.evidence["error"]
        return error, trouble(at)


@pytest.mark.parametrize("transaction", ["single", "per_statement"])
@awaited
async def test_the_line_is_that_of_the_file(each_database: Database, tmp_path: Path, transaction: str) -> None:
    step = f"sql: {{file: a.sql, transaction: {transaction}}}"
    error, told = await error_of(tmp_path, each_database, step, a_sql=BAD)
    assert (error["sqlstate"], error["file"], error["line"]) == ("42703", "a.sql", 7)
    left = "part" if transaction == "per_statement" else "nothing"
    assert ("where", "a.sql:7") in told and told[-1] == ("effect", f"{left} of it is in the database")


@awaited
async def test_an_error_without_a_position_is_at_its_statement(each_database: Database, tmp_path: Path) -> None:
    error, _told = await error_of(tmp_path, each_database, "sql: {file: a.sql}", a_sql=TWICE)
    assert (error["sqlstate"], error["line"]) == ("23505", 4)
    assert error["detail"] == "Key (id)=(1) already exists."


@awaited
async def test_what_fails_at_the_commit_is_no_statements_error(each_database: Database, tmp_path: Path) -> None:
    error, told = await error_of(tmp_path, each_database, "sql: {file: a.sql}", a_sql=LATE)
    assert error["sqlstate"] == "23505" and "line" not in error and "file" not in error
    assert "where" not in dict(told)


@pytest.mark.parametrize("step", ["sql: {file: a.sql}", "psql: {file: a.sql}"])
@awaited
async def test_detail_and_hint_are_told(each_database: Database, tmp_path: Path, step: str) -> None:
    error, told = await error_of(tmp_path, each_database, step, a_sql=RAISED)
    assert (error["sqlstate"], error["message"], error["detail"], error["hint"]) == ("P0007", "no", "because", "do not")
    assert (error["file"], error["line"]) == ("a.sql", 5) and "f() line 3" in error["context"]
    assert [label for label, _ in told[:6]] == ["reason", "where", "SQLSTATE", "message", "detail", "hint"]


@awaited
async def test_an_included_file_is_named(each_database: Database, tmp_path: Path) -> None:
    files = {"a.sql": "select 1;\n\\ir b.sql\n", "b.sql": "select 1;\nselect nosuch;\n"}
    async with Rig(tmp_path, each_database, "          - {id: a, title: A, psql: {file: a.sql}}\n", files) as rig:
        await rig.execute("a")
        error = rig.step("a").evidence["error"]
    assert (error["sqlstate"], Path(error["file"]).name, error["line"]) == ("42703", "b.sql", 2)


PLAN = """
virada: 1
name: said
targets: {dev: {environment: development, dsn: "${SAID_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: a, title: A, sql: {file: a.sql}}
"""


def test_it_stands_in_run_do_and_status(database: Database, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "a.sql").write_text(RAISED)
    wanted = ("a.sql:5", "P0007", "message: no", "because", "do not", "nothing of it is in the database")
    with Station() as station:
        ran = station.virada("run", str(tmp_path / "plan.yaml"), "--headless", env={"SAID_DSN": database.dsn})
        ended = ran.expect(1).err[ran.err.rindex("failed: A") :]
        station.env["SAID_DSN"] = database.dsn
        done = station.virada("do", "last", "retry", "a", "--reason", "again").expect(1)
        shown = station.virada("status", "last").expect()
        for part in wanted:
            assert part in ended and part in done.out and part in shown.out, (part, ended, done.out, shown.out)
        answer = station.do("retry", "a", "--reason", "again", code=1)
        assert answer["evidence"]["error"]["hint"] == "do not" and answer["effect"] == "none"
        step = station.status()["steps"][0]
        assert step["evidence"]["error"]["file"] == "a.sql" and step["message"] == "no"


BACK = (
    PLAN.replace("sql: {file: a.sql}}", 'sql: "create table kept (id int)"}')
    + """
          - {id: b, title: B, sql: "create table gone (id int)", undo: {sql: "drop table gone"}}
"""
)


def test_what_stays_is_told_by_whoever_rolls_back(database: Database, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(BACK)
    with Station() as station:
        station.open(tmp_path / "plan.yaml", SAID_DSN=database.dsn)
        station.do("execute", "a")
        station.do("execute", "b")
        done = station.virada("do", "last", "rollback", "--reason", "no", "--confirm", "dev").expect()
        assert "NOT taken back: 1.1.1 a; all of it is in the database" in done.out
        status = station.status()
        assert (status["status"], status["rollback"]["stays"]) == ("rolled_back", ["a"])
        shown = station.virada("status", "last").expect().out
        assert "rolled back, except a" in shown and "everything is rolled back" not in shown
    assert database.value("select to_regclass('kept') is not null and to_regclass('gone') is null")
