"""The console beside other terminal programs: a bare Textual app, pg_activity and toolong, in one interleaved run.

Programs are found on PATH, or first in the directories that VIRADA_BENCH_PEERS names, separated as in PATH.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import psycopg
from msgspec import Struct

from tests.bench import screen
from tests.bench.bench import Bench
from tests.bench.figure import Figure, NotMeasured, percentile
from tests.bench.keys import MISS_S
from tests.bench.recording import LOG_LINE, waiting
from tests.bench.terminal import Terminal
from tui.runs.paths import RunPaths

VARIABLE = "VIRADA_BENCH_PEERS"
OURS, BARE = "virada watch", "bare Textual app"
SESSIONS = 20
LOG_LINES = 10_000
MOST_PRESSES = 60
"""In a round, of one program."""


class Peer(Struct, frozen=True):
    """A program, what stands on its screen when it is full, and what must be there while it runs."""

    start: Callable[[], Terminal]
    ready: tuple[str, ...]
    beside: Callable[[], AbstractContextManager[None]] = nullcontext


class Seen:
    """What was measured of one program, one value a round; of key presses one each."""

    def __init__(self) -> None:
        self.start: list[float] = []
        self.lags: list[float] = []
        self.wire: list[float] = []
        self.cpu: list[float] = []
        self.memory: list[float] = []

    def rows(self) -> dict[tuple[str, str], tuple[float, ...]]:
        """By what and its unit."""
        return {
            ("start to a full screen", "s"): tuple(self.start),
            ("key press to changed screen, p50", "ms"): (percentile(self.lags, 0.5) * 1000,),
            ("key press to changed screen, p99", "ms"): (percentile(self.lags, 0.99) * 1000,),
            ("bytes to the terminal, nobody types", "B/s"): tuple(self.wire),
            ("CPU, nobody types", "%"): tuple(self.cpu),
            ("memory", "MiB"): tuple(self.memory),
        }


def measure(bench: Bench) -> Iterator[Figure]:
    """Each figure of the console beside that of each other program, which is said to be missing where it is."""
    peers, missing = _peers(bench)
    seen = {name: Seen() for name in peers}
    for _round in range(bench.size.rounds):
        for name, peer in peers.items():
            if name in missing:
                continue
            try:
                _measure(bench, peer, seen[name])
            except NotMeasured as error:
                if name in (OURS, BARE):
                    raise
                missing[name] = textwrap.shorten(f"not measured: {error}", 80)
    ours = seen[OURS].rows()
    others = (BARE, "pg_activity", "toolong")
    rows = {name: seen[name].rows() for name in others if name not in missing}
    for (what, unit), values in ours.items():
        for name in others:
            theirs = rows[name][what, unit] if name in rows else ()
            yield Figure(
                what=f"peers: {what}, beside {name}", unit=unit, ours=values, theirs=theirs,
                peer=name if name in rows else f"{name}: {missing[name]}",
                note=_note(what, {OURS: seen[OURS], name: seen[name]}) if name in rows else "",
            )  # fmt: skip


def _note(what: str, seen: dict[str, Seen]) -> str:
    if "p99" not in what:
        return ""
    missed = {name: sum(1 for lag in one.lags if lag >= MISS_S) for name, one in seen.items()}
    return "; ".join(f"{name}: {len(seen[name].lags)} presses, {count} missed" for name, count in missed.items())


def _measure(bench: Bench, peer: Peer, seen: Seen) -> None:
    with peer.beside(), peer.start() as terminal:
        start = terminal.wait_for(*peer.ready)
        # Away from the first row, from which a list may wrap around, and from an end that does not scroll.
        for key in ("home", "down", "down"):
            terminal.settle()
            terminal.press(key)
        terminal.settle()
        lags: list[float] = []
        for press in range(max(2, min(MOST_PRESSES, bench.size.presses // bench.size.rounds))):
            lag = terminal.changed("up" if press % 2 else "down", MISS_S)
            lags.append(MISS_S if lag is None else lag)
            terminal.settle(0.05, 0.5)
        terminal.settle()
        wire, cpu = terminal.watched(bench.size.watch_s)
        seen.memory.append(terminal.memory_mib())
    seen.start.append(start)
    seen.lags += lags
    seen.wire.append(wire)
    seen.cpu.append(cpu * 100)


def _peers(bench: Bench) -> tuple[dict[str, Peer], dict[str, str]]:
    """All programs by name, the console first; and why one cannot be had."""
    paths = waiting(bench.home / "runs")
    environment = bench.environment | {"XDG_CONFIG_HOME": str(bench.directory / "config")}
    # Their Python must not look into this checkout.
    del environment["PYTHONPATH"]
    peers = {
        OURS: Peer(lambda: screen.watch(bench, paths), (r"(?i)observer", r"Checklist"), lambda: _fed(bench, paths)),
        BARE: Peer(lambda: screen.bare(bench), (screen.BARE_READY, r"item 30 of the list")),
    }
    missing: dict[str, str] = {}
    activity, toolong = program("pg_activity"), program("tl")
    if activity is None:
        missing["pg_activity"] = "not found"
    else:
        try:
            dsn = bench.server().dsn()
        except NotMeasured as error:
            missing["pg_activity"] = str(error)
        else:
            command = [activity, dsn]
            peers["pg_activity"] = Peer(
                lambda: Terminal(command, environment, bench.directory),
                (r"RUNNING QUERIES", rf"(?:postgres +local[^\n]*\n[^\n]*?){{{SESSIONS}}}"),
                lambda: _busy(dsn),
            )
    if toolong is None:
        missing["toolong"] = "not found"
    else:
        log = bench.directory / "peers.log"
        log.write_text("".join([LOG_LINE.format(number=n) for n in range(LOG_LINES)]), encoding="utf-8")
        peers["toolong"] = Peer(
            lambda: Terminal([toolong, str(log)], environment, bench.directory),
            (rf"pedido {LOG_LINES - 1:07d}", rf"pedido {LOG_LINES - 30:07d}"),
        )
    return peers, missing


def program(name: str) -> str | None:
    """Where a program is, None where it is not."""
    directories = [directory for directory in (os.environ.get(VARIABLE), os.environ.get("PATH")) if directory]
    found = shutil.which(name, path=os.pathsep.join(directories))
    return None if found is None else str(Path(found).absolute())


@contextmanager
def _fed(bench: Bench, paths: RunPaths) -> Iterator[None]:
    """An engine's lock is held; nothing happens but that time passes."""
    with screen.fed(bench, paths, "-", "quiet"):
        yield


@contextmanager
def _busy(dsn: str) -> Iterator[None]:
    """Sessions that are active, so that there is a list to show."""
    with ExitStack() as stack:
        for _session in range(SESSIONS):
            connection = psycopg.connect(dsn, autocommit=True)
            stack.callback(connection.close)
            connection.pgconn.send_query(b"select pg_sleep(3600)")
            # A session that sleeps does not see that its client has gone: it would keep its place from round to round.
            stack.callback(connection.pgconn.get_cancel().cancel)
        yield
