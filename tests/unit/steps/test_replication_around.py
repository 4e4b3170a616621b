"""`check: replication` without a server: what it makes of the answers that it gets."""

from __future__ import annotations

from typing import Any

from tests.unit.steps.drive import BROKEN, codes, lint, play
from tui.steps.check import KIND
from tui.steps.effects import Effect, Probe, Rows, RunQuery, Sleep

SLOT = ("s", "logical", "app", True, "reserved", 5, "consumer", "0/1")


def replication(spec: Any = True, **rows: Rows) -> dict[str, dict[str, Any]]:
    def answer(effect: Effect) -> Any:
        if isinstance(effect, Sleep):
            return False
        if isinstance(effect, Probe):
            return {"error": "nobody answers", "sqlstate": "57014"}
        assert isinstance(effect, RunQuery)
        return rows.get(effect.named.rpartition("_")[2], Rows())

    done = play(KIND, {"replication": spec}, answer)
    return {row["what"]: row for row in done.ended.evidence["checks"]}


def test_more_than_is_told_at_once_is_not_passed() -> None:
    assert replication(slots=Rows(rows=(SLOT,), count=1))["slots"]["holds"] is True
    row = replication(slots=Rows(rows=(SLOT,), count=1001))["slots"]
    assert row["holds"] is None and row["not_looked_at"] == 1000
    lost = (*SLOT[:4], "lost", *SLOT[5:])
    assert replication(slots=Rows(rows=(lost,), count=1001))["slots"]["holds"] is False


def test_what_the_server_does_not_answer_is_not_known() -> None:
    rows = replication(published=Rows(error=BROKEN), subscribed=Rows(error=BROKEN), slots=Rows(error=BROKEN))
    for what in ("publications", "subscriptions", "slots"):
        assert rows[what]["holds"] is None and rows[what]["error"] == BROKEN.message
    assert replication(standbys=Rows(error=BROKEN))["standbys"]["holds"] is None


def test_a_target_that_does_not_answer_says_nothing_of_its_standby() -> None:
    there = Rows(rows=((7, "one", False, 0),), count=1)
    row = replication({"standbys": [{"name": "one", "service": "s"}]}, standbys=there)["standby"]
    assert row["holds"] is None and row["error"] == "nobody answers"


def test_lint() -> None:
    assert codes(lint(KIND, {"replication": {"accept": ["subscriber_stops"], "slot_bytes": "10GB"}})) == []
    wrong = {"accept": ["nothing"], "slot_bytes": "2x"}
    assert codes(lint(KIND, {"replication": wrong})) == ["replication-accept", "replication-bytes"]
