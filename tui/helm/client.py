"""The client's end of the helm: blocking, small, usable from any thread."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time

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
    decode_from_engine,
    encode,
)
from tui.helm.socket import connect, peer_of
from tui.run.commands import AnyCommand
from tui.runs.paths import RunPaths, owner_uid
from tui.said import Said


class HelmError(Exception):
    """The helm cannot be reached; the text is one English sentence."""


class NoEngine(HelmError):
    """Nobody listens, and the caller could start an engine for the run."""


class NotPermitted(HelmError):
    """The operating system does not let the caller command this run."""


class HelmRefused(HelmError):
    """The engine did not let the client in: `refused` has the code and facts."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class HelmLost(HelmError):
    """The connection ended before the answer: whether the command was taken stands in the journal."""


class HelmEnded(HelmLost):
    """The engine's end of the connection is gone."""


class HelmLeft(HelmEnded):
    """The engine ended the connection before it let the client in: it leaves, and nothing was asked of it."""


class HelmTimeout(HelmLost):
    """No answer in time; the connection lives, and the command may still be carried out."""


class HelmClient:
    """One connection. `welcome` is what the engine answered to the greeting."""

    def __init__(self, connection: socket.socket, welcome: Welcome, buffer: bytearray) -> None:
        self.welcome = welcome
        self._connection = connection
        self._buffer = buffer
        self._lock = threading.Lock()
        self._next = 1
        self._closed = False

    @classmethod
    def connect(
        cls, paths: RunPaths, declared: str | None = None, take: str | None = None, timeout: float = 10,
        coming: Coming = "command",
    ) -> HelmClient:  # fmt: skip
        """Greet the engine of the run; with `take` the helm is taken from whoever has it, for that reason. `coming`:
        see `tui.helm.protocol.Hello`.

        Raises NoEngine, NotPermitted, HelmRefused, HelmLeft, HelmLost, HelmTimeout.
        """
        if paths.alone:
            raise NoEngine(
                Said("{file} is a journal without its run: there is nothing to command.", file=paths.journal)
            )
        try:
            connection = connect(paths.helm_socket, timeout)
        except OSError as error:
            raise _cannot_connect(paths, error) from error
        buffer = bytearray()
        try:
            _require_engine(paths, connection)
            try:
                hello = encode(Hello(version=VERSION, declared=declared, take=take, coming=coming))
            except BadRequest as error:
                raise HelmRefused(_refused_here(error)) from error
            deadline = time.monotonic() + timeout
            _send(connection, hello, deadline, refused_by_peer_is_answered=True)
            try:
                reply = _receive(connection, buffer, deadline)
            except HelmEnded as error:
                raise HelmLeft(*error.args) from error
        except BaseException:
            connection.close()
            raise
        if isinstance(reply, Welcome):
            return cls(connection, reply, buffer)
        connection.close()
        if isinstance(reply, Refused):
            if reply.code == "not-permitted":
                raise NotPermitted(reply.message)
            raise HelmRefused(reply)
        raise HelmLost(Said("The engine answered the greeting with something else."))

    def request(self, command: AnyCommand, take: str | None = None, timeout: float = 10) -> Accepted | Refused:
        """Have a command carried out. Callers in several threads are served one after the other.

        Raises HelmLost, and HelmTimeout after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        if not self._lock.acquire(timeout=max(timeout, 0)):
            raise HelmTimeout(Said("Another command of this client still waits for its answer."))
        try:
            if self._closed:
                raise HelmLost(Said("The connection to the engine is closed."))
            number = self._next
            self._next += 1
            try:
                line = encode(Request(id=number, command=command, take=take))
            except BadRequest as error:
                return _refused_here(error)
            _send(self._connection, line, deadline)
            while True:
                reply = _receive(self._connection, self._buffer, deadline)
                # An answer to an earlier request that was given up on comes first.
                if isinstance(reply, Accepted | Refused) and reply.id in (number, None):
                    return reply
        except HelmTimeout:
            raise
        except HelmLost:
            self._closed = True
            self._connection.close()
            raise
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the connection; a request that waits in another thread ends with HelmLost."""
        self._closed = True
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        with self._lock:
            self._connection.close()

    def __enter__(self) -> HelmClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _require_engine(paths: RunPaths, connection: socket.socket) -> None:
    """Raises NotPermitted unless the run's owner listens there: what others put in its place is not talked to."""
    _pid, uid = peer_of(connection)
    try:
        owner = owner_uid(paths)
    except OSError as error:
        raise HelmLost(
            Said("The run {run} cannot be looked at: {reason}.", run=paths.id, reason=error.strerror)
        ) from error
    if uid != owner or (uid != os.geteuid() and paths.claimed is None):
        raise NotPermitted(
            Said("This account may not command the run {run}: another account's process has it.", run=paths.id)
        )


def _cannot_connect(paths: RunPaths, error: OSError) -> HelmError:
    refused = NotPermitted(
        Said("This account may not command the run {run}: {reason}.", run=paths.id, reason=error.strerror)
    )
    if error.errno in (errno.EACCES, errno.EPERM):
        return refused
    if error.errno in (errno.ENOENT, errno.ECONNREFUSED):
        # An observer finds no socket either where no engine runs, and could not start one: the answer is the same.
        if paths.directory.is_dir() and not os.access(paths.directory, os.W_OK):
            return NotPermitted(
                Said("This account may not command the run {run}: its directory is not writable.", run=paths.id)
            )
        return NoEngine(Said("No engine runs for {run}.", run=paths.id))
    if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
        return HelmTimeout(Said("The engine of {run} does not take connections.", run=paths.id))
    return HelmLost(Said("The engine of {run} cannot be reached: {reason}.", run=paths.id, reason=error.strerror))


def _refused_here(error: BadRequest) -> Refused:
    return Refused(code="bad-request", message=f"Not sent: {error.reason}.", facts={"reason": error.reason})


def _send(connection: socket.socket, line: bytes, deadline: float, refused_by_peer_is_answered: bool = False) -> None:
    connection.settimeout(max(deadline - time.monotonic(), 0.001))
    try:
        connection.sendall(line)
    except TimeoutError as error:
        # Part of the line may be sent: the stream cannot be used further.
        connection.close()
        raise HelmLost(Said("The engine does not read what it is sent.")) from error
    except OSError as error:
        # An engine that turns a client away answers and closes without reading; its answer lies there still.
        if not refused_by_peer_is_answered:
            raise HelmLost(Said("The engine has ended.")) from error


def _receive(connection: socket.socket, buffer: bytearray, deadline: float) -> FromEngine:
    while (end := buffer.find(b"\n")) < 0:
        if len(buffer) > MAX_LINE:
            raise HelmLost(Said("The engine sent a line that is too long."))
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = connection.recv(65536)
        except TimeoutError as error:
            raise HelmTimeout(Said("The engine has not answered in time.")) from error
        except OSError as error:
            raise HelmEnded(Said("The connection to the engine is lost.")) from error
        if not data:
            raise HelmEnded(Said("The engine has ended the connection."))
        buffer += data
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    try:
        return decode_from_engine(line)
    except BadRequest as error:
        raise HelmLost(
            Said("The engine sent what this version does not understand: {reason}.", reason=error.reason)
        ) from error
