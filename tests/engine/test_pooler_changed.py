"""A pooler that begins to lend its servers out while a run is open gets none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.pgbouncer import pgbouncer
from tests.postgres_server import Database
from tui.journal.codes import FailReason
from tui.journal.remarks import Remarked
from tui.run.commands import Retry

pytestmark = pytest.mark.postgres
STEP = '          - {id: a, title: A, sql: "create table made ()"}\n'


@pytest.mark.unsaid(Remarked.POOLER_NOW)
@pytest.mark.parametrize("mode", ["transaction", "statement"])
@awaited
async def test_nothing_is_done_through_it(empty_database: Database, tmp_path: Path, mode: str) -> None:
    server = empty_database.server
    account = server.account.name if server.account.switch else None
    place, leads = Path(server.socket), f"host={server.socket} port=5432 user=postgres"
    made = "select to_regclass('made') is not null"
    with pgbouncer(place, leads, account, "session", 6) as dsn:
        rig = Rig(tmp_path, f"{dsn} dbname={empty_database.name}", STEP)
        await rig.__aenter__()
        await rig.stop()
    with pgbouncer(place, leads, account, mode, 6):
        await rig.take_up()
        ended = await rig.execute("a")
        assert (ended["data"]["reason"], ended["data"]["effect"]) == (FailReason.CONNECTION, "none")
        assert ended["data"]["code"] == "pooler_now"
        await rig.stop()
        assert empty_database.value(made) is False
    with pgbouncer(place, leads, account, "session", 6):
        await rig.take_up()
        assert rig.do(Retry(step="a")) is None
        assert (await rig.ended("a", 2))["type"] == "step.passed"
        await rig.stop()
