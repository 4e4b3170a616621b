"""When a step that changes rows in batches is asked to be gentle, by what was measured last."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tui.engine.drivers.watch import _strained
from tui.journal.codes import WaitReason

KEPT = {"archive_backlog": 2.0, "wal_kept_by_slots": 1e9}


def strained(waiting: str | None = None, guard: tuple[str, float] | None = None, **metrics: Any) -> bool:
    guards = () if guard is None else (SimpleNamespace(limit=0.5, relation=guard[0], value=guard[1]),)
    steps = {"a": SimpleNamespace(waiting=waiting)}
    state: Any = SimpleNamespace(steps=steps, metrics=KEPT | metrics, guards=guards)
    return _strained(state, "a", KEPT)


@pytest.mark.parametrize(
    "given",
    [
        {"waiting": WaitReason.BLOCKS_OTHERS}, {"guard": ("below", 0.41)}, {"guard": ("above", 0.6)},
        {"archive_backlog": 10.0}, {"wal_kept_by_slots": 1.3e9},
    ],
)  # fmt: skip
def test_somebody_suffers(given: dict[str, Any]) -> None:
    assert strained(**given)


@pytest.mark.parametrize(
    "given",
    [
        {}, {"waiting": WaitReason.LOCK}, {"guard": ("below", 0.3)}, {"guard": ("above", 0.8)},
        {"waiting_sessions": 3.0}, {"archive_backlog": 1.0}, {"wal_kept_by_slots": 1.1e9}, {"archive_backlog": None},
    ],
)  # fmt: skip
def test_nobody_suffers_from_it(given: dict[str, Any]) -> None:
    """Sessions that wait for others are not its."""
    assert not strained(**given)
