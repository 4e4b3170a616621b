"""Who receives what a plan changes: subscribers, slots, and real standbys, and what its statements would do to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.engine.pair import Node, primary, standby_of
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import await_condition
from tui.journal.codes import Hindrance
from tui.words.said import told

pytestmark = pytest.mark.postgres

STEPS = """
          - {id: ready, title: Ready, check: {replication: ASKED}}
          - {id: migrate, title: Migrate, sql: {file: m.sql}}
"""
PROGRAM = """          - {id: tool, title: Tool, command: [/bin/true]}
"""
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A primary that publishes, and a database beside it that can subscribe."""
    with primary(None, wal_level="logical", max_standby_streaming_delay="30s") as found:
        for text in (
            "create table orders (id int primary key, n int)",
            "create table notes (id int, n int)",
            "insert into orders select n, n from generate_series(1, 100) n",
            "create role watcher login",
        ):
            found.run(text)
        yield found


async def asked(
    path: Path, node: Node, script: str, spec: str = "true", user: str = "postgres", dbname: str = "postgres",
    more: str = "",
) -> Rows:  # fmt: skip
    """The rows by what they are about, each standby's by its name."""
    service = path / "services"
    path.mkdir(parents=True, exist_ok=True)
    service.write_text(
        "".join(
            f"[{name}]\nhost={other.socket}\nport={other.port}\ndbname=template1\nuser={user}\n"
            for name, other in SERVICES.items()
        )
    )
    dsn = node.dsn.replace("user=postgres", f"user={user}").replace("dbname=postgres", f"dbname={dbname}")
    steps = STEPS.replace("ASKED", spec) + more
    async with Rig(path, dsn, steps, {"m.sql": script}, PGSERVICEFILE=str(service)) as rig:
        event = await rig.execute("ready")
    rows: Rows = {}
    for row in event["data"]["evidence"]["checks"]:
        rows[row["of"] if row["what"] == "standby" else row["what"]] = row
    holds = [row["holds"] for row in rows.values()]
    reason = "check_failed" if False in holds else "not_answered" if None in holds else None
    assert event["data"].get("reason") == reason, event
    return rows


SERVICES: dict[str, Node] = {}


def codes(row: dict[str, Any]) -> list[str]:
    return [one["code"] for one in row.get("why", ())]


@contextmanager
def published(node: Node, publication: str) -> Iterator[None]:
    node.run(f"create publication p {publication}")
    try:
        yield
    finally:
        node.run("drop publication p")


@pytest.mark.unsaid(
    Hindrance.CHANGE_REFUSED, Hindrance.SUBSCRIBER_STOPS, Hindrance.TRUNCATE_REPLICATED, Hindrance.IDENTITY_LACKS
)
@awaited
async def test_what_the_plan_does_to_what_is_published(node: Node, tmp_path: Path) -> None:
    change = "alter table orders add column note text;\nupdate notes set n = 1;\ntruncate orders;\n"
    rows = await asked(tmp_path / "1", node, change)
    assert [row["holds"] for row in rows.values()] == [True] * 4 and not any(map(codes, rows.values()))
    with published(node, "for table orders, notes"):
        rows = await asked(tmp_path / "2", node, change)
        row = rows["publications"]
        assert row["holds"] is False and row["found"] == ["p"]
        assert codes(row) == ["subscriber_stops", "truncate_replicated", "change_refused"]
        assert told(row["why"][2]) == (
            "UPDATE on public.notes (migrate, line 2) would fail: p publishes it, and it has no replica identity"
        )
        with psycopg.connect(node.dsn) as session, pytest.raises(psycopg.Error) as refused:
            session.execute("update notes set n = 1")
        assert refused.value.sqlstate == "55000", "the server says the same"
        rows = await asked(tmp_path / "3", node, change, "{accept: [subscriber_stops, change_refused]}")
        assert rows["publications"]["holds"] is True
        # Nothing of it is done to what only gets rows, or is only read.
        rows = await asked(tmp_path / "4", node, "insert into notes select 1, 2 from orders")
        assert rows["publications"]["holds"] is True and not codes(rows["publications"])
        # What a program may do to what lacks one nobody knows.
        rows = await asked(tmp_path / "5", node, "insert into notes values (1, 2)", more=PROGRAM)
        assert rows["publications"]["holds"] is None and codes(rows["publications"]) == ["identity_lacks"]
    node.run("alter table notes replica identity full")
    with published(node, "for all tables"):
        rows = await asked(tmp_path / "6", node, "update notes set n = 1")
        assert rows["publications"]["holds"] is True
        assert {detail["table"]: detail["replica_identity"] for detail in rows["publications"]["details"]} == {
            "public.notes": True
        }
    node.run("alter table notes replica identity default")


