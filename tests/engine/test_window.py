"""An engine that drives stops where a confirmation is due, and so does the one behind it; a person's brings it on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.cli.outcome import of_run
from tui.journal.events import OpenWindow, Policy
from tui.run import commands as c
from tui.run.clock import rfc3339

pytestmark = pytest.mark.postgres
STEPS = """
          - {id: look, title: Look, query: {sql: "select 1", equals: 1}}
          - {id: make, title: Make, sql: {text: "create table made ()"}, undo: {sql: "drop table made"}}
          - {id: after, title: After, query: {sql: "select 1", equals: 1}}
"""


def closed(seconds_ago: float) -> OpenWindow:
    """A window of an hour with a quarter of an hour of buffer."""
    closes = time.time() - seconds_ago
    return OpenWindow(opens=rfc3339(closes - 4500), closes=rfc3339(closes), duration_s=3600.0, buffer_s=900.0)


@awaited
@pytest.mark.parametrize(
    ("seconds_ago", "dangerous", "why"),
    [(6 * 86400.0, "", "window"), (-600.0, "", "buffer"), (None, ", confirm: typed", "typed")],
    ids=["past", "buffer", "typed"],
)
async def test_headless_stops_before_the_step_and_names_it(
    empty_database: Database, tmp_path: Path, seconds_ago: float | None, dangerous: str, why: str
) -> None:
    window = None if seconds_ago is None else closed(seconds_ago)
    steps = STEPS.replace('drop table made"}', f'drop table made"}}{dangerous}')
    async with Rig(tmp_path, empty_database, steps, policy=Policy(drive="headless"), window=window) as rig:
        await rig.ended("look")

        def standing() -> tuple[int, str | None, str | None] | None:
            verdict = of_run(rig.recorder.state, time.time())
            return None if verdict is None else (int(verdict.code), verdict.step, verdict.waiting)

        assert await rig.until(standing, "it stands") == (6, "make", why)
        await rig.take_up()
        assert await rig.until(standing, "another engine stands") == (6, "make", why)
        refused = rig.do(c.Execute(step="make"))
        assert refused is not None and (refused.code, refused.facts["why"]) == ("confirm", why)
        assert empty_database.value("select to_regclass('made') is null")
        assert rig.do(c.Execute(step="make", confirm="dev", reason="agreed with Rui")) is None
        await rig.ended("make")
        assert rig.step("make").status == "passed" and empty_database.value("select to_regclass('made') is not null")
        started = next(e for e in rig.events("step.started") if e["data"]["step"] == "make")
        assert (started["by"], started["data"]["confirm"]) == ("ana@test", "dev")
        assert started["data"]["reason"] == "agreed with Rui"
