"""`python -m tests.bench.beside TREE [--rounds N] [--rows N]`: a whole run of this checkout and of another one in turn.

For "not worse than before": what the machine does meanwhile falls on both. TREE is a checkout (`git worktree add`)
whose dependencies this interpreter has. A round's work is that of the bench `run`, in a database of its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.bench import ROOT, Bench
from tests.bench.figure import NotMeasured
from tests.bench.plans import plan_text
from tests.bench.size import Size
from tests.bench.whole_run import execute, step_text, workload
from tui.journal.reader import read_all
from tui.runs.paths import RunPaths

_FIGURES = ("first start to last end", "start to exit")


def _run(bench: Bench, tree: Path, rows: int, database: str) -> tuple[dict[str, list[float]], float, float]:
    """Milliseconds of every step by kind; seconds of the work, and of the command."""
    directory = bench.directory / database
    directory.mkdir()
    works = workload(rows)
    steps = [step_text(directory, number, work) for number, work in enumerate(works)]
    plan = directory / "plan.yaml"
    plan.write_text(plan_text(bench.server().dsn(database), steps), encoding="utf-8")
    environment = bench.environment | {"PYTHONPATH": str(tree), "VIRADA_HOME": str(directory / "state")}
    command = [sys.executable, "-m", "tui.cli.main", "run", str(plan), "--headless", "--sign-off", "measured"]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True)
    total = time.perf_counter() - began
    if done.returncode != 0:
        raise NotMeasured(f"the run of {tree} ended with {done.returncode}: {done.stderr[-500:]}")
    kinds: dict[str, list[float]] = {}
    started = {}
    first = last = 0.0
    for line in read_all(RunPaths(directory / "state/runs" / done.stdout.strip()).journal):
        step = json.loads(bytes(line.data)).get("step") if line.type.startswith("step.") else None
        if line.type == "step.started":
            started[step] = line.mono
            first = first or line.mono
        elif line.type == "step.passed":
            last = line.mono
            kinds.setdefault(works[int(str(step)[1:])].kind, []).append((line.mono - started[step]) * 1000)
    shutil.rmtree(directory)
    return kinds, last - first, total


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.beside", description=__doc__)
    parser.add_argument("tree", type=Path, metavar="TREE")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--rows", type=int, default=Size().workload_rows)
    options = parser.parse_args(arguments)
    trees = {"this": ROOT, "other": options.tree.resolve()}
    found: dict[str, dict[str, list[float]]] = {name: {} for name in trees}
    with Bench(Size()) as bench:
        bench.server()
        for number in range(options.rounds):
            for name in trees if number % 2 == 0 else reversed(trees):
                database = f"{name}_{number}"
                execute(bench, f"create database {database}")
                kinds, inside, total = _run(bench, trees[name], options.rows, database)
                execute(bench, f"drop database {database} with (force)")
                execute(bench, "checkpoint")
                for what, values in {**kinds, _FIGURES[0]: [inside * 1000], _FIGURES[1]: [total * 1000]}.items():
                    found[name].setdefault(what, []).extend(values)
    print(f"{'median, ms':<26}{'this':>10}{'other':>10}")
    for what in found["this"]:
        print(f"{what:<26}" + "".join(f"{statistics.median(found[name][what]):>10.1f}" for name in trees))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
