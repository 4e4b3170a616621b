"""What figures were over a time: median, 95th percentile, maximum and how many there were, for each metric. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any, Final

KEPT: Final = 4096
"""Samples of a metric that are kept: at one a second more than an hour's. Of a longer time every second one is, then
every fourth, ...; maximum and number are those of all."""


class Figures:
    """Of samples, each with its figures by metric."""

    def __init__(self) -> None:
        self._of: dict[str, _Series] = {}

    def add(self, samples: Iterable[Mapping[str, float]]) -> None:
        for sample in samples:
            for metric, value in sample.items():
                if math.isfinite(value):
                    self._of.setdefault(metric, _Series()).add(value)

    def told(self) -> dict[str, dict[str, Any]]:
        """`{metric: {median, p95, max, samples}}`, in each metric's own unit; what was never measured is not there."""
        return {metric: series.told() for metric, series in sorted(self._of.items())}


class _Series:
    def __init__(self) -> None:
        self._values: list[float] = []
        self._every = 1
        self._count = 0
        self._max = -math.inf

    def add(self, value: float) -> None:
        if self._count % self._every == 0:
            self._values.append(value)
        self._count += 1
        self._max = max(self._max, value)
        if len(self._values) > KEPT:
            self._values = self._values[::2]
            self._every *= 2

    def told(self) -> dict[str, Any]:
        found = sorted(self._values)
        p95 = found[math.ceil(0.95 * len(found)) - 1]
        return {"median": round(median(found), 6), "p95": p95, "max": self._max, "samples": self._count}
