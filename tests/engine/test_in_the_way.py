"""What others do on a server, and whom of them a plan's statements would wait for, by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.engine.pair import Node, primary
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tui.journal.codes import Fact, Hindrance
from tui.words.said import told

pytestmark = pytest.mark.postgres

MIGRATION = """alter table app.orders add column note text;
update app.lines set n = 1;
create index concurrently on app.lines (n);
drop index app.spare;
"""
STEPS = """
          - {id: ready, title: Ready, check: {load: LIMITS}}
          - {id: migrate, title: Migrate, sql: {file: m.sql, transaction: script}, prove: {query: select 1, equals: 1}}
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A server on which what sessions do is all known."""
    with primary(autovacuum="off", vacuum_cost_limit="1") as found:
        for text in (
            "create schema app",
            "create table app.orders (id int primary key, n int)",
            "create table app.lines (id int primary key, n int)",
            "create table app.parts (id int primary key, n int)",
            "create index spare on app.parts (n)",
            "insert into app.orders select n, n from generate_series(1, 5000) n",
            "create role watcher login",
            "grant usage on schema app to watcher",
        ):
            found.run(text)
        yield found


@contextmanager
def session(node: Node, *statements: str, name: str = "shop") -> Iterator[psycopg.Connection]:
    """One of an application, which has executed these and goes on holding what it holds."""
    where = f"host={node.socket} port={node.port} dbname=postgres user=postgres application_name={name}"
    with psycopg.connect(where, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection


def awaits(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def load(
    path: Path, node: Node, limits: str = "true", user: str = "postgres"
) -> tuple[dict[str, dict[str, Any]], Event]:
    """The rows of the check by what they are about, and its outcome."""
    dsn = node.dsn.replace("user=postgres", f"user={user}")
    async with Rig(path, dsn, STEPS.replace("LIMITS", limits), {"m.sql": MIGRATION}) as rig:
        event = await rig.execute("ready")
    return {row["what"]: row for row in event["data"]["evidence"]["checks"]}, event


def codes(row: dict[str, Any]) -> list[str]:
    return [one["code"] for one in row.get("why", ())]


TIGHT = "{long: 20ms, idle_in_transaction: 20ms, prepared: 20ms, lock_wait: 20ms, active: 0}"


@awaited
async def test_on_a_quiet_server_nothing_is_in_the_way(node: Node, tmp_path: Path) -> None:
    with session(node):
        rows, event = await load(tmp_path, node, TIGHT)
    assert event["type"] == "step.passed", event
    assert {what: row["holds"] for what, row in rows.items()} == dict.fromkeys(
        ("active", "long", "idle_in_transaction", "prepared", "lock_wait", "replication_lag", "vacuum"), True
    )
    assert not any(codes(row) for row in rows.values())
    assert event["data"]["evidence"]["concerned"] == {
        "tables": ["app.lines", "app.orders", "app.parts"], "table_count": 3
    }  # fmt: skip


@pytest.mark.unsaid(
    Hindrance.OPEN_LONG, Hindrance.IDLE_LONG, Hindrance.PREPARED_LONG, Hindrance.WAITS_LONG, Hindrance.STATEMENT_WAITS,
    Hindrance.BUILD_WAITS, Fact.CONCERNED,
)  # fmt: skip
@awaited
async def test_who_would_hold_the_migration_up_is_named_with_the_statement(node: Node, tmp_path: Path) -> None:
    with ExitStack() as stack:
        idle = stack.enter_context(session(node, "begin", "select from app.orders where id = 1", name="report"))
        idle.execute("select from app.parts where id = 1")
        old = stack.enter_context(session(node, "begin isolation level repeatable read", "select 1", name="etl"))
        stack.enter_context(session(node, "begin", "update app.lines set n = 2", "prepare transaction 'two'"))
        waits = stack.enter_context(session(node, name="queue"))
        waiter = threading.Thread(target=lambda: waits.execute("lock table app.lines in exclusive mode"))
        stack.callback(waiter.join)
        stack.callback(lambda: node.run("rollback prepared 'two'"))
        waits.execute("begin")
        waiter.start()
        awaits(lambda: node.value("select count(*) from pg_locks where not granted"))
        rows, event = await load(tmp_path, node, TIGHT)
        pids = idle.info.backend_pid, old.info.backend_pid, waits.info.backend_pid
    assert event["data"]["reason"] == "check_failed"
    assert [what for what, row in rows.items() if row["holds"] is False] == [
        "active", "long", "idle_in_transaction", "prepared", "lock_wait"
    ]  # fmt: skip
    said = {what: [told(one) for one in row.get("why", ())] for what, row in rows.items()}
    assert {one["pid"] for one in rows["idle_in_transaction"]["sessions"]} == set(pids[:2])
    held = next(one for one in rows["long"]["sessions"] if one["pid"] == pids[0])
    assert held["application"] == "report" and {"table": "app.orders", "mode": "AccessShareLock"} in held["holds"]
    assert [one["code"] for one in held["why"]] == ["open_long", "statement_waits", "statement_waits"]
    assert [one["facts"]["line"] for one in held["why"][1:]] == [1, 4], "the index is built on another table"
    (waiting,) = [text for text in said["idle_in_transaction"] if text.startswith("ALTER TABLE")]
    assert waiting.startswith("ALTER TABLE on app.orders (migrate, line 1) would wait for AccessShareLock: pid")
    built = [text for text in said["long"] if text.startswith("CREATE INDEX on app.lines (migrate, line 3)")]
    assert [text for text in built if "would wait for every open transaction" in text and "(etl)" in text]
    assert codes(rows["prepared"]) == ["prepared_long", "statement_waits"]
    assert rows["prepared"]["transactions"][0] | {"prepared_s": 1} == {
        "gid": "two", "user": "postgres", "database": "postgres", "prepared_s": 1,
        "holds": [{"table": "app.lines", "mode": "RowExclusiveLock"}],
    }  # fmt: skip
    (wait,) = rows["lock_wait"]["sessions"]
    assert (wait["pid"], wait["of"], wait["mode"]) == (pids[2], "app.lines", "ExclusiveLock")
    assert codes(rows["lock_wait"]) == ["waits_long"] and rows["active"]["found"] == 1


@pytest.mark.unsaid(Hindrance.SESSIONS_UNSEEN, Hindrance.HOLDS_UNSEEN)
@awaited
async def test_what_the_role_may_not_see_is_not_known(node: Node, tmp_path: Path) -> None:
    with session(node, "begin", "select from app.orders where id = 1"), session(node):
        rows, event = await load(tmp_path, node, "{active: 3}", user="watcher")
    assert event["data"]["reason"] == "not_answered", event
    assert event["data"]["evidence"]["unanswered"] == ["load"] * 3
    for what in ("active", "long", "idle_in_transaction"):
        row = rows[what]
        assert row["holds"] is None and codes(row) == ["sessions_unseen"] and row["hidden_users"] == ["postgres"]
        assert row["hidden"] >= 2
    (holds,) = rows["long"]["hidden_holding"]
    assert [one["code"] for one in holds["why"]] == ["holds_unseen", "statement_waits"]


@contextmanager
def vacuum(node: Node, table: str) -> Iterator[int]:
    """A vacuum of it, which takes long; its pid."""
    with session(node, "set vacuum_cost_delay = 100") as worker:
        pid = worker.info.backend_pid

        def work() -> None:
            with pytest.raises(psycopg.Error):
                worker.execute(f"vacuum (disable_page_skipping) {table}")

        thread = threading.Thread(target=work)
        thread.start()
        try:
            awaits(lambda: node.value(f"select count(*) from pg_stat_progress_vacuum where pid = {pid}"))
            yield pid
        finally:
            node.run(f"select pg_cancel_backend({pid})")
            thread.join()


@pytest.mark.unsaid(Hindrance.VACUUM_STAYS, Hindrance.VACUUM_UNSEEN)
@awaited
async def test_a_vacuum_that_does_not_give_way(node: Node, tmp_path: Path) -> None:
    with vacuum(node, "app.orders") as pid:
        rows, _event = await load(tmp_path / "1", node)
        hidden, _event = await load(tmp_path / "2", node, user="watcher")
    assert rows["vacuum"]["holds"] is False and rows["vacuum"]["found"] == ["app.orders"]
    assert rows["vacuum"]["why"] == [{"code": "vacuum_stays", "facts": {"table": "app.orders", "pid": pid}}]
    assert hidden["vacuum"]["holds"] is None and codes(hidden["vacuum"]) == ["vacuum_unseen"]


@pytest.mark.unsaid(Hindrance.VACUUM_DUE, Hindrance.VACUUM_SOON, Hindrance.VACUUM_YIELDS)
@awaited
async def test_autovacuum_gives_way_but_against_wraparound(tmp_path: Path) -> None:
    slow = {"autovacuum_vacuum_cost_delay": "100", "autovacuum_vacuum_cost_limit": "1", "autovacuum_naptime": "1s"}
    with primary(None, autovacuum_freeze_max_age="100000", **slow) as node:
        for text in (
            "create schema app",
            "create table app.lines (id int primary key, n int) with (autovacuum_enabled = off)",
            "create table app.orders (id int primary key, n int) with "
            "(autovacuum_vacuum_threshold = 0, autovacuum_analyze_threshold = 1000000)",
            "insert into app.orders select n, n from generate_series(1, 5000) n",
            "delete from app.orders where id > 10",
        ):
            node.run(text)

        def works(wraparound: bool) -> object:
            return node.value(
                "select count(*) from pg_stat_activity where query like 'autovacuum: VACUUM app.orders%'"
                f" and (query like '%wraparound)') = {wraparound}"
            )

        awaits(lambda: works(False))
        rows, event = await load(tmp_path / "1", node)
        assert event["type"] == "step.passed" and codes(rows["vacuum"]) == ["vacuum_yields"]
        use = "do $$ begin for i in 1..{} loop perform pg_current_xact_id(); commit; end loop; end $$"
        node.run(use.format(95_000), options="-c synchronous_commit=off")
        rows, event = await load(tmp_path / "2", node)
        assert event["type"] == "step.passed" and "vacuum_soon" in codes(rows["vacuum"])
        node.run(use.format(6_000), options="-c synchronous_commit=off")
        node.run("select pg_cancel_backend(pid) from pg_stat_activity where backend_type = 'autovacuum worker'")
        rows, event = await load(tmp_path / "3", node)
        assert event["data"]["reason"] == "check_failed"
        due = {one["facts"]["table"] for one in rows["vacuum"]["why"] if one["code"] == "vacuum_due"}
        # Of the other one, which is empty, it is over at once.
        assert "app.orders" in due and rows["vacuum"]["holds"] is False
        awaits(lambda: works(True))
        rows, _event = await load(tmp_path / "4", node)
        assert "vacuum_stays" in codes(rows["vacuum"])
