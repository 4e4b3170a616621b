"""A session: one connection with one owner, its safety settings, and statements that only an explicit act
cancels.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections.abc import AsyncIterable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tui.journal.cut import cut
from tui.journal.remarks import Coded, Remarked
from tui.postgres.conninfo.keepalives import endure, server_settings, silent_for
from tui.postgres.conninfo.parameters import Address, Purpose, WorkSettings
from tui.postgres.errors import ConnectionLost, OutOfMemory, PostgresError, StatementFailed
from tui.postgres.queries import query

if TYPE_CHECKING:
    import psycopg

    from tui.postgres.driver import WireConnection

from tui.postgres.results import Backend, Printed, Result, ServerMark, ServerNotice

T = TypeVar("T")
_WARNINGS_KEPT, _WARNING_LONGEST = 50, 1000
_CLOSING_S = 1.0
CRASH = "57P02"
"""What a session is told by a mere warning, before its server ends it because another process of its crashed."""


class Session:
    """The only owner of its connection, in autocommit: transactions are begun and ended by plain SQL.

    Statements without parameters go by the simple protocol, as psql sends them. Every call runs in a task
    of its own, so that cancelling the caller ends the waiting and nothing else; the next call waits for what is
    then still under way. Errors: StatementFailed, LockNotAvailable, ConnectionLost.
    """

    def __init__(
        self,
        connection: WireConnection,
        *,
        purpose: Purpose,
        settings: WorkSettings | None,
        on_notice: Callable[[ServerNotice], None] | None,
        runs_the_plan: bool,
    ) -> None:
        self._connection = connection
        self._on_notice = on_notice
        self._warnings: list[ServerNotice] = []
        self._pending: asyncio.Task[Any] | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._closing = False
        self.lost: ConnectionLost | None = None
        """How it was lost, once that was seen."""
        self._parting: ServerNotice | None = None
        """The message after which a session ends, where it came as no statement's answer."""
        self.busy_since: float | None = None
        """When what is under way was sent, by time.monotonic(); None while nothing is."""
        self.answered_at = time.monotonic()
        """When the server last answered."""
        self.purpose = purpose
        self.settings = settings
        self.runs_the_plan = runs_the_plan
        self.known: dict[str, str] = {}
        """The settings that this server has of those we wanted, and what they became."""
        self.backend = Backend(pid=connection.pgconn.backend_pid, start="")
        self.server: ServerMark | None = None
        connection.add_notice_handler(self._noticed)

    @property
    def role(self) -> str | None:
        """The role that SET ROLE put on this session, None for the one that logged in."""
        return self.settings.role if self.settings is not None else None

    @property
    def host(self) -> str:
        """The host (or socket directory) that answered, of several."""
        return self._connection.info.host

    @property
    def port(self) -> int:
        return self._connection.info.port

    @property
    def address(self) -> Address:
        """The server that answered, of several hosts and of several addresses of one."""
        info = self._connection.info
        given = {option.keyword: option.val for option in self._connection.pgconn.info}
        named = (given.get(b"host") or b"").decode() or None
        hostaddr = info.hostaddr or None
        return Address(
            # Where no host was named there is none that a certificate could be compared with, but a socket has to be.
            host=named if named is not None or hostaddr is not None else info.host,
            hostaddr=hostaddr, port=str(info.port), user=info.user, dbname=info.dbname,
        )  # fmt: skip

    @property
    def password(self) -> str:
        """The password that the connection was made with, also one out of a password file; empty without one."""
        return (self._connection.pgconn.password or b"").decode("utf-8", "surrogateescape")

    @property
    def encrypted(self) -> bool:
        return self._connection.pgconn.ssl_in_use

    @property
    def gssapi(self) -> bool:
        """Whether the server was authenticated by GSSAPI, which goes by its host's name."""
        return self._connection.pgconn.used_gssapi

    @property
    def server_encoding(self) -> str:
        """The database's encoding by PostgreSQL's name."""
        return (self._connection.pgconn.parameter_status(b"server_encoding") or b"").decode()

    @property
    def announced_pid(self) -> int:
        """The pid in the connection's cancel key. A pooler invents one, which is how it is recognised."""
        return self._connection.pgconn.backend_pid

    @property
    def listener_pid(self) -> int | None:
        """The process that listens on the Unix socket we are connected to, as this kernel knows it; None elsewhere."""
        if self.closed or not hasattr(socket, "SO_PEERCRED"):
            return None
        try:
            with socket.socket(fileno=os.dup(self._connection.pgconn.socket)) as ours:
                if ours.family != socket.AF_UNIX:
                    return None
                sent = ours.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        except OSError:
            return None
        pid: int = struct.unpack("3i", sent)[0]
        return pid or None

    @property
    def server_version(self) -> int:
        """As PostgreSQL counts: 150018 for 15.18."""
        return self._connection.info.server_version

    @property
    def closed(self) -> bool:
        return self._connection.closed

    @property
    def in_transaction(self) -> bool:
        """True in a transaction, also in a failed one, and while a statement runs."""
        return self._connection.info.transaction_status.name != "IDLE" and not self.closed

    async def execute(self, sql: str | bytes, params: Sequence[Any] | Mapping[str, Any] | None = None) -> Result:
        """Run one statement, or several at once when there are no parameters. Placeholders are psycopg's
        %s, %(n)s.
        """
        return await self._apart(self._execute(sql, params), _text(sql))

    async def run(self, sql: str) -> Result:
        """Run a statement that is not ours, or several at once: however many rows it returns, one is held at a time. Of
        the first the numbers are kept, as the server prints them."""
        return await self._apart(self._run(sql), sql)

    async def some(self, sql: str, kept: int) -> Result:
        """Run a statement of ours whose rows may be many; the first of them are kept."""
        return await self._apart(self._some(sql, kept), sql)

    async def printed(self, sql: str, kept: int) -> Printed:
        """Run one statement, or several at once, and hand over the last one's answer as the server printed it: its
        first rows, with long values cut."""
        return await self._apart(self._printed(sql, kept), sql)

    async def copy_in(self, sql: str, data: bytes | Iterable[bytes] | AsyncIterable[bytes]) -> Result:
        """Run a COPY ... FROM STDIN with its data, in the encoding of the session (UTF-8)."""
        return await self._apart(self._copy_in(sql, data), sql)

    async def rows(self, name: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a named query."""
        return (await self.execute(query(name), params)).rows or []

    async def cancel(self) -> None:
        """Ask the server to cancel what runs. The only way to do so; whether it did is seen in the
        statement's end.
        """
        import psycopg

        try:
            await self._connection.cancel_safe(timeout=10.0)
        except psycopg.Error as error:
            raise ConnectionLost(Coded(Remarked.CANCEL_NOT_SENT, reason=error)) from None

    async def endure(self, seconds: float) -> None:
        """Let both sides of the connection be silent for so long, from here on."""
        wanted = "; ".join(f"set {name} = {value}" for name, value in server_settings(seconds).items())
        try:
            await self.execute(wanted)
        except StatementFailed:
            # A platform without them; the client's side counts all the same.
            pass
        self._on_socket(lambda ours: endure(ours, seconds))

    @property
    def silent_for(self) -> float | None:
        """Seconds since anything arrived on the connection; None where that is not known."""
        return self._on_socket(silent_for)

    def _on_socket(self, ask: Callable[[socket.socket], T]) -> T | None:
        if self.closed:
            return None
        try:
            with socket.socket(fileno=os.dup(self._connection.pgconn.socket)) as ours:
                return ask(ours)
        except OSError:
            return None

    async def roll_back(self) -> None:
        """End the transaction; a session that cannot is closed, whatever keeps it from that.

        A transaction left open keeps what others delete, and an index that is built concurrently waits for it.
        """
        ended = self.closed
        try:
            if not ended:
                await self.execute("rollback")
                ended = True
        except PostgresError:
            pass
        finally:
            if not ended:
                await self.close()

    async def close(self) -> None:
        """Close the connection; bounded in time. A statement still running meets a vanished client; see `cancel`.

        What still waits for an answer is ended first, or it would go on watching a descriptor whose number the
        next connection gets, and take that one from the event loop when it ends.
        """
        self._closing = True
        waiting = {task for task in self._under_way if not task.done()}
        for task in waiting:
            task.cancel()
        try:
            if waiting:
                await asyncio.wait(waiting, timeout=_CLOSING_S)
        finally:
            await self._connection.close()

    async def _execute(self, sql: str | bytes, params: Sequence[Any] | Mapping[str, Any] | None) -> Result:
        async with self._connection.cursor() as cursor:
            await cursor.execute(_bytes(sql), params, prepare=False)
            while cursor.nextset():
                pass
            rows = await cursor.fetchall() if cursor.description is not None else None
            return self._result(cursor, rows)

    async def _run(self, sql: str) -> Result:
        from tui.postgres.row_stream import answered, numbers

        found = await answered(self._connection, _bytes(sql), 1, numbers)
        return Result(found.affected, found.rows, found.status, tuple(self._warnings), found.count)

    async def _some(self, sql: str, kept: int) -> Result:
        from tui.postgres.row_stream import answered, typed

        found = await answered(self._connection, _bytes(sql), kept, typed(self._connection))
        return Result(found.affected, found.rows, found.status, tuple(self._warnings), found.count)

    async def _printed(self, sql: str, kept: int) -> Printed:
        from tui.postgres.row_stream import answered

        found = await answered(self._connection, _bytes(sql), kept)
        return Printed(columns=found.columns, types=found.types, rows=tuple(found.rows or ()), count=found.count)

    async def _copy_in(self, sql: str, data: bytes | Iterable[bytes] | AsyncIterable[bytes]) -> Result:
        async with self._connection.cursor() as cursor:
            async with cursor.copy(_bytes(sql)) as copy:
                if isinstance(data, bytes):
                    await copy.write(data)
                elif isinstance(data, AsyncIterable):
                    async for block in data:
                        await copy.write(block)
                else:
                    for block in data:
                        await copy.write(block)
            return self._result(cursor, None)

    def _result(self, cursor: psycopg.AsyncCursor[tuple[Any, ...]], rows: list[tuple[Any, ...]] | None) -> Result:
        status, warnings = cursor.statusmessage or "", tuple(self._warnings)
        return Result(cursor.rowcount, rows, status, warnings, len(rows or ()))

    async def _apart(self, work: Coroutine[Any, Any, T], sql: str) -> T:
        """Run in a task of its own, after the previous one, and put our names on errors."""
        task = asyncio.ensure_future(self._guarded(work, sql, self._pending))
        self._pending = task
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_seen)
            if task.cancelled() and self._closing:
                # `close` came before it had begun.
                work.close()
                raise ConnectionLost(Coded(Remarked.SESSION_CLOSED)) from None
            raise

    async def _guarded(self, work: Coroutine[Any, Any, T], sql: str, previous: asyncio.Task[Any] | None) -> T:
        import psycopg

        from tui.postgres.driver import translated, unfinished

        try:
            if previous is not None and not previous.done():
                await asyncio.wait({previous})
            if self._connection.closed:
                raise self.lost or ConnectionLost(Coded(Remarked.SESSION_CLOSED))
            self._warnings.clear()
            self.busy_since = time.monotonic()
            answer = await work
            self.answered_at = time.monotonic()
            return answer
        except asyncio.CancelledError:
            # By `close`: who waits for the answer was not cancelled, but has lost the session.
            if self._closing:
                raise ConnectionLost(Coded(Remarked.SESSION_CLOSED)) from None
            raise
        except MemoryError:
            # The rest of an answer would still come.
            await self._connection.close()
            raise OutOfMemory() from None
        except psycopg.Error as error:
            refused = translated(error, self._connection, sql)
            if isinstance(refused, ConnectionLost) and not isinstance(refused, OutOfMemory):
                refused = self._has_lost(refused)
            if isinstance(refused, StatementFailed):
                self.answered_at = time.monotonic()
            if unfinished(self._connection):
                # The server waits for data, or for somebody to take some: nothing else could be asked of it.
                await self._connection.close()
            raise refused from None
        finally:
            self.busy_since = None
            work.close()

    def _has_lost(self, error: ConnectionLost) -> ConnectionLost:
        """The error with what is known of the server; the first one says how the session ended."""
        if self.lost is None:
            server = None if self.server is None else self.server.postmaster_start
            said: ConnectionLost | ServerNotice = error
            if error.sqlstate is None and self._parting is not None:
                said = self._parting
            self.lost = ConnectionLost(said.message, said.sqlstate, server)
        return self.lost

    def _noticed(self, report: psycopg.errors.Diagnostic) -> None:
        from tui.postgres.driver import tolerant

        diag = tolerant(report)
        notice = ServerNotice(
            diag.severity_nonlocalized or diag.severity or "NOTICE",
            diag.sqlstate,
            diag.message_primary or "",
            diag.message_detail,
            diag.source_function,
        )
        if notice.severity in ("FATAL", "PANIC") or notice.sqlstate == CRASH:
            self._parting = notice
        if notice.severity == "WARNING" and len(self._warnings) < _WARNINGS_KEPT:
            short = cut(notice.message, _WARNING_LONGEST)
            self._warnings.append(ServerNotice(notice.severity, notice.sqlstate, short, routine=notice.routine))
        if self._on_notice is not None:
            self._on_notice(notice)


def _bytes(sql: str | bytes) -> bytes:
    return sql if isinstance(sql, bytes) else sql.encode("utf-8", "surrogateescape")


def _text(sql: str | bytes) -> str:
    return sql if isinstance(sql, str) else sql.decode("utf-8", "backslashreplace")


def _seen(task: asyncio.Task[Any]) -> None:
    """Take note of an outcome nobody waits for any more, or asyncio complains about it at exit."""
    if not task.cancelled():
        task.exception()
