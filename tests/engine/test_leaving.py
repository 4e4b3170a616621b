"""Whoever comes while an engine leaves, which nobody needed any more, is let in by the next one: nothing that they ask
is given up with the engine, and nothing has to be asked twice."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from pathlib import Path

import pytest

from tests.engine.rig import Rig
from tests.engine.test_helm_server import Recorder, on_loop, run, serving
from tests.postgres_server import Database
from tui.cli import helm
from tui.engine import engine
from tui.helm.client import HelmClient, HelmLeft
from tui.journal.events import Policy
from tui.run.commands import Note
from tui.runs.paths import RunPaths

__all__ = ["run"]
SIGNED = "          - {id: go, title: A person says so, sign: {}}\n"


def test_it_lets_nobody_in_before_it_gives_anything_up(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LINGER", 0.05)
    order: list[str] = []

    async def main() -> None:
        async with Rig(tmp_path, database, SIGNED, policy=Policy(drive="headless")) as rig:
            closed = rig.engine.gate.close

            async def leaving() -> None:
                order.append("shut")

            async def close() -> None:
                order.append("given up")
                await closed()

            rig.engine.leaving = leaving
            monkeypatch.setattr(rig.engine.gate, "close", close)
            rig.engine.helm._clients.clear()
            assert rig._task is not None
            await asyncio.wait_for(asyncio.shield(rig._task), 30)
            assert order == ["shut", "given up"]

    asyncio.run(main())


def hanging_up(run: RunPaths) -> threading.Thread:
    """A socket where an engine listens that is about to leave: it takes one connection more, and ends."""
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(run.directory)
    listener.bind("helm.sock")
    os.chdir(here)
    listener.listen()

    def leave() -> None:
        connection, _ = listener.accept()
        run.helm_socket.unlink()
        listener.close()
        connection.close()

    thread = threading.Thread(target=leave)
    thread.start()
    return thread


def test_who_was_not_let_in_is_told_that_nothing_was_asked(run: RunPaths) -> None:
    thread = hanging_up(run)
    with pytest.raises(HelmLeft):
        HelmClient.connect(run, timeout=10)
    thread.join()


def test_a_command_that_comes_then_waits_for_the_next_engine(run: RunPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that leaves has the run for two looks more, in which no other can begin."""
    asked: list[RunPaths] = []
    there = threading.Event()

    def ensured(paths: RunPaths, wish: object = None) -> None:
        asked.append(paths)
        if len(asked) == 3:
            there.set()

    monkeypatch.setattr(helm, "ensure_engine", ensured)
    monkeypatch.setattr(helm, "require_open", lambda paths: None)
    handler = Recorder()
    thread = hanging_up(run)

    async def test() -> None:
        coming = asyncio.create_task(asyncio.to_thread(helm.connected, run))
        await asyncio.to_thread(there.wait, 20)
        async with serving(run, handler):
            client = await coming
            await asyncio.to_thread(client.request, Note(text="here"))
            client.close()

    on_loop(test)
    thread.join()
    assert len(asked) >= 3 and [command for _person, command, _take in handler.commands] == [Note(text="here")]
