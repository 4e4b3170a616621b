"""The journal: a durable transition against a bare write and fdatasync of the same bytes; lines in groups."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from tests.bench.bench import Bench
from tests.bench.figure import Budget, Figure
from tests.bench.recording import demo_plan
from tui.engine.recorder import Recorder
from tui.engine.redaction.redactor import Redactor
from tui.journal import events as e
from tui.journal.clock import RunClock
from tui.journal.writer import JournalWriter
from tui.plan.model import places
from tui.run.state import RunState

BUDGET = Budget(1.5)
WITNESS = {
    "xid": "7311", "epoch": "0", "pid": 4711, "backend_start": "2026-11-22T06:00:00.123456+00:00", "ledger": False,
    "pinned": True, "system_identifier": "7441123581321345589", "timeline": 1, "database": "app", "database_oid": 16384,
}  # fmt: skip


class _Raw:
    """A file opened as a journal is, written with nothing but write and fdatasync."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def append(self, data: bytes) -> None:
        os.write(self.fd, data)
        os.fdatasync(self.fd)


def measure(bench: Bench) -> Iterator[Figure]:
    """Milliseconds per durable line, lines per second otherwise."""
    yield _transition(bench, "journal: a durable line (JournalWriter)", with_engine=False)
    yield _transition(bench, "journal: a durable transition (Recorder: redact, append, fold)", with_engine=True)
    yield _groups(bench)


def _transition(bench: Bench, what: str, *, with_engine: bool) -> Figure:
    ours: list[float] = []
    theirs: list[float] = []
    directory = bench.directory / ("recorder" if with_engine else "writer")
    directory.mkdir()
    with JournalWriter.create(directory / "journal.jsonl", RunClock.start()) as writer:
        raw = _Raw(directory / "raw")
        append = _recorder(writer) if with_engine else _writer(writer)
        size = 0
        for _round in range(bench.size.rounds):
            mine, peer = [], []
            for number in range(bench.size.appends):
                mine.append(_timed(lambda n=number: append(n)))  # type: ignore[misc]
                grown = writer.path.stat().st_size
                with writer.path.open("rb") as file:
                    file.seek(size)
                    same = file.read(grown - size)
                size = grown
                peer.append(_timed(lambda data=same: raw.append(data)))  # type: ignore[misc]
            ours.append(median(mine))
            theirs.append(median(peer))
        os.close(raw.fd)
        writer.release_reserve()
    return Figure(what=what, unit="ms", ours=tuple(ours), theirs=tuple(theirs), peer="write + fdatasync", budget=BUDGET)


def _writer(writer: JournalWriter) -> Callable[[int], object]:
    def append(number: int) -> object:
        return writer.append(e.TxBegin.TYPE, e.TxBegin(step="migrate", attempt=1, statement=number, witness=WITNESS))

    return append


def _recorder(writer: JournalWriter) -> Callable[[int], object]:
    plan = demo_plan()
    recorder = Recorder(writer, RunState(), Redactor(["a password of some length"]))
    target = next(iter(plan.targets))
    recorder.append(
        e.RunOpened(id="bench", plan=plan, seal="5e" * 32, work="a0" * 32, target=target, environment="development")
    )
    step = next(step for _place, step in places(plan.phases) if step.kind == "sql")
    recorder.append(e.StepStarted(step=step.id, attempt=1, kind="sql"))

    def append(number: int) -> object:
        return recorder.append(e.TxBegin(step=step.id, attempt=1, statement=number, witness=WITNESS))

    return append


def _groups(bench: Bench) -> Figure:
    """The limit writes the same bytes at once and syncs them once."""
    ours, theirs = [], []
    event = e.StepProgress(step="migrate", attempt=1, phase="copying", done=1.0, total=2.0, unit="rows")
    count = bench.size.group_events
    for number in range(bench.size.rounds):
        path = bench.directory / f"groups-{number}.jsonl"
        with JournalWriter.create(path, RunClock.start()) as writer:
            began = time.perf_counter()
            for _event in range(count):
                writer.append(event.TYPE, event, durable=False)
            writer.sync()
            ours.append(count / (time.perf_counter() - began))
            writer.release_reserve()
        data = path.read_bytes()
        raw = _Raw(path.with_suffix(".raw"))
        theirs.append(count / (_timed(lambda raw=raw, data=data: raw.append(data)) / 1000))  # type: ignore[misc]
        os.close(raw.fd)
    return Figure(
        what="journal: lines in groups", unit="lines/s", ours=tuple(ours), theirs=tuple(theirs),
        peer="one write + one fdatasync", note="no budget: an engine writes some hundred lines a second at most",
    )  # fmt: skip


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
