"""What answers is not the run's target: the screen says why, and how a person accepts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.console.journals import failed, prepared
from tests.console.test_commands import confirm_by_name
from tests.console.twin import shown
from tui.journal import events as e
from tui.journal.codes import EvidenceState, HoldReason
from tui.run import commands as c

FOUND = {"system_identifier": "7", "timeline": 2, "database": "app", "database_oid": 1}


def held(code: HoldReason, **facts: Any) -> e.RunHeld:
    expected = FOUND | {"timeline": 1, "system_identifier": "7"}
    return e.RunHeld(code=code, facts={"expected": expected, "found": FOUND, **facts})


async def test_a_promoted_standby_is_accepted_with_a_reason_and_the_targets_name(tmp_path: Path) -> None:
    story = prepared().add(held(HoldReason.OTHER_TIMELINE, evidence=EvidenceState.LEDGER_ROW))
    async with shown(story, tmp_path) as seen:
        text = seen.text()
        assert "HELD" in text and "timeline 2" in " ".join(text.split())
        await seen.press("colon")
        await seen.type("accept what answers")
        await seen.settle()
        await seen.press("enter")
        await seen.settle()
        assert seen.helm.taken == []
        await confirm_by_name(seen, ["failover to db2"])
        assert await seen.commands() == [c.Accept(reason="failover to db2", confirm="production")]


async def test_another_server_is_never_offered_to_be_accepted(tmp_path: Path) -> None:
    story = failed().add(held(HoldReason.OTHER_SERVER))
    async with shown(story, tmp_path) as seen:
        await seen.press("colon")
        await seen.type("accept what answers")
        await seen.settle()
        assert "Accept what answers" not in seen.text()
        await seen.press("escape", "h")
        assert await seen.commands() == [c.Resume()]
