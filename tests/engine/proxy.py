"""A network between the engine and its server that can fail in every way TCP does not tell of.

In the test's own event loop, on loopback, in front of the server's Unix socket. A connection is known by the
application name in its first packet; requests to cancel have none.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterator
from types import TracebackType

from tests.postgres_server import Database
from tui.demo.server import PORT

Picked = Callable[[str], bool]
CANCEL = "cancel"


def every(_name: str) -> bool:
    """Each connection, and those to come."""
    return True


class Wire:
    """One connection: bytes go `to_server` and `to_client` while these are set."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter, name: str) -> None:
        self.client = client
        self.server = server
        self.name = name
        self.to_server = asyncio.Event()
        self.to_client = asyncio.Event()
        self.to_server.set()
        self.to_client.set()
        self.half_open = False


class Proxy:
    """`dsn` leads through it. Faults befall the connections that are there, `stall(every)` also those to come."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.wires: list[Wire] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: set[asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = set()
        self.refusing = False
        """New connections are ended at once."""
        self._going_on = asyncio.Event()
        self._going_on.set()

    @property
    def dsn(self) -> str:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"host=127.0.0.1 port={port} dbname={self._database.name} user=postgres"

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        # What was accepted a moment ago is told to `_serve` first, which alone can close it.
        accepting = [task for task in asyncio.all_tasks() if "_accept_connection" in repr(task.get_coro())]
        await asyncio.gather(*accepting, return_exceptions=True)
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for opened in await asyncio.gather(*self._opening, return_exceptions=True):
            if not isinstance(opened, BaseException):
                opened[1].close()

    def picked(self, which: Picked) -> Iterator[Wire]:
        """Those that live and whose name is picked."""
        return (wire for wire in self.wires if which(wire.name))

    def stall(self, which: Picked = every, *, to_server: bool = True, to_client: bool = True) -> None:
        """Nothing arrives any more in these directions; what is sent is accepted all the same."""
        if which is every:
            self._going_on.clear()
        for wire in self.picked(which):
            if to_server:
                wire.to_server.clear()
            if to_client:
                wire.to_client.clear()

    def go_on(self) -> None:
        """All that was held back arrives."""
        self._going_on.set()
        for wire in self.wires:
            wire.to_server.set()
            wire.to_client.set()

    def half_open(self, which: Picked) -> int:
        """The server sees the connection end, the client sees nothing; how many there were."""
        found = list(self.picked(which))
        for wire in found:
            wire.half_open = True
            wire.server.close()
        return len(found)

    def cut(self, which: Picked = every) -> None:
        """Both sides see the connection end."""
        for wire in list(self.picked(which)):
            wire.server.close()
            wire.client.close()

    def reset(self, which: Picked = every) -> None:
        """The client's kernel is told that there is no such connection."""
        for wire in list(self.picked(which)):
            ours: socket.socket = wire.client.get_extra_info("socket")
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.client.transport.abort()
            wire.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        wire: Wire | None = None
        try:
            await self._going_on.wait()
            if self.refusing:
                return
            first = await reader.read(8192)
            while first[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
                # Neither TLS nor GSSAPI here.
                writer.write(b"N")
                first = await reader.read(8192)
            server = self._database.server
            opening = asyncio.ensure_future(asyncio.open_unix_connection(f"{server.socket}/.s.PGSQL.{PORT}"))
            self._opening.add(opening)
            there, back = await asyncio.shield(opening)
            self._opening.discard(opening)
            wire = Wire(writer, back, _name(first))
            self.wires.append(wire)
            back.write(first)
            up = asyncio.ensure_future(self._copy(reader, back, wire.to_server))
            down = asyncio.ensure_future(self._copy(there, writer, wire.to_client))
            try:
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
                if wire.half_open:
                    # Whatever the client sends is accepted, until it has had enough.
                    await asyncio.wait({up})
                    while await reader.read(65536):
                        pass
            finally:
                # Before anything is awaited: a cancellation may come here too.
                back.close()
                for copying in (up, down):
                    copying.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            if wire is not None:
                self.wires.remove(wire)
            self._tasks.discard(task)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, open_: asyncio.Event) -> None:
        try:
            while data := await reader.read(65536):
                await open_.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            return


def _name(first: bytes) -> str:
    if first[4:8] == b"\x04\xd2\x16\x2e":
        return CANCEL
    words = first[8:].split(b"\0")
    named = dict(zip(words[::2], words[1::2], strict=False))
    return named.get(b"application_name", b"").decode("utf-8", "replace")
