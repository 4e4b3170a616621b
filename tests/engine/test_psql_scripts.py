"""Scripts that leave what their step's promise rests on: what is said of each is what is in the database."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from psycopg import sql

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import FailReason
from tui.postgres.queries import query

pytestmark = pytest.mark.postgres

B = "\\"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`said` of the step: passed, or why it failed; `left`: the tables that are there."""

    text: str
    said: str
    effect: str
    left: str = ""
    single: bool = True
    variables: dict[str, str] = {}
    files: dict[str, str] = {}
    role: bool = False
    since: int = 0


ONE = {
    "all is well": Case(text="create table a ();", said="passed", effect="all", left="a"),
    "a savepoint is nobody's business": Case(
        text="create table a ();\nsavepoint s; create table b (); rollback to s;", said="passed", effect="all", left="a"
    ),
    "an error": Case(text="create table a (); select 1 / 0;", said="exit_status", effect="none"),
    "an error at the commit": Case(
        text="create table a (i int primary key, p int references a deferrable initially deferred);\n"
        "insert into a values (1, 2);",
        said="exit_status",
        effect="none",
    ),
    "commit by a query": Case(
        text=f"create table a ();\nselect 'commit' {B}gexec\ncreate table b ();",
        said="transaction_left",
        effect="unknown",
        left="a",
    ),
    "commit by a variable": Case(
        text="create table a ();\n:finish;\n",
        variables={"finish": "commit"},
        said="transaction_left",
        effect="unknown",
        left="a",
    ),
    "commit by a file": Case(
        text=f"create table a ();\n{B}i more.sql\nselect 1 / 0;",
        files={"more.sql": "commit; begin read only;"},
        said="transaction_left",
        effect="unknown",
        left="a",
    ),
    "commit by a block": Case(
        text="create table a ();\ndo $$ begin commit; end $$;", said="exit_status", effect="none"
    ),
    "rollback by a query, and on": Case(
        text=f"create table a ();\nselect 'rollback' {B}gexec\ncreate table b ();", said="read_only", effect="none"
    ),
    "rollback by a query, at the end": Case(
        text=f"create table a ();\nselect 'rollback' {B}gexec", said="transaction_left", effect="none"
    ),
    "rollback, and what the step's role may not do": Case(
        text=f"create table a ();\nselect 'rollback' {B}gexec\nselect set_config('default_transaction_read_only',"
        f" 'off', false);\ncreate table b ();\nselect 1 / 0;",
        said="exit_status",
        effect="unknown",
        left="b",
    ),
    "another session": Case(text=f"create table a ();\n{B}c\nselect 1;", said="session_replaced", effect="unknown"),
    "another session, which may only read": Case(
        text=f"create table a ();\n{B}c\ncreate table b ();", said="read_only", effect="unknown"
    ),
    "another session, which writes": Case(
        text=f"create table a ();\n{B}c\nbegin read write; create table b (); commit;",
        said="session_replaced",
        effect="unknown",
        left="b",
    ),
    "another session, which writes, and an error": Case(
        text=f"create table a ();\n{B}c\nbegin read write; create table b (); commit; select 1 / 0;",
        said="exit_status",
        effect="unknown",
        left="b",
    ),
    "errors let pass": Case(
        text=f"create table a ();\n{B}set ON_ERROR_STOP off\nselect 1 / 0;\ncreate table b ();",
        said="exit_status",
        effect="none",
    ),
    "errors let pass in savepoints": Case(
        text=f"{B}set ON_ERROR_STOP off\n{B}set ON_ERROR_ROLLBACK on\ncreate table a (i int,);\ncreate table b ();",
        said="errors_ignored",
        effect="none",
    ),
    "errors of psql's own let pass": Case(
        text=f"{B}set ON_ERROR_STOP off\n{B}copy a from 'nothing.csv'\n{B}nonsense\n{B}set ON_ERROR_STOP on\n",
        said="errors_ignored",
        effect="none",
    ),
    "an asynchronous commit": Case(
        text="create table a (); set synchronous_commit = off;", said="asynchronous_commit", effect="none"
    ),
    "another role": Case(text="create table a (); set role none;", role=True, said="role_changed", effect="none"),
    "the login's role": Case(text="reset role; create table a ();", role=True, said="role_changed", effect="none"),
    "the step's role is kept behind a rollback": Case(
        text=f"select 'rollback' {B}gexec\nselect 1 / (current_user = :'as')::int;",
        role=True,
        said="transaction_left",
        effect="none",
    ),
    "another role for a while": Case(
        text="create temp table t (); set local role none; create table a (); set local role :as;",
        role=True,
        said="passed",
        effect="all",
        left="a",
    ),
    "an open pipeline": Case(
        text=f"create table a (i int);\n{B}startpipeline\ninsert into a values (1) {B}bind {B}sendpipeline\n",
        said="end_not_reached",
        effect="none",
        since=18,
    ),
}
SEVERAL = {
    "all is well": Case(
        text="create table a ();\nbegin; create table b (); commit;", said="passed", effect="all", left="a,b"
    ),
    "asynchronous commits": Case(
        text="set synchronous_commit = off; create table a ();", said="passed", effect="all", left="a"
    ),
    "an error": Case(
        text="create table a ();\nselect 1 / 0;\ncreate table b ();", said="exit_status", effect="unknown", left="a"
    ),
    "an open transaction": Case(
        text="create table a (); begin; create table b ();", said="transaction_open", effect="unknown", left="a"
    ),
    "a transaction that nobody began": Case(
        text=f"{B}set AUTOCOMMIT off\ncreate table a ();", said="transaction_open", effect="unknown"
    ),
    "each transaction ended, the last one too": Case(
        text=f"{B}set AUTOCOMMIT off\ncreate table a ();\ncommit;", said="passed", effect="all", left="a"
    ),
    "another session": Case(
        text=f"create table a ();\n{B}c\ncreate table b ();", said="session_replaced", effect="unknown", left="a,b"
    ),
    "errors let pass": Case(
        text=f"{B}set ON_ERROR_STOP off\nselect 1 / 0;\ncreate table a ();",
        said="errors_ignored",
        effect="unknown",
        left="a",
    ),
    "another role": Case(
        text="set role none; create table a ();", role=True, said="role_changed", effect="unknown", left="a"
    ),
    "an open pipeline": Case(
        text=f"create table a (i int);\n{B}startpipeline\ninsert into a values (1) {B}bind {B}sendpipeline\n",
        said="end_not_reached",
        effect="unknown",
        left="a",
        since=18,
    ),
    "an error in a pipeline": Case(
        text=f"{B}startpipeline\nselect 1 / 0 {B}bind {B}sendpipeline\n{B}endpipeline\ncreate table a ();",
        said="errors_ignored",
        effect="unknown",
        left="a",
        since=18,
    ),
}  # fmt: skip
CASES = [pytest.param(case, id=f"one: {name}") for name, case in ONE.items()]
CASES += [
    pytest.param(msgspec.structs.replace(case, single=False), id=f"many: {name}") for name, case in SEVERAL.items()
]


