"""What statements leave in their session and take from it."""

from __future__ import annotations

import pytest

from tui.sql.script import Statement, read_script
from tui.sql.session import only_session_state, session_needs, session_state
from tui.sql.settings import settings


def one(source: str) -> Statement:
    (statement,) = read_script(source).statements
    return statement


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("set search_path to shop", [("setting", "search_path")]),
        ("SET SESSION search_path = shop, public", [("setting", "search_path")]),
        ("set local search_path to shop", []),
        ('set "Search_Path" to shop', [("setting", "search_path")]),
        ("set app.tenant = '7'", [("setting", "app.tenant")]),
        ("set session app.tenant = '7'", [("setting", "app.tenant")]),
        ("reset app.tenant", [("setting", "app.tenant")]),
        ("set time zone 'UTC'", [("setting", "timezone")]),
        ("set local time zone 'UTC'", []),
        ("set names 'latin1'", [("setting", "client_encoding")]),
        ("set names.x = 1", [("setting", "names.x")]),
        ("set schema 'shop'", [("setting", "search_path")]),
        ("set seed to 0.5", [("seed", "")]),
        ("set role shop", [("role", "shop")]),
        ("set session role shop", [("role", "shop")]),
        ("set local role shop", []),
        ("reset role", [("role", "")]),
        ("set role to 'shop'", [("role", "shop")]),
        ("set session authorization bob", [("session_authorization", "bob")]),
        ("set session session authorization bob", [("session_authorization", "bob")]),
        ("reset session authorization", [("session_authorization", "")]),
        ("reset all", [("discarded", "reset all")]),
        ("set transaction isolation level serializable", []),
        ("set constraints all deferred", []),
        ("set session characteristics as transaction read only", [("setting", "default_transaction_read_only")]),
        (
            "set session characteristics as transaction isolation level read committed",
            [("setting", "default_transaction_isolation")],
        ),
        ("select set_config('search_path', 'shop', false)", [("setting", "search_path")]),
        ("select pg_catalog.set_config('search_path', 'shop', true)", []),
        ("select set_config('search_path', 'shop', x) from t", [("setting", "search_path")]),
        ("select set_config('role', 'shop', false)", [("role", "shop")]),
        ("create temp table t (a int)", [("temporary", "t")]),
        ("create local temporary table if not exists t as select 1", [("temporary", "t")]),
        ("create unlogged table pg_temp.t (a int)", [("temporary", "t")]),
        ("create or replace temp recursive view v(n) as select 1", [("temporary", "v")]),
        ("create temp sequence s", [("temporary", "s")]),
        ("create function pg_temp.f() returns int language sql as 'select 1'", [("temporary", "f")]),
        ("create table t as select * from pg_temp.x", []),
        ("create table temp (a int)", []),
        ("select 1 as a into temp t", [("temporary", "t")]),
        ('with x as (select 1) select * into temporary table "T" from x', [("temporary", "T")]),
        ("select * into pg_temp.t from x", [("temporary", "t")]),
        ("select * into t from x", []),
        ("prepare p (int) as select $1", [("prepared", "p")]),
        ("prepare transaction as select 1", [("prepared", "transaction")]),
        ("prepare transaction 'gid'", []),
        ("declare c cursor with hold for select 1", [("cursor", "c")]),
        ("declare c cursor for select 1", []),
        ("listen jobs", [("listen", "jobs")]),
        ("load 'auto_explain'", [("loaded", "auto_explain")]),
        ("discard temp", [("discarded", "discard temp")]),
        ("deallocate p", [("discarded", "deallocate p")]),
        ("select pg_advisory_lock(1)", [("advisory_lock", "")]),
        ("select pg_advisory_xact_lock(1)", []),
        ("insert into t values (nextval('s'))", [("sequence", "")]),
        ("select 'nextval(' /* nextval('s') */", []),
        ("select setseed(0.1)", [("seed", "")]),
        ("do $$ begin set search_path to shop; end $$", [("setting", "search_path")]),
        ("do $$ begin perform set_config('search_path', 'x', false); end $$", [("setting", "search_path")]),
        ("do $$ begin if true then set role shop; end if; end $$", [("role", "shop")]),
        ("do $$ <<b>> begin create temp table t (a int); end $$", [("temporary", "t")]),
        ("do $$ begin execute 'create temp table t (a int)'; end $$", [("temporary", "t")]),
        ("do $$ begin execute format('set search_path to %I', 'x'); end $$", [("setting", "search_path")]),
        ("do $$ begin update t set role = 'x'; end $$", []),
        ("do 'begin set search_path to ''shop''; end'", [("setting", "search_path")]),
        ("create procedure p() language plpgsql as $$ begin set role shop; end $$", []),
        ("update t set search_path = 'x'", []),
        ("alter role r set search_path = x", []),
        ("select 1", []),
    ],
)
def test_what_it_leaves(source: str, expected: list[tuple[str, str]]) -> None:
    assert [(state.code, state.name) for state in session_state(one(source))] == expected


