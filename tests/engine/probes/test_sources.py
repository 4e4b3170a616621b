"""Every source against the real thing: what it says, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.engine.probes.parts import Exporter, Sshd, gone
from tests.ports import free_port
from tests.postgres_server import Database, await_condition
from tui.journal.remarks import Remarked
from tui.postgres.connect import open_session
from tui.probes.local_host import LocalHost
from tui.probes.node_exporter import NodeExporter
from tui.probes.reading import HostReading, ReadingSource, SourceFailed, figures
from tui.probes.sql_host import SqlHost
from tui.probes.ssh import Ssh
from tui.probes.ssh_host import SshHost
from tui.words.said import say

HERE = os.uname().nodename


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


async def failing(reading: Awaitable[HostReading]) -> str:
    with pytest.raises(SourceFailed) as caught:
        await reading
    return say(caught.value)


async def busy(source: ReadingSource) -> dict[str, float]:
    """Figures over a second in which a process keeps one processor busy."""
    load = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
    try:
        before = await source.read()
        await asyncio.sleep(1.0)
        return figures(await source.read(), before)
    finally:
        load.kill()
        await load.wait()


def check(found: dict[str, float], directory: str | None) -> None:
    """Against what psutil knows of this machine."""
    assert 0.9 / (os.cpu_count() or 1) <= found["cpu"] <= 1.0
    assert found["memory"] == pytest.approx(psutil.virtual_memory().percent / 100, abs=0.1)
    assert found["load"] == pytest.approx(os.getloadavg()[0], abs=1.0)
    if directory is not None:
        assert found["disk_free_bytes"] == pytest.approx(shutil.disk_usage(directory).free, rel=0.05)
        assert found["disk"] == pytest.approx(psutil.disk_usage(directory).percent / 100, abs=0.02)


def test_node_exporter(exporter: Exporter, tmp_path: Path) -> None:
    async def test() -> None:
        source = NodeExporter(exporter.url, lambda: str(tmp_path))
        check(await busy(source), str(tmp_path))
        assert (await source.read()).host == HERE
        exporter.kill()
        assert str(exporter.port) in await failing(source.read())
        exporter.start()
        await source.read()
        await source.close()

    run(test())


def test_a_node_exporter_without_one_of_the_collectors() -> None:
    exporter = Exporter("--no-collector.pressure")

    async def test() -> None:
        source = NodeExporter(exporter.url, lambda: "/")
        found = await busy(source)
        check(found, "/")
        assert "io_pressure_share" not in found
        await source.close()

    try:
        run(test())
    finally:
        exporter.kill()


def test_a_frozen_node_exporter_costs_the_time_it_was_given(exporter: Exporter) -> None:
    async def test() -> None:
        source = NodeExporter(exporter.url, lambda: None)
        await source.read()
        exporter.signal(signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await source.read()
        exporter.signal(signal.SIGCONT)
        await source.read()
        await source.close()

    run(test())


def test_what_is_no_node_exporter(sshd: Sshd) -> None:
    async def test() -> None:
        source = NodeExporter(f"http://user:secret@127.0.0.1:{sshd.port}/metrics", lambda: None)
        assert "secret" not in await failing(source.read())
        await source.close()

    run(test())


def test_ssh(sshd: Sshd, tmp_path: Path) -> None:
    place = tmp_path / "with 'a quote"
    place.mkdir()

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        source = SshHost(sshd.host, ssh, lambda: str(place))
        check(await busy(source), str(place))
        reading = await source.read()
        assert reading.host == HERE and reading.disk_free is not None
        assert sshd.logins() == 1, "one connection stays open"
        processes = sshd.sessions()
        assert processes
        await source.close()
        await ssh.close()
        gone(processes)

    run(test())


@pytest.mark.parametrize("name", ["t", "a-directory-for-temporary-files-%d-" + "x" * 80])
def test_two_shells_share_one_connection(
    sshd: Sshd, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where temporary files lie deeper than a socket's path may be long."""
    (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        first, second = SshHost(sshd.host, ssh, lambda: None), SshHost(sshd.host, ssh, lambda: None)
        await first.read()
        await second.read()
        assert sshd.logins() == 1
        await first.close()
        await second.close()
        await ssh.close()

    run(test())


async def refused(host: str, ssh: Ssh) -> str:
    """Why this cannot be asked; nothing of it is left."""
    source = SshHost(host, ssh, lambda: None)
    try:
        return await failing(source.read())
    finally:
        await source.close()


def test_ssh_never_asks_and_says_why_it_cannot(sshd: Sshd) -> None:
    sshd.authorized.write_text("")

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        assert "Permission denied" in await refused(sshd.host, ssh)
        assert "Connection refused" in await refused(f"ssh://127.0.0.1:{free_port()}", ssh)
        (sshd.home / "known_hosts").write_text("")
        assert "Host key verification failed" in await refused(sshd.host, ssh)
        # What looks like an option is a host all the same.
        proof = sshd.home / "proof"
        await refused(f"-oProxyCommand=touch {proof}", ssh)
        assert not proof.exists()
        await ssh.close()
        missing = Ssh({"PATH": "/nonexistent"})
        assert "no program ssh" in await refused(sshd.host, missing)

    run(test())


def test_an_answer_that_comes_late_is_still_that_of_its_question(sshd: Sshd) -> None:
    async def test() -> None:
        ssh = Ssh(sshd.environment)
        source = SshHost(sshd.host, ssh, lambda: None)
        await source.read()
        sshd.signal_all(signal.SIGSTOP)
        for _turn in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await source.read()
        sshd.signal_all(signal.SIGCONT)
        before = await source.read()
        after = await source.read()
        assert before.cpu_total is not None and after.cpu_total is not None and after.cpu_total >= before.cpu_total
        await source.close()
        await ssh.close()

    run(test())


def test_nothing_stays_behind_when_the_process_is_killed(sshd: Sshd) -> None:
    code = f"""
import asyncio
from tui.probes.ssh import Ssh
from tui.probes.ssh_host import SshHost
from tui.probes.remote_tail import RemoteTail
async def main():
    ssh = Ssh({dict(sshd.environment)!r})
    await SshHost({sshd.host!r}, ssh, lambda: None).read()
    await RemoteTail({sshd.host!r}, {str(sshd.home / "sshd_config")!r}, ssh).open()
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    scratch = dict(os.environ) | {"TMPDIR": str(sshd.home)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=scratch) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        left = psutil.Process(process.pid).children(recursive=True)
        await_condition(lambda: any("tail" in p.name() for p in sshd.sessions()), "tail runs")
        left += sshd.sessions()
        assert len(left) >= 4
        process.kill()
    gone(left)


def test_this_host(tmp_path: Path) -> None:
    async def test() -> None:
        source = LocalHost(lambda: str(tmp_path))
        check(await busy(source), str(tmp_path))
        assert (await source.read()).host == HERE
        nowhere = LocalHost(lambda: "/nonexistent/data")
        assert "disk" not in figures(await nowhere.read(), None)

    run(test())


@pytest.mark.postgres
@pytest.mark.unsaid(Remarked.PROC_FORBIDDEN)
def test_through_sql_with_and_without_the_grants(empty_database: Database) -> None:
    with empty_database.connect() as admin:
        admin.execute("drop role if exists watcher")
        admin.execute("create role watcher login in role pg_monitor")

    async def session(test: Callable[[SqlHost], Awaitable[None]], user: str) -> None:
        dsn = psycopg.conninfo.make_conninfo(empty_database.dsn, user=user)
        opened = await open_session(dsn, purpose="monitor", run="r", step=None, settings=None)

        async def rows(name: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
            return await opened.rows(name, params)

        try:
            await test(SqlHost(rows))
        finally:
            await opened.close()

    async def works(source: SqlHost) -> None:
        check(await busy(source), None)
        assert (await source.read()).host == HERE

    async def refused(source: SqlHost) -> None:
        assert "pg_read_server_files" in await failing(source.read())

    try:
        run(session(works, "postgres"))
        run(session(refused, "watcher"))
        with empty_database.connect() as admin:
            admin.execute("grant pg_read_server_files to watcher")
            admin.execute("grant execute on function pg_read_file(text, bigint, bigint, boolean) to watcher")
        run(session(works, "watcher"))
    finally:
        with empty_database.connect() as admin:
            admin.execute("drop owned by watcher")
            admin.execute("drop role watcher")


def test_reading_is_cheap(exporter: Exporter) -> None:
    """Once a second each source may take a small part of the one per cent that an idle engine may use."""

    async def test() -> None:
        for source in (NodeExporter(exporter.url, lambda: "/"), LocalHost(lambda: "/")):
            await source.read()
            began = time.process_time()
            for _turn in range(20):
                await source.read()
            taken = (time.process_time() - began) / 20
            assert taken < 0.02, f"{source.kind}: {taken * 1000:.1f} ms"
            await source.close()

    run(test())


def test_a_greeting_without_a_newline_is_passed_over(sshd: Sshd) -> None:
    sshd.greet("\\033]0;title\\007welcome > ")

    async def test() -> None:
        ssh = Ssh(sshd.environment)
        source = SshHost(sshd.host, ssh, lambda: "/tmp")
        for _ in range(2):
            reading = await source.read()
            assert reading.host == HERE and reading.disk_free is not None
        await source.close()
        await ssh.close()

    run(test())
