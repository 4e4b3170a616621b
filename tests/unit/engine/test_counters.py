"""What is said of replicas that went away is true of those that are there."""

from __future__ import annotations

import pytest

from tui.engine.watch.counters import ServerCounters
from tui.journal.remarks import Coded, Remarked
from tui.plan.metrics import Origin, told_by
from tui.postgres.sample import Replica, ServerSample


def taken(*names: str, hidden: bool = False, partial: bool = False) -> ServerSample:
    replicas = tuple(
        Replica(pid=ord(name), name=name, lag_s=0.0, lag_bytes=0, replayed="0/1", since=0.0, hidden=hidden)
        for name in names
    )
    return ServerSample(
        source="db1:5432", at=0.0, connections=1, connections_usable=9, told=dict.fromkeys(told_by(Origin.COUNTS), 0.0),
        figures={}, replicas=replicas, database_bytes=None, database_bytes_at=0.0, partial=partial,
    )  # fmt: skip


@pytest.mark.unsaid(Remarked.ONE_REPLICA_LEFT, Remarked.ONLY_REPLICA_GONE, Remarked.REPLICAS_GONE)
@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("abc", "ab", ["replicas_gone"]), ("ab", "a", ["one_replica_left"]), ("a", "", ["only_replica_gone"]),
        ("ab", "", ["replicas_gone"]), ("ab", "ab", []), ("a", "ab", []), ("", "", []), ("ab", "ac", []),
    ],
)  # fmt: skip
def test_replicas_that_went_away(before: str, now: str, said: list[str]) -> None:
    told: list[Coded] = []
    counters = ServerCounters(lambda _severity, remark: told.append(remark))
    counters.figures(taken(*before))
    assert told == []
    counters.figures(taken(*now))
    assert [remark.text for remark in told] == said
