"""The waits between two batches: the plan's pause, criteria that are breached, replicas that lag."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tui.journal.codes import WaitReason
from tui.steps.batch.spec import BatchSpec
from tui.steps.context import Context
from tui.steps.effects import Effect, Sleep, Watch, Watched


def pause(context: Context, spec: BatchSpec, seconds: float) -> Generator[Effect, Any, Watched | None]:
    """Wait the plan's pause, or `seconds` where it says none, and longer while a guard is breached or a standby lags:
    what was seen last; None when asked to stop."""
    seconds = seconds if spec.pause is None else spec.pause
    if seconds:
        stopped = yield Sleep(seconds=seconds, compressible=True)
        if stopped:
            return None
    waiting = False
    while True:
        seen: Watched = yield Watch()
        reason, facts = WaitReason.NONE, {}
        if seen.breached:
            reason, facts = WaitReason.THROTTLED_BY_GUARD, dict(seen.breached[0])
        elif spec.max_lag is not None and seen.lag_unknown:
            # Nobody sees how far the replicas are, or the last look was too long ago: that is no lag of zero.
            reason, facts = WaitReason.LAG_UNKNOWN, {"limit_s": spec.max_lag}
        elif spec.max_lag is not None and seen.lag is not None and seen.lag > spec.max_lag:
            reason, facts = WaitReason.REPLICATION_LAG, {"lag_s": seen.lag, "limit_s": spec.max_lag}
        if not reason:
            if waiting:
                yield context.waits(WaitReason.NONE)
            return seen
        if not waiting:
            waiting = True
            yield context.waits(reason, facts)
        stopped = yield Sleep(seconds=1.0, compressible=False)
        if stopped:
            return None
