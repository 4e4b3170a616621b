"""A dump of the run becomes the target again: everything is as it was, or the target has not been touched."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.pgbouncer import pgbouncer
from tests.postgres_server import Database, create_database, own_server
from tui.journal.codes import Fact, FailReason
from tui.run.commands import Close, Execute, Retry, Rollback, Skip, Undo
from tui.run.order import Refusal
from tui.words.confirmations import confirmation_words

pytestmark = pytest.mark.postgres
_PROPERTIES = """select (to_jsonb(d) - '{oid,datname,datfrozenxid,datminmxid,datacl,dattablespace}'::text[])::text
|| coalesce(shobj_description(d.oid, 'pg_database'), '') || coalesce((select string_agg(format('%s %s %s %s',
pg_get_userbyid(a.grantor), a.grantee::regrole, a.privilege_type, a.is_grantable), ',' order by a::text)
from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a), '') || coalesce((select string_agg(format('%s %s',
s.setrole::regrole, s.setconfig), ',' order by s.setrole) from pg_db_role_setting s where s.setdatabase = d.oid), '')
from pg_database d where d.datname = current_database()"""
_OID = "select oid::int from pg_database where datname = current_database()"
_ACTS = """select subenabled from pg_subscription where subdbid = (select oid from pg_database
where datname = current_database())"""
_CONTENT = "select string_agg(t::text, ';' order by id) from kept t"


def steps(directory: Path, **restore: Any) -> str:
    more = "".join(f", {key}: {value}" for key, value in restore.items())
    return f"""
          - {{id: backup, title: Backup, backup: {{directory: "{directory}", format: directory}}}}
          - {{id: work, title: Work, sql: {{file: wrong.sql}}}}
          - {{id: close, title: Close, quiesce: {{grace: 0s}}}}
          - {{id: restore, title: Restore, restore: {{of: backup{more}}}}}
          - {{id: open, title: Open, release: close}}
"""


WRONG = """alter table kept drop column mood; delete from kept where id > 2;
create table more as select generate_series(1, 10) as id;
alter database {name} set work_mem = '1MB'; alter database {name} connection limit 7;
comment on database {name} is 'wrong'; revoke connect on database {name} from {role};
alter role {role} in database {name} reset all;
"""


@pytest.fixture
def role(each_database: Database) -> Iterator[str]:
    yield from _told(each_database)


@pytest.fixture
def role_here(database: Database) -> Iterator[str]:
    yield from _told(database)


def _told(database: Database) -> Iterator[str]:
    """A role, and a database with all that belongs to one; what the test leaves of it is dropped."""
    name, role = database.name, f"shop_{database.name}_{os.getpid()}"
    with database.connect() as session:
        for text in (
            f"create role {role} login", "create type mood as enum ('low', 'high')",
            "create table kept (id int primary key, mood mood)",
            "insert into kept select g, 'high' from generate_series(1, 5) g",
            "alter table kept enable row level security", "create policy all_of_it on kept using (id > 0)",
            f"alter database {name} set app.tenant = 'seven'",
            f"alter database {name} set default_transaction_read_only = off",
            f"alter role {role} in database {name} set statement_timeout = '7s'",
            f"comment on database {name} is 'the shop''s'", f"alter database {name} connection limit 70",
            f"revoke connect on database {name} from public", f"grant connect on database {name} to {role}",
        ):  # fmt: skip
            session.execute(text.encode())
    try:
        yield role
    finally:
        with psycopg.connect(database.server.dsn(), autocommit=True) as session:
            found = session.execute("select datname from pg_database where datname like %s", (f"{name}%",)).fetchall()
            for (each,) in found:
                session.execute(f'drop database "{each}" with (force)'.encode())
            session.execute(f"create database {name}".encode())
            session.execute(f"drop owned by {role}; drop role {role}".encode())


def files(database: Database, role: str) -> dict[str, str | bytes]:
    return {"wrong.sql": WRONG.format(name=database.name, role=role)}


async def until_restore(rig: Rig) -> Event:
    for step in ("backup", "work", "close"):
        outcome = await rig.execute(step)
        assert outcome["type"] == "step.passed", outcome
    return await confirmed(rig)


async def confirmed(rig: Rig, again: bool = False, **more: Any) -> Event:
    """The outcome of the restore, begun with the target's name."""
    attempt = rig.step("restore").attempt + 1
    command = Retry(step="restore", confirm="dev", **more) if again else Execute(step="restore", confirm="dev", **more)
    refused = rig.do(command)
    assert refused is None, refused
    return await rig.ended("restore", attempt)


