"""A relay of TCP connections that leads new ones where the test says, by what their first packet holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType


class Relay:
    """Listens on loopback. `leads`: the port for a connection whose first packet (in clear text) is this."""

    def __init__(self, leads: Callable[[bytes], int]) -> None:
        self.leads = leads
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            first = await reader.read(8192)
            there, back = await asyncio.open_connection("127.0.0.1", self.leads(first))
            back.write(first)
            copying = [
                asyncio.ensure_future(self._copy(reader, back)),
                asyncio.ensure_future(self._copy(there, writer)),
            ]
            try:
                await asyncio.wait(copying, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Before anything is awaited: a cancellation may come here too.
                back.close()
                for copy in copying:
                    copy.cancel()
                await asyncio.gather(*copying, return_exceptions=True)
                await back.wait_closed()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                pass
            self._tasks.discard(task)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            return
