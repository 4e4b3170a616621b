"""What a change has changed, against what the plan or its rehearsal expects, in real databases: each way in which it
fails, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason, NotCompared
from tui.journal.reader import read_all
from tui.run.commands import Execute, Retry, Skip
from tui.run.fold import fold_all
from tui.run.rehearsed import changes_of, past_of

pytestmark = pytest.mark.postgres

SCHEMA = """
create schema app;
create table app.orders (id int primary key, tenant int, note text);
insert into app.orders select g, g % 3, 'n' from generate_series(1, 30) g;
create table app.regions (name text primary key);
alter table app.orders enable row level security;
create policy tenant on app.orders using (tenant = 1);
"""
MIGRATION = "alter table app.orders add region text; create index by_region on app.orders (region)"
FOUND = {"added columns app.orders.region", "added indexes app.by_region"}
STEPS = """
          - {{id: before, title: Before, fingerprint: {{{before}}}}}
          - {{id: migrate, title: Migrate, sql: "{migration}"}}
          - {{id: after, title: After, compare: {{with: before, {compare}}}}}
"""
OTHERS = 'ignore: ["roles *"]'
"""Roles are the whole server's, and other tests make and drop some."""


def steps(compare: str = "", before: str = "", migration: str = MIGRATION) -> str:
    compare = compare if "ignore" in compare else f"{compare}{', ' if compare else ''}{OTHERS}"
    return STEPS.format(before=before, compare=compare, migration=migration)


def made(database: Database, sql: str = SCHEMA) -> None:
    with database.connect() as session:
        session.execute(sql.encode())


async def compared(
    path: Path, database: Database, plan: str, between: str = "", *, rehearsal: bool = False
) -> tuple[Event, Rig]:  # fmt: skip
    """How the comparison ended. `between`: what somebody else does before it."""
    async with Rig(path, database, plan, mode="rehearsal" if rehearsal else "live") as rig:
        assert (await rig.execute("before"))["type"] == "step.passed"
        assert (await rig.execute("migrate"))["type"] == "step.passed"
        made(database, between or "select")
        return await rig.execute("after"), rig


def unexpected(event: Event) -> dict[str, Any]:
    told = event["data"]["evidence"]["difference"].get("unexpected", [])
    return {f"{one['change']} {one['family']} {one['object']}": (one["before"], one["after"]) for one in told}


@awaited
async def test_what_was_expected_came_and_nothing_else(tmp_path: Path, each_empty_database: Database) -> None:
    made(each_empty_database)
    wanted = ", ".join(f'"{name}"' for name in sorted(FOUND))
    event, rig = await compared(tmp_path, each_empty_database, steps(f"expect: [{wanted}]"))
    assert event["type"] == "step.passed", event
    evidence = event["data"]["evidence"]["difference"]
    assert set(evidence["names"]) == FOUND
    # Others may write: rows are counted before, and not compared; that is said.
    assert evidence["content"] == "none"
    assert evidence["not_compared"] == [{"family": "rows", "object": "*", "why": NotCompared.NOT_STILL}]
    (first, second) = rig.events("fingerprint.recorded")
    file = rig.paths.artifacts / first["data"]["file"]
    assert first["data"]["rows"] == "counts" and first["data"]["objects"]["policies"] == 1
    assert json.loads(file.read_bytes())["tables"] == {"app.orders": {"count": 30}}
    assert second["data"]["step"] == "after" and file.stat().st_mode & 0o777 == 0o640


