"""Is a server on this host? Asked of a real backend, and of processes that are none."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.postgres_server import Database
from tui.postgres.connect import open_session
from tui.postgres.session import Session
from tui.probes.same_host import is_here

LONG_AGO = "2001-01-01T00:00:00.000000Z"


@pytest.mark.postgres
def test_a_backend_is_known_by_its_start_or_by_who_listens(empty_database: Database) -> None:
    async def test() -> None:
        session: Session = await open_session(empty_database.dsn, purpose="monitor", run="r")
        try:
            backend, listener = session.backend, session.listener_pid
            assert listener == empty_database.server.pid()
            assert is_here(backend.pid, backend.start, None)
            assert is_here(backend.pid, LONG_AGO, listener)
            # As through a socket that leads elsewhere: the pid is one of this host's as well.
            assert not is_here(backend.pid, LONG_AGO, os.getpid())
            assert not is_here(backend.pid, "", None)
            assert not is_here(os.getpid(), backend.start, os.getppid())
            assert not is_here(2**22 + 1, backend.start, listener)
        finally:
            await session.close()

    asyncio.run(asyncio.wait_for(test(), 60))
