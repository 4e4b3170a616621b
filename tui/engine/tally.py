"""What the server's figures tell only beside earlier ones: deadlocks since we look, replicas that went away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tui.locale import _
from tui.postgres.sample import Sample


class Tally:
    """Keeps what the next sample is compared with, also through a connection that was lost in between."""

    def __init__(self, say: Callable[[Literal["INFO", "WARNING"], str], None]) -> None:
        self._say = say
        self._deadlocks: int | None = None
        self._counted = 0
        self._replicas: dict[int, str] = {}
        self._partial = False
        self._hidden = False

    def figures(self, taken: Sample) -> dict[str, float]:
        """Metrics by name; what people should know of the sample is said."""
        # Statistics thrown away by a crash make the counter go back: it is counted on from there.
        if self._deadlocks is not None and taken.deadlocks > self._deadlocks:
            self._counted += taken.deadlocks - self._deadlocks
        self._deadlocks = taken.deadlocks
        self._compare({replica.pid: replica.name for replica in taken.replicas})
        if any(replica.hidden for replica in taken.replicas) and not self._hidden:
            self._hidden = True
            text = _("The role may not see how far replicas are (it lacks pg_monitor): their lag is not measured.")
            self._say("WARNING", text)
        if taken.partial and not self._partial:
            self._partial = True
            text = _(
                "The role may not see what sessions of other roles do (it lacks pg_monitor): active, waiting and idle "
                "sessions and the oldest transaction are not measured."
            )
            self._say("WARNING", text)
        return {"deadlocks": float(self._counted)}

    def _compare(self, now: dict[int, str]) -> None:
        before, self._replicas = self._replicas, now
        if len(now) >= len(before):
            return
        gone = ", ".join(sorted({name for pid, name in before.items() if pid not in now and name})) or "?"
        text = _("Of {before} replicas {now} are left; gone: {names}.")
        if len(before) == 1:
            text = _("The only replica is gone: {names}.")
        elif len(now) == 1:
            text = _("Of {before} replicas one is left; gone: {names}.")
        self._say("WARNING", text.format(before=len(before), now=len(now), names=gone))
