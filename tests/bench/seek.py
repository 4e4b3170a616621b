"""Any moment of a long recording: `status --at`."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator

from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure, NotMeasured
from tests.bench.recording import day
from tui.cli.recorded import state_at
from tui.journal.position import parse_position

FIRST = Budget(1000, of="ours")
WARM = Budget(50, of="ours")


def measure(bench: Bench) -> Iterator[Figure]:
    """Milliseconds; the first seek of a process, a later one in the same process, and the command as a whole."""
    paths = day(bench.home / "runs", bench.size.recording_s, bench.size.recording_lines)
    megabytes = paths.journal.stat().st_size / 1e6
    paths.journal.read_bytes()
    source = random.Random(1)
    hours = bench.size.recording_s / 3600
    what = f"{hours:.3g} h recording of {megabytes:.0f} MB"
    first: list[float] = []
    warm: list[float] = []
    commands: list[float] = []
    bare: list[float] = []
    for number in range(bench.size.seeks):
        second = source.randrange(bench.size.recording_s)
        at = f"+{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        began = time.perf_counter()
        state_at(paths, parse_position(at))
        (warm if number else first).append((time.perf_counter() - began) * 1000)
        commands.append(_command(bench, "status", paths.id, "--at", at))
        bare.append(_command(bench, "--version"))
    yield Figure(what=f"seek: first in a {what}", unit="ms", ours=tuple(first), budget=FIRST)
    yield Figure(what="seek: a later one", unit="ms", ours=tuple(warm), budget=WARM)
    yield Figure(
        what="seek: the command status --at", unit="ms", ours=tuple(commands), theirs=tuple(bare),
        peer="virada --version", budget=FIRST,
    )  # fmt: skip


def _command(bench: Bench, *arguments: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(bench.virada(*arguments), env=bench.environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotMeasured(done.stderr.strip())
    return (time.perf_counter() - began) * 1000