@pytest.mark.unsaid(
    Hindrance.SUBSCRIPTION_OFF, Hindrance.SUBSCRIPTION_STOPPED, Hindrance.APPLY_WAITS, Hindrance.SLOT_INACTIVE,
    Hindrance.SLOT_KEEPS,
)  # fmt: skip
@awaited
async def test_a_real_subscription_and_its_slot(node: Node, tmp_path: Path) -> None:
    node.run("create database there")
    node.run("create table orders (id int primary key, n int)", "there")
    where = f"host={node.socket} port={node.port} dbname=postgres user=postgres"
    change = "alter table orders add column note text"
    with published(node, "for table orders"):
        # In one cluster the slot has to be there before, or each waits for the other.
        node.run("select pg_create_logical_replication_slot('s', 'pgoutput')")
        node.run(f"create subscription s connection '{where}' publication p with (create_slot = false)", "there")
        try:
            await_condition(lambda: bool(node.value("select active from pg_replication_slots")), "it is consumed")
            rows = await asked(tmp_path / "1", node, "select 1")
            slot = rows["slots"]["details"][0]
            assert rows["slots"]["holds"] is True and not codes(rows["slots"])
            assert rows["standbys"]["found"] == [] and "s" not in rows, "a subscriber is no standby"
            assert (slot["consumer"], slot["type"]) == ("s", "logical") and slot["kept_bytes"] < 10**9
            row = (await asked(tmp_path / "2", node, change, dbname="there"))["subscriptions"]
            assert (row["holds"], row["found"], codes(row)) == (True, ["s"], ["apply_waits"])
            node.run("alter subscription s disable", "there")
            await_condition(lambda: not node.value("select active from pg_replication_slots"), "it is not consumed")
            row = (await asked(tmp_path / "3", node, change, dbname="there"))["subscriptions"]
            assert codes(row) == ["subscription_off", "apply_waits"] and row["holds"] is False
            node.run("select pg_logical_emit_message(false, 'x', repeat('x', 100000)) from generate_series(1, 50)")
            row = (await asked(tmp_path / "4", node, "select 1", "{slot_bytes: 1MB}"))["slots"]
            assert codes(row) == ["slot_inactive", "slot_keeps"] and row["holds"] is False
            # Enabled, and its worker dies every few seconds.
            node.run("alter subscription s set (slot_name = gone)", "there")
            node.run("alter subscription s enable", "there")
            failed = "select count(*) from pg_stat_subscription where subname = 's' and pid is null"
            await_condition(lambda: "does not exist" in node.server.home.joinpath("data.log").read_text(), "it failed")
            await_condition(lambda: bool(node.value(failed, "there")), "its worker is gone")
            row = (await asked(tmp_path / "5", node, change, dbname="there"))["subscriptions"]
            assert codes(row) == ["subscription_stopped", "apply_waits"]
        finally:
            node.run("alter subscription s disable", "there")
            node.run("alter subscription s set (slot_name = none)", "there")
            node.run("drop subscription s", "there")
            await_condition(lambda: not node.value("select active from pg_replication_slots"), "it is free")
            node.run("select pg_drop_replication_slot('s')")


