"""Which source is used, when it is left, and when it is gone back to. Sources here are scripted; real ones are in
tests/engine/probes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from tui.probes.host_watch import HostWatch
from tui.probes.reading import HostReading, SourceFailed
from tui.words.said import say

BEAT = 0.01


class Scripted:
    """Answers, fails or hangs, as it is told."""

    def __init__(self, kind: str, does: str = "answer") -> None:
        self.kind = kind
        self.where = f"the {kind}"
        self.patience = 0.05
        self.does = does
        self.failures = 0
        self.busy = False
        self.reads = 0
        self.closed = 0

    async def read(self) -> HostReading:
        """As a pipe does: two readers at a time would take each other's answers."""
        assert not self.busy, "two read from one source at a time"
        self.reads += 1
        self.busy = True
        try:
            await asyncio.sleep(0.002)
            if self.does == "hang":
                await asyncio.Event().wait()
        finally:
            self.busy = False
        self.failures -= 1
        if self.does == "fail" or self.failures >= 0:
            raise SourceFailed(f"{self.where} refuses.")
        now = time.monotonic()
        return HostReading(at=now, host="db1", cpu_busy=self.reads, cpu_total=2.0 * self.reads, load=1.0)

    async def close(self) -> None:
        self.closed += 1


def watched(
    test: Callable[[HostWatch, list[tuple[str, str]]], Coroutine[Any, Any, None]], *sources: Scripted
) -> list[tuple[str, str]]:
    """Run a watch beside the test; what it said."""

    async def run() -> list[tuple[str, str]]:
        said: list[tuple[str, str]] = []
        watch = HostWatch(sources, lambda severity, remark: said.append((severity, say(remark))), beat=BEAT, retry=0.05)
        task = asyncio.ensure_future(watch.run())
        try:
            await test(watch, said)
        finally:
            failed = task.exception() if task.done() else None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await watch.close()
        assert failed is None, failed
        return said

    return asyncio.run(asyncio.wait_for(run(), 20))


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        await asyncio.sleep(0.002)


def test_the_first_that_answers_is_used() -> None:
    first, second = Scripted("node_exporter"), Scripted("ssh")

    async def test(watch: HostWatch, said: list[tuple[str, str]]) -> None:
        assert (watch.label, watch.figures()) == ("", {})
        await until(lambda: watch.figures().get("cpu"))
        assert watch.label == "db1 (node_exporter)" and watch.figures()["cpu"] == 0.5
        assert watch.trouble is None

    said = watched(test, first, second)
    assert said == [("INFO", "CPU, memory and disk of the database's host come from db1 (node_exporter).")]
    assert second.reads == 0


def test_one_that_hangs_is_passed_over_and_named() -> None:
    first, second = Scripted("node_exporter", "hang"), Scripted("ssh")

    async def test(watch: HostWatch, said: list[tuple[str, str]]) -> None:
        await until(lambda: watch.label == "db1 (ssh)")
        assert watch.trouble is not None and "does not answer within" in say(watch.trouble)

    ((severity, text),) = watched(test, first, second)
    assert severity == "WARNING" and "db1 (ssh)" in text and "the node_exporter" in text


def test_three_misses_lose_a_source_and_it_is_gone_back_to() -> None:
    first, second = Scripted("node_exporter"), Scripted("ssh")

    async def test(watch: HostWatch, said: list[tuple[str, str]]) -> None:
        await until(lambda: watch.figures().get("cpu"))
        reads = first.reads
        first.does = "fail"
        await until(lambda: watch.label == "db1 (ssh)")
        assert first.reads - reads >= 3 and first.closed
        await until(lambda: watch.figures().get("cpu"))
        first.does = "answer"
        await until(lambda: watch.label == "db1 (node_exporter)")
        assert watch.figures().get("cpu"), "the change back leaves no gap"
        await until(lambda: second.closed)

    said = watched(test, first, second)
    assert [severity for severity, _text in said] == ["INFO", "WARNING", "INFO"]
    assert "the node_exporter refuses." in said[1][1]


def test_two_misses_do_not() -> None:
    source, other = Scripted("node_exporter"), Scripted("ssh")

    async def test(watch: HostWatch, said: list[tuple[str, str]]) -> None:
        await until(lambda: watch.label)
        source.failures = 2
        await until(lambda: source.failures < -3)
        assert watch.label == "db1 (node_exporter)"

    watched(test, source, other)
    assert other.reads == 0


def test_when_none_answers_all_reasons_are_said_once_and_figures_are_unknown() -> None:
    first, second = Scripted("node_exporter", "fail"), Scripted("ssh", "fail")

    async def test(watch: HostWatch, said: list[tuple[str, str]]) -> None:
        await until(lambda: first.reads > 3)
        assert (watch.label, watch.figures()) == ("", {})
        second.does = "answer"
        await until(lambda: watch.label == "db1 (ssh)")

    said = watched(test, first, second)
    assert said[0] == (
        "WARNING",
        "CPU, memory and disk of the database's host are unknown: the node_exporter refuses. the ssh refuses.",
    )
    assert len(said) == 2 and "db1 (ssh) instead" in said[1][1]


def test_what_is_lost_while_a_better_one_is_asked_again() -> None:
    """The one in use fails while the first, which hangs, is being tried: no source ever has two readers."""
    first, second, third = Scripted("node_exporter", "hang"), Scripted("ssh"), Scripted("local", "fail")
    first.patience = 0.2

    async def test(watch: HostWatch, said: list[tuple[str, str]]) -> None:
        await until(lambda: watch.label == "db1 (ssh)")
        reads = first.reads
        await until(lambda: first.reads > reads and first.busy)
        second.does = "fail"
        await until(lambda: third.reads > 1)
        third.does = "answer"
        await until(lambda: watch.label == "db1 (local)")
        second.does = first.does = "answer"
        await until(lambda: watch.label == "db1 (node_exporter)")
        await until(lambda: third.closed)

    watched(test, first, second, third)
