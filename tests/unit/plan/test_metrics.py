"""One table says everything of a metric: lint, schema and manual go by it."""

from __future__ import annotations

import pytest

from tests.unit.plan.desk import PLAN, Desk
from tui.plan import metrics
from tui.plan.metrics import METRICS, Metric, Origin, Unit
from tui.plan.schema import json_schema
from tui.steps.registry import KINDS


def written(metric: str, limit: str) -> str:
    return PLAN.replace("metric: cpu, below: 70%", f"metric: {metric}, below: {limit}", 1)


@pytest.mark.parametrize("metric", METRICS)
def test_each_may_be_a_criterion(desk: Desk, metric: str) -> None:
    limits = {Unit.SHARE: "70%", Unit.SECONDS: "5s", Unit.BYTES: "1GB", Unit.BYTES_A_SECOND: "1MB"}
    assert desk.load(written(metric, limits.get(METRICS[metric].unit, "7"))).errors == []


@pytest.mark.parametrize("metric", [metric.name for metric in METRICS.values() if metric.unit is Unit.SHARE])
def test_a_share_cannot_be_seventy(desk: Desk, metric: str) -> None:
    (problem,) = desk.load(written(metric, "70")).errors
    assert problem.code == "bad-quantity" and "70%" in str(problem.message)


def test_idle_in_transaction_is_a_time_and_has_a_unit(desk: Desk) -> None:
    (problem,) = desk.load(written("idle_in_transaction", "60")).errors
    assert problem.code == "bad-quantity" and "60s" in str(problem.message)


def test_a_row_more_is_known_to_everybody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.load(written("cache_hit", "90%")).errors
    row = Metric("cache_hit", Unit.SHARE, Origin.SERVER, "cache hit", "share of what is read that was in memory")
    monkeypatch.setitem(metrics.METRICS, "cache_hit", row)
    assert desk.load(written("cache_hit", "90%")).errors == []
    assert [each.code for each in desk.load(written("cache_hit", "90")).errors] == ["bad-quantity"]
    guard = json_schema(KINDS)["$defs"]["Guard"]
    assert guard["properties"]["metric"]["enum"] == list(METRICS) and "cache_hit" in METRICS
