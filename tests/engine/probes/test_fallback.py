"""Killed, frozen and brought back: the host's figures go on from the next source, and return to the first."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

from tests.engine.probes.parts import Exporter, Sshd
from tui.plan.model import HostSource
from tui.probes.host_watch import HostWatch
from tui.probes.sources import sources_of
from tui.probes.ssh import Ssh
from tui.words.said import say

HERE = os.uname().nodename


async def no_rows(name: str, params: object) -> list[tuple[Any, ...]]:
    raise AssertionError("no source here asks the database")


def watched(sshd: Sshd, named: list[HostSource], test: Callable[[HostWatch], Coroutine[Any, Any, None]]) -> list[str]:
    said: list[str] = []

    async def run() -> None:
        ssh = Ssh(sshd.environment)
        sources = sources_of(named, sshd.environment, ssh, no_rows, lambda: "/")
        watch = HostWatch(
            sources, lambda severity, remark: said.append(f"{severity} {say(remark)}"), beat=0.1, retry=0.3
        )
        task = asyncio.ensure_future(watch.run())
        try:
            await test(watch)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await watch.close()
            await ssh.close()

    asyncio.run(asyncio.wait_for(run(), 60))
    return said


async def comes_from(watch: HostWatch, label: str) -> None:
    """Until every figure is there from this source; the loop never stands still meanwhile."""
    async with asyncio.timeout(25):
        while watch.label != label or not {"cpu", "memory", "disk", "load"} <= set(watch.figures()):
            began = time.monotonic()
            await asyncio.sleep(0.01)
            assert time.monotonic() - began < 1.0, "the loop stood still"


def test_the_exporter_is_killed_then_sshd_then_both_come_back(exporter: Exporter, sshd: Sshd) -> None:
    named = [HostSource(node_exporter=exporter.url), HostSource(ssh=sshd.host), HostSource(local=True)]

    async def test(watch: HostWatch) -> None:
        await comes_from(watch, f"{HERE} (node_exporter)")
        exporter.kill()
        await comes_from(watch, f"{HERE} (ssh)")
        sshd.kill()
        await comes_from(watch, f"{HERE} (local)")
        assert watch.trouble is not None and "does not answer" in say(watch.trouble)
        sshd.start()
        await comes_from(watch, f"{HERE} (ssh)")
        exporter.start()
        await comes_from(watch, f"{HERE} (node_exporter)")
        assert watch.trouble is None

    said = watched(sshd, named, test)
    assert [line.split()[0] for line in said] == ["INFO", "WARNING", "WARNING", "WARNING", "INFO"]
    assert exporter.url in said[1] and "(ssh) instead" in said[1]


def test_a_frozen_exporter_and_a_frozen_sshd(exporter: Exporter, sshd: Sshd) -> None:
    named = [HostSource(node_exporter=exporter.url), HostSource(ssh=sshd.host), HostSource(local=True)]

    async def test(watch: HostWatch) -> None:
        await comes_from(watch, f"{HERE} (node_exporter)")
        exporter.signal(signal.SIGSTOP)
        await comes_from(watch, f"{HERE} (ssh)")
        sshd.signal_all(signal.SIGSTOP)
        await comes_from(watch, f"{HERE} (local)")
        sshd.signal_all(signal.SIGCONT)
        exporter.signal(signal.SIGCONT)
        await comes_from(watch, f"{HERE} (node_exporter)")

    said = watched(sshd, named, test)
    assert "does not answer within 2.0 s" in said[1]


def test_an_address_with_a_variable_that_is_not_set(sshd: Sshd) -> None:
    named = [HostSource(node_exporter="http://${NOWHERE_SET}:9100/metrics"), HostSource(local=True)]

    async def test(watch: HostWatch) -> None:
        await comes_from(watch, f"{HERE} (local)")

    (line,) = watched(sshd, named, test)
    assert "NOWHERE_SET" in line