@pytest.mark.unsaid(Fact.KEPT_AS, Fact.OLD_OID, Fact.NEW_OID, Fact.SWAP_S, Fact.TAKEN_AT, Fact.SAMPLED, Fact.LOSES)
@awaited
async def test_all_of_it_is_as_it_was(each_database: Database, role: str, tmp_path: Path) -> None:
    before, content, old = (each_database.value(query) for query in (_PROPERTIES, _CONTENT, _OID))
    async with Rig(tmp_path, each_database, steps(tmp_path / "b"), files(each_database, role)) as rig:
        outcome = await until_restore(rig)
        assert outcome["type"] == "step.passed", outcome
        told = outcome["data"]["evidence"]
        new = each_database.value(_OID)
        assert (told["old_oid"], told["new_oid"]) == (old, new) and new != old
        assert rig.recorder.state.identity["database_oid"] == new and rig.recorder.state.barrier is None
        with pytest.raises(psycopg.OperationalError):
            each_database.connect(role)
        samples = rig.recorder.state.samples[-1].mono if rig.recorder.state.samples else 0.0
        await rig.until(lambda: rig.recorder.state.samples[-1].mono > samples, "it is measured on")
        assert (await rig.execute("open"))["type"] == "step.passed"
        assert each_database.value(_PROPERTIES) == before and each_database.value(_CONTENT) == content
        each_database.connect(role).close()
        kept = Database(each_database.server, told["kept_as"])
        assert kept.value("select count(*) from kept") == 2, "the one of before is there, as it was left"
        assert rig.do(Undo(step="restore", confirm="dev")) is None
        assert (await rig.ended("undo.restore"))["type"] == "step.passed"
        assert each_database.value(_OID) == old and each_database.value("select count(*) from kept") == 2


@pytest.mark.parametrize("kept", [True, False])
@awaited
async def test_a_backup_of_a_closed_database_closes_nobody_out_of_the_restored_one(
    database: Database, role_here: str, tmp_path: Path, kept: bool
) -> None:
    """The grants are those of before it was closed, whether they were kept beside the backup or are asked for late."""
    before, old = database.value(_PROPERTIES), database.value(_OID)
    backup, _work, close, *rest = steps(tmp_path / "b").strip("\n").split("\n")
    async with Rig(tmp_path, database, "\n".join([close, backup, *rest]) + "\n") as rig:
        for step in ("close", "backup"):
            assert (await rig.execute(step))["type"] == "step.passed"
        if not kept:
            (rig.paths.artifacts / rig.step("backup").evidence["sampled"]).unlink()
        assert (await confirmed(rig))["type"] == "step.passed" and database.value(_OID) != old
        assert (await rig.execute("open"))["type"] == "step.passed"
        assert database.value(_PROPERTIES) == before
        database.connect(role_here).close()
        assert rig.do(Undo(step="restore", confirm="dev")) is None
        assert (await rig.ended("undo.restore"))["type"] == "step.passed"
        assert database.value(_OID) == old and database.value(_PROPERTIES) == before


@pytest.mark.unsaid(Fact.SLOTS, Fact.SUBSCRIPTIONS, Fact.LATE)
@awaited
async def test_the_confirmation_says_what_is_lost(database: Database, role_here: str, tmp_path: Path) -> None:
    async with Rig(tmp_path, database, steps(tmp_path / "b", quiesced="false"), files(database, role_here)) as rig:
        await rig.execute("backup")
        await rig.execute("work")
        await rig.execute("close")
        await rig.until(lambda: rig.step("restore").foretold, "it is asked what is lost")
        refused = rig.do(Execute(step="restore"))
        assert isinstance(refused, Refusal) and refused.code == "confirm"
        said = confirmation_words(refused.facts) or ""
        taken = rig.step("backup").evidence["taken_at"]
        assert f"Everything since {taken} is LOST (rows: about 13, tables: 2)." in said
        # Where nothing was kept beside the backup nothing is known of it, and nothing was compared.
        (rig.paths.artifacts / rig.step("backup").evidence["sampled"]).unlink()
        told = (await confirmed(rig))["data"]["evidence"]
        assert told["loses"]["rows"] is None and told["not_compared"] == "properties_not_kept"


