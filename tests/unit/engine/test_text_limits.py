"""Whatever second one looks at, no more text goes out than the journal takes."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from tui.engine import text_limits
from tui.engine.text_limits import TEXT_RATE, TextBudget


@pytest.mark.parametrize("seed", range(5))
def test_no_second_takes_more(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(seed)
    now = 100.0
    monkeypatch.setattr(text_limits, "time", SimpleNamespace(monotonic=lambda: now))
    shared = TextBudget()
    spent: list[tuple[float, int]] = []
    for _turn in range(400):
        now += choose.choice([0.0, 0.001, 0.04, 0.04, 0.3, 1.5])
        amount = shared.level(last=choose.random() < 0.1)
        shared.spend(amount)
        spent.append((now, amount))
    for begin, _amount in spent:
        assert sum(amount for at, amount in spent if begin <= at < begin + 1) <= TEXT_RATE
    assert sum(amount for _at, amount in spent) > TEXT_RATE


def test_the_last_of_an_output_has_room_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_limits, "time", SimpleNamespace(monotonic=lambda: 1.0))
    shared = TextBudget()
    shared.spend(shared.level())
    assert shared.level() == 0
    assert shared.level(last=True) > 10_000