@pytest.mark.unsaid(Hindrance.SLOT_LOST)
@awaited
async def test_a_slot_whose_wal_is_gone_is_lost(tmp_path: Path) -> None:
    with primary(None, max_slot_wal_keep_size="1MB", wal_level="replica") as node:
        node.run("select pg_create_physical_replication_slot('old', true)")
        row = (await asked(tmp_path / "1", node, "select 1"))["slots"]
        assert codes(row) == ["slot_inactive"]
        for _ in range(4):
            node.run("select pg_switch_wal(), pg_create_restore_point('x')")
        node.run("checkpoint")
        await_condition(lambda: bool(node.value("select wal_status = 'lost' from pg_replication_slots")), "it is lost")
        row = (await asked(tmp_path / "2", node, "select 1"))["slots"]
        assert codes(row) == ["slot_lost"] and row["holds"] is False
        assert row["details"][0]["wal_status"] == "lost"


@pytest.mark.unsaid(
    Hindrance.STANDBY_MISSING, Hindrance.STANDBY_OTHER, Hindrance.STANDBY_SILENT, Hindrance.STANDBY_UNKNOWN,
    Hindrance.STANDBY_LONG, Hindrance.STANDBYS_UNSEEN, Hindrance.QUERY_CANCELLED, Hindrance.REPLAY_WAITS,
    Hindrance.RUNS_THERE,
)  # fmt: skip
@awaited
async def test_a_standby_is_looked_at_or_named(node: Node, tmp_path: Path) -> None:
    change = "alter table orders add column note text"
    standby = standby_of(node)
    SERVICES.update(here=standby, itself=node)
    named = "{standbys: [{name: walreceiver, service: here}], long: 20ms}"
    streams = "select count(*) from pg_stat_replication where state = 'streaming' and replay_lsn is not null"
    await_condition(lambda: bool(node.value(streams)), "it streams")
    rows = await asked(tmp_path / "1", node, change)
    assert rows["standbys"]["holds"] is True and rows["walreceiver"]["holds"] is None
    assert codes(rows["walreceiver"]) == ["standby_unknown"]
    rows = await asked(tmp_path / "2", node, change, named)
    assert rows["walreceiver"]["holds"] is True and not codes(rows["walreceiver"])
    assert rows["walreceiver"]["max_standby_streaming_delay"] == "30s"
    assert rows["walreceiver"]["exclusive"][0]["table"] == "public.orders"
    dsn = f"host={standby.socket} port={standby.port} dbname=postgres user=postgres application_name=report"
    with psycopg.connect(dsn) as report:
        report.execute("select from notes")
        rows = await asked(tmp_path / "3", node, change, named)
        assert codes(rows["walreceiver"]) == ["standby_long"], "it reads another table"
        report.execute("select from orders")
        rows = await asked(tmp_path / "4", node, change, named)
        assert rows["walreceiver"]["holds"] is False and codes(rows["walreceiver"]) == ["query_cancelled"]
        sentence = told(rows["walreceiver"]["why"][0])
        assert "on the standby walreceiver ALTER TABLE on public.orders (migrate, line 1) would cancel" in sentence
        assert "after 30s" in sentence and f"pid {report.info.backend_pid} of postgres (report)" in sentence
    standby.stop("fast")
    standby.start(max_standby_streaming_delay="-1")
    await_condition(lambda: bool(node.value(streams)), "it streams")
    with psycopg.connect(dsn) as report:
        report.execute("select from orders")
        rows = await asked(tmp_path / "5", node, change, named)
        assert codes(rows["walreceiver"]) == ["replay_waits"]
    rows = await asked(tmp_path / "6", node, change, "{standbys: [{name: walreceiver, service: itself}]}")
    assert rows["walreceiver"]["holds"] is False and codes(rows["walreceiver"]) == ["standby_other"]
    rows = await asked(tmp_path / "7", node, change, named, user="watcher")
    assert rows["standbys"]["holds"] is None and codes(rows["standbys"]) == ["standbys_unseen"]
    standby.stop("fast")
    await_condition(lambda: not node.value("select count(*) from pg_stat_replication"), "it is gone")
    rows = await asked(tmp_path / "8", node, change, named)
    assert rows["standbys"]["holds"] is False and codes(rows["standbys"]) == ["standby_missing"]
    assert rows["walreceiver"]["holds"] is None and codes(rows["walreceiver"]) == ["standby_silent"]
