"""Started from one file, beside the installed command: after the first start, in turn."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests import onefile
from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure
from tests.bench.recording import finished
from tests.bench.start import CONSOLE_READY
from tests.bench.terminal import Terminal

BUDGET = Budget(1.1)


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds until the command has ended, or the console's screen is full."""
    paths = finished(bench.home / "runs")
    file = onefile.build(bench.directory / "virada")
    installed = {name: value for name, value in bench.environment.items() if name != "PYTHONPATH"}
    one = installed | {"VIRADA_PYTHON": sys.executable, "XDG_CACHE_HOME": str(bench.directory / "cache")}
    (bench.directory / "cache").mkdir()
    ways = ((bench.virada()[:1], installed), ([str(file)], one))
    for arguments in (("--version",), ("status", paths.id), ("watch", paths.id)):
        found: tuple[list[float], list[float]] = ([], [])
        for round_ in range(bench.size.rounds + 1):
            for place, (program, environment) in enumerate(ways):
                with Terminal([*program, *arguments], environment, bench.directory) as terminal:
                    took = terminal.wait_for(*CONSOLE_READY) if arguments[0] == "watch" else terminal.until_end()
                # The first one unpacks and compiles.
                if round_:
                    found[place].append(took)
        yield Figure(
            what=f"one file: virada {arguments[0]}", unit="s", ours=tuple(found[1]), theirs=tuple(found[0]),
            peer="installed", budget=BUDGET,
        )  # fmt: skip
