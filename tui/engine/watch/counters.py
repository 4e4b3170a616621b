"""What the server's figures tell only beside earlier ones: deadlocks since we look, replicas that went away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tui.journal.remarks import Coded, Remarked
from tui.plan.metrics import Origin, told_by
from tui.postgres.sample import ServerSample


class ServerCounters:
    """Keeps what the next sample is compared with, also through a connection that was lost in between."""

    def __init__(self, say: Callable[[Literal["INFO", "WARNING"], Coded], None]) -> None:
        self._say = say
        self._counters: dict[str, float] = {}
        self._counted: dict[str, float] = {}
        self._replicas: dict[int, str] = {}
        self._partial = False
        self._hidden = False

    def figures(self, taken: ServerSample) -> dict[str, float]:
        """Metrics by name; what people should know of the sample is said."""
        # Statistics thrown away by a crash make the counter go back: it is counted on from there.
        for name in told_by(Origin.COUNTS):
            value = taken.told[name]
            since = max(0.0, value - self._counters.get(name, value))
            self._counted[name] = self._counted.get(name, 0.0) + since
            self._counters[name] = value
        self._compare({replica.pid: replica.name for replica in taken.replicas})
        if any(replica.hidden for replica in taken.replicas) and not self._hidden:
            self._hidden = True
            self._say("WARNING", Coded(Remarked.LAG_HIDDEN))
        if taken.partial and not self._partial:
            self._partial = True
            self._say("WARNING", Coded(Remarked.SESSIONS_HIDDEN))
        return dict(self._counted)

    def _compare(self, now: dict[int, str]) -> None:
        before, self._replicas = self._replicas, now
        if len(now) >= len(before):
            return
        gone = sorted({name for pid, name in before.items() if pid not in now and name}) or "?"
        code = Remarked.ONE_REPLICA_LEFT if len(now) == 1 else Remarked.REPLICAS_GONE
        if len(before) == 1:
            code = Remarked.ONLY_REPLICA_GONE
        self._say("WARNING", Coded(code, before=len(before), now=len(now), names=gone))