@awaited
async def test_what_is_lost_is_asked_anew_where_others_were_let_in_meanwhile(
    database: Database, role_here: str, tmp_path: Path
) -> None:
    """Whoever confirms reads the figure of the database as it is, not of the first time that it was closed."""

    def said(rig: Rig) -> str:
        refused = rig.do(Execute(step="restore"))
        assert isinstance(refused, Refusal) and refused.code == "confirm"
        return confirmation_words(refused.facts) or ""

    async with Rig(tmp_path, database, steps(tmp_path / "b"), files(database, role_here)) as rig:
        for step in ("backup", "work", "close"):
            assert (await rig.execute(step))["type"] == "step.passed"
        await rig.until(lambda: "LOST" in said(rig), "it is asked what is lost")
        assert "rows: about 13, tables: 2" in said(rig)
        assert rig.do(Undo(step="close", confirm="dev")) is None
        assert (await rig.ended("undo.close"))["type"] == "step.passed"
        with database.connect() as session:
            session.execute("insert into more select generate_series(11, 510)")
        assert rig.do(Retry(step="close", confirm="dev")) is None
        assert (await rig.ended("close", 2))["type"] == "step.passed"
        assert "rows: about 13" not in said(rig)
        await rig.until(lambda: "LOST" in said(rig), "it is asked once more")
        assert "rows: about 513, tables: 2" in said(rig)


@pytest.mark.unsaid(FailReason.NOT_IN_BACKUP, Fact.WHOLE)
@awaited
async def test_a_part_of_the_database_takes_nobodys_name(database: Database, role_here: str, tmp_path: Path) -> None:
    old = database.value(_OID)
    (tmp_path / "safe").mkdir()
    plan = steps(tmp_path / "b").replace("format: directory", "format: directory, tables: [public.kept]")
    copy = f"""          - {{id: copy, title: Copy, store_backup: {{of: backup, directory: "{tmp_path / "safe"}"}}}}
          - {{id: close,"""
    plan = plan.replace("          - {id: close,", copy).replace("{of: backup}", "{of: copy}")
    async with Rig(tmp_path, database, plan, files(database, role_here)) as rig:
        for step in ("backup", "work", "copy", "close"):
            assert (await rig.execute(step))["type"] == "step.passed"
        failed = await confirmed(rig)
        assert failed["data"]["reason"] == "not_in_backup" and database.value(_OID) == old
        assert failed["data"]["evidence"]["whole"] is False
        told = rig.step("copy").evidence
        assert told["sampled"] == rig.step("backup").evidence["sampled"] and told["taken_at"]


@pytest.mark.unsaid(Fact.ANALYZED, Fact.STATISTICS)
@awaited
async def test_statistics_come_along_where_they_can_and_are_made_where_they_lack(
    each_database: Database, role: str, tmp_path: Path
) -> None:
    """Extended ones are in no dump, nor those of a table that nobody has analyzed."""
    database = each_database
    with database.connect() as session:
        session.execute("create table many as select n % 10 as a, n % 10 as b from generate_series(1, 5000) n")
        session.execute("create table one as select n as id from generate_series(1, 100) n")
        session.execute("create statistics of_both on a, b from many")
        session.execute("create table never as select 1 as id")
        session.execute("analyze kept, many, one")
        own = session.info.server_version >= 180000
    last = "select max(coalesce(last_analyze, '-infinity')) from pg_stat_all_tables where relname = 'one'"
    stats = "select string_agg(tablename || attname || n_distinct, ',' order by tablename, attname) from pg_stats"
    stats += " where schemaname = 'public' and tablename in ('many', 'one')"
    before = database.value(stats)
    plan = steps(tmp_path / "b").replace("sql: {file: wrong.sql}", 'sql: "insert into never values (2)"')
    async with Rig(tmp_path, database, plan, files(database, role)) as rig:
        outcome = await until_restore(rig)
        told = outcome["data"]["evidence"]
        assert outcome["type"] == "step.passed", outcome
        assert bool(told.get("statistics")) is own and (told["analyzed"] == "all") is not own
        assert database.value(stats) == before
        assert database.value("select count(*) from pg_statistic_ext_data") == 1
        assert database.value("select count(*) from pg_stats where tablename = 'never'") == 1
        if own:
            assert database.value(f"select ({last}) = '-infinity'"), "what the dump brought is not made once more"


@awaited
async def test_others_are_kept_out_first(database: Database, role_here: str, tmp_path: Path) -> None:
    old = database.value(_OID)
    async with Rig(tmp_path, database, steps(tmp_path / "b"), files(database, role_here)) as rig:
        for step in ("backup", "work"):
            await rig.execute(step)
        assert rig.do(Skip(step="close", reason="in a hurry")) is None
        refused = rig.do(Execute(step="restore", confirm="dev"))
        assert refused is not None and refused.code == "not-quiesced"
        assert rig.step("restore").attempt == 0 and database.value(_OID) == old


