"""What the console writes to the terminal and uses of the CPU, idle and in a run as usual; and what its engine uses."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil

from tests.bench import screen
from tests.bench.bench import Bench, await_true, cpu_seconds, end_engine
from tests.bench.figure import Budget, Figure
from tests.bench.plans import plan_text, sign_step
from tests.bench.recording import under_way, waiting
from tests.bench.terminal import Terminal
from tui.engine.lock import engine_facts

IDLE = Budget(300, of="ours")
NOMINAL = Budget(10_000, of="ours")
CPU = Budget(1, of="ours")


def measure(bench: Bench) -> Iterator[Figure]:
    """Bytes a second and per cent of one CPU; the peer is the bare app, idle."""
    yield _engine(bench)
    running, step = under_way(bench.home / "runs")
    idle = waiting(bench.home / "runs")
    cases = {"waits": (idle, "quiet"), "silent": (running, "quiet"), "usual": (running, "nominal")}
    wires: dict[str, list[float]] = {name: [] for name in ("bare", *cases)}
    cpus: dict[str, list[float]] = {name: [] for name in ("bare", *cases)}
    for _round in range(min(3, bench.size.rounds)):
        with screen.bare(bench) as terminal:
            terminal.wait_for(screen.BARE_READY)
            _watch(bench, terminal, wires["bare"], cpus["bare"])
        for name, (paths, mode) in cases.items():
            with screen.fed(bench, paths, step, mode), screen.watch(bench, paths) as terminal:
                terminal.wait_for(r"(?i)observer")
                _watch(bench, terminal, wires[name], cpus[name])
    words = {"waits": "only the clock changes", "silent": "a step runs, nothing is heard", "usual": "a run as usual"}
    budgets = {"waits": IDLE, "silent": None, "usual": NOMINAL}
    for name, what in words.items():
        yield Figure(
            what=f"bytes: console, {what}", unit="B/s", ours=tuple(wires[name]), peer="bare app, idle",
            theirs=tuple(wires["bare"]), budget=budgets[name],
        )  # fmt: skip
    for name, what in words.items():
        yield Figure(
            what=f"cpu: console, {what}", unit="%", ours=tuple(cpus[name]), theirs=tuple(cpus["bare"]),
            peer="bare app, idle", budget=CPU if name == "waits" else None,
        )  # fmt: skip


def _watch(bench: Bench, terminal: Terminal, wires: list[float], cpus: list[float]) -> None:
    terminal.settle()
    wire, cpu = terminal.watched(bench.size.watch_s)
    wires.append(wire)
    cpus.append(cpu * 100)


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
