"""Readers of one run: how late an event reaches them, and what they cost its engine."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import psutil

from tests.bench.bench import Bench, await_true, cpu_seconds, end_engine
from tests.bench.figure import Budget, Figure, percentile
from tests.bench.plans import command_step, plan_text
from tui.engine.lock import engine_facts
from tui.runs.paths import last_type

LATE = Budget(150, of="ours")
COST = Budget(1, of="ours")
PER_PROCESS = 50
TICKING = "import time\nfor n in range(10**6): print('tick', n, flush=True); time.sleep(0.05)"


def measure(bench: Bench) -> Iterator[Figure]:
    """Milliseconds from an event's own time to its reader, 99 of 100; the engine's share of one CPU in per cent.

    A step prints twenty lines a second; the numbers of readers take turns.
    """
    plan = plan_text(bench.server().dsn(), [command_step("tick", [sys.executable, "-c", TICKING])])
    paths, _started = bench.run_plan(plan, "--headless")
    pid = engine_facts(paths).pid
    assert pid is not None
    engine = psutil.Process(pid)
    late: dict[int, list[float]] = {count: [] for count in bench.size.readers}
    cpu: dict[int, list[float]] = {count: [] for count in (0, *bench.size.readers)}
    try:
        await_true(lambda: last_type(paths.journal) == "step.output", "the step prints")
        for _round in range(min(3, bench.size.rounds)):
            for count in cpu:
                processes = []
                for first in range(0, count, PER_PROCESS):
                    some = str(min(PER_PROCESS, count - first))
                    command = bench.module("poller", str(paths.journal), some)
                    processes.append(bench.start(command, output=-1))
                for process in processes:
                    assert process.stdout is not None
                    process.stdout.readline()
                for process in processes:
                    assert process.stdin is not None
                    process.stdin.write(b"go\n")
                    process.stdin.flush()
                used, began = cpu_seconds(engine), time.monotonic()
                time.sleep(bench.size.readers_s)
                cpu[count].append((cpu_seconds(engine) - used) / (time.monotonic() - began) * 100)
                found: list[float] = []
                for process in processes:
                    assert process.stdin is not None and process.stdout is not None
                    process.stdin.close()
                    found += [float(word) for word in process.stdout.read().split()]
                    bench.end(process)
                if count:
                    late[count].append(percentile(found, 0.99))
    finally:
        end_engine(paths)
    fewest = min(late)
    for count, samples in late.items():
        theirs = () if count == fewest else tuple(late[fewest])
        yield Figure(
            what=f"readers: event to reader, p99, {count} readers", unit="ms", ours=tuple(samples), theirs=theirs,
            peer=f"{fewest} reader" if theirs else "written within 50 ms, polled every 50 ms", budget=LATE,
        )  # fmt: skip
    most = max(late)
    added = tuple(a - b for a, b in zip(cpu[most], cpu[0], strict=True))
    note = ", ".join(f"{count}: {sum(some) / len(some):.2f} %" for count, some in cpu.items())
    yield Figure(
        what=f"readers: CPU that {most} readers add to the engine", unit="%", ours=added, budget=COST,
        note=f"the engine's CPU by the number of readers: {note}",
    )  # fmt: skip