@pytest.mark.unsaid(FailReason.IN_THE_WAY)
@awaited
async def test_who_is_in_the_way_is_named_and_nothing_is_done(
    database: Database, role_here: str, tmp_path: Path
) -> None:
    old = database.value(_OID)
    plan = steps(tmp_path / "b")
    async with Rig(tmp_path, database, plan, files(database, role_here)) as rig:
        for step in ("backup", "work", "close"):
            await rig.execute(step)
        with database.connect() as other:
            failed = await confirmed(rig)
            assert failed["data"]["reason"] == "in_the_way" and database.value(_OID) == old
            assert [one["pid"] for one in failed["data"]["evidence"]["sessions"]] == [other.info.backend_pid]
        # What was restored is there, and is not restored once more.
        children = len(rig.events("step.child"))
        assert (await confirmed(rig, again=True))["type"] == "step.passed" and database.value(_OID) != old
        assert len(rig.events("step.child")) == children


@pytest.mark.unsaid(FailReason.HASH_DIFFERS)
@awaited
async def test_a_damaged_dump_takes_no_name_without_a_reason(
    database: Database, role_here: str, tmp_path: Path
) -> None:
    old = database.value(_OID)
    plan = steps(tmp_path / "b").replace("format: directory", "format: directory, compress: 0")
    async with Rig(tmp_path, database, plan, files(database, role_here)) as rig:
        for step in ("backup", "work", "close"):
            await rig.execute(step)
        path = Path(rig.step("backup").evidence["path"])
        (data,) = (file for file in path.glob("*.dat") if b"\thigh" in file.read_bytes() and file.name != "toc.dat")
        whole = data.read_bytes()
        data.write_bytes(whole[:5])
        failed = await confirmed(rig)
        assert failed["data"]["reason"] == "hash_differs", "also where the restore has failed"
        data.write_bytes(whole.replace(b"3\thigh", b"3\tlow"))
        failed = await confirmed(rig, again=True)
        told = failed["data"]["evidence"]
        assert failed["data"]["reason"] == "hash_differs" and database.value(_OID) == old
        assert told["damaged"] == [data.name] and told["damaged_tables"] == ["public.kept"]
        assert (await confirmed(rig, again=True))["data"]["reason"] == "hash_differs"
        passed = await confirmed(rig, again=True, reason="the table is filled from elsewhere")
        assert passed["type"] == "step.passed" and database.value("select mood from kept where id = 3") == "low"


@pytest.mark.unsaid(FailReason.DATABASE_EXISTS, FailReason.DATABASE_DIFFERS, Fact.DIFFERS, Fact.RESTORED_AS)
@awaited
async def test_somebody_elses_database_is_not_dropped_and_what_differs_is_named(
    database: Database, role_here: str, tmp_path: Path
) -> None:
    name, old = f"{database.name}_new", database.value(_OID)
    with psycopg.connect(database.server.dsn(), autocommit=True) as session:
        session.execute(f"create database {name}".encode())
        async with Rig(tmp_path, database, steps(tmp_path / "b", database=name), files(database, role_here)) as rig:
            failed = await until_restore(rig)
            assert failed["data"]["reason"] == "database_exists"
            assert failed["data"]["evidence"]["restored_as"] == name
            # A kill between its making and its mark: what this step was to make, and is empty, is this step's.
            making = rig.paths.artifacts / "restore.making"
            making.write_text(name)
            with psycopg.connect(database.server.dsn(name), autocommit=True) as other:
                other.execute("create table somebodys ()")
            assert (await confirmed(rig, again=True))["data"]["reason"] == "database_exists"
            with psycopg.connect(database.server.dsn(name), autocommit=True) as other:
                other.execute("drop table somebodys")
            sampled = rig.paths.artifacts / rig.step("backup").evidence["sampled"]
            assert sampled.stat().st_mode & 0o777 == 0o600, "its settings may be secrets"
            sampled.write_text(sampled.read_text().replace('"datallowconn":true', '"datallowconn":false'))
            failed = await confirmed(rig, again=True)
            assert failed["data"]["reason"] == "database_differs"
            assert failed["data"]["evidence"]["differs"] == ["datallowconn"] and database.value(_OID) == old