def programs(directory: Path, database: Database) -> str:
    """A PATH with the client programs of the database's own version first."""
    found = directory / "bin"
    found.mkdir()
    for program in ("psql", "pg_dump", "pg_restore"):
        wrapper = found / program
        wrapper.write_text(f'#!/bin/sh\nexec "{database.server.binaries.bindir / program}" "$@"\n')
        wrapper.chmod(0o755)
    return f"{found}:/usr/bin:/bin"


def step(case: Case, role: str | None) -> str:
    variables = case.variables | ({} if role is None else {"as": role})
    spec = {"file": "s.sql", "single_transaction": case.single, "variables": variables}
    of = {"id": "a", "title": "A", "psql": spec, **({} if role is None else {"as": role})}
    return f"          - {msgspec.json.encode(of).decode()}"


@pytest.mark.unsaid(
    FailReason.ASYNCHRONOUS_COMMIT, FailReason.END_NOT_REACHED, FailReason.ERRORS_IGNORED, FailReason.READ_ONLY,
    FailReason.ROLE_CHANGED,    FailReason.SESSION_REPLACED, FailReason.TRANSACTION_LEFT, FailReason.TRANSACTION_OPEN,
)  # fmt: skip
@pytest.mark.parametrize("case", CASES)
@awaited
async def test_what_is_said_is_what_is_there(each_database: Database, tmp_path: Path, case: Case) -> None:
    """Each reason is said in its own cases and in none of the others; ledger and pinned ids take turns."""
    version = each_database.server.binaries.version
    if version < case.since:
        pytest.skip("psql of this version has no pipelines")
    role = None
    ledger = bool((version + len(case.text)) % 2)
    with each_database.connect() as connection:
        if ledger:
            connection.execute(query("ledger_create"))
        if case.role:
            role = f"worker_{each_database.name}"
            connection.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("grant create on schema public to {}").format(sql.Identifier(role)))
    try:
        path = programs(tmp_path, each_database)
        plan, files = step(case, role), {"s.sql": "select 1;"}
        # Past what `check` sees in it.
        past = {"s.sql": case.text, **case.files}
        async with Rig(tmp_path, each_database, plan, files, ledger=ledger, past_check=past, PATH=path) as rig:
            ended = await rig.execute("a")
        data = ended["data"]
        said = "passed" if ended["type"] == "step.passed" else data["reason"]
        assert (said, data["effect"]) == (case.said, case.effect), data
        left = each_database.value(
            "select coalesce(string_agg(relname, ',' order by relname), '') from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind = 'r' and relname in ('a', 'b')"
        )
        assert left == case.left
    finally:
        if role is not None:
            with each_database.connect() as connection:
                connection.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))
