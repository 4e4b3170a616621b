"""Any moment of a long recording: by keyframes, as `status --at`, and in the console's replay."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from statistics import median

from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure, NotMeasured
from tests.bench.recording import day
from tui.console.feed.replay import Player
from tui.console.feed.source import PlayerCommand
from tui.journal.position import Position, parse_position
from tui.journal.reader import JournalReader
from tui.recording.keyframes import Recording, keyframes_path
from tui.runs.paths import RunPaths

FIRST = Budget(1000, of="ours")
WARM = Budget(50, of="ours")


def measure(bench: Bench) -> Iterator[Figure]:
    """Milliseconds, the slowest of several places; the file is in the page cache."""
    paths = day(bench.home / "runs", bench.size.recording_s, bench.size.recording_lines)
    megabytes = len(paths.journal.read_bytes()) / 1e6
    source = random.Random(1)
    # The end is as far from the beginning as a place can be.
    places = [bench.size.recording_s - 1, *(source.randrange(bench.size.recording_s) for _ in range(bench.size.seeks))]
    hours = bench.size.recording_s / 3600
    yield from _replay(paths, places, f"{hours:.3g} h of {megabytes:.0f} MB")
    yield _command(bench, paths, places, "status --at, no keyframes kept")
    recording = Recording(paths.journal)
    built = _timed(lambda: recording.extend(write=True))
    first = _timed(lambda: Recording(paths.journal).state_at(parse_position(_at(places[0]))))
    opened = Recording(paths.journal)
    warm = [_timed(lambda second=second: opened.state_at(parse_position(_at(second)))) for second in places]  # type: ignore[misc]
    yield Figure(what="seek: keyframes built where none are kept", unit="ms", ours=(built,), budget=FIRST)
    yield Figure(what="seek: first, keyframes read", unit="ms", ours=(first,), budget=FIRST)
    yield _slowest("seek: a later one by keyframes", warm)
    yield _command(bench, paths, places, "status --at, keyframes kept")


def _replay(paths: RunPaths, places: list[int], what: str) -> Iterator[Figure]:
    """Without keyframes the start is shown and the place is gone to once they are built; with them at once."""
    at = parse_position(_at(places[0]))
    first = _timed(lambda: _opened(paths, at).close())
    yield Figure(what=f"seek: the replay shows its start, {what}, no keyframes", unit="ms", ours=(first,), budget=FIRST)
    Recording(paths.journal).extend(write=True)
    began = time.perf_counter()
    player = _opened(paths, at)
    first = (time.perf_counter() - began) * 1000
    if player.state.mono < at.value - 2:
        raise NotMeasured("the replay did not open at its place")
    while player.playback.read is not None or not player.marks.done:
        time.sleep(0.01)
    player.step(time.monotonic())
    later = []
    for second in places:
        player.ask(PlayerCommand("go", to=parse_position(_at(second))))
        later.append(_timed(lambda: player.step(time.monotonic())))
        if player.playback.position != second:
            raise NotMeasured(f"the replay did not go to {second}")
    player.close()
    # A recording too short for a keyframe keeps none.
    keyframes_path(paths.journal).unlink(missing_ok=True)
    yield Figure(what="seek: the replay opens at a place, keyframes kept", unit="ms", ours=(first,), budget=FIRST)
    yield _slowest("seek: the replay goes somewhere else", later)


def _opened(paths: RunPaths, at: Position) -> Player:
    player = Player(JournalReader(paths.journal), at=at)
    player.start()
    return player


def _command(bench: Bench, paths: RunPaths, places: list[int], what: str) -> Figure:
    ours = [_ran(bench, "status", paths.id, "--at", _at(second)) for second in places[: bench.size.rounds]]
    theirs = [_ran(bench, "--version") for _place in ours]
    return Figure(
        what=f"seek: {what}", unit="ms", ours=tuple(ours), theirs=tuple(theirs), peer="virada --version", budget=FIRST
    )  # fmt: skip


def _slowest(what: str, samples: list[float]) -> Figure:
    note = f"the slowest of {len(samples)}; their median {median(samples):.1f} ms"
    return Figure(what=what, unit="ms", ours=(max(samples),), budget=WARM, note=note)


def _at(second: int) -> str:
    return f"+{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _ran(bench: Bench, *arguments: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(bench.virada(*arguments), env=bench.environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise NotMeasured(done.stderr.strip())
    return (time.perf_counter() - began) * 1000
