"""Poolers are recognised by their ways: a small one of ours, and a real PgBouncer in each of its modes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from tests.engine.postgres.pgserver import RUN, Server, awaited
from tests.pgbouncer import pgbouncer
from tui.postgres import pooler
from tui.postgres.connect import open_session
from tui.postgres.pooler import find_pooler
from tui.postgres.session import Session

pytestmark = pytest.mark.postgres


def neighbour(dsn: str) -> Callable[[], Awaitable[Session]]:
    return lambda: open_session(dsn, purpose="control", run=RUN, step="pooler", bare=True)


class Pooler:
    """A transaction pooler in small: every statement of a client may meet another backend, whose pid it
    hides.
    """

    def __init__(self, server: Server, database: str, backends: int) -> None:
        self._target = str(server.home / ".s.PGSQL.5432")
        self._database, self._backends = database, backends
        self.path = str(server.home / ".s.PGSQL.6432")
        self.dsn = f"host={server.home} port=6432 user=postgres dbname={database}"

    async def __aenter__(self) -> Pooler:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        links: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        try:
            start = await reader.readexactly(4)
            start += await reader.readexactly(int.from_bytes(start, "big") - 4)
            for _ in range(self._backends):
                links.append(await asyncio.open_unix_connection(self._target))
            for number, (from_server, to_server) in enumerate(links):
                to_server.write(start)
                greeting = await self._until_ready(from_server)
                if number == 0:
                    writer.write(greeting)
            turn = 0
            while True:
                message = await reader.readexactly(5)
                message += await reader.readexactly(int.from_bytes(message[1:], "big") - 4)
                from_server, to_server = links[turn % len(links)]
                to_server.write(message)
                if message[:1] in (b"Q", b"S"):
                    turn += 1
                    writer.write(await self._until_ready(from_server))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for _reader, link in links:
                link.close()
            writer.close()

    @staticmethod
    async def _until_ready(reader: asyncio.StreamReader) -> bytes:
        """Everything up to ReadyForQuery, with a cancel key of the pooler's own."""
        found = b""
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            found += head + ((1).to_bytes(4, "big") + body[4:] if head[:1] == b"K" else body)
            if head[:1] == b"Z":
                return found


@pytest.mark.parametrize(("backends", "expected"), [(1, "session"), (2, "transaction")])
@awaited
async def test_a_pooler_is_noticed(server: Server, database: str, backends: int, expected: str) -> None:
    async with Pooler(server, database, backends) as between:
        session = await open_session(between.dsn, purpose="control", run=RUN, bare=True)
        assert await find_pooler(session, neighbour(between.dsn)) == expected
        await session.close()


@awaited
async def test_without_a_second_session_it_is_not_known_which(server: Server, database: str) -> None:
    async with Pooler(server, database, 1) as between:
        session = await open_session(between.dsn, purpose="control", run=RUN, bare=True)
        assert await find_pooler(session) == "unknown"
        await session.close()


@pytest.mark.parametrize(
    ("mode", "size", "robin"),
    [
        ("session", 1, 0), ("session", 5, 0), ("session", 5, 1), ("transaction", 1, 0), ("transaction", 5, 0),
        ("transaction", 2, 1), ("transaction", 5, 1), ("statement", 1, 0), ("statement", 5, 1),
    ],
)  # fmt: skip
@awaited
async def test_the_modes_of_a_quiet_pgbouncer(
    server: Server, database: str, monkeypatch: pytest.MonkeyPatch, mode: str, size: int, robin: int
) -> None:
    """One connection that a session keeps for itself leaves none for the second: that is not told from a busy pool."""
    expected = "unknown" if (mode, size) == ("session", 1) else mode
    monkeypatch.setattr(pooler, "_PATIENCE", 0.3)
    leads = f"host={server.home} port=5432 user=postgres"
    with pgbouncer(server.home, leads, server.account, mode, size, server_round_robin=str(robin)) as dsn:
        dsn += f" dbname={database}"
        session = await open_session(dsn, purpose="control", run=RUN, bare=True)
        try:
            assert await find_pooler(session, neighbour(dsn)) == expected
        finally:
            await session.close()


@awaited
async def test_a_pool_that_is_busy(server: Server, database: str) -> None:
    """Others take the backends in between; what is left of a session is then gone at once."""
    leads = f"host={server.home} port=5432 user=postgres"
    with pgbouncer(server.home, leads, server.account, "transaction", 3) as dsn:
        dsn += f" dbname={database}"
        others = [await open_session(dsn, purpose="control", run=RUN, bare=True) for _ in range(4)]

        async def work(session: Session) -> None:
            while True:
                await session.execute("begin; select 1; commit")

        working = [asyncio.ensure_future(work(session)) for session in others]
        session = await open_session(dsn, purpose="control", run=RUN, bare=True)
        try:
            assert await find_pooler(session, neighbour(dsn)) == "transaction"
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            for one in (session, *others):
                await one.close()


@awaited
async def test_a_busy_pool_that_gives_the_same_backend_a_few_times_by_chance() -> None:
    class Lent:
        """As two clients of a transaction pool see it: for six turns each meets the server that it had."""

        announced_pid = 99

        def __init__(self, pid: int) -> None:
            self.pid, self.looks, self.mark = pid, 0, ""

        async def execute(self, _text: str) -> None:
            return

        async def rows(self, named: str, arguments: list[str] | None = None) -> list[tuple[str, int]]:
            if named == "probe_set":
                self.mark = (arguments or [""])[0]
            self.looks += 1
            return [(self.mark, self.pid if self.looks < 12 else self.pid + 1)]

        async def close(self) -> None:
            return

    async def neighbour() -> Session:
        return cast(Session, Lent(7))

    assert await find_pooler(cast(Session, Lent(1)), neighbour) == "transaction"
