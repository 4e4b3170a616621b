"""Cost against the number of steps: folding an event, asking what is next, the whole status."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tests.bench.recording import entries, plan_of
from tui.journal import events as e
from tui.journal.clock import stamp
from tui.journal.line import GENESIS, Line, encode_data
from tui.run.fold import fold, fold_all
from tui.run.next import next_effects
from tui.run.state import RunState
from tui.run.status import status

BEGAN = 1_790_000_000.0


def measure(bench: Bench) -> Iterator[Figure]:
    """Microseconds, in the middle of the run; the peer is the smallest plan."""
    found = {count: [_measured(count) for _round in range(bench.size.rounds)] for count in bench.size.steps}
    smallest = min(found)
    for at, what in enumerate(("fold of an event", "next_effects", "status")):
        for count, rounds in found.items():
            theirs = () if count == smallest else tuple(values[at] for values in found[smallest])
            yield Figure(
                what=f"scale: {what}, {count:,} steps", unit="µs", ours=tuple(values[at] for values in rounds),
                theirs=theirs, peer=f"{smallest} steps" if theirs else "",
            )  # fmt: skip


def _measured(count: int) -> tuple[float, float, float]:
    lines = _lines(count)
    half = len(lines) // 2
    state = fold_all(lines[:half])
    some = lines[half : half + 400]

    def folded() -> RunState:
        at = state
        for line in some:
            at = fold(at, line)
        return at

    wall = BEGAN + len(lines)
    return (
        _best(folded) / len(some),
        _best(lambda: next_effects(state, wall)),
        _best(lambda: status(state)),
    )


def _lines(count: int) -> list[Line]:
    plan = plan_of(count)
    opened = e.RunOpened(
        id="bench", plan=plan, seal="5e" * 32, work="a0" * 32, target="demo", environment="development",
        policy=e.Policy(drive="headless", sign_off="measured"),
    )  # fmt: skip
    found: list[e.Event] = [opened, *entries(plan)]
    return [
        Line(1, seq, stamp(BEGAN + seq), float(seq), event.TYPE, "engine", encode_data(event), GENESIS)
        for seq, event in enumerate(found)
    ]


def _best(act: Callable[[], object]) -> float:
    """Microseconds of one call: the median of a few."""
    act()
    times = []
    for _call in range(5):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1e6)
    return median(times)
