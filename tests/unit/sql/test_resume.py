"""Behind which statements a script goes on in another session, and what is executed there first."""

from __future__ import annotations

import pytest

from tui.sql.resume import kept, resumption
from tui.sql.script import read_script
from tui.sql.units import Unit, units

HERE = "update here set a = 1;"
"""The statement at which it goes on."""


def read(text: str, script: bool = False) -> tuple[Unit, ...]:
    statements = [s for s in read_script(text).statements if s.kind != "meta"]
    return units(statements, "script" if script else "per_statement")


def split(before: str, after: str, script: bool = False) -> tuple[tuple[Unit, ...], int]:
    found = read(before + HERE + after, script)
    return found, next(at for at, unit in enumerate(found) if HERE[:-1] in [s.text for s in unit.inner])


@pytest.mark.parametrize(
    ("before", "after", "replayed"),
    [
        ("insert into t values (1);", "", []),
        ("set a.b = 1; insert into t values (1); reset a.b;", "", ["set a.b = 1", "reset a.b"]),
        ("set local a.b = 1;", "", []),
        ("prepare p as select 1; prepare q as select 2;", "execute Q;", ["prepare q as select 2"]),
        ("listen x; unlisten x;", "", ["listen x", "unlisten x"]),
        ("create temp table t (a int);", "select * from other;", []),
        ("create temp table t (a int); drop table if exists T;", "select * from t;", []),
        ("create temp table t (a int); discard temp;", "select * from t;", []),
        ("create temp table t on commit drop as select 1;", "select * from t;", []),
        ("declare c cursor with hold for select 1; close c;", "fetch c;", []),
        ("declare c cursor with hold for select 1; close all;", "fetch c;", []),
        ("do $$ begin set a.b = 1; end $$; set a.b = 2;", "", ["set a.b = 2"]),
        ("insert into t values (nextval('s'));", "insert into u values (1); select currval('s');", []),
        ("select setseed(0.5);", "select now();", []),
    ],
)
def test_it_goes_on(before: str, after: str, replayed: list[str]) -> None:
    found = resumption(*split(before, after))
    assert found.lost == ()
    assert [statement.text for statement in found.replay] == replayed


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("create temp table t (a int);", "select * from T;", [("temporary", "t")]),
        ('create temp table "T x" (a int);', 'select * from "T x";', [("temporary", "T x")]),
        ("create temp table t (a int); drop table u;", "select * from t;", [("temporary", "t")]),
        ("create temp table t (a int);", "do $$ begin insert into t values (1); end $$;", [("temporary", "t")]),
        ("declare c cursor with hold for select 1;", "move c;", [("cursor", "c")]),
        ("select pg_advisory_lock(1);", "", [("advisory_lock", "")]),
        ("do $$ begin set role x; end $$;", "", [("role", "x")]),
        ("select set_config('a.b', version(), false);", "", [("setting", "a.b")]),
        ("insert into t values (nextval('s'));", "select currval('s');", [("sequence", "")]),
        ("select setseed(0.5);", "insert into t select random();", [("seed", "")]),
        ("select dblink_connect('a', 'b');", "select dblink_exec('a', 'c');", [("connection", "")]),
    ],
)
def test_it_does_not_go_on(before: str, after: str, lost: list[tuple[str, str]]) -> None:
    assert [(each.code, each.name) for each in resumption(*split(before, after)).lost] == lost


def test_nothing_is_missed_where_nothing_is_left_to_do() -> None:
    found = read(
        "create temp table t as select 1; select pg_advisory_lock(1); reset all; begin; select * from t; abort", True
    )
    assert resumption(found, 2).lost == ()


def test_routines_are_named_for_the_server_to_judge() -> None:
    found = resumption(*split("select 1;\nselect my.set_up(now());", "select f(1);"))
    assert found.routines["set_up"] == 2 and "now" in found.routines
    assert found.later == {"f"}


def test_a_temporary_table_is_hidden_from_who_reads_the_rest() -> None:
    found = resumption(*split("create temp table t (a int);", "call load();"))
    assert found.lost == () and [each.name for each in found.hidden] == ["t"] and found.later == {"load"}


