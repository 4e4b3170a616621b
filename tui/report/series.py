"""What was measured of a run, metric by metric: its samples, figures of a period, the lowest and highest of a column.

Seconds are those of the run's own clock. A sample stands for the time up to the next one, but never for longer than a
figure stays known (`tui.run.measured.STALE`): what lies in a gap was not measured.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct

from tui.run.measured import STALE

Span = tuple[float, float]
"""From when to when, in seconds from the run's opening."""


class PeriodFigures(Struct, frozen=True, kw_only=True):
    """Of one metric in one period, in its own unit; `median` and `p95` are among the samples."""

    samples: int
    least: float
    median: float
    p95: float
    most: float


class Stretch(Struct, frozen=True):
    """The lowest and highest of a stretch of time; a breach of a single second is among them."""

    at: float
    low: float
    high: float


class Series:
    """One metric's samples, in the order of time."""

    def __init__(self) -> None:
        self.times = array("d")
        self.values = array("d")

    def add(self, mono: float, value: float) -> None:
        # What is infinite, or no number, is less than nothing of itself.
        if value - value == 0:
            self.times.append(mono)
            self.values.append(value)

    def figures(self, period: Span) -> PeriodFigures | None:
        """None where nothing was measured in the period."""
        values = sorted(self.values[bisect_left(self.times, period[0]) : bisect_right(self.times, period[1])])
        if not values:
            return None
        return PeriodFigures(
            samples=len(values), least=values[0], median=_ranked(values, 0.5), p95=_ranked(values, 0.95),
            most=values[-1],
        )  # fmt: skip

    def columns(self, period: Span, count: int) -> Iterator[Stretch]:
        """So many stretches of equal length; those without a sample are left out."""
        begin, width = period[0], (period[1] - period[0]) / count
        first = bisect_left(self.times, begin)
        for number in range(count):
            last = number == count - 1
            end = begin + width * (number + 1)
            behind = bisect_right(self.times, period[1]) if last else bisect_left(self.times, end, first)
            if behind > first:
                some = self.values[first:behind]
                yield Stretch(begin + width * (number + 0.5), min(some), max(some))
            first = behind

    def held(self, period: Span | None = None) -> Iterator[tuple[float, float, float]]:
        """Each value with from when to when it stood, inside the period."""
        begin, end = period or (0.0, math.inf)
        first, last = bisect_left(self.times, begin - STALE), bisect_right(self.times, end)
        times = self.times[first : last + 1]
        times.append(math.inf)
        since = times[0]
        for value, next_ in zip(self.values[first:last], times[1:], strict=False):
            until = next_ if next_ - since <= STALE else since + STALE
            if since < begin or until > end:
                if min(until, end) > max(since, begin):
                    yield value, max(since, begin), min(until, end)
            elif until > since:
                yield value, since, until
            since = next_


def _ranked(values: list[float], share: float) -> float:
    """By nearest rank, of sorted values."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def gaps(ticks: array[float], away: list[Span], end: float) -> list[Span]:
    """From when to when nothing was measured, up to `end`; least of all where nobody was there to measure (`away`)."""
    found: list[Span] = []
    behind, gone = 0.0, 0
    for tick in (*ticks, end):
        if tick > behind:
            found.append((behind, tick))
        while gone < len(away) and away[gone][1] <= tick:
            gone += 1
        behind = tick + STALE
        if gone < len(away):
            behind = min(behind, max(tick, away[gone][0]))
    return found


def total(spans: Iterable[Span]) -> float:
    """Seconds of spans, those counted once that lie in several."""
    covered, behind = 0.0, -math.inf
    for begin, end in sorted(spans):
        covered += max(0.0, end - max(begin, behind))
        behind = max(behind, end)
    return covered


def inside(spans: list[Span], period: Span) -> list[Span]:
    """The parts of spans that lie in the period; they are in the order of time and apart from each other. It is asked
    for thousands of periods."""
    first = bisect_right(spans, period[0], key=_end)
    last = bisect_left(spans, period[1], first, key=_begin)
    found = ((max(a, period[0]), min(b, period[1])) for a, b in spans[first:last])
    return [(a, b) for a, b in found if b > a]


def _begin(of: Span) -> float:
    return of[0]


def _end(of: Span) -> float:
    return of[1]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time, in its order, nothing of it twice."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def outside(spans: Iterable[Span], gone: list[Span]) -> Iterator[Span]:
    """What is left of spans without other ones; both in the order of time, those in `gone` apart from each other."""
    first = 0
    for begin, end in spans:
        while first < len(gone) and gone[first][1] <= begin:
            first += 1
        place = first
        while place < len(gone) and gone[place][0] < end:
            if gone[place][0] > begin:
                yield begin, gone[place][0]
            begin = max(begin, gone[place][1])
            place += 1
        if begin < end:
            yield begin, end
