"""How fast a step gets on: what was done in the last seconds, not since its beginning. Pure."""

from __future__ import annotations

import math

from msgspec import Struct
from msgspec.structs import replace

from tui.journal.events import StepProgress

SPAN = 5.0
"""Seconds that the speed is taken from at least, where there are so many; twice as many at most while reports come."""


class Pace(Struct, frozen=True):
    """`per_s`: of the report's own unit, None before two moments are known. From `since` on, where `base` was done,
    with another such place from which the next speeds are taken."""

    since: float
    base: float
    next_since: float
    next_base: float
    phase: str | None = None
    last: float = 0.0
    per_s: float | None = None


def paced(known: Pace | None, event: StepProgress, mono: float, started: float | None) -> Pace | None:
    """The speed after one more report; `started`: when the attempt began, with nothing done. None: nothing counts."""
    done = event.done
    if done is None or not math.isfinite(done):
        return None
    if known is None and started is not None and started < mono:
        known = Pace(started, 0.0, started, 0.0, event.phase)
    if known is None or done < known.last or event.phase != known.phase:
        # Another thing is counted now: its speed is known with its second report.
        return Pace(mono, done, mono, done, event.phase, done)
    if mono - known.next_since >= SPAN:
        known = replace(known, since=known.next_since, base=known.next_base, next_since=mono, next_base=done)
    taken = mono - known.since
    return replace(known, last=done, per_s=(done - known.base) / taken if taken > 0 else known.per_s)
