"""What waited for its server, or for another run, until its window was over does not begin behind it by itself."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.cli.exit import Exit
from tui.cli.outcome import of_command
from tui.journal.codes import CancelReason
from tui.journal.events import OpenWindow
from tui.postgres.connect import open_session
from tui.postgres.evidence import fence
from tui.run import commands as c
from tui.run.clock import rfc3339

pytestmark = pytest.mark.postgres
STEPS = """
          - {id: make, title: Make, sql: {text: "create table made ()"}, undo: {sql: "drop table made"}}
"""


@pytest.mark.unsaid(CancelReason.OUTSIDE_WINDOW)
@pytest.mark.parametrize("late", [True, False], ids=["late", "in time"])
@pytest.mark.parametrize("drive", ["by_hand", "headless"])
@awaited
async def test_a_step_that_waited_for_another_run(
    empty_database: Database, tmp_path: Path, late: bool, drive: str
) -> None:
    over = time.time() + (0.7 if late else 600.0)
    window = OpenWindow(opens=rfc3339(over - 3600), closes=rfc3339(over + 900), duration_s=3600.0, buffer_s=900.0)
    session = await open_session(empty_database.dsn, purpose="work", run="other")
    try:
        async with Rig(tmp_path, empty_database, STEPS, window=window) as rig:
            assert await fence.try_lock(session, fence.target_key())
            assert rig.do(c.Execute(step="make") if drive == "by_hand" else c.Drive(headless=True)) is None
            await rig.waits("make")
            await rig.until(lambda: not late or time.time() > over, "its buffer has begun")
            await fence.release(session, fence.target_key())
            ended = await rig.ended("make")
            if not late:
                assert ended["type"] == "step.passed" and CancelReason.OUTSIDE_WINDOW not in rig.said()
                return
            assert (ended["type"], ended["data"]["reason"]) == ("step.cancelled", CancelReason.OUTSIDE_WINDOW)
            assert ended["data"]["effect"] == "none" and empty_database.value("select to_regclass('made') is null")
            verdict = of_command(rig.recorder.state, c.Execute(step="make"), 0, time.time())
            assert verdict is not None and (verdict.code, verdict.waiting) == (Exit.WAITING, "window")
            refused = rig.do(c.Execute(step="make"))
            assert refused is not None and refused.facts["why"] == "buffer"
            assert rig.do(c.Execute(step="make", confirm="dev", reason="Rui agrees")) is None
            await rig.until(lambda: rig.step("make").status == "passed", "a person has it go on")
    finally:
        await session.close()
