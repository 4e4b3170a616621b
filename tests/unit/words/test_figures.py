"""Numbers as people read them."""

from __future__ import annotations

import pytest

from tui.words.figures import amount, moment, size, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.85, "850 ms"), (0.9999, "1.0 s"), (3.2, "3.2 s"), (59.97, "1 min 00 s"), (125, "2 min 05 s"),
     (3780, "1 h 03 min"), (-5, "-5.0 s")],
)  # fmt: skip
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_amounts_and_sizes() -> None:
    assert [amount(v) for v in (20000, 3.0, 0.25, 1234.56, True, "x")] == ["20000", "3", "0.25", "1235", "True", "x"]
    assert [size(v) for v in (512, 1_400_000, 3e13)] == ["512 B", "1.4 MB", "30.0 TB"]


def test_moments_are_in_the_zone_of_their_window() -> None:
    assert moment("2026-12-06T01:00:00.000000Z", "America/Sao_Paulo") == "2026-12-05 22:00:00 America/Sao_Paulo"
    assert moment("2026-12-06T01:00:00.5Z", "Not/A_Zone") == "2026-12-06 01:00:00 UTC"
    assert moment("2026-12-06T01:00:00Z", "../../etc/passwd") == "2026-12-06 01:00:00 UTC"