@pytest.mark.unsaid(FailReason.KEPT_GONE)
@awaited
async def test_what_was_kept_and_is_gone_takes_no_name_back(database: Database, role_here: str, tmp_path: Path) -> None:
    async with Rig(tmp_path, database, steps(tmp_path / "b"), files(database, role_here)) as rig:
        kept = (await until_restore(rig))["data"]["evidence"]["kept_as"]
        new = database.value(_OID)
        with psycopg.connect(database.server.dsn(), autocommit=True) as session:
            session.execute(f"drop database {kept} with (force)".encode())
        assert rig.do(Undo(step="restore", confirm="dev")) is None
        failed = await rig.ended("undo.restore")
        assert failed["data"]["reason"] == "kept_gone" and database.value(_OID) == new


CUTS = ("step.started", "swap.begun", "swap.done")


@pytest.mark.parametrize("cut", CUTS)
@awaited
async def test_an_engine_that_was_killed_finds_out_which_bears_the_name(
    database: Database, role_here: str, tmp_path: Path, cut: str
) -> None:
    """The journal ends there, and the renames are in the database all the same."""
    before, old = database.value(_PROPERTIES), database.value(_OID)
    async with Rig(tmp_path, database, steps(tmp_path / "b"), files(database, role_here)) as rig:
        passed = await until_restore(rig)
        new = passed["data"]["evidence"]["new_oid"]

        def ends(event: Event) -> bool:
            return bool(event["type"] == cut and event["data"]["step"] == "restore")

        await rig.take_up(cut=ends)
        if cut == "step.started":
            # Somebody else's exchange, for all that the journal knows.
            await rig.until(lambda: rig.recorder.state.barrier, "the run is held")
            assert rig.recorder.state.barrier is not None and rig.recorder.state.barrier.code == "other_database"
            return
        outcome = await rig.ended("restore")
        assert outcome["type"] == "step.passed" and outcome["data"]["evidence"]["kept_as"]
        assert rig.recorder.state.identity["database_oid"] == new and rig.recorder.state.barrier is None
        (done,) = rig.events("swap.done")
        assert done["data"].get("recovered", False) is (cut == "swap.begun")
        assert (await rig.execute("open"))["type"] == "step.passed"
        assert database.value(_PROPERTIES) == before and database.value(_OID) == new != old


@awaited
async def test_an_engine_that_was_killed_before_the_renames_goes_on(
    database: Database, role_here: str, tmp_path: Path
) -> None:
    before, old = database.value(_PROPERTIES), database.value(_OID)
    async with Rig(tmp_path, database, steps(tmp_path / "b"), files(database, role_here)) as rig:
        for step in ("backup", "work", "close"):
            await rig.execute(step)
        with database.connect():
            await confirmed(rig)
        await rig.take_up(cut=lambda event: event["type"] == "swap.begun")
        await rig.until(lambda: rig.step("restore").status == "cancelled", "its fate is decided")
        assert database.value(_OID) == old and rig.recorder.state.barrier is None
        assert (await confirmed(rig))["type"] == "step.passed"
        await rig.execute("open")
        assert database.value(_PROPERTIES) == before


@awaited
async def test_a_rollback_by_restore_takes_all_of_it_back(database: Database, role_here: str, tmp_path: Path) -> None:
    plan = f"""
virada: 1
name: rig
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none}}}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {{id: backup, title: Backup, backup: {{directory: "{tmp_path}/b"}}}}
          - {{id: work, title: Work, sql: {{file: wrong.sql}}}}
rollback:
  phases:
    - title: Back
      sections:
        - title: Back
          steps:
            - {{id: close, title: Close, quiesce: {{grace: 0s}}}}
            - {{id: restore, title: Restore, restore: backup}}
            - {{id: open, title: Open, release: close}}
"""
    before, content = database.value(_PROPERTIES), database.value(_CONTENT)
    async with Rig(tmp_path, database, plan, files(database, role_here), ledger=True) as rig:
        await rig.execute("backup")
        await rig.execute("work")
        assert rig.do(Rollback(reason="wrong", confirm="dev")) is None
        await rig.until(lambda: rig.step("restore").foretold, "it waits for a person")
        assert rig.step("restore").status == "pending", "it is never begun by itself"
        assert (await confirmed(rig))["type"] == "step.passed"
        await rig.until(lambda: rig.recorder.state.status == "rolled_back", "it is rolled back")
        assert rig.step("work").status == "undone" and rig.events("rollback.finished")[0]["data"].get("stays", []) == []
        assert database.value(_PROPERTIES) == before and database.value(_CONTENT) == content
        assert rig.do(Close()) is None


