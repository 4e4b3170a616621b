"""Values of evidence as a line shows them."""

from __future__ import annotations

import pytest

import tui.locale
from tui.words.values import value_words


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_figures_of_a_metric_before_and_now_are_told_in_its_unit(language: str) -> None:
    tui.locale.use(language)
    row = {
        "metric": "response_time",
        "before": {"median": 0.0046, "p95": 0.0074},
        "now": {"median": 0.0061},
        "worse": False,
    }
    told = value_words("against", [row])
    assert "{" not in told and '"' not in told and "0.0046" not in told, told
    assert "5 ms" in told and "7 ms" in told and "6 ms" in told, told
