"""What memory an engine takes: over a day's samples and a million lines of log, and over a script of many rows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure, NotMeasured

MEBI = 1 << 20
MOST = 64.0
"""MiB that an engine may grow, whatever it is fed with."""


def measure(bench: Bench) -> Iterator[Figure]:
    """An engine of its own in each round; the peer of the end is the tenth."""
    rounds = [_fed(bench, number) for number in range(min(bench.size.rounds, bench.size.memory_rounds))]
    size = bench.size
    fed = f"{size.recording_s:,} samples, {size.recording_lines:,} log lines"
    tenth = tuple(each["tenth"]["rss"] / MEBI for each in rounds)
    end = tuple(each["end"]["rss"] / MEBI for each in rounds)
    grown = tuple(b - a for a, b in zip(tenth, end, strict=True))
    rows = tuple((each["rows"]["most"] - each["rows"]["before"]) / MEBI for each in rounds)
    budget = Budget(MOST, of="ours")
    note = f"journal of {rounds[0]['journal']['bytes'] / MEBI:.0f} MiB, {rounds[0]['journal']['seq'] + 1:,} lines"
    yield Figure(
        what=f"memory: engine after {fed}", unit="MiB", ours=end, theirs=tenth, peer="after a tenth", note=note
    )
    yield Figure(what="memory: growth from a tenth to the end", unit="MiB", ours=grown, budget=budget)
    yield Figure(what=f"memory: growth over a script of {size.rows:,} rows", unit="MiB", ours=rows, budget=budget)


def _fed(bench: Bench, number: int) -> dict[str, dict[str, Any]]:
    size, directory = bench.size, bench.directory / f"fed-{number}"
    directory.mkdir()
    counts = (size.recording_s, size.recording_lines, size.rows)
    command = bench.module("fed", bench.server().dsn(), str(directory), *map(str, counts))
    done = subprocess.run(command, env=bench.environment, cwd=bench.directory, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotMeasured(f"the engine ended: {done.stderr.strip()[-400:]}")
    found = {told.pop("at"): told for told in map(json.loads, done.stdout.splitlines())}
    if found["rows"]["status"] != "passed" or found["end"]["samples"] != size.recording_s:
        raise NotMeasured(f"the engine was not fed to the end: {found}")
    return found
