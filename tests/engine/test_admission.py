"""Two runs on one target: the second does not open while the first is in the way; nothing begins beside one unseen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine.other_runs import admission
from tui.engine.process.main import CannotStart
from tui.journal.codes import CancelReason, HoldReason, Standing
from tui.postgres.connect import open_session
from tui.postgres.evidence import fence
from tui.run import commands as c
from tui.said import said_of
from tui.words.said import say_lines

pytestmark = pytest.mark.postgres
CHANGE = """
          - {id: table, title: A table, sql: "create table if not exists made (n int)"}
          - {id: rows, title: Rows, sql: "insert into made values (1)", undo: {sql: "delete from made"}}
"""
WATCH = """
          - {id: table, title: A table, sql: "create table if not exists made (n int)"}
          - {id: look, title: Look, sign: {text: Seen}}
"""


def rig(home: Path, database: Database, plan: str = CHANGE, why: str | None = None) -> Rig:
    return Rig(home, database, plan, beside=why)


async def refused(second: Rig) -> str:
    with pytest.raises(CannotStart) as error:
        await second.__aenter__()
    assert error.value.exit_code == 5
    assert not second.paths.journal.exists()
    return "\n".join(say_lines(said_of(error.value)))


@pytest.mark.parametrize("elsewhere", [False, True], ids=["one directory", "another host"])
def test_the_second_is_refused_while_the_first_has_changes_ahead(
    tmp_path: Path, each_database: Database, elsewhere: bool
) -> None:
    async def scene() -> None:
        other = tmp_path / "other" if elsewhere else tmp_path
        async with rig(tmp_path, each_database) as first:
            told = await refused(rig(other, each_database))
            assert first.paths.id in told and "--beside" in told
            if not elsewhere:
                assert "ana@test" in told and "1.1.1 table" in told
            else:
                assert "pid" in told and "postgres" in told
            async with rig(other, each_database, why="agreed with ana") as second:
                opened = second.events("run.opened")[0]["data"]
                assert opened["beside"] == "agreed with ana"
                assert [run["run"] for run in opened["others"]] == [first.paths.id]
                await second.execute("table")
                # Who was there first is told, and goes on.
                await first.execute("table")
                assert [e["data"]["runs"][0]["run"] for e in first.events("run.beside")] == [second.paths.id]
                await first.execute("rows")
                assert first.recorder.state.barrier is None

    asyncio.run(scene())


def test_who_keeps_others_from_opening_is_named_and_passed_by_at_a_person_s_word(
    tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "_TURN_S", 0.1)

    async def scene() -> None:
        session = await open_session(empty_database.dsn, purpose="control", run="20261122T060000Z-0001")
        assert await fence.try_lock(session, fence.opening_key())
        told = await refused(rig(tmp_path, empty_database))
        assert "20261122T060000Z-0001" in told and str(session.backend.pid) in told and "--beside" in told
        async with rig(tmp_path, empty_database, why="it hangs") as run:
            await run.execute("table")
        await session.close()

    asyncio.run(scene())


def test_behind_a_pooler_one_at_a_time_of_a_directory_opens(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no session can hold a key."""
    monkeypatch.setattr(admission, "settled", lambda target: False)

    async def scene() -> None:
        rigs = [rig(tmp_path, database) for _number in range(2)]
        opened = await asyncio.gather(*(one.__aenter__() for one in rigs), return_exceptions=True)
        inside = [one for one in opened if isinstance(one, Rig)]
        assert len(inside) == 1 and any(isinstance(one, CannotStart) for one in opened), opened
        await inside[0].stop()

    asyncio.run(scene())


def test_one_that_only_watches_is_named_and_not_in_the_way(tmp_path: Path, database: Database) -> None:
    async def scene() -> None:
        async with rig(tmp_path, database, WATCH) as first:
            await first.execute("table")
            await first.until(lambda: not first.target.presence.shown, "it is out of the way")
            async with rig(tmp_path, database) as second:
                others = second.events("run.opened")[0]["data"]["others"]
                assert [(run["run"], run["standing"]) for run in others] == [(first.paths.id, Standing.WATCHES)]
            # Of another host nothing more is known than its session.
            async with rig(tmp_path / "other", database) as third:
                others = third.events("run.opened")[0]["data"]["others"]
                assert (first.paths.id, Standing.UNKNOWN) in [(run["run"], run["standing"]) for run in others]

    asyncio.run(scene())


