from __future__ import annotations

import pytest

from tui.steps.figures import KEPT, Figures


def of(*values: float) -> dict[str, object]:
    figures = Figures()
    figures.add({"tps": value} for value in values)
    return figures.told().get("tps", {})


def test_the_95th_percentile_is_one_that_was_measured() -> None:
    assert of(*range(1, 101)) == {"median": 50.5, "p95": 95, "max": 100, "samples": 100}
    assert of(3.0) == {"median": 3.0, "p95": 3.0, "max": 3.0, "samples": 1}
    assert of() == {}


def test_what_is_no_number_is_not_counted() -> None:
    assert of(float("nan"), 1.0, float("inf")) == {"median": 1.0, "p95": 1.0, "max": 1.0, "samples": 1}


def test_of_a_day_few_samples_are_kept_and_the_figures_are_those_of_all() -> None:
    figures = Figures()
    figures.add({"tps": float(n % 1000)} for n in range(86_400))
    told = figures.told()["tps"]
    assert len(figures._of["tps"]._values) <= KEPT
    assert (told["samples"], told["max"]) == (86_400, 999.0)
    assert told["median"] == pytest.approx(500, rel=0.05) and told["p95"] == pytest.approx(950, rel=0.05)
