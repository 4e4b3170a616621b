"""Numbers of elsewhere kept within what can be reckoned and shown with: a journal may have any."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from typing import Final

LONGEST: Final = 1e10
"""Seconds; three hundred years."""
PLAIN: Final = 1e15
"""From here on a number is written with an exponent."""
_FIRST: Final = datetime(2, 1, 1, tzinfo=UTC).timestamp()
_LAST: Final = datetime(9998, 1, 1, tzinfo=UTC).timestamp()


def span(seconds: float) -> float:
    """The span, or the longest there is; none for what is no number."""
    return 0.0 if math.isnan(seconds) else max(-LONGEST, min(LONGEST, seconds))


def local(seconds: float, where: tzinfo = UTC) -> datetime:
    """An instant in seconds since the epoch on the clock of a place, between the years 2 and 9998."""
    return datetime.fromtimestamp(max(_FIRST, min(_LAST, 0.0 if math.isnan(seconds) else seconds)), where)


def share(value: float, whole: float) -> float:
    """What part of `whole` the value is, from 0 to 1; 0 where that cannot be told."""
    if not whole > 0 or math.isnan(value):
        return 0.0
    # The quotient of an enormous and a tiny number, or of two infinite ones, is none.
    return 1.0 if value >= whole else max(0.0, value / whole)