def test_lines_are_those_of_the_file() -> None:
    source = "select 1;\n\nselect set_config('a.b', 'c', false),\n  set_config('search_path', 'x', false);\n"
    assert [s.line for s in session_state(read_script(source).statements[1])] == [3, 4]
    source = "\ndo $$\nbegin\n  set role a;\n  execute\n   'set search_path to b';\nend $$"
    assert [(s.code, s.line) for s in session_state(one(source))] == [("role", 4), ("setting", 6)]


def test_values() -> None:
    assert [s.value for s in settings(one("set search_path to Shop"))] == ["shop"]
    assert [s.value for s in settings(one("set search_path to 'Shop'"))] == ["Shop"]
    assert [s.value for s in settings(one("set search_path to a, b"))] == [None]
    assert [s.value for s in settings(one("set search_path to default"))] == [None]
    assert [s.value for s in settings(one("select set_config('a.b', 'it''s', false)"))] == ["it's"]
    assert [s.value for s in settings(one("select set_config('a.b', x || 'y', false) from t"))] == [None]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("execute p(1)", [("prepared", "p")]),
        ("deallocate prepare p", [("prepared", "p")]),
        ("deallocate all", []),
        ("fetch next from c", [("cursor", "c")]),
        ("close c", [("cursor", "c")]),
        ("close all", []),
        ("select currval('s')", [("sequence", "")]),
        ("insert into t values (lastval())", [("sequence", "")]),
        ("select * from pg_temp.t", [("temporary", "t")]),
        ("create table pg_temp.t (a int)", []),
        ("select 1", []),
    ],
)
def test_what_it_needs(source: str, expected: list[tuple[str, str]]) -> None:
    assert [(state.code, state.name) for state in session_needs(one(source))] == expected


@pytest.mark.parametrize(
    "source",
    [
        "set search_path to shop",
        "reset role",
        "set role shop",
        "prepare p as insert into t values (1)",
        "prepare transaction as select 1",
        "listen jobs",
        "load 'auto_explain'",
        "select pg_catalog.set_config('search_path', '', false)",
        "select set_config('a.b', '1', false) as x, set_config('a.c', '1', false)",
        "set session characteristics as transaction read only",
    ],
)
def test_nothing_but_state(source: str) -> None:
    assert only_session_state(one(source))


@pytest.mark.parametrize(
    "source",
    [
        "set local search_path to shop",
        "set transaction read only",
        "set constraints all immediate",
        "prepare transaction 'x'",
        "create temp table t (a int)",
        "declare c cursor with hold for select 1",
        "select set_config('search_path', current_user, false)",
        "select set_config('search_path', 'x', false) from t",
        "select set_config('search_path', 'x', true)",
        "select set_config('search_path', 'x', false), f()",
        "do $$ begin set role shop; end $$",
        "select nextval('s')",
        "insert into t values (1)",
    ],
)
def test_more_than_state(source: str) -> None:
    assert not only_session_state(one(source))
