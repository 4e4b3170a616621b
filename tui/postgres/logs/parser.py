"""What reads a server log, whatever its form."""

from __future__ import annotations

from typing import Protocol

from tui.postgres.logs.csvlog import CsvParser
from tui.postgres.logs.jsonlog import JsonParser
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.stderr import StderrParser


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
