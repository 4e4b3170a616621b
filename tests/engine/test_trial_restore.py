"""Trial restores of good backups and bad ones, into scratch databases like their sources, by owners and superusers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import postgres_server
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database, drop_database
from tui.demo.server import Server
from tui.journal.codes import Fact, FailReason, LeftOut

pytestmark = pytest.mark.postgres
PLAN = """
          - {{id: dump, title: Dump, backup: {{directory: "{directory}", {backup}}}}}
          - {{id: verify, title: Verify, verify_backup: {{of: dump, level: restore, database: {scratch}, {verify}}}}}
"""
LARGE = 'for data in "$file"/[0-9]*.dat*; do [ "$(wc -c < "$data")" -gt 20000 ] && {} "$data"; done; true'
SCRATCH = f"trial_{os.getpid()}"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The newest client programs of this machine, whatever server they meet; found as any others are."""
    bindir = postgres_server.binaries_of(max(postgres_server.MAJORS)).bindir
    directory = tmp_path_factory.mktemp("programs")
    for name in ("pg_dump", "pg_restore"):
        (directory / name).symlink_to(bindir / name)
    return str(directory)


@contextmanager
def source(server: Server, options: str = "", sql: str = "") -> Iterator[Database]:
    """A database made with these options, and what is in it."""
    administrative = Database(server, "postgres")
    database = Database(server, f"source_{os.getpid()}")
    with administrative.connect() as session:
        session.execute(f"drop database if exists {database.name} with (force)".encode())
        session.execute(f"create database {database.name} template template0 {options}".encode())
    try:
        with database.connect() as session:
            session.execute(sql.encode() or b"select")
        yield database
    finally:
        with database.connect() as session:
            for (name,) in session.execute(
                "select subname from pg_subscription s join pg_database d on d.oid = subdbid where datname = %s",
                [database.name],
            ).fetchall():
                session.execute(f"alter subscription {name} set (slot_name = none)".encode())
                session.execute(f"drop subscription {name}".encode())
        drop_database(database)


def settle(database: Database) -> None:
    """Waits till every transaction up to now is over: others of a shared server hold the horizon back, behind which
    rows are held against the source."""
    with database.connect() as session:
        (now,) = session.execute(b"select pg_current_xact_id()::text").fetchone() or ()
        passed = f"select pg_snapshot_xmin(pg_current_snapshot()) > '{now}'::xid8".encode()
        deadline = time.monotonic() + 60
        while session.execute(passed).fetchone() != (True,):
            assert time.monotonic() < deadline, "a transaction stays open"
            time.sleep(0.02)


async def verified(
    path: Path, database: Database, programs: str, *, backup: str = "compress: 1", verify: str = "jobs: 1",
    user: str = "postgres", damage: str = "", between: str = "",
) -> Event:  # fmt: skip
    """The outcome of the verification. `damage`: a shell command upon $file, before the dump is hashed; `between`: SQL
    that is executed after the dump."""
    steps = PLAN.format(directory=path / "dumps", scratch=SCRATCH, backup=backup, verify=verify)
    if damage:
        programs = str(_damaging(path, programs, damage))
    dsn = database.server.dsn(database.name, user)
    async with Rig(path, dsn, steps, PATH=f"{programs}:{os.environ['PATH']}") as rig:
        dumped = await rig.execute("dump")
        assert dumped["type"] == "step.passed", dumped
        if between:
            with database.connect() as session:
                session.execute(between.encode())
        event = await rig.execute("verify")
    left = database.value(f"select count(*) from pg_database where datname = '{SCRATCH}'")
    assert left == 0 and event["data"]["evidence"].get("scratch_dropped", True) is True
    return event


