"""The engine's end of the helm: who may command is decided by the kernel's word about the peer, never by the client's.

Each client has its own task, so that one who stalls delays nobody else. What a client sends can be anything: it is
answered with a refusal and never ends the engine.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Protocol

from msgspec import structs

from tui.engine.lock import EngineLock
from tui.files import closing
from tui.helm.protocol import (
    MAX_LINE,
    VERSION,
    Accepted,
    BadRequest,
    Coming,
    FromEngine,
    Hello,
    Refused,
    Request,
    Welcome,
    decode_from_client,
    encode,
)
from tui.helm.socket import listen, peer_of, pidfd_of_peer, remove
from tui.probes.tasks import ended
from tui.run.commands import AnyCommand
from tui.runs.paths import RunPaths
from tui.runs.person import Person, declared, person_of_peer

MAX_CLIENTS = 64


class HelmHandler(Protocol):
    """What the engine does for its clients; called in the event loop, for one client never twice at a time."""

    async def connected(self, person: Person, client_id: str, take: str | None, coming: Coming) -> Welcome | Refused:
        """A person's client is there; with `take` they ask for the helm. A refusal sends the client away."""

    async def command(
        self, person: Person, client_id: str, command: AnyCommand, take: str | None
    ) -> Accepted | Refused:
        """Carry a command out; the answer's `id` is filled in by the server."""

    async def disconnected(self, person: Person, client_id: str) -> None:
        """The client is gone; once for each `connected` that welcomed."""


class HelmServer:
    """Listens on the run's `helm.sock` from `start` until `close`.

    A socket left by an engine that died is replaced only with the run's `lock` in hand. `permitted`: user ids that may
    command, by default the engine's own and root. Times in seconds: `hello_timeout` until a client has greeted,
    `write_timeout` until it has read an answer.
    """

    def __init__(
        self,
        paths: RunPaths,
        handler: HelmHandler,
        *,
        lock: EngineLock | None = None,
        permitted: frozenset[int] | None = None,
        hello_timeout: float = 10.0,
        write_timeout: float = 5.0,
    ) -> None:
        self._paths = paths
        self._handler = handler
        self._lock = lock
        self._permitted = frozenset({os.geteuid(), 0}) if permitted is None else permitted
        self._hello_timeout = hello_timeout
        self._write_timeout = write_timeout
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._count = 0

    @property
    def clients(self) -> int:
        """Connections at this moment, those that have not greeted yet included."""
        return len(self._tasks)

    async def start(self) -> None:
        """Raises OSError; FileExistsError where a socket is left and the lock is not held."""
        replace = self._lock is not None and self._lock.held
        listener = listen(self._paths.helm_socket, replace=replace)
        # start_server, not start_unix_server: that one looks the socket up again by the address it was bound with,
        # which goes through a descriptor that is closed by now.
        self._server = await asyncio.start_server(self._accepted, sock=listener, limit=MAX_LINE)

    async def close(self) -> None:
        """Stop listening, remove the socket, cut every client and wait until the handler has heard of it."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        remove(self._paths.helm_socket)
        for writer in self._tasks.values():
            writer.transport.abort()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=5)
            await ended(late)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = writer
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, TimeoutError):
            pass
        except Exception as error:
            self._report(error, "a client of the helm")
        finally:
            del self._tasks[task]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        pid, uid = peer_of(connection)
        if uid not in self._permitted:
            return await self._refuse(writer, "not-permitted", "This account may not command the run.", uid=uid)
        if len(self._tasks) > MAX_CLIENTS:
            message = f"The engine has {MAX_CLIENTS} clients already."
            return await self._refuse(writer, "too-many-clients", message, limit=MAX_CLIENTS)
        # At once: as long as a process lives, its number is nobody else's.
        person = _person(connection)
        async with asyncio.timeout(self._hello_timeout):
            hello = await self._read(reader, writer)
        if hello is None:
            return None
        if not isinstance(hello, Hello):
            return await self._refuse(writer, "bad-request", "The first line must be a greeting.")
        if hello.version != VERSION:
            message = f"The engine speaks version {VERSION} of the protocol, the client {hello.version}."
            return await self._refuse(writer, "version", message, engine=VERSION, client=hello.version)
        try:
            person = declared(person, hello.declared)
        except ValueError as error:
            return await self._refuse(writer, "bad-name", str(error))
        self._count += 1
        client_id = f"{pid}.{self._count}"
        try:
            answer = await self._handler.connected(person, client_id, hello.take, hello.coming)
        except Exception as error:
            self._report(error, "a greeting")
            return await self._refuse(writer, "engine-error", _failure(error))
        if isinstance(answer, Refused):
            return await self._write(writer, answer)
        try:
            await self._write(writer, answer)
            await self._requests(reader, writer, person, client_id)
        finally:
            await self._handler.disconnected(person, client_id)
        return None

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, person: Person, client_id: str
    ) -> None:
        while True:
            try:
                request = await self._read(reader, writer, keep=True)
            except BadRequest as error:
                await self._write(writer, _bad(error))
                continue
            if request is None:
                return
            if not isinstance(request, Request):
                await self._write(writer, Refused(code="bad-request", message="The client has greeted already."))
                continue
            answer: Accepted | Refused
            try:
                answer = await self._handler.command(person, client_id, request.command, request.take)
            except Exception as error:
                self._report(error, "a command")
                answer = Refused(code="engine-error", message=_failure(error))
            await self._write(writer, structs.replace(answer, id=request.id))

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: bool = False
    ) -> Hello | Request | None:
        """The next message; None when the client is gone or was sent away. `keep`: bad ones are raised instead."""
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            # Where the next line would begin is not known any more.
            message = f"A line is longer than {MAX_LINE} bytes."
            await self._refuse(writer, "bad-request", message, limit=MAX_LINE)
            return None
        try:
            return decode_from_client(line)
        except BadRequest as error:
            if keep:
                raise
            await self._write(writer, _bad(error))
            return None

    async def _refuse(self, writer: asyncio.StreamWriter, code: str, message: str, **facts: str | int) -> None:
        await self._write(writer, Refused(code=code, message=message, facts=dict(facts)))

    async def _write(self, writer: asyncio.StreamWriter, message: FromEngine) -> None:
        try:
            line = encode(message)
        except BadRequest as error:
            line = encode(Refused(code="engine-error", message=f"The answer cannot be sent: {error.reason}."))
        writer.write(line)
        try:
            async with asyncio.timeout(self._write_timeout):
                await writer.drain()
        except TimeoutError:
            writer.transport.abort()
            raise

    def _report(self, error: Exception, where: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": f"Unexpected failure in {where}", "exception": error})


def _person(connection: socket.socket) -> Person:
    """Who is behind the process that connected."""
    pid, uid = peer_of(connection)
    try:
        pidfd = pidfd_of_peer(connection)
    except ProcessLookupError:
        # Whoever has its number now is somebody else.
        return person_of_peer(0, uid)
    with closing(pidfd):
        return person_of_peer(pid, uid, pidfd=pidfd)


def _bad(error: BadRequest) -> Refused:
    message = f"Not a request of this protocol: {error.reason}."
    return Refused(code="bad-request", message=message, facts={"reason": error.reason}, id=error.id)


def _failure(error: Exception) -> str:
    return f"The engine failed on it ({type(error).__name__}); its log has the details."