@pytest.mark.unsaid(Fact.SUBSCRIPTIONS_DISABLED, Fact.PREPARED)
@awaited
async def test_whom_it_strands_is_named_and_a_prepared_transaction_is_in_the_way(tmp_path: Path) -> None:
    with own_server() as server:
        with psycopg.connect(server.dsn(), autocommit=True) as session:
            session.execute("alter system set wal_level = logical")
            session.execute("alter system set max_prepared_transactions = 5")
        server.stop()
        server.start()
        database, publisher = (create_database(server) for _n in range(2))
        with database.connect() as session, publisher.connect() as other:
            for each in (session, other):
                each.execute("create table kept (id int primary key)")
            other.execute("create publication theirs for table kept")
            other.execute("select pg_create_logical_replication_slot('theirs', 'pgoutput')")
            session.execute("select pg_create_logical_replication_slot('ours', 'pgoutput')")
            session.execute(
                f"create subscription theirs connection '{publisher.dsn}' publication theirs "
                "with (create_slot = false, slot_name = 'theirs', copy_data = false)".encode()
            )
        plan = steps(tmp_path / "b").replace("{file: wrong.sql}", '"insert into kept values (1)"')
        async with Rig(tmp_path, database, plan) as rig:
            for step in ("backup", "work", "close"):
                await rig.execute(step)
            told = await rig.until(lambda: rig.step("restore").foretold, "it is asked whom it strands")
            said = confirmation_words({"target": "dev", "why": "typed", "foretold": told}) or ""
            lsn = database.value("select confirmed_flush_lsn::text from pg_replication_slots where slot_name = 'ours'")
            assert f"The slot ours stays behind, confirmed up to {lsn}." in said
            assert "Subscriptions come without their slots, disabled: theirs." in said
            with database.connect() as session:
                session.execute("begin; create table held (); prepare transaction 'pay-17'")
            failed = await confirmed(rig)
            assert failed["data"]["reason"] == "in_the_way" and failed["data"]["evidence"]["prepared"] == ["pay-17"]
            assert database.value(_ACTS) is True, "as it was before"
            with database.connect() as session:
                session.execute("rollback prepared 'pay-17'")
            passed = await confirmed(rig, again=True)
            assert passed["type"] == "step.passed", passed
            assert passed["data"]["evidence"]["subscriptions_disabled"] == ["theirs"]
            kept = Database(server, passed["data"]["evidence"]["kept_as"])
            assert kept.value("select count(*) from pg_replication_slots where database = current_database()") == 1
            assert rig.do(Undo(step="restore", confirm="dev")) is None
            assert (await rig.ended("undo.restore"))["type"] == "step.passed"
            assert database.value(_ACTS) is True


@awaited
async def test_behind_a_pooler_that_pauses_a_client_waits_and_reads_what_was_restored(
    database: Database, role_here: str, tmp_path: Path
) -> None:
    server, name = database.server, database.name
    place, account = Path(server.socket), server.account.name if server.account.switch else None
    with pgbouncer(
        place, f"host={place} port=5432 user=postgres", account, "transaction", 2, admin_users="postgres"
    ) as pooler:
        words = dict(pair.split("=") for pair in pooler.split())
        admin = f"psql, -X, -h, {words['host']}, -p, '{words['port']}', -U, postgres, -d, pgbouncer, -c"
        closing = f'{{command: [{admin}, "PAUSE {name}"], inverse: [{admin}, "RESUME {name}"], grace: 5s}}'
        plan = steps(tmp_path / "b").replace("{grace: 0s}", closing)
        async with Rig(tmp_path, database, plan, files(database, role_here)) as rig:
            with psycopg.connect(f"{pooler} dbname={name}", autocommit=True, prepare_threshold=None) as client:
                await rig.execute("backup")
                await rig.execute("work")
                assert client.execute("select count(*) from kept").fetchone() == (2,)
                shut = await rig.execute("close")
                assert shut["type"] == "step.passed", shut
                waiting = asyncio.create_task(asyncio.to_thread(client.execute, "select count(*) from kept"))
                assert (await confirmed(rig))["type"] == "step.passed"
                assert not waiting.done(), "the pooler lets it wait"
                assert (await rig.execute("open"))["type"] == "step.passed"
                assert (await waiting).fetchone() == (5,)
                # What is not paused cannot be resumed: the inverse fails, and a person says that it is open.
                refused = rig.do(Undo(step="close", confirm="dev"))
                assert isinstance(refused, Refusal) and refused.code == "status", "nothing is left to be undone"
