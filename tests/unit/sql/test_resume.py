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
