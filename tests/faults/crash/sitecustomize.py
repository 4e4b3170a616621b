"""Crash points: found through PYTHONPATH, an engine with VIRADA_TEST_CRASH kills itself at the moment it names.

`tx.commit_sent:3:after`: once the third line of that type is durable; `before`: in its place. `tx.commit_sent:3:torn`:
with half of it in the file. A step may be named too: `tx.begin@batch:2:after`. `COMMIT:1:after`: when the server has
answered to the first COMMIT and nothing of it is recorded; `COMMIT:1:flying`: when it is on its way.

`JOURNAL:5:note`: the fifth note's sync of the journal fails (EIO), once; `tick`: that of figures that nobody waits for.

`PIN:2:lost` kills nothing: the control session is ended from outside just before the second transaction is pinned.
"""

from __future__ import annotations

import os
import signal
import sys


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(what: str, number: int, when: str) -> None:
    wanted, _, step = what.partition("@")
    seen = 0
    if wanted == "COMMIT":
        _arm_commit(number, when)
        return
    if wanted == "PIN":
        _arm_pin(number)
        return
    if wanted == "JOURNAL":
        _arm_journal(number, {"note": "note.added", "tick": "metrics.sampled"}[when])
        return
    from tui.engine.recorder import Recorder

    original = Recorder.append_all

    def append_all(self, events, by="engine"):  # type: ignore[no-untyped-def]
        nonlocal seen
        hit = False
        for event in events:
            if wanted == event.TYPE and (not step or getattr(event, "step", None) == step):
                seen += 1
                hit = hit or seen == number
        if hit and when == "before":
            _die()
        if hit and when == "torn":
            with open(self.writer.path, "ab") as journal:  # noqa: PTH123
                journal.write(b'{"v":1,"seq":')
                journal.flush()
                os.fsync(journal.fileno())
            _die()
        lines = original(self, events, by)
        if hit:
            _die()
        return lines

    Recorder.append_all = append_all  # type: ignore[method-assign]


def _arm_commit(number: int, when: str) -> None:
    import asyncio

    from tui.postgres.session import Session

    original = Session.execute
    seen = 0

    async def execute(self, query, *arguments, **options):  # type: ignore[no-untyped-def]
        nonlocal seen
        if query != "commit" or self.purpose != "work":
            return await original(self, query, *arguments, **options)
        seen += 1
        if seen == number and when == "flying":
            sending = asyncio.ensure_future(original(self, query, *arguments, **options))
            # Enough for the bytes to leave and too little for an answer to a COMMIT that waits in a trigger.
            await asyncio.wait([sending], timeout=0.1)
            _die()
        result = await original(self, query, *arguments, **options)
        if seen == number and when == "after":
            _die()
        return result

    Session.execute = execute  # type: ignore[method-assign,assignment]


def _arm_journal(number: int, type: str) -> None:
    import errno

    from tui.journal.io import FileIO
    from tui.journal.writer import JournalWriter

    append, sync = JournalWriter.append_all, FileIO.sync
    seen = 0

    def append_all(self, events, **options):  # type: ignore[no-untyped-def]
        nonlocal seen
        seen += sum(1 for found, _data in events if found == type)
        return append(self, events, **options)

    def failing(self) -> None:  # type: ignore[no-untyped-def]
        if seen >= number:
            FileIO.sync = sync  # type: ignore[method-assign]
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(self)

    JournalWriter.append_all = append_all  # type: ignore[method-assign]
    FileIO.sync = failing  # type: ignore[method-assign]


def _arm_pin(number: int) -> None:
    from tui.postgres.errors import PostgresError
    from tui.postgres.evidence import commits

    original = commits.pin
    seen = 0

    async def pin(control, *arguments, **options):  # type: ignore[no-untyped-def]
        nonlocal seen
        seen += 1
        if seen == number:
            try:
                await control.execute("select pg_terminate_backend(pg_backend_pid())")
            except PostgresError:
                pass
        return await original(control, *arguments, **options)

    commits.pin = pin


if "tui.engine" in sys.orig_argv and os.environ.get("VIRADA_TEST_CRASH"):
    _what, _number, _when = os.environ["VIRADA_TEST_CRASH"].rsplit(":", 2)
    _arm(_what, int(_number), _when)
