"""The answers of a canary: how long each took, and what is told of them. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

KEPT: Final = 30
LONG: Final = 300
"""Answers of which the slowest in a hundred is told."""
RECENT_S: Final = 5.0


class AnswerWindow:
    """The last thirty answers, in seconds."""

    def __init__(self) -> None:
        self._answers: deque[tuple[float, float]] = deque(maxlen=KEPT)
        self._many: deque[float] = deque(maxlen=LONG)

    def add(self, at: float, seconds: float) -> None:
        """An answer that came at `at` (monotonic seconds)."""
        self._answers.append((at, seconds))
        self._many.append(seconds)

    def figures(self, now: float, waiting: float | None = None) -> dict[str, float]:
        """`response_time`, `response_time_p50`, `response_time_p95`, `response_time_p99`; none before the first answer.

        `response_time` is what a criterion is held against: the 95th percentile of the answers of the last five
        seconds (with one answer a second their slowest), at least of the latest one. So one fast answer among slow
        ones does not begin a breach's duration anew, and a stall of three seconds does not last half a minute, as it
        would in a long window. The others are of the last thirty answers, the last of them of three hundred.
        `waiting`: seconds for which an answer has
        been waited for; it will have taken at least that long, so it counts once it is slower than the rest.
        """
        taken = [seconds for _at, seconds in self._answers]
        recent = [seconds for at, seconds in self._answers if now - at <= RECENT_S] or taken[-1:]
        if not recent:
            return {}
        latest = percentile(recent, 0.95)
        if waiting is not None and waiting > latest:
            return {"response_time": waiting} | self._long([*taken, waiting][-KEPT:], [*self._many, waiting][-LONG:])
        return {"response_time": latest} | self._long(taken, self._many)

    @staticmethod
    def _long(taken: Sequence[float], many: Sequence[float]) -> dict[str, float]:
        return {
            "response_time_p50": percentile(taken, 0.5), "response_time_p95": percentile(taken, 0.95),
            "response_time_p99": percentile(many, 0.99),
        }  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank: always one of the values, of which there must be some."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
