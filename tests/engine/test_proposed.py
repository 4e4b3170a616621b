"""A change that leaves the data inconsistent: what compares finds it, and a rollback is proposed with its grounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import TriggerReason
from tui.journal.line import Line
from tui.journal.reader import read_all
from tui.run.commands import Rollback
from tui.words.events import told

pytestmark = pytest.mark.postgres
PLAN = """
virada: 1
name: proposed
targets: {dev: {environment: development, dsn: "${RIG_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: change, title: Change, sql: "CHANGE", undo: {sql: "alter table carts drop constraint positive"}}
          - {id: consistent, title: Consistent, check: {consistency: true}, on_failure: continue}
          - {id: shop, title: The shop, query: {sql: "select count(*) from carts", equals: 2}, on_failure: continue}
          - {id: agree, title: Agree, sign: true}
rollback:
  triggers:
    - {title: Inconsistências nos dados, comparisons: true}
    - {title: Falhas em funcionalidades críticas, steps: [shop]}
  phases:
    - {title: Back, sections: [{title: Back, estimate: 3m, undo_applied: true}]}
"""
TABLE = "create table carts (id int primary key, state text); insert into carts values (1, 'x'), (2, 'y')"


@awaited
async def test_by_what_compares_and_by_a_critical_step(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.connect() as session:
        session.execute(TABLE)
    plan = PLAN.replace(
        "CHANGE", "alter table carts add constraint positive check (id > 1) not valid; delete from carts"
    )
    async with Rig(tmp_path, empty_database, plan) as rig:
        for step in ("change", "consistent", "shop"):
            await rig.execute(step)
        await rig.until(lambda: len(rig.events("trigger.fired")) == 2, "both fire")
        data, shop = (event["data"] for event in rig.events("trigger.fired"))
        assert (data["title"], data["reason"]) == ("Inconsistências nos dados", TriggerReason.COMPARISON_FAILED)
        assert (data["grounds"], data["rollback_s"]) == ({"why": "check_failed"}, 180.0)
        assert shop["reason"] == TriggerReason.STEP_FAILED and shop["step"] == "shop"
        line = next(line for line in rig.recorder.state.fired if line.event.step == "consistent")
        said = told(line.event, _line(rig), rig.recorder.state)
        assert said is not None and "Consistent: " in said.sentence and "expected to take 3:00" in said.sentence
        # A person decides.
        assert not rig.events("rollback.started")
        assert rig.do(Rollback(reason="inconsistent", confirm="dev")) is None
        await rig.until(lambda: rig.recorder.state.status == "rolled_back", "it is rolled back")
        assert not rig.recorder.state.proposed


@awaited
async def test_not_by_a_change_that_keeps_everything_together(empty_database: Database, tmp_path: Path) -> None:
    with empty_database.connect() as session:
        session.execute(TABLE)
    plan = PLAN.replace("CHANGE", "alter table carts add constraint positive check (id > 0)")
    async with Rig(tmp_path, empty_database, plan) as rig:
        for step in ("change", "consistent", "shop"):
            assert (await rig.execute(step))["type"] == "step.passed"
        assert not rig.events("trigger.fired")


def _line(rig: Rig) -> Line:

    return read_all(rig.paths.journal)[-1]
