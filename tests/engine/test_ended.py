"""How runs end on a real server, by whichever engine: also by one that took the run up just before its end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database
from tui.cli.outcome import of_run
from tui.journal.events import Policy
from tui.run.commands import Close, Execute, Resolve, Rollback, Skip
from tui.run.status import status

pytestmark = pytest.mark.postgres
HEADLESS = Policy(drive="headless", sign_off="seen", signer="ana")
ROLLS_BACK = Policy(drive="headless", on_failure="rollback")
STEPS = """
          - {id: make, title: Make, sql: "create table made (id int)", undo: {sql: "drop table made"}}
          - {id: ask, title: Ask, query: {sql: "select count(*) from made", equals: 1}}
"""
LAST = """
          - {id: last, title: Last, query: {sql: "select 1", equals: 1}}
"""
NO_WAY_BACK = """
          - {id: seq, title: Sequence, sql: "create sequence numbers"}
"""


async def standing(rig: Rig) -> int:
    """The exit code of `run` and `continue`, once the run has come to rest."""
    await rig.until(lambda: of_run(rig.recorder.state, time.time()), "it comes to rest")
    verdict = of_run(rig.recorder.state, time.time())
    assert verdict is not None
    return verdict.code


def is_last(event: Event) -> bool:
    return bool(event["type"] == "step.passed" and event["data"]["step"] == "last")


@awaited
async def test_a_headless_run_that_left_out_what_failed_is_failed_until_its_error_is_resolved(
    empty_database: Database, tmp_path: Path
) -> None:
    async with Rig(tmp_path, empty_database, STEPS + LAST, policy=HEADLESS) as rig:
        assert await standing(rig) == 1 and rig.step("ask").status == "failed"
        assert rig.do(Skip(step="ask", reason="look later"), keep_driving=True) is None
        await rig.ended("last")
        assert await standing(rig) == 1 and rig.recorder.state.status == "failed"
        # Whoever takes it up, before the last step has ended or behind it.
        await rig.take_up()
        assert await standing(rig) == 1 and not rig.events("run.closed")
        await rig.take_up(cut=is_last, policy=HEADLESS)
        assert await standing(rig) == 1 and not rig.events("run.closed")
        refused = rig.do(Close())
        assert refused is not None
        assert rig.do(Resolve(error="E1", text="there are none yet")) is None
        await rig.until(lambda: rig.events("run.closed"), "it closes itself")
        assert await standing(rig) == 0 and rig.events("run.closed")[0]["data"]["outcome"] == "completed"


@awaited
async def test_an_engine_that_died_before_the_end_leaves_it_to_the_next(
    empty_database: Database, tmp_path: Path
) -> None:
    async with Rig(tmp_path, empty_database, LAST, policy=HEADLESS) as rig:
        await rig.until(lambda: rig.events("run.closed"), "it closes itself")
        await rig.take_up(cut=is_last)
        await rig.until(lambda: rig.events("run.closed"), "the next one closes it")
        assert await standing(rig) == 0 and rig.recorder.state.status == "completed"


@pytest.mark.parametrize("died_behind", ["step.undone", "rollback.finished"])
@awaited
async def test_a_rollback_says_what_it_could_not_take_back(
    empty_database: Database, tmp_path: Path, died_behind: str
) -> None:
    async with Rig(tmp_path, empty_database, NO_WAY_BACK + STEPS, policy=ROLLS_BACK) as rig:
        await rig.until(lambda: rig.events("run.closed"), "it closes itself")
        await rig.take_up(cut=lambda event: event["type"] == died_behind)
        await rig.until(lambda: rig.events("run.closed"), "the next one closes it")
        assert await standing(rig) == 3
        told = status(rig.recorder.state)
        assert (told["status"], told["rollback"]["stays"]) == ("rolled_back", ["seq"])
        assert rig.events("run.closed")[0]["data"]["stays"] == ["seq"]
        assert empty_database.value("select to_regclass('numbers') is not null and to_regclass('made') is null")


@awaited
async def test_behind_a_step_of_which_nobody_knows_a_rollback_ends_undecided(
    empty_database: Database, tmp_path: Path
) -> None:
    program = """
          - {id: program, title: Program, command: [sleep, "60"]}
"""
    async with Rig(tmp_path, empty_database, STEPS.partition("          - {id: ask")[0] + program) as rig:
        await rig.execute("make")
        assert rig.do(Execute(step="program")) is None
        await rig.until(lambda: rig.events("step.child"), "it runs")
        await rig.take_up()
        assert (await rig.ended("program"))["data"]["fate"] == "undecided"
        await rig.take_up(policy=ROLLS_BACK)
        assert rig.do(Rollback(reason="nobody knows", confirm="dev")) is None
        await rig.until(lambda: rig.events("rollback.finished"), "it is rolled back")
        assert await standing(rig) == 4 and rig.recorder.state.status == "undecided"
        await rig.take_up(policy=HEADLESS)
        assert await standing(rig) == 4 and not rig.events("run.closed")
        assert status(rig.recorder.state)["rollback"]["stays"] == ["program"]
        assert rig.do(Skip(step="program", reason="it only sleeps"), keep_driving=True) is None
        await rig.until(lambda: rig.events("run.closed"), "it closes itself")
        assert await standing(rig) == 3


@awaited
async def test_nothing_that_really_reads_stays(empty_database: Database, tmp_path: Path) -> None:
    reading = """
          - {id: look, title: Look, check: {connect: true}}
          - {id: report, title: Report, changes: false, command: [psql, -c, "select count(*) from made"]}
          - {id: save, title: Save, backup: {directory: "${BACKUPS}"}}
          - {id: fails, title: Fails, changes: false, command: ["false"]}
"""
    plan = STEPS.partition("          - {id: ask")[0] + reading
    (tmp_path / "backups").mkdir()
    async with Rig(tmp_path, empty_database, plan, policy=ROLLS_BACK, BACKUPS=str(tmp_path / "backups")) as rig:
        await rig.until(lambda: rig.events("run.closed"), "it closes itself")
        told = status(rig.recorder.state)
        assert (told["status"], told["rollback"]["stays"]) == ("rolled_back", [])
        assert {step["id"]: step["effect"] for step in told["steps"]}["report"] == "none"
        assert await standing(rig) == 3
