"""What the engine remarks of the database, beside one that differs by the one thing it says: it is not said there."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited, coded_by, refused
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.drivers.target_key import TargetKey
from tui.journal.remarks import Remarked
from tui.postgres.connect import open_session
from tui.postgres.evidence import fence

pytestmark = pytest.mark.postgres
STEP = '          - {id: a, title: A, sql: "create table made ()"}\n'
HERE = """
virada: 1
name: rig
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none, host: [{local: true}]}}
phases:
  - title: Change
    sections: [{title: Change, steps: [{id: a, title: A, sql: "select 1"}]}]
"""


@pytest.mark.unsaid(Remarked.ATTEMPT_ALIVE)
@pytest.mark.parametrize("so", [True, False])
@awaited
async def test_a_session_of_the_attempt(
    empty_database: Database, tmp_path: Path, so: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll = fence.poll_lock

    async def soon(session: Any, key: int, _deadline: float, **more: Any) -> bool:
        return await poll(session, key, time.monotonic() + 0.1, **more)

    monkeypatch.setattr(fence, "poll_lock", soon)
    other = await open_session(empty_database.dsn, purpose="work", run="other")
    async with Rig(tmp_path, empty_database, STEP) as rig:
        if so:
            assert await fence.try_lock(other, fence.attempt_key(rig.paths.id, "a", 1))
        ended = await rig.execute("a")
        assert (Remarked.ATTEMPT_ALIVE in rig.remarks()) is so and (ended["type"] == "step.failed") is so
    await other.close()


@pytest.mark.unsaid(Remarked.CONTROL_LOST, Remarked.TARGET_TAKEN)
@awaited
async def test_the_right_to_change_the_target(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, STEP) as rig:
        stop = asyncio.Event()
        stop.set()
        other = await open_session(empty_database.dsn, purpose="control", run="other")
        assert await fence.try_lock(other, fence.target_key())
        key = TargetKey(rig.target, lambda reason, facts: None)
        assert coded_by(await refused(key.take(stop))) == Remarked.TARGET_TAKEN
        # Once it is free nobody is said to have it.
        await fence.release(other, fence.target_key())
        await key.take(stop)
        await key.require()
        control = await rig.target.control()
        await fence.release(control, fence.target_key())
        assert coded_by(await refused(key.require())) == Remarked.CONTROL_LOST
        await other.close()


@pytest.mark.unsaid(Remarked.DIRECTORY_HIDDEN)
@pytest.mark.parametrize("so", [True, False])
@awaited
async def test_where_the_data_lies(empty_database: Database, tmp_path: Path, so: bool) -> None:
    role = f"looks_{so}".lower()
    with empty_database.connect() as session:
        session.execute(f"drop role if exists {role}".encode())
        session.execute(f"create role {role} login in role {'pg_monitor' if not so else 'pg_read_all_stats'}".encode())
    try:
        dsn = empty_database.server.dsn(empty_database.name, role)
        async with Rig(tmp_path, dsn, HERE) as rig:
            seen = rig.recorder
            await rig.until(
                lambda: Remarked.DIRECTORY_HIDDEN in rig.remarks() or "disk_free_bytes" in seen.state.metrics,
                "it looks",
            )
            assert (Remarked.DIRECTORY_HIDDEN in rig.remarks()) is so
            assert ("disk_free_bytes" in seen.state.metrics) is not so
    finally:
        with empty_database.connect() as session:
            session.execute(f"drop owned by {role}; drop role {role}".encode())


@pytest.mark.unsaid(Remarked.STILL_THERE)
@pytest.mark.parametrize("cleanup", ["select 1", "drop index concurrently if exists by_id"])
@awaited
async def test_what_a_cleanup_left(empty_database: Database, tmp_path: Path, cleanup: str) -> None:
    with empty_database.connect() as connection:
        connection.execute("create table t as select 1 as id union all select 1")
    step = f"""
          - id: a
            title: A
            sql: {{text: "create unique index concurrently by_id on t (id)", transaction: per_statement}}
            prove: {{query: "select to_regclass('by_id') is not null", equals: true}}
            cleanup: {{sql: {{text: "{cleanup}", transaction: per_statement}}}}
"""
    async with Rig(tmp_path, empty_database, step) as rig:
        ended = await rig.execute("a")
        left = empty_database.value("select count(*) from pg_class where relname = 'by_id'")
        # What the cleanup does not take away the engine drops; of what is gone nothing is said to be there.
        assert left == 0 and ended["data"]["evidence"]["cleanup"] == "done"
        assert Remarked.STILL_THERE not in rig.remarks()
