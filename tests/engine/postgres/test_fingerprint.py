"""Fingerprints: equal when nothing changed, and different for each change that matters, named."""

from __future__ import annotations

import pytest

from tests.engine.postgres.pgserver import Server, Sessions, awaited, refused
from tui.postgres.errors import PostgresError
from tui.postgres.fingerprint import compare, fingerprint
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres

SCHEMA = """
create schema app;
create type app.mood as enum ('ok', 'bad');
create domain app.short as text check (length(value) < 10);
create table app.accounts (id int generated always as identity primary key, tenant int not null,
    name app.short, mood app.mood, balance numeric, facts jsonb, raw json, place point, document xml,
    tags text[], spots point[], "odd ""name" bytea, at timestamptz default '2026-01-01', during tstzrange);
create table app.nothing ();
create table app.events (id int, at date) partition by range (at);
create table app.events_2026 partition of app.events for values from ('2026-01-01') to ('2027-01-01');
insert into app.accounts (tenant, name, mood, balance, facts, raw, place, document, tags, spots, "odd ""name")
    select g % 3, 'n' || g, 'ok', g / 7.0, '{"a": 1}', '{"b":  2}', point(g, 1), '<a/>', '{x,y}', '{}', '\\x01'
      from generate_series(1, 50) g;
insert into app.events values (1, '2026-05-05');
alter table app.accounts enable row level security;
create policy tenant on app.accounts using (tenant = 1);
create index by_name on app.accounts (name);
create function app.f() returns int language sql security definer set search_path = '' as 'select 1';
create function app.t() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on app.accounts for each row execute function app.t();
create aggregate app.total (int) (sfunc = int4pl, stype = int);
create procedure app.p() language sql begin atomic select 1; end;
create view app.v with (security_invoker) as select id from app.accounts;
create materialized view app.m as select count(*) from app.accounts;
"""

# Each change, and the (family, object) that must be named; undone by a rollback of the whole database to
# its template.
CHANGES = {
    "alter policy tenant on app.accounts using (true)": ("policies", "app.accounts: tenant"),
    "alter policy tenant on app.accounts to fp_reader": ("policies", "app.accounts: tenant"),
    "alter table app.accounts disable row level security": ("tables", "app.accounts"),
    "alter table app.accounts force row level security": ("tables", "app.accounts"),
    "alter table app.accounts owner to fp_reader": ("tables", "app.accounts"),
    "alter table app.accounts owner to postgres": ("tables", "app.accounts"),
    "alter role fp_reader bypassrls": ("roles", "fp_reader"),
    "grant pg_monitor to fp_reader": ("roles", "fp_reader"),
    "grant delete on app.accounts to fp_reader": ("grants", "relation app.accounts"),
    "grant select (name) on app.accounts to fp_reader": ("grants", "column app.accounts.name"),
    "grant create on schema app to public": ("grants", "schema app"),
    "revoke execute on function app.f() from public": ("grants", "function app.f()"),
    "alter default privileges in schema app grant select on tables to fp_reader": (
        "default_grants",
        "postgres in app on r",
    ),
    "alter function app.f() security invoker": ("functions", "app.f()"),
    "alter table app.accounts disable trigger tr": ("triggers", "app.accounts: tr"),
    "alter table app.accounts alter tenant drop not null": ("columns", "app.accounts.tenant"),
    "alter table app.accounts alter at set default now()": ("columns", "app.accounts.at"),
    "alter table app.accounts add check (tenant < 9) not valid": (
        "constraints",
        "app.accounts: accounts_tenant_check",
    ),
    "drop index app.by_name": ("indexes", "app.by_name"),
    "create or replace view app.v as select id from app.accounts where tenant = 1": ("views", "app.v"),
    "update app.accounts set balance = balance + 0.01 where id = 7": ("tables_content", "app.accounts"),
    "update app.accounts set raw = '{\"b\": 2}' where id = 7": ("tables_content", "app.accounts"),
    "update app.accounts set spots = '{\"(1,2)\"}' where id = 7": ("tables_content", "app.accounts"),
    "insert into app.events values (1, '2026-05-05')": ("tables_content", "app.events_2026"),
    "delete from app.events": ("tables_content", "app.events_2026"),
    "select nextval('app.accounts_id_seq')": ("sequences", "app.accounts_id_seq"),
}


async def made(session: Session) -> None:
    sql = SCHEMA if session.server_version >= 150000 else SCHEMA.replace("with (security_invoker) ", "")
    try:
        await session.execute(sql)
    except PostgresError as error:
        # A build without libxml.
        assert error.sqlstate == "0A000"
        await session.execute(sql.replace("document xml", "document text"))


@awaited
async def test_each_change_is_seen_and_nothing_else(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        session, other = await sessions.work(), await sessions.work(search_path="app")
        await session.execute("drop role if exists fp_reader; create role fp_reader")
        await made(session)
        await other.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set extra_float_digits = 0")
        before = await fingerprint(session)
        assert compare(before, await fingerprint(other)) == []
        assert before["tables"]["app.accounts"]["count"] == 50
        assert {n for n, t in before["tables"].items() if "error" in t} == set()
        for sql, expected in CHANGES.items():
            await session.execute(sql)
            after = await fingerprint(session)
            found = compare(before, after)
            assert expected in {(d.family, d.object) for d in found}, sql
            assert len({d.object for d in found}) <= 40, sql
            assert {d.change for d in found} <= {"added", "removed", "changed"}, sql
            # A change of the schema alone leaves the content alone, and the other way round.
            content = {d.family for d in found} & {"tables_content", "sequences"}
            assert bool(content) == (expected[0] in ("tables_content", "sequences")), sql
            before = after
        await session.execute("drop owned by fp_reader cascade; drop role fp_reader")


@awaited
async def test_columns_of_before_are_compared_after_one_was_added(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        session = await sessions.work()
        await session.execute("create table t as select g as a, g::text as b from generate_series(1, 9) g")
        before = await fingerprint(session)
        await session.execute("alter table t add c int default 5")
        columns = {name: facts["columns"] for name, facts in before["tables"].items()}
        after = await fingerprint(session, columns=columns)
        assert after["tables"] == before["tables"]
        assert (await fingerprint(session))["tables"] != before["tables"]


@awaited
async def test_what_cannot_be_read_is_never_equal(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await control.execute("drop role if exists fp_plain; create role fp_plain login")
        await control.execute("set search_path = public")
        await control.execute("create table secret (a int); create table hidden (a int); create table seen (a int)")
        await control.execute("alter table hidden enable row level security; grant select on hidden, seen to fp_plain")
        plain = await sessions.work(user="fp_plain")
        found = await fingerprint(plain)
        assert found["tables"]["public.secret"] == {"error": "42501"}
        assert found["tables"]["public.hidden"]["error"] == "42501"
        assert found["tables"]["public.seen"]["count"] == 0
        unknown = {d.object for d in compare(found, found) if d.change == "unknown"}
        assert unknown == {"public.secret", "public.hidden"}
        await plain.close()
        await control.execute("drop owned by fp_plain; drop role fp_plain")


@awaited
async def test_without_data_and_with_few_families(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        session = await sessions.work()
        await session.execute("create table t (a int)")
        few = await fingerprint(session, data=False, families=["tables"])
        assert list(few["families"]) == ["tables"] and few["tables"] == {}
        assert compare(few, await fingerprint(session, data=False)) == []
        assert not session.in_transaction
        assert (await refused(fingerprint(session, families=["nonsense"]))).message
        assert not session.in_transaction
