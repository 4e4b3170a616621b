"""Keeps a recorded run alive: holds its engine's lock and goes on writing its journal until its input is closed.

`python -m tests.bench.feeder RUN_DIRECTORY STEP quiet|nominal|LINES_PER_SECOND`
"""

from __future__ import annotations

import random
import select
import sys
import time
from pathlib import Path

from tests.bench.recording import metrics, output
from tui.engine.lock import EngineLock
from tui.journal import events as e
from tui.journal.clock import RunClock
from tui.journal.writer import JournalWriter, Recovered
from tui.runs.paths import RunPaths

FLOOD_HZ = 25
FLOOD_LINE = "registro {number:08d} ok\n"
"""So short that 50,000 of them a second are about what an engine lets into a journal."""


def main(directory: str, step: str, mode: str) -> None:
    paths = RunPaths(Path(directory))
    with EngineLock.acquire(paths):
        writer, _recovered = JournalWriter.open(paths.journal, _clock)
        with writer:
            print("ready", flush=True)
            if mode == "quiet":
                _ended(None)
            elif mode == "nominal":
                _nominal(writer, step)
            else:
                _flood(writer, step, int(mode))
        writer.release_reserve()


def _clock(recovered: Recovered) -> RunClock:
    assert recovered.last is not None
    return RunClock.resume(recovered.last.mono, recovered.last.at, None, None)


def _ended(seconds: float | None) -> bool:
    """Whether the input was closed; waits so long for it."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def _nominal(writer: JournalWriter, step: str) -> None:
    """A run as usual: a sample, the step's progress and two lines of output a second."""
    source, offset, done = random.Random(1), 0, 0
    while not _ended(1.0):
        writer.append("metrics.sampled", metrics(source), durable=False)
        done += 1
        progress = e.StepProgress(step=step, attempt=1, phase="copying", done=float(done), total=600.0, unit="s")
        writer.append("step.progress", progress, durable=False)
        batch = output(step, offset, 2)
        offset += batch.length or 0
        writer.append("step.output", batch, durable=False)


def _flood(writer: JournalWriter, step: str, rate: int) -> None:
    offset = 0
    batch = output(step, 0, max(1, rate // FLOOD_HZ), FLOOD_LINE)
    source, sampled = random.Random(1), 0.0
    due = time.monotonic()
    while not _ended(max(0.0, due - time.monotonic())):
        due += 1 / FLOOD_HZ
        placed = e.StepOutput(
            step=step, attempt=1, text=batch.text, offset=offset, length=batch.length, sha256=batch.sha256
        )
        offset += batch.length or 0
        writer.append("step.output", placed, durable=False)
        if due - sampled >= 1:
            sampled = due
            writer.append("metrics.sampled", metrics(source), durable=False)


if __name__ == "__main__":
    main(*sys.argv[1:4])
