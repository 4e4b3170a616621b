"""How many rows were written: a session tells the statistics late, and until then the figure is not the truth."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.postgres.pgserver import RUN, Server, Sessions, awaited
from tui.postgres.database import written
from tui.postgres.session import Session
from tui.steps.restore.loss import since

pytestmark = pytest.mark.postgres


async def wrote(session: Session) -> None:
    """The first rows are told at once, and the others, right after them, not yet."""
    for rows in (1, 1000):
        await session.execute(f"insert into t select g from generate_series(1, {rows}) g")


@awaited
async def test_what_a_step_wrote_is_counted_when_it_has_ended(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor, ours = await sessions.monitor(), await sessions.work()
        await ours.execute("create table t (id int)")
        quiet = [ours.backend.pid]
        then = await written(monitor, RUN, quiet)
        assert not then["late"], "nobody else is there"
        await wrote(ours)
        asked = asyncio.create_task(written(monitor, RUN))
        await asyncio.sleep(0)
        await ours.close()
        now = await asked
        assert not now["late"] and since(then, now) == (1001, 1)


@awaited
async def test_who_is_still_there_may_have_written_more(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor, other = await sessions.monitor(), await sessions.work()
        await other.execute("create table t (id int); set application_name = 'shop'")
        then = await written(monitor, RUN)
        await wrote(other)
        now = await written(monitor, RUN)
        assert then["late"] and now["late"]
        await other.execute("begin; insert into t values (1)")
        assert (await written(monitor, RUN))["late"]
        await other.execute("commit")
        await other.close()
        # Somebody else's end is not waited for, and until then nothing else is said.
        while (now := await written(monitor, RUN))["late"]:
            continue
        assert since(then, now) == (1002, 1)


@awaited
async def test_where_nobody_counts_nothing_is_known(server: Server, database: str) -> None:
    async with Sessions(server, database) as sessions:
        monitor = await sessions.monitor()
        then = await written(monitor, RUN)
        await (await sessions.control()).execute(f"alter database {database} set track_counts = off")
        async with Sessions(server, database) as later:
            now = await written(await later.monitor(), RUN)
        assert since(then, now) == (None, None)
