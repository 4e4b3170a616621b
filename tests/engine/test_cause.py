"""The console's line for a step that failed, of every kind, as a real server and real programs make them fail."""

from __future__ import annotations

from pathlib import Path

from tests.console.journals import KEYS
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.pictures.lines import plain
from tui.pictures.now import now
from tui.pictures.view import View, moment
from tui.run.clock import instant
from tui.run.commands import Skip

STEPS = """
          - id: six
            title: Six checks
            check:
              {connect: true, version: ">=14", writable: true, connections_free: 1, role: nobody_here, tools: [psql]}
          - {id: ask, title: Ask, query: {sql: "select count(*) as n from made", equals: 0}}
          - {id: script, title: A script, sql: {file: a.sql, transaction: per_statement}}
          - {id: led, title: With psql, psql: {file: a.sql}}
          - id: program
            title: A program that runs psql
            command: {run: [psql, -X, -q, -v, VERBOSITY=verbose, -c, select nosuch from made]}
          - {id: rows, title: Rows, batch: {sql: "update made set id = 1/0", total: "select 1"}}
          - {id: proved, title: Proved, sql: "select 1", prove: {query: "select 7 as n", equals: 1}}
          - {id: dump, title: A dump, backup: {directory: /dev/null/a}}
"""
SCRIPT = "create table if not exists more (id int);\nselect nosuch\n  from made;\n"
TOLD = {
    "six": ("FAILED 1.1.1 Six checks: check 6 of 6 did not hold: role: it does not exist; expected nobody_here",
            "nothing of it"),
    "ask": ("FAILED 1.1.2 Ask: value n = 2; expected 0", "nothing of it"),
    "script": ('FAILED (SQLSTATE 42703) 1.1.3 A script: a.sql:2: column "nosuch" does not exist', "part of it"),
    "led": ('FAILED (SQLSTATE 42703) 1.1.4 With psql: a.sql:3: column "nosuch" does not exist', "nothing of it"),
    "program": ('FAILED (SQLSTATE 42703) 1.1.5 A program that runs psql: exit status 1: ERROR: 42703: column "nosuch"',
                "unknown what of it"),
    "rows": ("FAILED (SQLSTATE 22012) 1.1.6 Rows: line 1: division by zero", "nothing of it"),
    "proved": ("FAILED 1.1.7 Proved: its effect could not be proved: value n = 7; expected 1", "all of it"),
    "dump": ("FAILED 1.1.8 A dump: the backup's directory cannot be used", "nothing of it"),
}  # fmt: skip


@awaited
async def test_the_cause_of_every_kind(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table made as select n as id from generate_series(1, 2) n")
    async with Rig(tmp_path, empty_database, STEPS, {"a.sql": SCRIPT}) as rig:
        for step, (beginning, effect) in TOLD.items():
            await rig.execute(step)
            state = rig.recorder.state
            view = View(state=state, moment=moment(state, instant(state.at)), mode="operator", keys=KEYS, me="ana@test")
            said = " ".join(" ".join(plain(line) for line in now(view, 80, 4)).split())
            assert said.startswith(beginning) and f"; {effect} is in the database." in said, said
            assert rig.do(Skip(step=step, reason="seen")) is None
