"""A secret that is written down in a plan: executed as it is, shown nowhere, and its file is its owner's alone."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal import events as e
from tui.plan.model import places
from tui.steps.registry import KINDS

pytestmark = pytest.mark.postgres

INLINE, SHORT, IN_FILE, IN_PSQL, BY_SET, GIVEN = (
    "inl1ne-Zebra",
    "q7z",
    "f1le'Zebra\\x",
    "v4r-Zebra",
    "s3t-Zebra",
    "g1ven",
)
PLAN = """
          - id: inline
            title: Make it with inl1ne-Zebra
            sql: |
              create role {name}_a login password 'inl1ne-Zebra';
              create role {name}_b login password 'q7z'
            undo: {{sql: "drop role {name}_a, {name}_b"}}
          - {{id: file, title: F, sql: {{file: roles.sql}}, undo: {{sql: "drop role {name}_c"}}}}
          - id: psql
            title: P
            psql: {{file: led.sql, variables: {{word: v4r-Zebra, given: "${{INNOCENT}}"}}}}
            undo: {{sql: "drop role {name}_d, {name}_e, {name}_f"}}
          - {{id: fails, title: X, sql: {{file: fails.sql}}, undo: {{sql: "select 1"}}}}
"""
LED = r"""
\set ECHO all
\set other 's3t-Zebra'
create role {name}_d password :'word';
create role {name}_e password :'other';
create role {name}_f password :'given';
do $$ begin raise notice 'made with v4r-Zebra'; end $$;
"""
FAILS = r"""
do $$ begin execute 'alter role {name}_c password ''f1le''''Zebra\x''; select 1/0'; end $$;
"""


def _everywhere(rig: Rig, secret: str) -> list[str]:
    """The files of the run, beside the plan's own, in which it stands in any of its forms."""
    doubled = secret.replace("'", "''")
    forms = {secret, doubled, doubled.replace("'", "''"), doubled.replace("\\", "\\\\"), json.dumps(secret)[1:-1]}
    return [
        str(path.relative_to(rig.paths.directory))
        for path in rig.paths.directory.rglob("*")
        if path.is_file() and rig.paths.plan not in path.parents
        if any(form.encode() in path.read_bytes() for form in forms)
    ]


@awaited
async def test_a_secret_of_the_plan_is_executed_and_shown_nowhere(tmp_path: Path, database: Database) -> None:
    name = f"hidden_{database.name}"
    files = {
        "roles.sql": f"create role {name}_c login password 'f1le''Zebra\\x';\n",
        "led.sql": LED.format(name=name),
        "fails.sql": FAILS.format(name=name),
    }
    async with Rig(tmp_path, database, PLAN.format(name=name), files, INNOCENT=GIVEN) as rig:
        for step in ("inline", "file"):
            assert (await rig.execute(step))["type"] == "step.passed"
        # Another engine has only the frozen files to go by.
        await rig.take_up()
        assert (await rig.execute("psql"))["type"] == "step.passed"
        assert "made with" in (rig.paths.output / "psql.1").read_text()
        assert (await rig.execute("fails"))["type"] == "step.failed"
        error = rig.step("fails").evidence["error"]
        assert error["sqlstate"] == "22012" and "[redacted]" in json.dumps(error)
        await rig.stop()
        for secret in (INLINE, SHORT, IN_FILE, IN_PSQL, BY_SET, GIVEN):
            assert _everywhere(rig, secret) == [], secret
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in rig.paths.plan.iterdir()}
        private = ["fails.sql", "led.sql", "plan.yaml", "roles.sql"]
        assert modes == {**dict.fromkeys(private, "0o600"), "SEAL": "0o640"}
        opened = rig.events("run.opened")[0]["data"]
        assert opened["private"] == private
        (step, *_rest) = opened["plan"]["phases"][0]["sections"][0]["steps"]
        assert step["id"] == "inline" and step["title"] == "Make it with [redacted]"
        assert step["spec"]["text"].count("[redacted]") == 2 and f"{name}_a" in step["spec"]["text"]
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        made = connection.execute("select rolname from pg_roles where rolname like %s order by 1", [f"{name}_%"])
        assert [row[0] for row in made] == [f"{name}_{letter}" for letter in "abcdef"]
        connection.execute(f"drop role {', '.join(f'{name}_{letter}' for letter in 'abcdef')}")


@awaited
async def test_a_secret_that_is_a_word_of_the_journal_breaks_nothing(tmp_path: Path, database: Database) -> None:
    """A password like the name of a step, a digit of a transaction's number, a code."""
    plan = """
          - {id: orders, title: A, sql: {file: orders.sql, transaction: single}, undo: {sql: "drop table made"}}
          - {id: program, title: B, command: {run: [echo, orders passed 1234]}}
"""
    files = {"orders.sql": "create table made (id int)"}
    async with Rig(
        tmp_path, database, plan, files, A_PASSWORD="orders", B_PASSWORD="passed", C_PASSWORD="committed",
        D_TOKEN="123456", E_PASS="single", F_PASSWORD=database.name,
    ) as rig:  # fmt: skip
        assert (await rig.execute("orders"))["type"] == "step.passed"
        assert (await rig.execute("program"))["type"] == "step.passed"
        await rig.take_up()
        assert [rig.step(step).status for step in ("orders", "program")] == ["passed", "passed"]
        assert (rig.paths.output / "program.1").read_text() == "[redacted] [redacted] 1234\n"
        opened = e.decode("run.opened", json.dumps(rig.events("run.opened")[0]["data"]).encode())
        assert isinstance(opened, e.RunOpened)
        for _place, step in places(opened.plan.phases):
            KINDS[step.kind].typed(step.spec)
        witness = rig.events("tx.begin")[0]["data"]["witness"]
        assert witness["database"] == database.name
        assert witness["xid"].isdigit() and witness["system_identifier"].isdigit()
