"""A statement's rows, one at a time: counted, and no more of them held than is kept.

The driver's own cursors hold an answer whole before anybody sees its first row. Here libpq hands over row by row, so
that it holds one of them, however many there are. Imports psycopg; `connect` imports it when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGresult

from tui.journal.cut import LONGEST, REPEATED, cut_bytes
from tui.postgres.driver import WireConnection

ALL_LONGEST: Final = 4 * LONGEST
"""Bytes of values that are kept of one answer; what comes behind them is cut short, and no further row is kept."""
_ROW, _LAST_ROW, _DONE = pq.ExecStatus.SINGLE_TUPLE, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK
_COPIES = (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH)
_NUMBERS: Final = frozenset({20, 21, 23, 26, 700, 701, 1700})
"""int8, int2, int4, oid, float4, float8, numeric."""
_FATAL = pq.ExecStatus.FATAL_ERROR


class Answer:
    """What a statement answered; of several that were sent together, the last one: `rows` are the first `most`, or None
    where it returns none, `count` is how many there were. `status`: its command tag; `affected`: the number in it, -1
    without one. `columns` and `types` (OIDs) are known where it returns rows."""

    def __init__(self, most: int, load: Callable[[PGresult], tuple[Any, ...]] | None) -> None:
        self._most = most
        self._load = load
        self._begin()

    def _begin(self) -> None:
        self.rows: list[tuple[Any, ...]] | None = None
        self.count = 0
        self.status = ""
        self.affected = -1
        self.columns: tuple[str, ...] = ()
        self.types: tuple[int, ...] = ()
        self._left = ALL_LONGEST
        self._over = False

    def meet(self, result: PGresult) -> None:
        """Take the next result: a row, or the end of a statement."""
        if self._over:
            self._begin()
        if result.status == _ROW:
            if self.rows is None:
                self._describe(result)
            self.count += 1
            assert self.rows is not None
            if len(self.rows) < self._most and self._left > 0:
                self.rows.append(self._load(result) if self._load is not None else self._printed(result))
            return
        self._over = True
        self.status = (result.command_status or b"").decode("utf-8", "replace")
        tuples = result.command_tuples
        self.affected = -1 if tuples is None else tuples
        if result.status == _LAST_ROW:
            if self.rows is None:
                self._describe(result)
            self.affected = self.count

    def _describe(self, result: PGresult) -> None:
        columns = range(result.nfields)
        self.columns = tuple(cut_bytes(result.fname(column) or b"") for column in columns)
        self.types = tuple(result.ftype(column) for column in columns)
        self.rows = []

    def _printed(self, result: PGresult) -> tuple[str | None, ...]:
        return tuple(self._value(result.get_value(0, column)) for column in range(result.nfields))

    def _value(self, value: bytes | None) -> str | None:
        if value is None:
            return None
        shown = cut_bytes(value, max(REPEATED, min(LONGEST, self._left)))
        self._left -= min(len(value), LONGEST)
        return shown


async def answered(
    connection: WireConnection, sql: bytes, most: int, load: Callable[[PGresult], tuple[Any, ...]] | None = None
) -> Answer:
    """Send `sql` by the simple protocol and read all that comes. Rows are kept as `load` makes them, by default as the
    server prints them, long values cut. Raises psycopg's errors; a COPY of the client's is one, and is left unfinished.
    """
    answer = Answer(most, load)
    async with connection.lock:
        await connection.wait(_met(connection, sql, answer))
    return answer


def numbers(result: PGresult) -> tuple[str | None, ...]:
    """The numbers of a row; None for what is none, of which not even a copy is made."""
    values = (result.get_value(0, c) if result.ftype(c) in _NUMBERS else None for c in range(result.nfields))
    return tuple(None if value is None else value.decode("ascii", "replace") for value in values)


def typed(connection: WireConnection) -> Callable[[PGresult], tuple[Any, ...]]:
    """Rows of the driver's values, which are not cut: for statements of our own."""
    transformer = Transformer(connection)

    def load(result: PGresult) -> tuple[Any, ...]:
        transformer.set_pgresult(result)
        return transformer.load_row(0, tuple)

    return load


def _failure(result: PGresult) -> psycopg.Error:
    """The driver's error, without the whole of a long text in it; what the server said is in its `diag`."""
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode("ascii", "replace")
    try:
        kind = psycopg.errors.lookup(state)
    except KeyError:
        kind = psycopg.DatabaseError
    own = result.error_field(pq.DiagnosticField.SEVERITY) is None
    return kind(cut_bytes(result.error_message) if own else state, info=result, encoding="utf-8")


def _met(connection: WireConnection, sql: bytes, answer: Answer) -> PQGen[None]:
    pgconn = connection.pgconn
    pgconn.send_query(sql)
    pgconn.set_single_row_mode()
    yield from generators.send(pgconn)
    failed: psycopg.Error | None = None
    while True:
        try:
            result = (yield from generators.fetch(pgconn)) if pgconn.is_busy() else pgconn.get_result()
        except psycopg.DatabaseError:
            if failed is not None:
                # What ended the connection was said before.
                raise failed from None
            raise
        if result is None:
            break
        if result.status == _FATAL:
            failed = failed or _failure(result)
        elif result.status in _COPIES:
            raise psycopg.ProgrammingError("COPY")
        elif failed is None:
            answer.meet(result)
    if failed is not None:
        raise failed
