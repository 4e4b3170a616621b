"""Cost against growth, as a person at the console feels it: steps of a plan, lines of a log, readers of a run."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tests.bench import readers, screen
from tests.bench.bench import Bench
from tests.bench.figure import Figure, NotMeasured, number, percentile
from tests.bench.keys import MISS_S, calibrated, moved
from tests.bench.recording import under_way
from tests.bench.terminal import Terminal

MOST_PRESSES = 60
"""In a round."""
LOG_SECONDS = 3600


class Grown:
    """What was measured at one size; seconds and MiB, one value a round, of key presses one each."""

    def __init__(self) -> None:
        self.start: list[float] = []
        self.lags: list[float] = []
        self.memory: list[float] = []


def measure(bench: Bench) -> Iterator[Figure]:
    """The peer is the smallest of its kind."""
    # First what needs a server, which may not be there.
    read = [msgspec.structs.replace(one, what=f"growth, {one.what}") for one in readers.measure(bench)]
    yield from _figures("steps", "key to highlight", _steps(bench), memory=False)
    yield from _figures("log lines", "key to moved log", _lines(bench), memory=True)
    yield from read


def _steps(bench: Bench) -> dict[int, Grown]:
    runs = {count: under_way(bench.home / "runs", count) for count in bench.size.steps}
    found = {count: Grown() for count in runs}
    for _round in range(bench.size.rounds):
        for count, (paths, step) in runs.items():
            running = rf"Carry out part {step.removeprefix('step-')} of the change"
            with screen.fed(bench, paths, step, "quiet"), screen.watch(bench, paths) as terminal:
                found[count].start.append(terminal.wait_for(r"(?i)observer", running))
                terminal.settle()
                found[count].lags += moved(terminal, calibrated(terminal), _presses(bench))
                found[count].memory.append(terminal.memory_mib())
    return found


def _lines(bench: Bench) -> dict[int, Grown]:
    """The same time and as many samples at every size."""
    seconds = float(min(LOG_SECONDS, bench.size.recording_s))
    runs = {count: under_way(bench.home / "runs", lines=count, seconds=seconds) for count in bench.size.lines}
    found = {count: Grown() for count in runs}
    for _round in range(bench.size.rounds):
        for count, (paths, step) in runs.items():
            with screen.fed(bench, paths, step, "quiet"), screen.watch(bench, paths) as terminal:
                found[count].start.append(terminal.wait_for(r"(?i)observer", r"pedido \d{7} recebeu"))
                terminal.settle()
                found[count].lags += _scrolled(terminal, _presses(bench))
                found[count].memory.append(terminal.memory_mib())
    return found


def _presses(bench: Bench) -> int:
    return max(2, min(MOST_PRESSES, bench.size.presses // bench.size.rounds))


def _scrolled(terminal: Terminal, presses: int) -> list[float]:
    """Seconds from each press in the log until its text has moved; one that is not seen counts as MISS_S."""
    for _pane in range(8):
        if "▌Log" in terminal.text():
            break
        terminal.press("\t")
        terminal.settle()
    else:
        raise NotMeasured("the log was not reached by Tab")
    for _line in range(3):
        terminal.press("up")
        terminal.settle()
    x, top = next((line.index("▌Log"), y) for y, line in enumerate(terminal.screen.display) if "▌Log" in line)

    def shown() -> list[str]:
        # The three lowest lines belong to the whole screen.
        return [line[x:] for line in terminal.screen.display[top + 1 : -3]]

    lags: list[float] = []
    for press in range(presses):
        before = shown()
        pressed = terminal.press("down" if press % 2 else "up")
        lag = terminal.until(lambda before=before: shown() != before, MISS_S, pressed)  # type: ignore[misc]
        lags.append(MISS_S if lag is None else lag)
        terminal.until(lambda: False, 0.05 + 0.001 * (press % 37))
    return lags


def _figures(what: str, key: str, found: dict[int, Grown], *, memory: bool) -> Iterator[Figure]:
    smallest = min(found)
    least = found[smallest]
    peer = f"{smallest:,} {what}"
    for count, grown in found.items():
        theirs = () if count == smallest else tuple(least.start)
        yield Figure(
            what=f"growth: start to a full screen, {count:,} {what}", unit="s", ours=tuple(grown.start), theirs=theirs,
            peer=peer if theirs else "",
        )  # fmt: skip
    for count, grown in found.items():
        theirs = () if count == smallest else (percentile(least.lags, 0.99) * 1000,)
        missed = sum(1 for lag in grown.lags if lag >= MISS_S)
        yield Figure(
            what=f"growth: {key}, p99, {count:,} {what}", unit="ms", ours=(percentile(grown.lags, 0.99) * 1000,),
            theirs=theirs, peer=peer if theirs else "",
            note=f"{len(grown.lags)} presses, {missed} missed; p50 {number(percentile(grown.lags, 0.5) * 1000)} ms",
        )  # fmt: skip
    if not memory:
        return
    for count, grown in found.items():
        theirs = () if count == smallest else tuple(least.memory)
        yield Figure(
            what=f"growth: memory of the console, {count:,} {what}", unit="MiB", ours=tuple(grown.memory),
            theirs=theirs, peer=peer if theirs else "",
        )  # fmt: skip
