"""What `check` says of SQL scripts, held against the server: what it refuses fails, and what it advises works."""

from __future__ import annotations

import psycopg
import pytest

from tests.postgres_server import Database
from tui.sql.review import Transaction, review
from tui.sql.script import read_script

pytestmark = pytest.mark.postgres
SETUP = """
create type mood as enum ('good');
create table t (id int, m mood);
create procedure commits() language plpgsql as $$ begin commit; end $$;
"""
PROCEDURE = "create procedure p(a int) language plpgsql as $$ begin insert into t values (a); commit; end $$;"
ADDED = "alter type mood add value 'great';"

REFUSED = [
    ("2D000", "do $$ begin commit; end $$;"),
    ("2D000", "do $$ begin for i in 1..2 loop rollback; end loop; end $$;"),
    ("2D000", f"{PROCEDURE} call p(1);"),
    ("2D000", f"{PROCEDURE} do $$ begin call p(1); end $$;"),
    ("55P04", f"{ADDED} insert into t values (1, 'great');"),
    ("55P04", f"{ADDED} alter table t alter m set default 'great';"),
    ("55P04", f"{ADDED} create view v as select * from t where m = 'great';"),
    ("55P04", f"{ADDED} do $$ begin insert into t values (1, 'great'); end $$;"),
    ("55P04", f"{ADDED} create function f() returns mood language sql as $$ select 'great'::mood $$;"),
    ("25001", "vacuum;"),
    ("25001", "create index concurrently i on t (id);"),
    ("25001", "commit prepared 'x';"),
    ("25001", "alter system set work_mem = '1MB';"),
]
ALLOWED = [
    "savepoint a; insert into t values (1); rollback to a; release a;",
    f"{ADDED} alter type mood add value 'best' after 'great';",
    f"{ADDED} create function f() returns mood language plpgsql as $$ begin return 'great'; end $$;",
    "create procedure q() language plpgsql as $$ begin insert into t values (1); end $$; call q();",
    "select (array[1, 2, 3])[1:n] from (select 2 as n) as s;",
    "set local work_mem = '1MB'; set transaction read only;",
    "set constraints all deferred; prepare transaction_ as select 1; execute transaction_;",
]
KNOWN_ONLY_TO_THE_CATALOGUE = "call commits();"


def executed(database: Database, script: str, transaction: Transaction) -> str | None:
    """The SQLSTATE with which it fails, executed as that step would: `single`, each by itself, or as it stands."""
    with database.connect() as connection:
        try:
            statements = [statement.text for statement in read_script(script).statements]
            if transaction == "single":
                statements = ["begin", *statements, "commit"]
            for statement in statements:
                connection.execute(statement.encode())
        except psycopg.Error as error:
            return error.sqlstate
    return None


def errors(script: str, transaction: Transaction) -> list[str]:
    return [found.code for found in review(read_script(script), transaction) if found.level == "error"]


@pytest.fixture
def made(each_database: Database) -> Database:
    with each_database.connect() as connection:
        connection.execute(SETUP)
    return each_database


def test_what_is_refused_fails_and_what_is_advised_works(made: Database) -> None:
    for sqlstate, script in REFUSED:
        assert executed(made, script, "single") == sqlstate, script
        assert errors(script, "single"), script
    for script in ALLOWED:
        assert errors(script, "single") == [], script
        with made.connect() as connection:
            # Nothing of it stays for the next one.
            connection.execute("begin")
            for statement in read_script(script).statements:
                connection.execute(statement.text.encode())
            connection.execute("rollback")


def test_a_procedure_that_only_the_catalogue_knows_is_warned_of(made: Database) -> None:
    assert executed(made, KNOWN_ONLY_TO_THE_CATALOGUE, "single") == "2D000"
    assert [found.level for found in review(read_script(KNOWN_ONLY_TO_THE_CATALOGUE), "single")] == ["warning"]
    assert executed(made, KNOWN_ONLY_TO_THE_CATALOGUE, "script") is None


@pytest.mark.parametrize(("sqlstate", "script"), [pair for pair in REFUSED if pair[0] in ("2D000", "55P04")])
def test_the_advice(empty_database: Database, sqlstate: str, script: str) -> None:
    with empty_database.connect() as connection:
        connection.execute(SETUP)
    advised: Transaction = "script" if sqlstate == "2D000" else "per_statement"
    assert errors(script, advised) == []
    assert executed(empty_database, script, advised) is None


def test_a_value_added_to_a_type_of_the_same_transaction(made: Database) -> None:
    script = f"create type other as enum ('a'); {ADDED.replace('mood', 'other')} select 'great'::other;"
    (found,) = review(read_script(script), "single")
    assert found.level == "error" and "17" in str(found.message)
    assert executed(made, script, "single") == (None if made.server.binaries.version >= 17 else "55P04")