def _damaging(path: Path, programs: str, damage: str) -> Path:
    directory = path / "damaging"
    directory.mkdir()
    (directory / "pg_restore").symlink_to(Path(programs) / "pg_restore")
    real, find = f"{programs}/pg_dump", 'for word in "$@"; do case $word in --file=*) file=${word#--file=};; esac; done'
    text = f'#!/bin/sh\n[ "$1" = --version ] && exec {real} --version\n{find}\n{real} "$@" && {damage}\n'
    (directory / "pg_dump").write_text(text)
    (directory / "pg_dump").chmod(0o755)
    return directory


def evidence_of(event: Event) -> dict[str, Any]:
    assert event["type"] == "step.passed", event["data"]
    found: dict[str, Any] = event["data"]["evidence"]
    return found


def left_out(event: Event) -> set[tuple[str, str]]:
    return {(one["name"], one["why"]) for one in event["data"]["evidence"].get("left_out", ())}


ODD = """
create schema "odd ""schema"; create schema "x'y"; create schema "two words";
create table "odd ""schema"."ta'ble; drop" (a int);
insert into "odd ""schema"."ta'ble; drop" select generate_series(1, 3);
create table "x'y"."100%I %s \\ {}" (a int); insert into "x'y"."100%I %s \\ {}" values (1);
create table "two words"."of a table" as select 1 as a;
create table none ();
create table parted (a int) partition by list (a);
create table parted_1 partition of parted for values in (1);
create table parted_2 partition of parted for values in (2) partition by list (a);
create table parted_2_2 partition of parted_2 for values in (2);
insert into parted values (1), (2), (2);
create table parent (a int); create table child () inherits (parent);
insert into parent values (1); insert into child values (1), (2);
create view seen as select * from parent;
create materialized view kept as select * from parent;
"""


@pytest.mark.unsaid(Fact.TABLES, Fact.ROWS, Fact.COMPARED)
@awaited
async def test_every_row_is_counted_once(each_server: Server, programs: str, tmp_path: Path) -> None:
    """Whatever tables are called, and whatever the server was built without; the newest programs meet each server."""
    with source(each_server, sql=ODD) as database:
        evidence = evidence_of(await verified(tmp_path, database, programs))
    assert (evidence["tables"], evidence["rows"], evidence["compared"]) == (8, 11, 8)
    assert "not_compared" not in evidence and "left_out" not in evidence


def test_a_thousand_tables_are_counted_a_few_at_a_time(server: Server, programs: str, tmp_path: Path) -> None:
    many = """
    do $$ begin for n in 1..600 loop
    execute format('create table t%s as select 1 as a', n);
    end loop; end $$
    """

    @awaited
    async def verify() -> None:
        evidence = evidence_of(await verified(tmp_path, database, programs))
        assert (evidence["tables"], evidence["rows"], evidence["compared"]) == (600, 600, 600)

    with source(server, sql=many) as database:
        verify()


LIKE_ITS_SOURCE = {
    "encoding": ("encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'",
                 "create table \"gr\u00f6\u00dfe\" as select '\u00e9' as a"),
    "settings": ("", """
        create table t (a text check (a = current_setting('app.kind')));
        alter database {database} set app.kind = 'it''s \\ this';
        alter database {database} set search_path = 'x y', public; alter database {database} set lock_timeout = '1ms';
        alter database {database} set default_transaction_read_only = on;
        alter database {database} set exit_on_error = on; alter database {database} set idle_session_timeout = '20ms';
        alter role postgres in database {database} set app.other = 'that';
        set app.kind = 'it''s \\ this'; insert into t values ('it''s \\ this');
    """),
    "locale": ("lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'", "create table t (a text check (lower(a) = '\u00e9')); "
               "insert into t values ('\u00c9')"),
    "icu": ("lc_collate 'C' lc_ctype 'C' locale_provider icu icu_locale 'und-u-kn-true'",
            "create table t (a text check (a > 'x2')); insert into t values ('x10')"),
    "icu_rules": ("lc_collate 'C' lc_ctype 'C' locale_provider icu icu_locale 'en' icu_rules '&a < g'",
                  "create table t (a text check (a < 'b')); insert into t values ('g')"),
    "builtin": ("lc_collate 'C' lc_ctype 'C' locale_provider builtin builtin_locale 'C.UTF-8'",
                "create table t (a text check (lower(a) = '\u00e9')); insert into t values ('\u00c9')"),
}  # fmt: skip


