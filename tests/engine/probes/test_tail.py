"""A log on another host, followed over a real ssh."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.engine.probes.parts import Sshd, gone
from tui.engine.watch.log_sources import SshSource, log_source
from tui.postgres.logs.parser import LogUnavailable
from tui.postgres.logs.record import LogRecord
from tui.probes.reading import SourceFailed
from tui.probes.remote_tail import RemoteTail
from tui.probes.ssh import Ssh
from tui.words.said import say


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


async def taken(tail: RemoteTail, length: int) -> bytes:
    """The next bytes, as many, within ten seconds."""
    data = b""
    async with asyncio.timeout(10):
        while len(data) < length:
            data += await tail.take(length - len(data))
            await asyncio.sleep(0.01)
    return data


def test_it_follows_through_rotation_and_ends_there_too(sshd: Sshd, tmp_path: Path) -> None:
    log = tmp_path / "it's a server.log"
    log.write_bytes(b"before\n")

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        tail = RemoteTail(sshd.host, str(log), ssh)
        await tail.open()
        with log.open("ab") as file:
            file.write(b"first \xff\n")
        assert await taken(tail, 8) == b"first \xff\n"
        log.rename(tmp_path / "old.log")
        log.write_bytes(b"second\n")
        assert await taken(tail, 7) == b"second\n"
        with log.open("ab") as file:
            file.write(b"x" * 3_000_000)
        assert await taken(tail, 3_000_000) == b"x" * 3_000_000
        there = sshd.sessions()
        assert any("tail" in process.name() for process in there)
        await tail.close()
        await ssh.close()
        gone(there)

    run(test())


def test_a_greeting_without_a_newline_is_passed_over(sshd: Sshd, tmp_path: Path) -> None:
    sshd.greet("\\033]0;title\\007welcome > ")
    log = tmp_path / "server.log"
    log.touch()

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        tail = RemoteTail(sshd.host, str(log), ssh)
        await tail.open()
        with log.open("ab") as file:
            file.write(b"first\n")
        assert await taken(tail, 6) == b"first\n"
        await tail.close()
        await ssh.close()

    run(test())


@pytest.mark.parametrize(("name", "reason"), [("missing.log", "there is no"), ("", "is a directory")])
def test_why_it_cannot(sshd: Sshd, tmp_path: Path, name: str, reason: str) -> None:
    async def test() -> None:
        ssh = Ssh(sshd.environment)
        with pytest.raises(SourceFailed, match=reason):
            await RemoteTail(sshd.host, str(tmp_path / name), ssh).open()
        await ssh.close()

    run(test())


def test_a_lost_connection_is_said_and_the_log_can_be_opened_again(sshd: Sshd, tmp_path: Path) -> None:
    log = tmp_path / "server.csv"
    log.touch()

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        source = log_source(f"ssh:{sshd.host}:{log}", os.environ, lambda: None, ssh)
        assert isinstance(source, SshSource) and source.form == "csvlog"
        await source.open("%m [%p] ")
        sshd.signal_all(signal.SIGKILL)

        async def lost() -> None:
            while True:
                await source.read()
                await asyncio.sleep(0.01)

        with pytest.raises(LogUnavailable, match="log_unreadable"):
            async with asyncio.timeout(10):
                await lost()
        assert sshd.process is not None
        sshd.process.wait()
        sshd.start()
        await source.open("%m [%p] ")
        record = (
            '2026-11-22 06:03:00.000 UTC,"ana","app",42,"[local]",1.1,1,"SELECT",2026-11-22 06:00:00 UTC,1/2,0,'
            'ERROR,53100,"no space left",,,,,,,,,"psql","client backend",,0\n'
        )
        with log.open("a") as file:
            file.write(record)
        lines: list[LogRecord] = []
        async with asyncio.timeout(10):
            while not lines:
                lines = await source.read()
                await asyncio.sleep(0.01)
        assert [(line.sqlstate, line.application, line.text) for line in lines] == [("53100", "psql", "no space left")]
        await source.close()
        await ssh.close()

    run(test())


def test_opened_again_it_goes_on_where_it_was_or_says_that_there_is_a_gap(sshd: Sshd, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("before\n" * 30)

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        source = log_source(f"ssh:{sshd.host}:{log}", os.environ, lambda: None, ssh)

        async def seen(text: str) -> list[str]:
            found: list[str] = []
            async with asyncio.timeout(10):
                while text not in found:
                    found += [line.text for line in await source.read()]
                    await asyncio.sleep(0.01)
            return found

        await source.open("%m [%p] ")
        await source.close()
        for text in ("in between", "again"):
            with log.open("a") as file:
                file.write(f"{text}\n")
            await source.open("%m [%p] ")
            assert await seen(text) == [text]
            await source.close()
        assert not source.remarks
        # As long as before, and yet another one.
        log.write_text("another\n" * 40)
        await source.open("%m [%p] ")
        (remark,) = source.remarks
        assert "gap" in say(remark)
        with log.open("a") as file:
            file.write("after\n")
        assert await seen("after") == ["after"]
        await source.close()
        await ssh.close()

    run(test())


def test_a_path_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="log_without_path"):
        log_source("ssh:db1:server.log", os.environ, lambda: None, Ssh(os.environ))
