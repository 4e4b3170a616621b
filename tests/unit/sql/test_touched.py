"""Which names of a script may be relations, and when the whole database is what it is about."""

from __future__ import annotations

import pytest

from tui.sql.touched import LONGEST, WHOLE, Touches, touched


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("update app.orders set region = 'x'", {"app.orders"}),
        ('alter table "Orders" add x int', {"Orders"}),
        ("delete from orders o using customers c where o.c = c.id", {"orders", "customers"}),
        ("create index concurrently i on orders (region)", {"orders", "i"}),
        ("refresh materialized view totals", {"totals"}),
        ("do $$ begin execute format('update %I set a = 1', 'orders'); end $$", {"orders"}),
        ("select 'app.orders'::regclass", {"app.orders"}),
        ("insert into a select * from b; create table c as select * from d", {"a", "b", "c", "d"}),
        ("\\copy orders from 'x.csv'", {"orders"}),
        ("select * from db.app.orders", {"app.orders"}),
    ],
)  # fmt: skip
def test_what_may_be_a_relation(text: str, names: set[str]) -> None:
    assert names <= set(touched(text).names)


@pytest.mark.parametrize("text", ["select 'app.orders was here'", "-- orders\nselect 1", "select 'orders are'"])
def test_what_is_none(text: str) -> None:
    assert not {"app.orders", "orders"} & set(touched(text).names)


@pytest.mark.parametrize(
    ("text", "otherwise"),
    [
        ("create table made (id int, b text default now())", False), ("set lock_timeout = 1; select 1", False),
        ("grant select on t to x; drop table t; truncate t", False), ("create type c as enum ('a')", True),
        ("create function f() returns int language sql as 'select 1'", False), ("\\set x 1\nselect 1;", False),
        ("vacuum", True), ("select f()", True), ("call f()", True), ("create table c as select 1", True),
        ("update t set a = 1", True), ("copy t from stdin;\n1\n\\.\n", True), ("\\copy t from 'x'", True),
        ("do $$ begin perform f(); end $$", True),
    ],
)  # fmt: skip
def test_what_takes_no_time_however_much_there_is(text: str, otherwise: bool) -> None:
    assert touched(text).otherwise is otherwise


def test_functions_are_named_and_a_long_script_is_not_looked_through() -> None:
    assert set(touched("select app.fill(count(*)) from t").calls) == {"fill", "count"}
    assert touched("select 1;" + " " * LONGEST) == WHOLE
    assert touched("") == Touches()