@pytest.mark.parametrize("what", LIKE_ITS_SOURCE)
def test_the_scratch_database_is_like_its_source(each_server: Server, programs: str, tmp_path: Path, what: str) -> None:
    """Restored into a database as template0 is, each of these fails, or means something else."""
    options, sql = LIKE_ITS_SOURCE[what]
    try:
        with source(each_server, options):
            pass
    except psycopg.Error as error:
        pytest.skip(f"this server has no such database: {error.diag.message_primary}")

    @awaited
    async def verify() -> None:
        evidence = evidence_of(await verified(tmp_path, database, programs))
        assert evidence["rows"] == 1 and "left_out" not in evidence and evidence["compared"] == 1

    with source(each_server, options, sql.replace("{database}", f"source_{os.getpid()}")) as database:
        verify()


@contextmanager
def owner(server: Server, rights: str = "createdb") -> Iterator[str]:
    """A role that is no superuser."""
    role, administrative = f"owner_{os.getpid()}", Database(server, "postgres")
    with administrative.connect() as session:
        session.execute(f"drop role if exists {role}".encode())
        session.execute(f"create role {role} login {rights}".encode())
    try:
        yield role
    finally:
        with administrative.connect() as session:
            session.execute(f"drop role {role}".encode())


OWNED = """
grant create on database {database} to {owner}; grant pg_read_all_data to {owner};
create table others (a int); insert into others values (1); grant select on others to {owner};
create function untold() returns int language internal as 'pg_backend_pid';
create function ev() returns event_trigger language plpgsql as 'begin end';
create event trigger on_ddl on ddl_command_end execute function ev();
create publication everything for all tables;
create schema app authorization {owner};
set role {owner};
create table app.t (id int primary key, a text); insert into app.t values (1, 'x'), (2, 'y');
create table app.hidden (a int); insert into app.hidden values (1), (2), (3);
create publication app for table app.t;
reset role;
"""


@pytest.mark.unsaid(LeftOut.NEEDS_SUPERUSER, Fact.LEFT_OUT, Fact.LEFT_OUT_COUNT, Fact.NO_OWNER, Fact.NO_PRIVILEGES)
@pytest.mark.parametrize("superuser", [True, False])
def test_an_owner_without_superuser_restores_what_it_may(
    each_server: Server, programs: str, tmp_path: Path, superuser: bool
) -> None:
    name = f"source_{os.getpid()}"

    @awaited
    async def verify() -> None:
        user = "postgres" if superuser else role
        event = await verified(tmp_path, database, programs, user=user)
        evidence = evidence_of(event)
        assert (evidence["tables"], evidence["rows"]) == (3, 6), evidence
        assert evidence["no_owner"] is evidence["no_privileges"] is not superuser
        # Not what another owns, which the role need not see all rows of.
        assert evidence["compared"] == 3
        denied = {(what, "needs_superuser") for what in ("on_ddl", "everything", "public.untold()")}
        assert left_out(event) == (set() if superuser else denied)
        assert evidence.get("left_out_count", 0) == (0 if superuser else 3)

    with owner(each_server) as role, source(each_server, sql=OWNED.format(owner=role, database=name)) as database:
        with database.connect() as session:
            session.execute(f"alter database {name} owner to {role}".encode())
        verify()


FORCED = """
create schema app authorization {owner};
set role {owner};
create table app.t (a int); insert into app.t select generate_series(1, 9);
alter table app.t enable row level security; alter table app.t force row level security;
create policy few on app.t using (a < 4);
"""


