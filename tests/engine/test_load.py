"""A load test by the real pgbench: what it tells, and what its exit status does not."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact, FailReason

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(shutil.which("pgbench") is None, reason="no pgbench here")]

STEP = """
          - id: load
            title: Load
            load: {scripts: [load.sql], clients: [1, 2], for: 1s}
"""


def outcome(tmp_path: Path, database: Database, script: str) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        async with Rig(tmp_path, database, STEP, files={"load.sql": script}, beside="another test") as rig:
            return dict((await rig.execute("load"))["data"])

    return asyncio.run(run())


@pytest.mark.unsaid(Fact.BREAKS_AT, Fact.BREACHED_BEFORE)
def test_levels_are_told_with_their_figures(tmp_path: Path, database: Database) -> None:
    data = outcome(tmp_path, database, "select 1;\n")
    evidence = data["evidence"]
    assert evidence["holds_up_to"] == 2
    assert [level["clients"] for level in evidence["levels"]] == [1, 2]
    assert "breaks_at" not in evidence and "breached_before" not in evidence
    assert all(level["tps"] > 10 and level["failed_transactions"] == 0 for level in evidence["levels"])


@pytest.mark.unsaid(Fact.HOLDS_UP_TO)
def test_a_load_in_which_every_transaction_failed_is_no_pass(tmp_path: Path, database: Database) -> None:
    fails = "begin isolation level serializable;\ndo $$ begin raise sqlstate '40001'; end $$;\nend;\n"
    data = outcome(tmp_path, database, fails)
    assert data["reason"] == FailReason.TRANSACTIONS_FAILED, "pgbench ended with 0"
    assert data["evidence"]["levels"][0]["transactions"] == 0
    assert "holds_up_to" not in data["evidence"]


@pytest.mark.unsaid(FailReason.TRANSACTIONS_FAILED, Fact.LEVELS)
def test_a_script_that_is_wrong_is_told_in_the_servers_words(tmp_path: Path, database: Database) -> None:
    broken = outcome(tmp_path, database, "select * from no_such_table;\n")
    assert broken["reason"] == FailReason.EXIT_STATUS and "no_such_table" in broken["evidence"]["tail"]
    assert [level["clients"] for level in broken["evidence"]["levels"]] == [1], "the second was not begun"