def test_two_that_open_at_the_same_moment(tmp_path: Path, database: Database) -> None:
    async def scene() -> None:
        for home in (tmp_path / "same", tmp_path / "same", tmp_path / "other"):
            home.mkdir(exist_ok=True)
        rigs = [rig(tmp_path / name, database) for name in ("same", "same", "other")]
        # Two ids of one second.
        opened = await asyncio.gather(*(one.__aenter__() for one in rigs), return_exceptions=True)
        inside = [one for one in opened if isinstance(one, Rig)]
        try:
            assert len(inside) == 1, opened
            assert all(isinstance(one, (Rig, CannotStart)) for one in opened), opened
        finally:
            for one in inside:
                await one.stop()

    asyncio.run(scene())


@pytest.mark.unsaid(HoldReason.OTHER_RUN, CancelReason.OTHER_RUN)
def test_one_whose_engine_has_ended_is_in_the_way_all_the_same(tmp_path: Path, database: Database) -> None:
    async def scene() -> None:
        async with rig(tmp_path, database) as first:
            await first.stop()
            told = await refused(rig(tmp_path, database))
            assert first.paths.id in told and "1.1.1 table" in told
            # Another host cannot know of it. What it opens holds the first, as soon as that is taken up again.
            async with rig(tmp_path / "other", database) as second:
                await first.take_up()
                await first.until(lambda: first.recorder.state.barrier, "it is held")
                barrier = first.recorder.state.barrier
                assert barrier is not None and barrier.code == HoldReason.OTHER_RUN
                assert [run.run for run in barrier.runs] == [second.paths.id]
                refusal = first.do(c.Execute(step="table"))
                assert refusal is not None and refusal.code == "other-run"
                # It is looked again; and a person's word goes on.
                assert first.do(c.Resume()) is None
                assert first.do(c.Execute(step="table")) is None
                await first.ended("table")
                assert first.step("table").reason == CancelReason.OTHER_RUN
                assert first.recorder.state.barrier is not None
                # Asked to look again it finds the same, before anything is begun.
                assert first.do(c.Resume()) is None
                await first.until(lambda: len(first.events("run.held")) == 3, "it is held again")
                refusal = first.do(c.Accept(reason="agreed", confirm="prod"))
                assert refusal is not None and refusal.code == "confirm"
                assert first.do(c.Accept(reason="agreed", confirm="dev")) is None
                assert (await first.execute("table"))["type"] == "step.passed"
                # The second was there without a break: it is told, and goes on.
                await second.execute("table")
                assert second.events("run.beside") and not second.events("run.held")

    asyncio.run(scene())


def test_a_rollback_is_not_kept_from_taking_back(tmp_path: Path, database: Database) -> None:
    async def scene() -> None:
        async with rig(tmp_path, database) as first:
            await first.execute("table")
            await first.execute("rows")
            await first.stop()
            async with rig(tmp_path / "other", database):
                await first.take_up()
                assert first.do(c.Rollback(reason="no", confirm="dev")) is None
                await first.until(lambda: first.recorder.state.status == "rolled_back", "it is rolled back")
                assert [event["data"]["takes_back"] for event in first.events("run.beside")] == [True]
            assert database.value("select count(*) from made") == 0

    asyncio.run(scene())


def test_what_was_undone_is_not_done_again_beside_one_that_has_come_since(tmp_path: Path, database: Database) -> None:
    async def scene() -> None:
        async with rig(tmp_path, database) as first:
            await first.execute("table")
            await first.execute("rows")
            async with rig(tmp_path / "other", database) as second:
                assert first.do(c.Undo(step="rows", confirm="dev")) is None
                await first.until(lambda: first.step("rows").status == "undone", "it is undone")
                assert [e["data"]["runs"][0]["run"] for e in first.events("run.beside")] == [second.paths.id]
                assert first.do(c.Retry(step="rows")) is None
                held = await first.ended("rows", 2)
                assert held["data"]["reason"] == CancelReason.OTHER_RUN
                assert first.do(c.Accept(reason="agreed", confirm="dev")) is None
                assert first.do(c.Execute(step="rows")) is None
                assert (await first.ended("rows", 3))["type"] == "step.passed"

    asyncio.run(scene())