@pytest.mark.unsaid(Fact.NOT_COMPARED)
@awaited
async def test_policies_hide_no_rows_from_the_count(server: Server, programs: str, tmp_path: Path) -> None:
    with owner(server) as role, source(server, sql="select") as database:
        with database.connect() as session:
            session.execute(f"alter database {database.name} owner to {role}".encode())
            session.execute(FORCED.format(owner=role).encode())
            # It sees all rows of the source when it dumps; in the scratch database the policy is forced on it again.
            session.execute(b"reset role; alter table app.t no force row level security")
        between = "alter table app.t force row level security"
        evidence = evidence_of(await verified(tmp_path, database, programs, user=role, between=between))
    assert evidence["rows"] == 9 and evidence["not_compared"] == "42501"


@pytest.mark.unsaid(FailReason.SCRATCH_FORBIDDEN, FailReason.RESTORE_FORBIDDEN, FailReason.RESTORE_FAILED)
@pytest.mark.parametrize(
    ("rights", "sql", "reason"),
    [
        ("createdb", "create table app.t as select 1 as a", None),
        ("nocreatedb", "create table app.t as select 1 as a", "scratch_forbidden"),
        # A type of an extension that only a superuser may install: the table cannot be restored with these rights.
        ("createdb", "create extension pg_buffercache; create view app.v as select bufferid from pg_buffercache;"
            "create table app.t (a app.v)", "restore_forbidden"),
        # It was valid when it was made, and is not any more: that is the backup's own fault.
        ("createdb", "create function app.f(int) returns bool immutable language sql as 'select $1 > 0';"
         "create table app.t (a int check (app.f(a))); insert into app.t values (1);"
         "create or replace function app.f(int) returns bool immutable language sql as 'select $1 < 0'",
         "restore_failed"),
    ],
)  # fmt: skip
@awaited
async def test_what_the_role_may_not_is_told_from_a_bad_backup(
    server: Server, programs: str, tmp_path: Path, rights: str, sql: str, reason: str | None
) -> None:
    if "pg_buffercache" in sql and not Database(server, "postgres").value(
        "select count(*) from pg_available_extensions where name = 'pg_buffercache'"
    ):
        pytest.skip("this server has no extensions")
    with owner(server, rights) as role, source(server, sql=f"create schema app; {sql}") as database:
        with database.connect() as session:
            session.execute(f"alter database {database.name} owner to {role}".encode())
            session.execute(f"grant pg_read_all_data to {role}".encode())
        event = await verified(tmp_path, database, programs, user=role)
    assert event["data"].get("reason") == reason, event


@pytest.mark.unsaid(FailReason.ROWS_MISSING, Fact.ROWS_MISSING, Fact.HORIZON)
@pytest.mark.parametrize(
    ("damage", "between", "reason"),
    [
        (LARGE.format(": > "), "", FailReason.DECODE_FAILED),
        (LARGE.format("printf '\\\\.\\n\\n\\n' >"), "", FailReason.ROWS_MISSING),
        ("", "", None),
        # What changed since says nothing of the backup.
        ("", "insert into t select generate_series(1, 9999); delete from u; update t set a = a + 1", None),
        ("", "truncate t; alter table u rename to v; alter table t rename to u; alter table v rename to t", None),
        ("", "drop table u", None),
    ],
)
@awaited
async def test_rows_that_the_source_had_are_in_the_backup(
    server: Server, programs: str, tmp_path: Path, damage: str, between: str, reason: FailReason | None
) -> None:
    """A data file of no bytes restores as an empty table, with exit status 0; its hash is as it was written. That
    one does not end as rows do is seen when all is read; that too few are in it, when they are restored."""
    sql = "create table t as select g as a, md5(g::text)::uuid as b from generate_series(1, 3000) g; "
    sql += "create table u as table t"
    with source(server, sql=sql + " limit 10") as database:
        settle(database)
        event = await verified(
            tmp_path, database, programs, backup="format: directory, compress: 0", damage=damage, between=between
        )
    assert event["data"].get("reason") == reason, event
    if reason == FailReason.DECODE_FAILED:
        assert event["data"]["evidence"]["damaged_tables"] == ["public.t"]
    elif reason is not None:
        assert event["data"]["evidence"]["rows_missing"] == [{"table": "public.t", "rows": 0, "at_least": 3000}]
    else:
        assert evidence_of(event)["rows"] == 3010


