"""The rig itself: a step runs, its outcome is read, another engine takes the run up behind a cut journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database

pytestmark = pytest.mark.postgres
STEPS = """
          - {id: make, title: Make, sql: {text: "create table made (id int)"}, undo: {sql: "drop table made"}}
"""


@awaited
async def test_a_step_is_executed_and_its_fate_is_learnt_behind_a_cut(empty_database: Database, tmp_path: Path) -> None:
    async with Rig(tmp_path, empty_database, STEPS) as rig:
        assert (await rig.execute("make"))["type"] == "step.passed"
        await rig.take_up(cut=lambda event: event["type"] == "tx.commit_sent")
        ended = await rig.ended("make")
        assert ended["type"] == "step.passed" and ended["data"]["evidence"]["reason"] == "xid_committed"
        assert empty_database.value("select count(*) from made") == 0
