"""Spans of time, of which a day has tens of thousands: breaches, and what was not measured meanwhile."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tui.report.series import Span, inside, outside, union

MOMENTS = st.lists(st.integers(0, 40).map(float), unique=True, max_size=12).map(sorted)


def apart(moments: list[float]) -> list[Span]:
    return list(zip(moments[::2], moments[1::2], strict=False))


def seconds(spans: list[Span]) -> set[float]:
    """Which half seconds they hold."""
    return {n / 2 for begin, end in spans for n in range(int(begin * 2), int(end * 2))}


@given(MOMENTS, st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: tuple(map(float, sorted(pair)))))
def test_what_of_them_lies_in_a_period(moments: list[float], period: tuple[float, float]) -> None:
    found = inside(apart(moments), period)
    assert seconds(found) == seconds(apart(moments)) & seconds([period])
    assert all(begin < end for begin, end in found)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=12), MOMENTS)
def test_the_same_time_without_anything_twice(pairs: list[list[int]], gone: list[float]) -> None:
    spans = [(float(begin), float(end)) for begin, end in pairs]
    found = union(spans)
    assert seconds(found) == seconds(spans) and all(a[1] < b[0] for a, b in pairwise(found))
    assert seconds(list(outside(found, apart(gone)))) == seconds(spans) - seconds(apart(gone))


class _Looked(list[Span]):
    """Counts what is looked at."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        self.looks += 1
        return super().__getitem__(place)

    def __iter__(self) -> Any:
        raise AssertionError("each is looked at for each period")


def test_of_a_day_with_as_many_gaps_as_breaches_few_are_looked_at_for_each() -> None:
    gaps = _Looked((float(n), n + 0.5) for n in range(10_000))
    assert inside(gaps, (5000.0, 5001.0)) == [(5000.0, 5000.5)]
    assert gaps.looks < 40
