"""From a key press until the highlighted row has moved, while a step floods the log."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from tests.bench import screen
from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure, NotMeasured, number, percentile
from tests.bench.recording import under_way
from tests.bench.terminal import Cell, Terminal
from tui.runs.paths import RunPaths

BUDGET = Budget(1.25)
MISS_S = 1.0
Spot = tuple[int, int, int, Cell]
"""A column, two rows, and how a highlighted cell between them looks."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Milliseconds, 99 of 100; the same flood runs beside the bare app."""
    yield _of(bench, None)
    yield _of(bench, max(bench.size.steps))


def _of(bench: Bench, steps: int | None) -> Figure:
    paths, step = under_way(bench.home / "runs", steps)
    items = screen.ITEMS if steps is None else steps
    rounds = min(3, bench.size.rounds)
    presses = max(2, bench.size.presses // rounds)
    ours: list[float] = []
    theirs: list[float] = []
    for _round in range(rounds):
        with screen.bare(bench, items) as terminal:
            terminal.wait_for(screen.BARE_READY)
            theirs += _pressed(bench, terminal, paths, step, presses)
        with screen.watch(bench, paths) as terminal:
            terminal.wait_for(r"(?i)observer")
            ours += _pressed(bench, terminal, paths, step, presses)
    plan = "the demo's plan" if steps is None else f"{steps:,} steps"
    middle = f"p50 {number(median(ours) * 1000)} against {number(median(theirs) * 1000)} ms"
    missed = sum(1 for lag in ours if lag >= MISS_S)
    return Figure(
        what=f"keys: key to highlight, p99, {plan}", unit="ms", ours=(percentile(ours, 0.99) * 1000,),
        theirs=(percentile(theirs, 0.99) * 1000,), peer="bare app beside the same flood", budget=BUDGET,
        note=f"{len(ours)} presses, {missed} missed, {bench.size.flood_lines:,} lines/s; {middle}",
    )  # fmt: skip


def _pressed(bench: Bench, terminal: Terminal, paths: RunPaths, step: str, presses: int) -> list[float]:
    terminal.settle()
    spot = calibrated(terminal)
    with screen.fed(bench, paths, step, str(bench.size.flood_lines)):
        return moved(terminal, spot, presses)


def moved(terminal: Terminal, spot: Spot, presses: int) -> list[float]:
    """Seconds that each press took; one that is not seen counts as MISS_S."""
    x, upper, lower, style = spot
    lags: list[float] = []
    for press in range(presses):
        y, key = (lower, "down") if press % 2 == 0 else (upper, "up")
        if terminal.cell(x, y) == style:
            raise NotMeasured("the highlight moved without a key")
        pressed = terminal.press(key)
        lag = terminal.until(lambda y=y: terminal.cell(x, y) == style, MISS_S, pressed)  # type: ignore[misc]
        lags.append(MISS_S if lag is None else lag)
        # Presses come at a person's pace, and not in step with a flood.
        terminal.until(lambda: False, 0.05 + 0.001 * (press % 37))
    return lags


def calibrated(terminal: Terminal) -> Spot:
    """A column, two rows and the look of a highlighted cell: what changes between them when a key is pressed."""
    # Away from the first row, from which a list may wrap around, and from the edge at which it scrolls.
    for key in ("down", "down", "down", "down", "up", "up"):
        terminal.press(key)
        terminal.settle(0.2)
    first = terminal.styles()
    terminal.press("down")
    terminal.settle()
    second = terminal.styles()
    terminal.press("up")
    terminal.settle()
    for x in range(terminal.screen.columns):
        rows = [y for y in range(terminal.screen.lines) if first[y][x] != second[y][x]]
        if len(rows) == 2:
            upper, lower = rows
            look = first[upper][x]
            if lower == upper + 1 and second[lower][x] == look and terminal.cell(x, upper) == look:
                return x, upper, lower, look
    raise NotMeasured("no highlighted row was seen to move")
