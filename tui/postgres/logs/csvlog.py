"""The server log as csvlog: a record may hold newlines inside quotes, so it ends at a newline after an even number."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from tui.postgres.logs.record import LONGEST, STATEMENT, LogRecord, decoded, spelled_out

# The module's own limit is below what a statement may have; records are cut before this one.
csv.field_size_limit(2 * LONGEST)

_START = re.compile(rb'"?\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [^,"\n]{1,40}"?,[",]')
_PART: Final = 64 << 10
"""Bytes of an unfinished line that are held back: enough to see how it begins."""


class CsvParser:
    """Begins at the first line that looks like a record's, for a log may be entered in the middle of one, where quotes
    mean the opposite; and again so after what was no record.
    """

    def __init__(self) -> None:
        self._part = b""
        self._record = bytearray()
        self._begins = True
        self._known = False
        self._quoted = False
        self._over = False
        self.skipped = 0

    def adopt(self, prefix: str) -> None:
        """There is no prefix in this format."""

    def feed(self, data: bytes) -> list[LogRecord]:
        found: list[LogRecord] = []
        *lines, self._part = (self._part + data).split(b"\n")
        for line in lines:
            self._take(line + b"\n", found)
        if len(self._part) > _PART:
            self._take(self._part, found)
            self._part = b""
        return found

    def _take(self, piece: bytes, found: list[LogRecord]) -> None:
        begins, self._begins = self._begins, piece.endswith(b"\n")
        if begins and (not self._known or self._over or not self._record):
            # A record beyond the limit may as well be one of which we see the wrong side of the quotes.
            if _START.match(piece):
                self._known, self._over, self._quoted = True, False, False
                self._record.clear()
            elif not self._over:
                self._known = False
        if not self._known:
            return
        self._quoted ^= bool(piece.count(b'"') & 1)
        if not self._over:
            self._record += piece
            if len(self._record) > LONGEST:
                self._keep(found)
                self._over = True
        if piece.endswith(b"\n") and not self._quoted:
            if not self._over:
                self._keep(found)
            self._over = False

    def _keep(self, found: list[LogRecord]) -> None:
        line = _line(bytes(self._record[:LONGEST]))
        self._record.clear()
        if line is None:
            self.skipped += 1
            self._known = False
        else:
            found.append(line)


def _line(record: bytes) -> LogRecord | None:
    try:
        row = next(csv.reader(io.StringIO(decoded(record).replace("\0", ""), newline="")), [])
    except csv.Error:
        return None
    if len(row) < 14:
        return None
    text = "\n".join(part for part in (row[13], row[14] if len(row) > 14 else "") if part)
    application = spelled_out(row[22]) if len(row) > 22 else None
    pid = int(row[3]) if re.fullmatch(r"[0-9]{1,10}", row[3]) else None
    return LogRecord(
        spelled_out(row[0]) or None,
        spelled_out(row[11]),
        spelled_out(row[12]) or None,
        spelled_out(text),
        pid,
        application,
        spelled_out(row[2]) or None,
        spelled_out(row[19][:STATEMENT]) or None if len(row) > 19 else None,
    )