@pytest.mark.unsaid(FailReason.ROWS_MISSING, Fact.ROWS_MISSING)
@pytest.mark.parametrize("user", ["superuser", "owner"])
@pytest.mark.parametrize(
    ("damage", "missing"),
    [
        ("", []),
        ('for data in "$file"/blob_*.dat; do : > "$data"; done', ["pg_largeobject"]),
        ('for data in "$file"/blobs*.toc; do : > "$data"; done', ["pg_largeobject"]),
        ('for data in "$file"/blobs*.toc; do sed -i 1d "$data"; done', ["pg_largeobject"]),
    ],
)
@awaited
async def test_large_objects_are_held_against_the_source(
    server: Server, programs: str, tmp_path: Path, damage: str, missing: list[str], user: str
) -> None:
    """Files of no bytes restore as empty objects, with exit status 0."""
    sql = (
        "select lo_from_bytea(0, repeat('x', 9000)::bytea) from generate_series(1, 3); create table t as select 1 as a"
    )
    with owner(server) as role, source(server) as database:
        with database.connect() as session:
            session.execute(f"alter database {database.name} owner to {role}".encode())
            session.execute(f"grant create on schema public to {role}; set role {role}; {sql}".encode())
        settle(database)
        event = await verified(
            tmp_path, database, programs, backup="format: directory, compress: 0", damage=damage,
            user="postgres" if user == "superuser" else role,
            # What came afterwards was never in it.
            between="select lo_from_bytea(0, 'y') from generate_series(1, 9)",
        )  # fmt: skip
    if missing and user == "superuser":
        assert event["data"]["reason"] == FailReason.ROWS_MISSING, event
        told = [one["table"] for one in event["data"]["evidence"]["rows_missing"]]
        assert told == [f"pg_catalog.{name}" for name in missing]
    else:
        evidence = evidence_of(event)
        # Who may not read them says so.
        found = (evidence["rows"], evidence["compared"], evidence.get("not_compared"))
        assert found == (1, 1, None if user == "superuser" else "42501")


@pytest.mark.unsaid(FailReason.ROWS_MISSING)
@awaited
async def test_whose_owner_is_named_like_another_table_lacks_nothing(
    server: Server, programs: str, tmp_path: Path
) -> None:
    role = f"x y{os.getpid()}"
    with source(server, sql='create table t as select generate_series(1, 50) as a; create table "t x" ()') as database:
        with database.connect() as session:
            session.execute(f'create role "{role}"; alter table t owner to "{role}"'.encode())
        try:
            assert evidence_of(await verified(tmp_path, database, programs))["rows"] == 50
        finally:
            with database.connect() as session:
                session.execute(f'alter table t owner to postgres; drop role "{role}"'.encode())


SELECTED = """
create schema app; create schema other; create type app.kind as enum ('x');
create table app.t (a app.kind); insert into app.t values ('x');
create table app.t2 (a int); insert into app.t2 values (1);
create table other.o (a int); insert into other.o values (1);
create subscription sub connection 'host=/nowhere dbname=x' publication p with (connect = false, slot_name = 'theirs');
"""


