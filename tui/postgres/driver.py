"""The driver, tamed: cancelling a Python task leaves the server alone, and no byte from a server is too
strange.

This module imports psycopg; `connect` is the only one that imports this module.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.adapt import Buffer, Loader
from psycopg.errors import Diagnostic
from psycopg.pq import DiagnosticField

from tui.journal.cut import cut, cut_bytes
from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import ConnectionLost, LockNotAvailable, OutOfMemory, PostgresError, StatementFailed

T = TypeVar("T")

# Types handed over as the text the server prints. Beside the encodings this spares dates that Python cannot
# hold ('infinity', years before Christ) and JSON that is not UTF-8.
_AS_TEXT = (
    "text", "varchar", "bpchar", "name", '"char"', "json", "jsonb", "date", "time", "timetz",
    "timestamp", "timestamptz", "interval", "uuid", "inet", "cidr", "regclass", "regtype", "regproc",
    "regrole", "regnamespace", "int4range", "int8range", "numrange", "daterange", "tsrange",
    "tstzrange", "int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange",
    "tstzmultirange",
)  # fmt: skip


_NO_ROOM = ("out of memory", "cannot allocate memory")
"""What libpq says, untranslated, when it finds no room for what comes."""
COPIES = Coded(Remarked.COPY_OF_CLIENT)


class TolerantText(Loader):
    """Text of any encoding: bytes that are no UTF-8 become visible as \\xNN and differ from one another."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode("utf-8", "backslashreplace")


class WireConnection(psycopg.AsyncConnection[tuple[Any, ...]]):
    """An AsyncConnection that never cancels on the server by itself.

    psycopg answers the cancellation of a waiting task by cancelling the statement on the server. A
    migration must not end because a screen, a task group or the event loop does; `cancel_safe` remains as
    the explicit act.
    """

    async def wait(
        self,
        gen: PQGen[T],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109 (psycopg's signature)
    ) -> T:
        return await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=timeout)


async def connect(parameters: dict[str, Any]) -> WireConnection:
    """Open a connection in autocommit with tolerant text. Raises psycopg's own errors."""
    conninfo = psycopg.conninfo.make_conninfo(**parameters)
    connection = await WireConnection.connect(conninfo, autocommit=True, prepare_threshold=None)
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TolerantText)
    for oid in (0, 705):  # any type not known by name, and "unknown"
        connection.adapters.register_loader(oid, TolerantText)
    if connection.pgconn.parameter_status(b"server_encoding") == b"SQL_ASCII":
        # Such a database stores bytes of any kind, and checks them on the way to and from a client that
        # says UTF8: one stray byte in a name would make every catalog query fail.
        await connection.execute("set client_encoding = 'SQL_ASCII'")
    return connection


class TolerantReport(Diagnostic):
    """What the server reports, read as UTF-8 whatever the session's encoding is called; other bytes become U+FFFD. Of a
    long text no more is decoded than is kept."""

    def _error_message(self, field: DiagnosticField) -> str | None:
        info = self._info
        found = None if not info else info.get(field) if isinstance(info, dict) else info.error_field(field)
        return None if found is None else cut_bytes(found, errors="replace")


def tolerant(diag: Diagnostic) -> TolerantReport:
    """The same report as a `TolerantReport`."""
    return TolerantReport(diag._info)


def unfinished(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server is still in the middle of a statement that the driver has given up: a COPY of the client's."""
    return not connection.closed and connection.info.transaction_status == psycopg.pq.TransactionStatus.ACTIVE


def translated(error: psycopg.Error, connection: psycopg.AsyncConnection[Any], sql: str) -> PostgresError:
    """The driver's error as one of ours. `sql` is the statement as it was sent, for the line of the
    position.
    """
    diag = tolerant(error.diag)
    message = cut(diag.message_primary or str(error) or type(error).__name__)
    if diag.sqlstate is None and any(sign in message for sign in _NO_ROOM):
        return OutOfMemory(message)
    said: str | Coded = COPIES if diag.sqlstate is None and unfinished(connection) else message
    # A FATAL ends the session even where the socket is not yet seen closed.
    fatal = (diag.severity_nonlocalized or "") in ("FATAL", "PANIC")
    if connection.closed or fatal or (isinstance(error, psycopg.OperationalError) and diag.sqlstate is None):
        return ConnectionLost(said, diag.sqlstate)
    where = diag.statement_position or ""
    position = int(where) if where.isdigit() else None
    kind = LockNotAvailable if diag.sqlstate == "55P03" else StatementFailed
    return kind(
        diag.sqlstate,
        said,
        detail=diag.message_detail,
        hint=diag.message_hint,
        context=diag.context,
        position=position,
        statement_line=None if position is None else 1 + sql[: position - 1].count("\n"),
    )
