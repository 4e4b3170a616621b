from __future__ import annotations

from typing import Any

import pytest

from tui.words.steps import progress_sentence


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ({}, "writing: 1.5 MB"),
        ({"last": 3_000_000.0}, "writing: 1.5 MB, 3.0 MB the last time"),
        ({"table": 3, "tables": 12}, "writing: 1.5 MB, table 3 of 12"),
        ({"last": 3_000_000.0, "table": 12, "tables": 12}, "writing: 1.5 MB, 3.0 MB the last time, table 12 of 12"),
        ({"table": 0, "tables": 12}, "writing: 1.5 MB"),
        ({"table": 13, "tables": 12}, "writing: 1.5 MB"),
        ({"last": 0.0, "tables": None}, "writing: 1.5 MB"),
    ],
)
def test_what_the_last_time_came_to_is_no_total(beside: dict[str, Any], told: str) -> None:
    """More tables than were counted: then nobody knows how many there are."""
    assert progress_sentence({"phase": "writing", "done": 1_500_000.0, "unit": "bytes"} | beside) == told
