"""The report of a day's run, beside reading its journal once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure, NotMeasured
from tests.bench.recording import day
from tui.journal.reader import JournalReader
from tui.run.fold import fold
from tui.run.state import RunState
from tui.runs.paths import RunPaths

SECONDS, MEGABYTES = Budget(3, of="ours"), Budget(2, of="ours")


def measure(bench: Bench) -> Iterator[Figure]:
    """The command's time from its start to its end, and its file's size; the journal is in the page cache."""
    paths = day(bench.home / "runs", bench.size.recording_s, bench.size.recording_lines)
    journal = len(paths.journal.read_bytes()) / 1e6
    what = f"report: {bench.size.recording_s / 3600:.3g} h of {journal:.0f} MB"
    for format_ in ("html", "md", "json"):
        file = bench.directory / f"report.{format_}"
        ours, theirs = [], []
        for _round in range(bench.size.rounds):
            began = time.perf_counter()
            done = subprocess.run(
                bench.virada("report", paths.id, "-o", str(file)), env=bench.environment, capture_output=True, text=True
            )
            ours.append(time.perf_counter() - began)
            if done.returncode != 0:
                raise NotMeasured(done.stderr.strip())
            theirs.append(_read(paths))
        yield Figure(
            what=f"{what}, {format_}", unit="s", ours=tuple(ours), theirs=tuple(theirs), peer="read and folded once",
            budget=SECONDS,
        )  # fmt: skip
        yield Figure(
            what=f"report: size, {format_}", unit="MB", ours=(file.stat().st_size / 1e6,), budget=MEGABYTES
        )  # fmt: skip


def _read(paths: RunPaths) -> float:
    """Seconds for the least that anything costs which knows the whole run."""
    began = time.perf_counter()
    state = RunState()
    with JournalReader(paths.journal) as reader:
        for entry in reader.entries():
            state = fold(state, entry.line)
    return time.perf_counter() - began
