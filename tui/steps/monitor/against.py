"""Figures held against those of a baseline, of the same hours of the day where it has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tui.plan.metrics import METRICS, Origin
from tui.steps.figures import Figures
from tui.steps.monitor.spec import AgainstSpec

ANSWERS: Final = tuple(name for name, metric in METRICS.items() if metric.origin is Origin.CANARY)
"""The metrics that are compared: how long the application waits for its answers."""
HOUR: Final = 3600.0
LEAST: Final = 60
"""Samples of an hour that make a baseline of it."""
_COMPARED: Final = ("median", "p95")


class Hours:
    """Figures by hour of the day (UTC), 0 to 23, of what is compared."""

    def __init__(self, began: float) -> None:
        """`began`: seconds since the epoch."""
        self._began = began
        self._of: dict[int, Figures] = {}

    def add(self, after: float, samples: Iterable[Mapping[str, float]]) -> None:
        """Samples that came so many seconds after it began."""
        hour = int((self._began + after) % (24 * HOUR) // HOUR)
        kept = [{name: sample[name] for name in ANSWERS if name in sample} for sample in samples]
        self._of.setdefault(hour, Figures()).add(kept)

    def told(self) -> dict[str, Any]:
        """By hour; those in which nothing was measured are not there."""
        found = {str(hour): figures.told() for hour, figures in sorted(self._of.items())}
        return {hour: figures for hour, figures in found.items() if figures}


def compared(
    spec: AgainstSpec, before: Mapping[str, Any], now: Mapping[str, Any], hours: Mapping[str, Any],
    same_hours: Mapping[str, Any],
) -> list[dict[str, Any]]:  # fmt: skip
    """A row a metric, and an hour where both have it: what it was (`before`) and is (`now`), and whether that is
    `worse`. `before`, `now`: figures of all the time; `hours` and `same_hours`: those of now and of the baseline by
    hour; where they are an earlier run's, with that `run`.
    """
    found = []
    for metric in ANSWERS:
        rows = []
        for hour, figures in hours.items():
            was = same_hours.get(hour, {}).get(metric)
            if metric in figures and was is not None and was["samples"] >= LEAST:
                of = same_hours[hour].get("run")
                from_run = {} if of is None else {"run": of}
                rows.append({"metric": metric, "hour": int(hour), **from_run, **_row(spec, was, figures[metric])})
        if not rows and metric in before and metric in now:
            rows.append({"metric": metric, **_row(spec, before[metric], now[metric])})
        found += rows
    return found


def _row(spec: AgainstSpec, was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    before = {key: float(was[key]) for key in _COMPARED}
    present = {key: float(now[key]) for key in _COMPARED}
    return {"before": before, "now": present, "worse": any(worse(spec, before[k], present[k]) for k in _COMPARED)}


def worse(spec: AgainstSpec, before: float, now: float) -> bool:
    """Whether seconds became too many."""
    return now > before * spec.worse and now - before >= spec.margin
