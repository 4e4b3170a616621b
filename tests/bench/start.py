"""From the command to a full screen, in a pseudo-terminal, over the journal of a finished demo."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench import screen
from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure
from tests.bench.recording import finished
from tests.bench.terminal import Terminal

BUDGET = Budget(1.5)
CONSOLE_READY = (r"Document the lessons", r"(?i)observer", r"(?i)completed")


def measure(bench: Bench) -> Iterator[Figure]:
    """Seconds; the commands without a screen until they have ended."""
    paths = finished(bench.home / "runs")
    bare, console, plain, status = [], [], [], []
    # Once each without measuring: modules are compiled, files are in the system's memory.
    with screen.bare(bench) as terminal:
        terminal.wait_for(screen.BARE_READY)
    with screen.watch(bench, paths) as terminal:
        terminal.wait_for(*CONSOLE_READY)
    for arguments in (("watch", "--plain", paths.id), ("status", paths.id)):
        with _command(bench, *arguments) as terminal:
            terminal.until_end()
    for _round in range(bench.size.rounds):
        with screen.bare(bench) as terminal:
            bare.append(terminal.wait_for(screen.BARE_READY, r"item 30 of the list"))
        with screen.watch(bench, paths) as terminal:
            console.append(terminal.wait_for(*CONSOLE_READY))
        with _command(bench, "watch", "--plain", paths.id) as terminal:
            plain.append(terminal.until_end())
        with _command(bench, "status", paths.id) as terminal:
            status.append(terminal.until_end())
    for what, ours in (("virada watch", console), ("virada watch --plain", plain), ("virada status", status)):
        yield Figure(
            what=f"start: {what}", unit="s", ours=tuple(ours), theirs=tuple(bare), peer="bare Textual app",
            budget=BUDGET,
        )  # fmt: skip


def _command(bench: Bench, *arguments: str) -> Terminal:
    return Terminal(bench.virada(*arguments), bench.environment, bench.directory)
