"""Limits of statements: 0 is no limit, in every kind of step; what waits says for whom."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.run.commands import Execute
from tui.words.cause import cause

pytestmark = pytest.mark.postgres


def _step(kind: str, statement: str, **more: str) -> str:
    key = "text" if kind == "sql" else "sql"
    given = "".join(f", {name}: {value}" for name, value in more.items())
    return f'          - {{id: s, title: S, {kind}: {{{key}: "{statement}"{given}}}, undo: {{sql: "select 1"}}}}\n'


@pytest.mark.parametrize("kind", ["sql", "batch"])
@awaited
async def test_zero_is_no_limit(empty_database: Database, tmp_path: Path, kind: str) -> None:
    with empty_database.connect() as holder:
        holder.execute("create table held (id int); insert into held values (1)")
        holder.execute("begin")
        holder.execute("lock table held")
        # Longer than any limit of a millisecond, while it waits and while it runs.
        statement = "with s as (select pg_sleep(0.05)) delete from held using s"
        plan = _step(kind, statement, lock_timeout="0", statement_timeout="0")
        async with Rig(tmp_path, empty_database, plan) as rig:
            assert rig.do(Execute(step="s")) is None
            pid = await rig.until(lambda: next(iter(rig.engine._backends()), None))
            await rig.until(lambda: holder.execute("select pg_blocking_pids(%s)", [pid]).fetchone() != ([],))
            await asyncio.sleep(0)
            holder.execute("rollback")
            assert (await rig.ended("s"))["type"] == "step.passed"
            assert not rig.events("tx.aborted")


@awaited
async def test_the_prepared_transaction_that_holds_the_lock_is_named(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.connect() as other:
        other.execute("create table held (id int)")
        other.execute("begin")
        other.execute("insert into held values (1)")
        other.execute("prepare transaction 'pay-17'")
        try:
            plan = _step("sql", "alter table held add column b int", lock_timeout="300ms", retries="0")
            async with Rig(tmp_path, empty_database, plan) as rig:
                failed = await rig.execute("s")
        finally:
            other.execute("rollback prepared 'pay-17'")
    assert failed["type"] == "step.failed"
    assert failed["data"]["message"] == "canceling statement due to lock timeout"
    assert "was held by the prepared transaction pay-17, prepared " in cause(rig.step("s")).what
    assert failed["data"]["evidence"]["blockers"][0]["gid"] == "pay-17"
