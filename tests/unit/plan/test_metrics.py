"""One table says everything of a metric: who shows or checks one goes by it, and nothing else names several."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tui
from tests.unit.plan.desk import PLAN, Desk
from tui.plan import metrics
from tui.plan.metrics import METRICS, Metric, MetricUnit, Origin, told_by
from tui.plan.schema import json_schema
from tui.probes.answer_times import AnswerWindow
from tui.probes.reading import HostReading, figures
from tui.steps.registry import KINDS
from tui.words.codes import metric_word
from tui.words.figures import figure

MADE = {"plan/metrics.py", "probes/reading.py", "probes/answer_times.py", "engine/watch/sampler.py"}
"""The table, and what makes figures under these names."""


def written(metric: str, limit: str) -> str:
    return PLAN.replace("metric: cpu, below: 70%", f"metric: {metric}, below: {limit}", 1)


@pytest.mark.parametrize("metric", METRICS)
def test_each_may_be_a_criterion(desk: Desk, metric: str) -> None:
    limits = {
        MetricUnit.SHARE: "70%",
        MetricUnit.SECONDS: "5s",
        MetricUnit.BYTES: "1GB",
        MetricUnit.BYTES_A_SECOND: "1MB",
    }
    assert desk.load(written(metric, limits.get(METRICS[metric].unit, "7"))).errors == []


@pytest.mark.parametrize("metric", [metric.name for metric in METRICS.values() if metric.unit is MetricUnit.SHARE])
def test_a_share_cannot_be_seventy(desk: Desk, metric: str) -> None:
    (problem,) = desk.load(written(metric, "70")).errors
    assert problem.code == "bad-quantity" and "70%" in str(problem.message)


def test_idle_in_transaction_is_a_time_and_has_a_unit(desk: Desk) -> None:
    (problem,) = desk.load(written("idle_in_transaction", "60")).errors
    assert problem.code == "bad-quantity" and "60s" in str(problem.message)


def test_a_row_more_is_known_to_everybody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.load(written("cache_hit", "90%")).errors
    row = Metric("cache_hit", MetricUnit.SHARE, Origin.SERVER, "cache hit", "share of what is read that was in memory")
    monkeypatch.setitem(metrics.METRICS, "cache_hit", row)
    assert desk.load(written("cache_hit", "90%")).errors == []
    assert [each.code for each in desk.load(written("cache_hit", "90")).errors] == ["bad-quantity"]
    guard = json_schema(KINDS)["$defs"]["Guard"]
    assert guard["properties"]["metric"]["enum"] == list(METRICS) and "cache_hit" in METRICS
    assert (metric_word("cache_hit"), figure("cache_hit", 0.987)) == ("cache hit", "99 %")


def test_what_is_in_no_table_has_its_name_and_a_number() -> None:
    for name in ("disk_used", "cache_hit", "swap", "rows_s"):
        assert (metric_word(name), figure(name, 0.5)) == (name, "0.5"), name


def test_what_is_measured_of_the_host_and_by_the_canary_is_in_the_table() -> None:
    then = HostReading(host="db1", at=0.0, cpu_busy=0.0, cpu_total=0.0)
    now = HostReading(host="db1", at=1.0, cpu_busy=1.0, cpu_total=2.0, memory=0.5, disk_used=1.0, disk_free=1.0,
                      load=1.0, io_pressure=0.1)  # fmt: skip
    assert set(figures(now, then)) == set(told_by(Origin.HOST))
    assert all(name in HostReading.__struct_fields__ for metric in METRICS.values() for name in metric.read)
    answers = AnswerWindow()
    answers.add(1.0, 0.1)
    assert set(answers.figures(1.0)) == set(told_by(Origin.CANARY))


def names(node: ast.AST) -> Iterator[str]:
    """Of a literal that lists some; what `steps` look at has two of these names."""
    elements = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", ())
    for each in elements:
        if isinstance(each, ast.Constant) and each.value in METRICS:
            yield str(each.value)


def test_no_other_table_of_them() -> None:
    home, found = Path(tui.__file__).parent, list[str]()
    for source in home.rglob("*.py"):
        text = source.read_text()
        if sum(f'"{name}"' in text for name in METRICS) < 3 or str(source.relative_to(home)) in MADE:
            continue
        for node in ast.walk(ast.parse(text)):
            if len(set(names(node))) > 2:
                found.append(f"{source.relative_to(home)}: {sorted(names(node))}")
    assert found == []
