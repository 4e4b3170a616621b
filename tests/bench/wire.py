"""What the console writes to the terminal and uses of the CPU, idle and in a run as usual; and what its engine uses."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil

from tests.bench import screen
from tests.bench.bench import Bench, await_true, cpu_seconds, end_engine
from tests.bench.figure import Budget, Figure
from tests.bench.plans import plan_text, sign_step
from tests.bench.recording import under_way
from tui.engine.lock import engine_facts

IDLE = Budget(300, of="ours")
NOMINAL = Budget(10_000, of="ours")
CPU = Budget(1, of="ours")


def measure(bench: Bench) -> Iterator[Figure]:
    """Bytes a second and per cent of one CPU; the peer is the bare app, idle."""
    yield _engine(bench)
    rounds = min(3, bench.size.rounds)
    wires: dict[str, list[float]] = {"quiet": [], "nominal": [], "bare": []}
    cpus: dict[str, list[float]] = {"quiet": [], "nominal": [], "bare": []}
    paths, step = under_way(bench.home / "runs")
    for _round in range(rounds):
        with screen.bare(bench) as terminal:
            terminal.wait_for(screen.BARE_READY)
            terminal.settle()
            wire, cpu = terminal.watched(bench.size.watch_s)
        wires["bare"].append(wire)
        cpus["bare"].append(cpu * 100)
        for mode in ("quiet", "nominal"):
            with screen.fed(bench, paths, step, mode), screen.watch(bench, paths) as terminal:
                terminal.wait_for(r"(?i)observer")
                terminal.settle()
                wire, cpu = terminal.watched(bench.size.watch_s)
            wires[mode].append(wire)
            cpus[mode].append(cpu * 100)
    for mode, what, budget in (("quiet", "only the clock changes", IDLE), ("nominal", "a run as usual", NOMINAL)):
        yield Figure(
            what=f"bytes: console, {what}", unit="B/s", ours=tuple(wires[mode]), peer="bare app, idle",
            theirs=tuple(wires["bare"]), budget=budget,
        )  # fmt: skip
    yield Figure(
        what="cpu: idle console", unit="%", ours=tuple(cpus["quiet"]), theirs=tuple(cpus["bare"]),
        peer="bare app, idle", budget=CPU,
    )  # fmt: skip
    yield Figure(
        what="cpu: console in a run as usual", unit="%", ours=tuple(cpus["nominal"]), theirs=tuple(cpus["bare"]),
        peer="bare app, idle",
    )  # fmt: skip


def _engine(bench: Bench) -> Figure:
    """An engine that waits for a person and samples its target once a second."""
    paths, _started = bench.run_plan(plan_text(bench.server().dsn(), [sign_step("wait")]))
    pid = engine_facts(paths).pid
    assert pid is not None
    engine = psutil.Process(pid)
    used: list[float] = []
    try:
        await_true(lambda: paths.journal.read_bytes().count(b"metrics.sampled") > 1, "the engine samples")
        for _round in range(min(3, bench.size.rounds)):
            before, began = cpu_seconds(engine), time.monotonic()
            time.sleep(bench.size.watch_s)
            used.append((cpu_seconds(engine) - before) / (time.monotonic() - began) * 100)
    finally:
        end_engine(paths)
    return Figure(what="cpu: idle engine", unit="%", ours=tuple(used), peer="samples once a second", budget=CPU)
