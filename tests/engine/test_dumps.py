"""A dump is a script like any other: it passes the check and runs, in a `sql` step and in a `psql` step."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database, create_database, drop_database
from tui.sql.review import review
from tui.sql.script import read_script

pytestmark = pytest.mark.postgres
STEPS = """
          - id: restore
            title: Restore
            KIND: {file: dump.sql, lock_timeout: 0}
            prove: {query: select 1, equals: 1}
            undo: {sql: select 1}
"""
MORE = """
create type mood as enum ('fine', 'so so');
create table odd ("it's" text default E'a\\\\b', m mood, "UPPER" int generated always as identity);
insert into odd ("it's", m) values ('tab' || chr(9) || 'nl' || chr(10) || '\\.', 'fine'), (null, 'so so');
create function body(a int) returns int language plpgsql as $f$ begin return a; -- commit;
end $f$;
create procedure ends() language plpgsql as $$ begin commit; end $$;
create function atomic(a int) returns int begin atomic select case when a > 0 then 1 else 2 end; end;
comment on function body(int) is 'a :name, a \\set and a ; in a comment';
"""


@pytest.fixture
def dumped(each_database: Database) -> bytes:
    """A database with all sorts of things, as the server's own pg_dump writes it."""
    program = each_database.server.binaries.bindir / "pg_dump"
    with each_database.connect() as connection:
        connection.execute(MORE.encode())
    written = subprocess.run([program, "-d", each_database.dsn], capture_output=True, check=True).stdout
    if each_database.server.binaries.version < 17:
        # It may be that of a later version, and write a setting that this server does not know.
        written = written.replace(b"SET transaction_timeout = 0;\n", b"")
    return written


@pytest.mark.parametrize("kind", ["sql", "psql"])
@awaited
async def test_a_dump_is_restored(each_database: Database, dumped: bytes, tmp_path: Path, kind: str) -> None:
    target = create_database(each_database.server)
    try:
        async with Rig(tmp_path, target, STEPS.replace("KIND", kind), {"dump.sql": dumped}) as rig:
            assert {problem.level for problem in rig.loaded.problems} == {"warning"}
            ended = await rig.execute("restore")
            assert ended["type"] == "step.passed", ended
        assert target.dump() == each_database.dump()
    finally:
        drop_database(target)


def test_what_a_newer_pg_dump_writes_for_an_older_server(each_database: Database, tmp_path: Path) -> None:
    script = "SET statement_timeout = 0;\nSET transaction_timeout = 0;\n"
    (warned,) = [found for found in review(read_script(script), "single") if found.code == "newer_setting"]
    assert (warned.line, warned.level) == (2, "warning") and "17" in str(warned.message)
    with each_database.connect() as connection:
        if each_database.server.binaries.version < 17:
            with pytest.raises(psycopg.errors.UndefinedObject):
                connection.execute(script)
        else:
            connection.execute(script)
