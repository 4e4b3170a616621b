"""A database's owner plants functions, operators and types of the system's names, and a search path that finds them
first: nothing of ours calls them, whatever a run does. They do no more than say in the server's log that they were
called; none of them gives an answer that ours could live with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, await_condition
from tui.postgres import queries

pytestmark = pytest.mark.postgres
_TYPES = ("text", "xid8", "pg_lsn", "regclass", "oid")
_OPERANDS = ("text", "name", "oid", "integer", "bigint", "boolean", "xid8", "pg_lsn", "timestamptz")
STEPS = """
          - {id: make, title: Make, sql: {text: "create table made (id int); insert into made values (1)"}}
          - {id: index, title: Index, sql: {text: "create index concurrently made_id on made (id)",
             transaction: per_statement}, prove: {query: "table pg_catalog.pg_am", not_empty: true},
             cleanup: {sql: {text: "drop index concurrently if exists made_id", transaction: per_statement}}}
          - {id: as-owner, title: Owner, as: ROLE, sql: {text: "create table owned (id int)"}}
          - {id: script, title: Script, psql: {file: script.sql}}
          - {id: fill, title: Fill, batch: {sql: "delete from made where true"}}
          - {id: save, title: Save, backup: {directory: "${BACKUPS}"}}
          - {id: restorable, title: Restorable, verify_backup: {of: save, level: restore}}
          - {id: ready, title: Ready, check: {connect: true, version: ">= 14", connections_free: 1, role: postgres}}
"""


def plant(database: Database, owner: str) -> str:
    """Everything that our queries call, under the same name in `public`; the mark by which the log names a call."""
    mark = f"PLANTED_{database.name}"
    directory = Path(queries.__file__).parent
    words = set(re.findall(r"[a-z_0-9]+(?=\()", " ".join(p.read_text() for p in directory.glob("*.sql"))))
    with database.connect() as connection:
        connection.execute(f'create role "{owner}" login createdb'.encode())
        connection.execute(f'alter database {database.name} owner to "{owner}"'.encode())
        connection.execute(f'set role "{owner}"; grant all on schema public to public'.encode())
        functions = connection.execute(
            """select p.proname, p.oid::regprocedure, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
                      p.proretset
                 from pg_proc p
                where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.proname = any (%s)
                  and p.provariadic = 0 and not exists (
                      select from unnest(p.proargtypes) a join pg_type t on t.oid = a where t.typtype = 'p')
                  and ((select typtype from pg_type where oid = p.prorettype) <> 'p'
                       or p.proname like 'pg_control_%%')""",
            [list(words)],
        ).fetchall()
        for name, _whole, arguments, result, is_set in functions:
            end = "return" if is_set or "OUT " in arguments else "return null"
            body = f"begin raise log '{mark} {name}'; {end}; end"
            connection.execute(
                f"create function public.{name}({arguments}) returns {result} language plpgsql as $body$ {body} $body$"
                .encode()
            )  # fmt: skip
        for operand in _OPERANDS:
            for sign in ("=", "<>", "<", ">", ">=", "||", "~"):
                called = f'public."op {sign} {operand}"'
                body = f"begin raise log ''{mark} {sign} {operand}''; return null; end"
                connection.execute(
                    f"create function {called}({operand}, {operand}) returns boolean language plpgsql as '{body}';"
                    f"create operator public.{sign} (leftarg = {operand}, rightarg = {operand}, function = {called})"
                    .encode()
                )  # fmt: skip
        for name in _TYPES:
            connection.execute(f"create domain public.{name} as pg_catalog.bool".encode())
        connection.execute(f"alter database {database.name} set search_path = public, pg_catalog".encode())
        assert {"set_config", "pg_try_advisory_lock", "pg_current_xact_id"} <= {row[0] for row in functions}
    return mark


def called(database: Database, mark: str) -> list[str]:
    return sorted(set(re.findall(rf"{mark} (.*)", database.server.log.read_text(errors="replace"))))


@pytest.mark.parametrize("with_ledger", [True, False], ids=["ledger", "xid"])
@awaited
async def test_nothing_that_the_owner_planted_is_called(
    empty_database: Database, tmp_path: Path, with_ledger: bool
) -> None:
    database, owner = empty_database, f"owner of {empty_database.name}"
    if with_ledger:
        with database.connect() as connection:
            connection.execute((Path(queries.__file__).parent / "ledger_create.sql").read_bytes())
    mark = plant(database, owner)
    try:
        backups = tmp_path / "backups"
        script = {"script.sql": "create table scripted (id int);\n"}
        steps = STEPS.replace("ROLE", f'"{owner}"')
        path = f"{database.server.binaries.bindir}:/usr/bin:/bin"
        async with Rig(tmp_path, database, steps, script, BACKUPS=str(backups), PATH=path) as rig:
            for step in ("make", "index", "as-owner", "script", "fill", "save", "restorable", "ready"):
                ended = await rig.execute(step)
                assert ended["type"] == "step.passed", ended
                if step == "make":
                    await rig.take_up(cut=lambda event: event["type"] == "tx.begin")
                    ended = await rig.ended("make")
                    assert ended["data"]["evidence"]["reason"] in ("ledger_row", "xid_committed")
            await rig.until(lambda: len(rig.events("metrics.sampled")) > 1, "the monitor has looked")
        assert called(database, mark) == []
        # A session that takes names as they are found would have called them.
        with database.connect() as connection:
            connection.execute(b"select set_config('virada.probe', '', false), 'a'::name = 'b'::name")
        await_condition(lambda: called(database, mark) == ["= name", "set_config"], "the log tells")
    finally:
        with database.connect() as connection:
            connection.execute(f'reassign owned by "{owner}" to postgres; drop owned by "{owner}"'.encode())
            connection.execute(f'drop role "{owner}"'.encode())
