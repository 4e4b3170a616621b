"""Whether a plan may change its target: its steps, and what would take them back or clean up behind them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.rig import HEAD
from tui.engine.preflight.preflight import changes
from tui.plan.loader import load
from tui.steps.registry import KINDS

ASK = "query: {sql: select 1, equals: 1}"


@pytest.mark.parametrize(
    ("step", "may"),
    [
        (ASK, False),
        ("sign: It was switched over", False),
        ("sql: create table made ()", True),
        ("command: ['true']", True),
        ("command: ['true'], undo: {sql: drop table made}", True),
        ("command: ['true'], changes: false", False),
    ],
)
def test_whether_it_may_change_its_target(tmp_path: Path, step: str, may: bool) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(HEAD + f"          - {{id: a, title: A, {step}}}\n")
    plan = load(file, KINDS).plan
    assert plan is not None and changes(plan) is may