@pytest.mark.unsaid(FailReason.NOT_IN_BACKUP, LeftOut.ASKED, LeftOut.WOULD_ACT_ELSEWHERE, Fact.MISSING)
@pytest.mark.parametrize(
    ("verify", "rows", "out"),
    [
        ("jobs: 2", 3, {("sub", "would_act_elsewhere")}),
        ("schemas: [app]", 2, set()),
        ("tables: [app.t, other.o]", 2, set()),
        ("exclude: [TABLE DATA]", 0, {("sub", "would_act_elsewhere"), *(
            (name, "asked") for name in ("app.t", "app.t2", "other.o")
        )}),
        ("tables: [app.gone]", None, set()),
        ("schemas: [gone]", None, set()),
    ],
)  # fmt: skip
@awaited
async def test_a_part_is_restored_with_what_it_needs(
    server: Server, programs: str, tmp_path: Path, verify: str, rows: int | None, out: set[Any]
) -> None:
    with source(server, sql=SELECTED) as database:
        event = await verified(tmp_path, database, programs, verify=verify)
    if rows is None:
        assert event["data"]["reason"] == FailReason.NOT_IN_BACKUP and "gone" in str(
            event["data"]["evidence"]["missing"]
        )
    else:
        assert evidence_of(event)["rows"] == rows and left_out(event) == out


@pytest.mark.unsaid(LeftOut.ON_LOGIN)
@pytest.mark.parametrize("event", ["login", "ddl_command_end"])
@awaited
async def test_a_trigger_on_login_locks_nobody_out_of_the_scratch_database(
    each_server: Server, programs: str, tmp_path: Path, event: str
) -> None:
    major = each_server.binaries.version
    if event == "login" and major < 17:
        pytest.skip("such triggers exist from 17 on")
    body = "begin if current_database() like 'trial%' then raise exception 'not here'; end if; end"
    sql = f"""
    create table t as select 1 as a;
    create function f() returns event_trigger language plpgsql as '{body.replace("'", "''")}';
    create event trigger watch on {event} execute function f();
    """
    with source(each_server, sql=sql) as database:
        found = await verified(tmp_path, database, programs)
    assert evidence_of(found)["rows"] == 1
    assert left_out(found) == ({("watch", "on_login")} if event == "login" else set())


CRON = """
do $$ begin if current_database() not like '{database}' then raise exception 'not in this database'; end if; end $$;
create schema cron;
create table cron.job (id int, command text); select pg_catalog.pg_extension_config_dump('cron.job', '');
"""


@pytest.mark.unsaid(LeftOut.ONE_DATABASE)
@pytest.mark.parametrize("name", ["pg_cron", "other"])
@awaited
async def test_an_extension_that_a_server_has_once_is_left_out(programs: str, tmp_path: Path, name: str) -> None:
    """As pg_cron is: it lets itself be created in one database, and its jobs are rows of its own table."""
    server = postgres_server.shared_server(18)
    files = server.directory / "extensions" / "extension"
    files.mkdir(parents=True, exist_ok=True)
    only = f"source_{os.getpid()}" if name == "pg_cron" else "%"
    (files / f"{name}.control").write_text("default_version = '1.0'\nrelocatable = false\n")
    (files / f"{name}--1.0.sql").write_text(CRON.format(database=only))
    place = f"alter database source_{os.getpid()} set extension_control_path = '$system:{files.parent}'"
    with source(server, sql=place) as database:
        with database.connect() as session:
            session.execute(f"create extension {name}".encode())
            session.execute(b"insert into cron.job values (1, 'vacuum'); create table t as select 1 as a")
            session.execute(b"grant select on cron.job to public; grant usage on schema cron to public")
        event = await verified(tmp_path, database, programs)
    # What is kept of an extension's table is not compared: it may be a part of it.
    assert evidence_of(event)["compared"] == 1
    if name == "pg_cron":
        assert evidence_of(event)["rows"] == 1
        assert {name for name, _why in left_out(event)} == {"pg_cron", "cron.job", "SCHEMA cron", "cron.TABLE job"}
        assert {why for _name, why in left_out(event)} == {"one_database"}
    else:
        assert evidence_of(event)["rows"] == 2 and left_out(event) == set()