@pytest.mark.parametrize(
    ("text", "lasting"),
    [
        ("begin; set a.b = 1; commit;", ["set a.b = 1"]),
        ("begin; set a.b = 1; rollback;", []),
        ("begin; set a.b = 1; prepare p as select 1; select pg_advisory_lock(1); rollback;",
         ["prepare p as select 1", "select pg_advisory_lock(1)"]),
        ("begin; savepoint s; set a.b = 1; rollback to s; set a.b = 2; commit;", ["set a.b = 2"]),
        ("begin; set a.b = 0; savepoint s; set a.b = 1; savepoint u; rollback to savepoint S; commit;",
         ["set a.b = 0"]),
        ("begin; savepoint s; set a.b = 1; release s; savepoint u; rollback to u; commit;", ["set a.b = 1"]),
        ("begin; set a.b = 1; prepare transaction 'x';", ["set a.b = 1"]),
    ],
)  # fmt: skip
def test_what_of_a_transaction_lasts(text: str, lasting: list[str]) -> None:
    (unit,) = read(text, True)
    assert [statement.text for statement in kept(unit)] == lasting


@pytest.mark.parametrize(
    "before",
    [
        "create trigger t before insert on a for each row execute function f();",
        "create constraint trigger t after insert on a for each row execute procedure s.f();",
        "create event trigger t on sql_drop execute function f();",
        "create or replace view v as select f(a) from t;", "create policy p on t using (f(a));",
        "create table t (a int default f() check (f(a) > 0), b int generated always as (f(a)) stored);",
        "create table if not exists f (a int references f (a));", "insert into f (a) values (1);",
        "insert into s.f (a) values (1);", "copy f (a) from stdin;\n1\n\\.\n",
        "alter table t alter column a set default f(1);", "alter function f(int) owner to x;",
        "alter routine f(int) set a.b = 1;", "grant execute on function f(int) to x;",
        "revoke all on function f(int) from public;", "comment on function f(int) is 'x';", "drop function f(int);",
        "create aggregate g (int) (sfunc = f, stype = int);", "explain select f(1);",
        "do $$ begin grant execute on function f(int) to x; end $$;",
    ],
)  # fmt: skip
def test_what_only_names_a_function_does_not_call_it(before: str) -> None:
    assert "f" not in resumption(*split(before, "")).routines


@pytest.mark.parametrize(
    "before",
    [
        "select f(1);", "insert into f (a) values (f(1));", "create table t as select f(1);",
        "create table t (a, b) as select f(1), 2;", "create materialized view v as select f(1);",
        "alter table t add a int default f(1);", "alter table t add check (f(a) > 0);", "explain analyze select f(1);",
        "alter table t alter a type int using f(a);", "do $$ begin if f(1) then grant x to y; end if; end $$;",
    ],
)  # fmt: skip
def test_what_calls_a_function(before: str) -> None:
    assert "f" in resumption(*split(before, "")).routines


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("update pg_settings set setting = 'shop' where name = 'search_path';", "", [("setting", "pg_settings")]),
        ("explain analyze create temp table tt as select 1 as a;", "select * from tt;", [("temporary", "tt")]),
        ("explain create temp table tt as select 1 as a;", "select * from tt;", []),
    ],
)
def test_what_changes_the_session_by_other_ways(before: str, after: str, lost: list[tuple[str, str]]) -> None:
    assert [(each.code, each.name) for each in resumption(*split(before, after)).lost] == lost


def test_what_was_prepared_and_is_gone_is_not_made_anew() -> None:
    found = resumption(*split("prepare p as select 1; execute p; deallocate p; insert into t values (1);", ""))
    assert not found.replay


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("alter role Ana set Search_Path to x", [("role", "ana", False, "search_path")]),
        ('alter user "current_user" in database d reset all', [("role", "current_user", False, "all")]),
        ("alter role current_user set time zone 'UTC'", [("role", "current_user", True, "timezone")]),
        ('alter database "My D" set lock_timeout = 1', [("database", "My D", False, "lock_timeout")]),
        ("alter database d set tablespace x", []),
        ("alter role ana with login password 'set'", []),
        ("alter database d owner to reset", []),
    ],
)
def test_with_what_new_sessions_begin(statement: str, expected: list[tuple[str, str, bool, str]]) -> None:
    found = resumption(*split(statement + ";", "")).defaults
    assert [(each.what, each.owner, each.keyword, each.name) for each in found] == expected
