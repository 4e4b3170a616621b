"""Fingerprints: equal when nothing changed, and different for each change that matters, named."""

from __future__ import annotations

import re
from typing import Literal

import pytest

from tests.engine.postgres.pgserver import Server, Sessions, awaited, refused
from tui.journal.codes import NotCompared
from tui.postgres.errors import PostgresError
from tui.postgres.fingerprint import Content, fingerprint
from tui.postgres.session import Session
from tui.steps.difference import FAMILIES, Comparison, Fingerprint, compared

pytestmark = pytest.mark.postgres

SCHEMA = """
create schema app;
create type app.mood as enum ('ok', 'bad');
create domain app.short as text check (length(value) < 10);
create function app.of_mood(app.mood) returns int language sql as 'select 1';
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
create sequence app.numbers;
create cast (app.mood as int) with function app.of_mood(app.mood);
create statistics app.together on tenant, name from app.accounts;
create publication fp_all for table app.nothing with (publish = 'insert');
create foreign data wrapper fp_wrapper;
create server fp_server foreign data wrapper fp_wrapper options (host 'there');
create collation app.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table app.loose (word text collate app.loose, price numeric, weight float8, lasts interval, facts jsonb,
    mood app.mood);
insert into app.loose values ('a', 1.0, 0, '1 mon', '{"a": 1.0}', 'ok');
create function app.on_ddl() returns event_trigger language plpgsql as 'begin end';
create event trigger fp_ddl on ddl_command_end when tag in ('CREATE AGGREGATE') execute function app.on_ddl();
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
    "update app.accounts set balance = balance + 0.01 where id = 7": ("rows", "app.accounts"),
    "update app.accounts set raw = '{\"b\": 2}' where id = 7": ("rows", "app.accounts"),
    "update app.accounts set spots = '{\"(1,2)\"}' where id = 7": ("rows", "app.accounts"),
    "insert into app.events values (1, '2026-05-05')": ("rows", "app.events_2026"),
    "delete from app.events": ("rows", "app.events_2026"),
    "select nextval('app.accounts_id_seq')": ("positions", "app.accounts_id_seq"),
    "alter database {database} set work_mem = '5MB'": ("database", "database"),
    "alter role fp_reader in database {database} set work_mem = '6MB'": ("database", "database"),
    "alter database {database} connection limit 7": ("database", "database"),
    "comment on database {database} is 'of the shop'": ("database", "database"),
    "alter type app.mood add value 'fine' before 'bad'": ("types", "app.mood"),
    "alter domain app.short set not null": ("types", "app.short"),
    "alter type app.mood owner to fp_reader": ("types", "app.mood"),
    "alter sequence app.numbers increment 7 cycle": ("sequences", "app.numbers"),
    "alter sequence app.numbers owned by app.accounts.tenant": ("sequences", "app.numbers"),
    "alter event trigger fp_ddl disable": ("event_triggers", "fp_ddl"),
    "alter publication fp_all add table app.loose": ("publications", "fp_all"),
    "alter publication fp_all set (publish = 'insert, truncate')": ("publications", "fp_all"),
    "create subscription fp_sub connection 'dbname=nowhere' publication p with (connect = false, slot_name = none)": (
        "subscriptions",
        "fp_sub",
    ),
    "alter subscription fp_sub set publication q with (refresh = false)": ("subscriptions", "fp_sub"),
    "drop subscription fp_sub": ("subscriptions", "fp_sub"),
    "drop statistics app.together": ("statistics", "app.together"),
    "comment on column app.accounts.name is 'as signed'": ("comments", "table column app.accounts.name"),
    "alter server fp_server options (set host 'elsewhere')": ("foreign", "server fp_server"),
    "create user mapping for public server fp_server options (password 'x')": (
        "foreign",
        "user mapping of public on fp_server",
    ),
    "drop cast (app.mood as int)": ("casts", "app.mood as integer"),
    "alter table app.accounts alter facts set storage external": ("columns", "app.accounts.facts"),
    "alter table app.events detach partition app.events_2026": ("tables", "app.events_2026"),
    "alter schema app owner to fp_reader": ("schemas", "app"),
    "alter collation app.loose owner to fp_reader": ("others", "collation app.loose"),
    "create extension if not exists btree_gin": ("extensions", "btree_gin"),
    "update app.loose set word = 'A'": ("rows", "app.loose"),
    "update app.loose set price = 1.00": ("rows", "app.loose"),
    "update app.loose set weight = '-0'": ("rows", "app.loose"),
    "update app.loose set lasts = '30 days'": ("rows", "app.loose"),
    "update app.loose set facts = '{\"a\": 1.00}'": ("rows", "app.loose"),
    "update app.loose set word = null": ("rows", "app.loose"),
}
ON_18 = {
    "alter table app.accounts add constraint named not null tenant not valid": (
        "constraints",
        "app.accounts: named",
    ),
    "alter table app.accounts validate constraint named": ("constraints", "app.accounts: named"),
    "alter table app.accounts add constraint weak check (tenant > -5) not enforced": (
        "constraints",
        "app.accounts: weak",
    ),
}
"""NOT NULL has constraints of its own: as long as they are not validated, the column says that it is already."""


async def made(session: Session) -> None:
    sql = SCHEMA if session.server_version >= 150000 else SCHEMA.replace("with (security_invoker) ", "")
    try:
        await session.execute(sql)
    except PostgresError as error:
        # A build without libxml, or without ICU.
        assert error.sqlstate == "0A000"
        bare = re.sub("create collation app.loose .*;", "create collation app.loose (locale = 'C');", sql)
        await session.execute(bare.replace("document xml", "document text"))


def differing(before: Fingerprint, after: Fingerprint) -> Comparison:
    return compared(before, after, content=True)


@awaited
async def test_each_change_is_seen_and_nothing_else(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        session, other = await sessions.work(), await sessions.work(search_path="app")
        await session.execute("drop role if exists fp_reader; create role fp_reader")
        await made(session)
        await other.execute("set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set extra_float_digits = 0")
        before = await fingerprint(session)
        same = differing(before, await fingerprint(other))
        assert (same.differences, same.left) == ((), ())
        assert before["tables"]["app.accounts"]["count"] == 50
        assert {n for n, t in before["tables"].items() if "error" in t} == set()
        changes = CHANGES | (ON_18 if session.server_version >= 180000 else {})
        for sql, expected in changes.items():
            if expected[0] == "extensions" and not await available(session, expected[1]):
                continue
            await session.execute(sql.replace("{database}", database))
            after = await fingerprint(session)
            found = differing(before, after).differences
            assert expected in {(d.family, d.object) for d in found}, sql
            assert len({d.object for d in found}) <= 40, sql
            # A change of the schema alone leaves the content alone, and the other way round.
            content = {d.family for d in found} & {"rows", "positions"}
            assert bool(content) == (expected[0] in ("rows", "positions")), sql
            before = after
        await session.execute("reassign owned by fp_reader to postgres; drop owned by fp_reader cascade")
        await session.execute("drop role fp_reader")


async def available(session: Session, extension: str) -> bool:
    rows = (await session.execute(f"select from pg_available_extensions where name = '{extension}'")).rows
    return bool(rows)


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
        wider = await fingerprint(session)
        assert wider["tables"] != before["tables"]
        # By all of its columns it cannot be compared: its rows were counted, and that is said.
        found = differing(before, wider)
        assert [(left.object, left.why) for left in found.left] == [("public.t", NotCompared.OTHER_COLUMNS)]
        assert {each.family for each in found.differences} == {"columns"}


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
        unknown = {each.object: (each.why, each.sqlstate) for each in differing(found, found).left}
        assert unknown == dict.fromkeys(("public.secret", "public.hidden"), (NotCompared.NOT_READ, "42501"))
        await plain.close()
        await control.execute("drop owned by fp_plain; drop role fp_plain")


@awaited
async def test_without_data_and_with_few_families(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        session = await sessions.work()
        await session.execute("create table t (a int)")
        few = await fingerprint(session, None, families=["tables"])
        assert list(few["families"]) == ["tables"] and few["tables"] == {}
        found = differing(few, await fingerprint(session, None))
        assert found.differences == ()
        # What one side alone was looked through for is compared with nothing, and named.
        assert {each.why for each in found.left} == {NotCompared.NOT_TAKEN}
        assert {each.family for each in found.left} == set(FAMILIES) - {"tables"}
        assert not session.in_transaction
        assert (await refused(fingerprint(session, families=["nonsense"]))).message
        assert not session.in_transaction


@awaited
async def test_named_tables_are_read_for_as_long_as_there_is_time(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        session, other = await sessions.work(), await sessions.work()
        await session.execute("create schema app; create table app.a (x int) partition by range (x)")
        await session.execute("create table app.a_1 partition of app.a for values from (0) to (9)")
        await session.execute(
            "create table app.b as select g from generate_series(1, 5) g; create table public.a (x int)"
        )

        async def read(*tables: str, rows: Literal["hashes", "counts"] = "counts") -> set[str]:
            return set((await fingerprint(session, Content(tables=tables, rows=rows)))["tables"])

        assert await read("app.a") == {"app.a_1"}
        assert await read("app.*") == {"app.a_1", "app.b"}
        assert await read("a") == {"app.a_1", "public.a"}
        counted = await fingerprint(session, Content(tables=("app.b",), rows="counts"))
        assert counted["tables"] == {"app.b": {"count": 5}}
        whole = await fingerprint(session, Content(tables=("app.b",)))
        assert differing(counted, whole).differences == ()

        none = await fingerprint(session, Content(within=0.0))
        assert none["tables"]["app.b"] == {"left_out": "time"}
        left = {each.why for each in differing(none, whole).left if each.object == "app.b"}
        assert left == {NotCompared.TIME_OVER}

        # Of one moment with whoever exported it, whatever was written since.
        await other.execute("begin isolation level repeatable read")
        ((moment, *_),) = await other.rows("snapshot_export")
        await session.execute("insert into app.b values (6)")
        assert (await fingerprint(session, moment=moment))["tables"]["app.b"]["count"] == 5
        assert (await fingerprint(session))["tables"]["app.b"]["count"] == 6


@awaited
async def test_what_a_plain_role_sees_is_compared_and_what_it_may_not_is_unknown(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        control = await sessions.control()
        await control.execute("drop role if exists fp_modest; create role fp_modest login; create sequence public.s")
        modest = await sessions.work(user="fp_modest")
        found = await fingerprint(modest)
        assert set(found["families"]) == set(FAMILIES)
        assert found["sequences"] == {"public.s": None}
        assert [(each.family, each.sqlstate) for each in differing(found, found).left] == [("positions", "42501")]
        await modest.close()
        await control.execute("drop role fp_modest")
