"""What reads a server log, whatever its form and the way to it."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import PostgresError
from tui.postgres.logs.csvlog import CsvParser
from tui.postgres.logs.jsonlog import JsonParser
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.stderr import StderrParser

PIECE: Final = 256 << 10
_SLICE: Final = 32 << 10


class LogUnavailable(PostgresError):
    """The log cannot be followed this way; `message` says why and what would help, as a `Coded`."""


class Parser(Protocol):
    skipped: int
    """Records so far that could not be read."""

    def adopt(self, prefix: str) -> None:
        """The server's log_line_prefix is another one now."""

    def feed(self, data: bytes) -> list[LogRecord]:
        """The records that are complete with this piece; the rest is kept for the next."""


def parser_for(form: str, prefix: str) -> Parser:
    """A parser for `csvlog`, `jsonlog` or `stderr`; `prefix` is log_line_prefix, used by the last."""
    if form == "csvlog":
        return CsvParser()
    return JsonParser() if form == "jsonlog" else StderrParser(prefix)


async def gently(parser: Parser, data: bytes) -> list[LogRecord]:
    """The records in `data`, with everything else going on between its pieces."""
    found: list[LogRecord] = []
    for at in range(0, len(data), _SLICE):
        found += parser.feed(data[at : at + _SLICE])
        await asyncio.sleep(0)
    return found


def cut_short(path: object) -> Coded:
    """What is to be said when the file that we read has become shorter than what was read of it."""
    return Coded(Remarked.LOG_CUT_SHORT, path=path)
