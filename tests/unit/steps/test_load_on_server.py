"""`check: load` without a server: what it makes of the answers that it gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import BROKEN, Played, play
from tui.journal.codes import Hindrance
from tui.steps.check import KIND
from tui.steps.effects import Effect, Failed, Passed, Rows, Sleep, Watch, Watched


def load(seen: Watched, rows: Rows | None = None, spec: Any = True) -> Played:
    def answer(effect: Effect) -> Any:
        if isinstance(effect, Watch):
            return seen
        return False if isinstance(effect, Sleep) else rows or Rows()

    return play(KIND, {"load": spec}, answer)


def told(played: Played) -> dict[str, Any]:
    return {row["what"]: row for row in played.ended.evidence["checks"]}


@pytest.mark.unsaid(Hindrance.LAGS, Hindrance.LAG_UNKNOWN)
@pytest.mark.parametrize(
    ("seen", "holds", "code"),
    [
        (Watched(samples=1), True, None),
        (Watched(samples=1, lag=10.0), True, None),
        (Watched(samples=1, lag=11.0), False, "lags"),
        (Watched(samples=1, lag_unknown=True), None, "lag_unknown"),
        (Watched(), None, "lag_unknown"),
    ],
)
def test_a_lag_is_known_or_it_is_not(seen: Watched, holds: bool | None, code: str | None) -> None:
    done = load(seen)
    row = told(done)["replication_lag"]
    assert row["holds"] is holds and [one["code"] for one in row.get("why", ())] == ([code] if code else [])
    assert isinstance(done.ended, Passed if holds else Failed)


def test_what_the_server_does_not_answer_is_not_known() -> None:
    done = load(Watched(samples=1), Rows(error=BROKEN))
    rows = told(done)
    assert isinstance(done.ended, Failed) and done.ended.reason == "not_answered"
    assert {what for what, row in rows.items() if row["holds"] is None and row["error"] == BROKEN.message} == {
        "active", "long", "idle_in_transaction", "prepared", "lock_wait", "vacuum"
    }  # fmt: skip


def test_limits_are_the_plans() -> None:
    rows = told(load(Watched(samples=1, lag=11.0), spec={"replication_lag": 12.0, "long": 9.0}))
    assert (rows["replication_lag"]["expected"], rows["replication_lag"]["holds"], rows["long"]["expected"]) == (
        12,
        True,
        9,
    )