@pytest.mark.unsaid(FailReason.DIFFERS, Fact.DIFFERENCE)
@awaited
async def test_what_came_unexpected_and_what_did_not_come_are_named(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    plan = steps('expect: ["added columns app.orders.region", "added indexes app.lacking"]')
    between = "alter policy tenant on app.orders using (true); alter table app.regions force row level security"
    event, _rig = await compared(tmp_path, empty_database, plan, between)
    assert (event["type"], event["data"]["reason"]) == ("step.failed", FailReason.DIFFERS)
    evidence = event["data"]["evidence"]["difference"]
    assert evidence["missing"] == ["added indexes app.lacking"] and evidence["missing_count"] == 1
    assert unexpected(event) == {
        "added indexes app.by_region": (None, "CREATE INDEX by_region ON app.orders USING btree (region)"),
        "changed policies app.orders: tenant": ({"using": "(tenant = 1)"}, {"using": "true"}),
        "changed tables app.regions": ({"rls_forced": False}, {"rls_forced": True}),
    }
    assert evidence["unexpected_count"] == 3


@awaited
async def test_a_job_of_others_is_left_out_where_the_plan_says_so(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database, SCHEMA + "create table app.log (at date) partition by range (at)")
    job = "create table app.log_2027 partition of app.log for values from ('2027-01-01') to ('2028-01-01')"
    ignore = 'expect: ["added * app.*region"], ignore: ["app.log_2027*", "grants *", "roles *"]'
    event, _rig = await compared(tmp_path / "a", empty_database, steps(ignore), job)
    assert event["type"] == "step.passed", event
    assert set(event["data"]["evidence"]["difference"]["names"]) == FOUND


@pytest.mark.unsaid(Fact.FINGERPRINT)
@awaited
async def test_a_restoration_is_verified_by_everything_being_equal(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    back = "drop index app.by_region; alter table app.orders drop region"
    event, _rig = await compared(tmp_path / "a", empty_database, steps(), back)
    assert event["type"] == "step.passed" and event["data"]["evidence"]["difference"]["names"] == []
    # An index forgotten in taking it back is named.
    half = "alter table app.orders drop region; create index by_region on app.orders (note)"
    event, _rig = await compared(tmp_path / "b", empty_database, steps(), half)
    assert event["data"]["reason"] == FailReason.DIFFERS
    assert set(unexpected(event)) == {"added indexes app.by_region"}


@awaited
async def test_what_the_plan_says_stays_is_asked_again(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    declared = 'invariants: {tenants: "select count(distinct tenant) from app.orders"}'
    plan = steps('expect: ["added * app.*region"]', declared)
    event, _rig = await compared(tmp_path / "a", empty_database, plan, "insert into app.orders values (31, 1)")
    assert event["type"] == "step.passed", event
    assert event["data"]["evidence"]["difference"]["invariants_count"] == 1
    made(empty_database, "drop index app.by_region; alter table app.orders drop region")
    event, _rig = await compared(tmp_path / "b", empty_database, plan, "insert into app.orders values (32, 9)")
    assert unexpected(event) == {"changed invariants tenants": ("3", "4")}


@awaited
async def test_a_rehearsal_teaches_what_a_later_run_expects(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    event, rehearsal = await compared(tmp_path / "a", empty_database, steps("expect: rehearsal"), rehearsal=True)
    assert event["type"] == "step.passed" and event["data"]["evidence"]["difference"]["expected_from"] == "itself"
    lines = read_all(rehearsal.paths.journal)
    state = fold_all(lines)
    assert state.opened is not None
    # What it came to, also where time passed faster.
    compressed = replace(state, opened=replace(state.opened, compress=8.0))
    for known in (state, compressed):
        past = past_of(known, changes_of(lines, known))
        assert past is not None and set(past.changes["after"].changes) == FOUND
    past = past_of(state, changes_of(lines, state))
    assert past is not None

    undo = "drop index app.by_region; alter table app.orders drop region"
    for between, reason in (("select", None), ("drop index app.by_region", FailReason.DIFFERS)):
        made(empty_database, undo)
        plan = steps("expect: rehearsal")
        async with Rig(tmp_path / f"b{between}", empty_database, plan, past=[past]) as rig:
            for step in ("before", "migrate"):
                await rig.execute(step)
            made(empty_database, between)
            event = await rig.execute("after")
        assert event["data"].get("reason") == reason, event
        assert event["data"]["evidence"]["difference"]["expected_from"] == rehearsal.paths.id
        if reason is not None:
            assert event["data"]["evidence"]["difference"]["missing"] == ["added indexes app.by_region"]
            undo = "alter table app.orders drop region"


@pytest.mark.unsaid(FailReason.NOT_REHEARSED)
@awaited
async def test_without_a_rehearsal_there_is_nothing_to_expect(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    async with Rig(tmp_path, empty_database, steps("expect: rehearsal")) as rig:
        for step in ("before", "migrate"):
            await rig.execute(step)
        event = await rig.execute("after")
    assert event["data"]["reason"] == FailReason.NOT_REHEARSED


@pytest.mark.unsaid(FailReason.NOT_COMPARED, NotCompared.NOT_TAKEN, NotCompared.NOT_READ)
@awaited
async def test_what_is_not_there_to_compare_with_is_no_pass(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    async with Rig(tmp_path / "a", empty_database, steps()) as rig:
        rig.do(Skip(step="before", reason="no time"))
        await rig.execute("migrate")
        event = await rig.execute("after")
        assert event["data"]["reason"] == FailReason.NOT_COMPARED
        assert event["data"]["evidence"]["difference"]["not_compared"][0]["why"] == NotCompared.NOT_TAKEN
    made(empty_database, "drop index app.by_region; alter table app.orders drop region")
    async with Rig(tmp_path / "b", empty_database, steps()) as rig:
        taken = await rig.execute("before")
        await rig.execute("migrate")
        file = rig.paths.artifacts / taken["data"]["evidence"]["fingerprint"]["file"]
        whole = file.read_text()
        for damage in (lambda: file.write_text(whole.replace("tenant = 1", "tenant = 2")), file.unlink):
            damage()
            rig.do(Execute(step="after") if rig.step("after").attempt == 0 else Retry(step="after"))
            event = await rig.ended("after", rig.step("after").attempt or 1)
            assert event["data"]["reason"] == FailReason.NOT_COMPARED
            assert event["data"]["evidence"]["difference"]["not_compared"][0]["why"] == NotCompared.NOT_READ


@awaited
async def test_what_may_hold_a_secret_is_its_owners_alone(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database, SCHEMA + "comment on table app.orders is 'password=hunter2hunter2'")
    event, rig = await compared(tmp_path, empty_database, steps('expect: ["added *"]'))
    assert event["type"] == "step.passed"
    file = rig.paths.artifacts / event["data"]["evidence"]["fingerprint"]["file"]
    assert "hunter2hunter2" in file.read_text() and file.stat().st_mode & 0o777 == 0o600
    assert "hunter2hunter2" not in rig.paths.journal.read_text()


QUIESCED = """
          - {{id: close, title: Close, quiesce: {{grace: 0s}}}}
          - {{id: before, title: Before, fingerprint: {{{before}}}}}
          - {{id: migrate, title: Migrate, sql: "{migration}"}}
          - {{id: after, title: After, compare: {{with: before, {compare}}}}}
          - {{id: open, title: Open, release: close}}
          - {{id: later, title: Later, compare: {{with: before, {compare}}}}}
"""


async def quiesced(path: Path, database: Database, between: str, *, before: str = "", migration: str = "") -> Rig:
    """A run that has compared while the application was stopped, and once more when it was not."""
    plan = QUIESCED.format(before=before, migration=migration or "select 1", compare=f"content: required, {OTHERS}")
    async with Rig(path, database, plan) as rig:
        for step in ("close", "before", "migrate"):
            assert (await rig.execute(step))["type"] == "step.passed", step
        made(database, between)
        await rig.execute("after")
        if rig.step("after").status != "passed":
            rig.do(Skip(step="after", reason="seen"))
        await rig.execute("open")
        await rig.execute("later")
    return rig


def told(rig: Rig, step: str) -> Event:
    (*_others, event) = [e for e in rig.events("step.passed", "step.failed") if e["data"]["step"] == step]
    return event


@pytest.mark.unsaid(NotCompared.NOT_STILL, NotCompared.CLOSED)
@awaited
async def test_rows_are_compared_while_the_application_is_stopped(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    rig = await quiesced(tmp_path / "a", empty_database, "select 1", before="tables: [app.*]")
    assert told(rig, "after")["type"] == "step.passed", told(rig, "after")
    evidence = told(rig, "after")["data"]["evidence"]["difference"]
    assert (evidence["content"], evidence["tables_count"], evidence.get("not_compared")) == ("hashes", 2, None)
    # Opened again, others may write: what was asked for is not known, and why.
    assert told(rig, "later")["data"]["reason"] == FailReason.NOT_COMPARED
    left = {(one["object"], one["why"]) for one in told(rig, "later")["data"]["evidence"]["difference"]["not_compared"]}
    assert left == {("*", NotCompared.NOT_STILL), ("database", NotCompared.CLOSED)}

    one_row = "update app.orders set note = 'm' where id = 7"
    rig = await quiesced(tmp_path / "b", empty_database, one_row, before="tables: [app.*]")
    assert set(unexpected(told(rig, "after"))) == {"changed rows app.orders"}


@pytest.mark.unsaid(NotCompared.OTHER_COLUMNS)
@awaited
async def test_of_columns_that_are_gone_rows_are_counted(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    drop = "alter table app.orders drop note"
    rig = await quiesced(tmp_path / "a", empty_database, "select 1", before="tables: [orders]", migration=drop)
    evidence = told(rig, "after")["data"]["evidence"]["difference"]
    assert evidence["not_compared"] == [{"family": "rows", "object": "app.orders", "why": NotCompared.OTHER_COLUMNS}]
    assert set(unexpected(told(rig, "after"))) == {"removed columns app.orders.note"}
    less = "delete from app.orders where id = 7"
    add = "alter table app.orders add more int"
    rig = await quiesced(tmp_path / "b", empty_database, less, before="tables: [orders]", migration=add)
    evidence = told(rig, "after")["data"]["evidence"]["difference"]
    assert "not_compared" not in evidence, "what there was before is compared by the columns of before"
    assert set(unexpected(told(rig, "after"))) == {"added columns app.orders.more", "changed rows app.orders"}


@pytest.mark.unsaid(NotCompared.TIME_OVER)
@awaited
async def test_a_table_for_which_there_was_no_time_is_named(tmp_path: Path, empty_database: Database) -> None:
    made(empty_database)
    made(empty_database, "insert into app.orders select g + 100, 1 from generate_series(1, 50000) g")
    for within, read in (("1ms", False), ("1m", True)):
        rig = await quiesced(tmp_path / within, empty_database, "select 1", before=f"tables: [app.*], within: {within}")
        before = told(rig, "before")["data"]["evidence"]["fingerprint"]
        lacking = {one["table"]: one["why"] for one in before.get("not_compared", [])}
        assert lacking.get("app.orders") == (None if read else NotCompared.TIME_OVER)
        assert told(rig, "after")["data"].get("reason") == (None if read else FailReason.NOT_COMPARED)


RESTORED = """
          - {{id: dump, title: Dump, backup: {{directory: "{directory}", format: directory, fingerprint: true}}}}
          - {{id: migrate, title: Migrate, sql: {{file: wrong.sql}}}}
          - {{id: close, title: Close, quiesce: {{grace: 0s}}}}
          - {{id: before, title: Not restored, compare: {{with: dump, content: required, {others}}}}}
          - {{id: restore, title: Restore, restore: dump}}
          - {{id: after, title: Verified, compare: {{with: dump, content: required, {others}}}}}
          - {{id: open, title: Open, release: close}}
"""
WRONG = "update app.orders set note = 'm' where id < 4; alter table app.orders add region text;"


@pytest.fixture
def restored(empty_database: Database) -> Iterator[Database]:
    """A database that may be exchanged for another one; what stays of the others is dropped."""
    yield empty_database
    with psycopg.connect(empty_database.server.dsn(), autocommit=True) as session:
        asked = "select datname from pg_database where datname like %s and datname <> %s"
        for (name,) in session.execute(asked, (f"{empty_database.name}%", empty_database.name)).fetchall():
            session.execute(f'drop database "{name}" with (force)'.encode())


@awaited
async def test_what_was_restored_is_what_the_backup_had(tmp_path: Path, restored: Database) -> None:
    made(restored, SCHEMA)
    # An enum's own hash is another one after a restore.
    made(restored, "create type app.mood as enum ('ok'); alter table app.orders add mood app.mood default 'ok'")
    plan = RESTORED.format(directory=tmp_path / "dumps", others=OTHERS)
    async with Rig(tmp_path, restored, plan, {"wrong.sql": WRONG}) as rig:
        for step in ("dump", "migrate", "close"):
            assert (await rig.execute(step))["type"] == "step.passed", rig.events()[-1]
        event = await rig.execute("before")
        assert set(unexpected(event)) == {"added columns app.orders.region", "changed rows app.orders"}
        rig.do(Skip(step="before", reason="seen"))
        rig.do(Execute(step="restore", confirm="dev", reason="wrong"))
        assert (await rig.ended("restore"))["type"] == "step.passed", rig.events()[-1]
        event = await rig.execute("after")
        assert event["type"] == "step.passed", event
        assert event["data"]["evidence"]["difference"]["tables_count"] == 2
        await rig.execute("open")


@awaited
async def test_roles_that_nothing_here_concerns_are_told_and_are_no_difference(
    tmp_path: Path, each_empty_database: Database
) -> None:
    database = each_empty_database
    made(database)
    far, near, own = (f"{name}_{database.name}" for name in ("far", "near", "own"))
    between = f"create role {far} login; create role {near}; grant select on app.regions to {near}"
    wanted = ["added * app.*region", "added grants *", "changed grants *"]
    try:
        plan = STEPS.format(before="", migration=MIGRATION, compare=f"expect: {wanted}")
        event, _rig = await compared(tmp_path / "a", database, plan, between)
        told = event["data"]["evidence"]["difference"]
        assert f"added roles {near}" in unexpected(event) and f"added roles {far}" not in unexpected(event)
        assert f"added roles {far}" in told["elsewhere"] and f"added roles {near}" not in told["elsewhere"]
        made(
            database,
            f"drop index app.by_region; alter table app.orders drop region; revoke all on app.regions from {near}",
        )
        # What is expected has to come, wherever it is.
        wanted = ["added * app.*region", f"added roles {own}", f"added roles gone_{database.name}"]
        plan = STEPS.format(before="", migration=f"{MIGRATION}; create role {own}", compare=f"expect: {wanted}")
        event, _rig = await compared(tmp_path / "b", database, plan, f"drop role {far}")
        told = event["data"]["evidence"]["difference"]
        assert told["missing"] == [f"added roles gone_{database.name}"] and f"removed roles {far}" in told["elsewhere"]
        assert f"added roles {own}" in told["names"]
    finally:
        for role in (far, near, own):
            made(database, f"do $$ begin drop owned by {role}; exception when undefined_object then null; end $$")
            made(database, f"drop role if exists {role}")
