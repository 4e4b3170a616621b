"""What a step prints: through the engine's child and spool alone, and through a whole engine with readers attached."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.bench import Bench, await_true, end_engine
from tests.bench.figure import Budget, Figure
from tests.bench.plans import command_step, plan_text
from tui.engine.lock import engine_facts
from tui.engine.programs.child import Child
from tui.engine.programs.spool import Spool
from tui.engine.redaction.redactor import Redactor
from tui.journal.reader import JournalReader, read_all
from tui.runs.paths import RunPaths, last_type

BUDGET = Budget(150, of="ours", sense="at_least")
MEMORY = Budget(200, of="ours")
MIB = 1 << 20
LINE = "2026-11-22 06:03:00.{number:06d} INFO pedido {number:09d} recebeu a região são-paulo; 3 linhas, 12 ms\n"


def measure(bench: Bench) -> Iterator[Figure]:
    """MB/s (10^6 bytes), and MiB of memory; every round is measured in the order peer, spool, engine."""
    command, size = _command(bench)
    theirs, spooled, driven, peaks = [], [], [], []
    for number in range(min(3, bench.size.rounds)):
        theirs.append(size / 1e6 / _plain(bench, command))
        spooled.append(size / 1e6 / asyncio.run(_spool(bench, command, number)))
        seconds, peak = _engine(bench, command, size)
        driven.append(size / 1e6 / seconds)
        peaks.append(peak)
    mib = size // MIB
    yield Figure(
        what=f"output: {mib} MiB through child and spool", unit="MB/s", ours=tuple(spooled), theirs=tuple(theirs),
        peer="cmd > file", budget=BUDGET,
    )  # fmt: skip
    yield Figure(
        what=f"output: {mib} MiB through an engine, 3 readers", unit="MB/s", ours=tuple(driven), theirs=tuple(theirs),
        peer="cmd > file", budget=BUDGET,
    )  # fmt: skip
    yield Figure(
        what="output: peak memory of that engine", unit="MiB", ours=tuple(peaks), budget=MEMORY,
        peer=f"{mib} MiB printed",
    )  # fmt: skip


def _command(bench: Bench) -> tuple[list[str], int]:
    """A program that prints the wanted amount, as fast as a pipe allows; and that amount in bytes."""
    lines = "".join([LINE.format(number=number) for number in range(MIB // 100)])
    file = bench.directory / "lines"
    file.write_text(lines, encoding="utf-8")
    size = bench.size.output_mib * MIB
    times = size // file.stat().st_size + 1
    script = f"i=0; while [ $i -lt {times} ]; do cat {file}; i=$((i+1)); done | head -c {size}"
    return ["sh", "-c", script], size


def _plain(bench: Bench, command: list[str]) -> float:
    target = bench.directory / "plain"
    began = time.perf_counter()
    with target.open("wb") as file:
        subprocess.run(command, stdout=file, check=True)
    seconds = time.perf_counter() - began
    target.unlink()
    return seconds


async def _spool(bench: Bench, command: list[str], number: int) -> float:
    raw, output = bench.directory / f"spool-{number}.raw", bench.directory / f"spool-{number}"
    began = time.perf_counter()
    child = await Child.start(command, env=dict(os.environ), cwd=bench.directory, raw_path=raw)
    done = asyncio.Event()

    async def wait() -> None:
        await child.wait()
        done.set()

    waiting = asyncio.create_task(wait())
    spool = Spool(raw, output, Redactor(["a password of some length"]))
    async for _batch in spool.follow(done):
        pass
    await spool.finish()
    await waiting
    seconds = time.perf_counter() - began
    spool.discard_raw()
    output.unlink()
    return seconds


def _engine(bench: Bench, command: list[str], size: int) -> tuple[float, float]:
    """Seconds from the step's beginning to its end by the journal's clock, and the engine's peak MiB."""
    plan = plan_text(bench.server().dsn(), [command_step("print", command)])
    paths, _started = bench.run_plan(plan, "--headless")
    pid = engine_facts(paths).pid
    watch = bench.start(bench.virada("watch", "--plain", paths.id))
    stop = threading.Event()
    readers = [threading.Thread(target=_read, args=(paths, stop)) for _reader in range(2)]
    for reader in readers:
        reader.start()
    try:
        await_true(lambda: last_type(paths.journal) == "run.closed", "the step has printed everything", 300)
        peak = _peak_mib(pid)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        bench.end(watch)
        end_engine(paths)
    times = {line.type: line.mono for line in read_all(paths.journal)}
    printed = paths.output / "print.1"
    assert printed.stat().st_size == size, "the output is not complete"
    printed.unlink()
    return times["step.passed"] - times["step.started"], peak


def _read(paths: RunPaths, stop: threading.Event) -> None:
    with JournalReader(paths.journal) as reader:
        while not stop.wait(0.05):
            while reader.poll():
                pass


def _peak_mib(pid: int | None) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")) / 1024
