"""Killed at a random moment while a run opens: what never opened is no run, and nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterable

import pytest

from tests.acceptance.station import Station, await_condition
from tests.acceptance.test_killed_at_the_ends import PLAN
from tests.faults import counting
from tests.postgres_server import Database

if not counting.EVERY:
    pytest.skip("a round takes seconds", allow_module_level=True)
ROUNDS = counting.KILLS // 10


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _directories(station: Station) -> set[str]:
    return {path.name for path in (station.home / "runs").glob("2*")}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_while_opening(station: Station, database: Database, seed: int) -> None:
    chance = random.Random(seed)
    plan = station.root / "ends.yaml"
    plan.write_text(PLAN)
    started = station.start("run", str(plan), "--detach", env={"ENDS_DSN": database.dsn})
    await_condition(lambda: bool(_directories(station)), "it begins")
    time.sleep(chance.choice([0.0, chance.uniform(0, 0.1), chance.uniform(0, 2.5)]))
    everything = chance.random() < 0.5
    _kill([started.pid, *(process.pid for process in station.processes() if everything)])
    started.communicate()
    # Its engine may go on opening it; what is told meanwhile is true of that moment.
    station.virada("runs").expect(0)
    await_condition(
        lambda: not any(station.processes()) or (station.has_run() and bool(station.events())),
        "it opens, or nobody is about to",
    )
    listed = {run["id"] for run in station.virada("runs", "--json").expect(0).json if run["problem"] is None}
    assert listed == _directories(station), f"seed {seed}"
    station.virada("do", "last", "note", "x", env={"ENDS_DSN": database.dsn}).expect(0 if listed else 2)
    assert not any((station.home / "runs" / run / "opening.json").exists() for run in listed)
