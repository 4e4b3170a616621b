"""A journal that cannot be written any more ends its engine, whoever meets it and when: it would keep everybody out."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.engine import engine, recorder
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.io import FileIO
from tui.run.commands import Execute, Note

pytestmark = pytest.mark.postgres
STEPS = """
          - {id: one, title: One, sql: {text: "select pg_sleep(600)"}}
"""


def failing(operation: str, number: int, times: int) -> Callable[..., Any]:
    """An operation of the journal's file that fails so often with this error."""
    original = getattr(FileIO, operation)
    left = times

    def call(*arguments: Any) -> Any:
        nonlocal left
        if left:
            left -= 1
            raise OSError(number, os.strerror(number))
        return original(*arguments)

    return call


@pytest.mark.parametrize(
    ("operation", "number", "who"),
    [("write", errno.EIO, "nobody"), ("sync", errno.EIO, "person"), ("sync", errno.ENOSPC, "nobody")],
)
@awaited
async def test_one_failed_write_while_idle_ends_the_engine(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, number: int, who: str
) -> None:
    """A sample's, which nobody waits for, or a person's."""
    async with Rig(tmp_path, empty_database, STEPS) as rig:
        await rig.measured()
        task = rig._task
        assert task is not None
        monkeypatch.setattr(FileIO, operation, failing(operation, number, 1))
        if who == "person":
            with pytest.raises(JournalBroken):
                rig.do(Note(text="is anybody there?"))
        await asyncio.wait({task}, timeout=20)
        with pytest.raises(JournalBroken, match="virada continue"):
            await rig.stop()
        await rig.take_up()
        assert rig.do(Note(text="yes")) is None


@awaited
async def test_it_frees_what_it_was_at_work_on(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Rig(tmp_path, empty_database, STEPS) as rig:
        rig.do(Execute(step="one"))
        await rig.until(lambda: rig.step("one").witness, "it is sent")
        monkeypatch.setattr(FileIO, "sync", failing("sync", errno.EIO, 1))
        with pytest.raises(JournalBroken):
            rig.do(Note(text="?"))
        with pytest.raises(JournalBroken):
            await rig.stop()
        work = f"select count(*) from pg_stat_activity where application_name like 'virada {rig.paths.id}%'"
        await rig.until(lambda: empty_database.value(work) == 0, "its sessions are gone")
        await rig.take_up()
        assert (await rig.ended("one"))["type"] == "step.cancelled"


@awaited
async def test_a_full_disk_is_tried_again_by_itself(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room comes back without a word, and what the engine had to record then is recorded."""
    monkeypatch.setattr(recorder, "ROOM_EVERY", 0.05)
    monkeypatch.setattr(engine, "ROOM_EVERY", 0.05)
    async with Rig(tmp_path, empty_database, STEPS) as rig:
        # Without the figures of each second, which would find that there is room.
        rig.engine.sampler.stop()
        rig.do(Execute(step="one"))
        witness = await rig.until(lambda: rig.step("one").witness, "it is sent")
        monkeypatch.setattr(FileIO, "write", failing("write", errno.ENOSPC, 8))
        with pytest.raises(JournalFull):
            rig.do(Note(text="?"))
        # Between its transaction's opening and its statement a backend has nothing to cancel.
        cancel = f"""select count(pg_cancel_backend(pid)) from pg_stat_activity
                     where pid = {witness["pid"]} and wait_event = 'PgSleep'"""
        await rig.until(lambda: empty_database.value(cancel) == 1, "it is cancelled")
        assert (await rig.ended("one"))["type"] in ("step.failed", "step.cancelled")
