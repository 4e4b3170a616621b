"""The console as this machine's user would open it, beside the bare app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.bench import Bench
from tests.bench.figure import NotMeasured
from tests.bench.terminal import Terminal
from tui.runs.paths import RunPaths

BARE_READY = r"item 1 of the list"
ITEMS = 52
"""As many as the demo's plan has steps."""


def watch(bench: Bench, paths: RunPaths) -> Terminal:
    """The console, read-only."""
    return Terminal(bench.virada("watch", paths.id), bench.environment, bench.directory)


def bare(bench: Bench, items: int = ITEMS) -> Terminal:
    """The bare app."""
    return Terminal(bench.module("bare", str(items)), bench.environment, bench.directory)


@contextmanager
def fed(bench: Bench, paths: RunPaths, step: str, mode: str) -> Iterator[None]:
    """While something writes the run's journal (see tests.bench.feeder)."""
    process = bench.start(bench.module("feeder", str(paths.directory), step, mode), output=-1)
    assert process.stdout is not None
    if process.stdout.readline() != b"ready\n":
        raise NotMeasured("the feeder of the journal did not start")
    try:
        yield
    finally:
        bench.end(process)
