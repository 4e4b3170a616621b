"""The server log as jsonlog (15 and later): one object a line."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from tui.postgres.logs.record import STATEMENT, LineSplitter, LogRecord

# The server writes keys and values without spaces between, and a quote inside a value is escaped.
_PID = re.compile(r'"pid":(\d{1,10})[,}]')
_TEXTS: Final = {
    name: re.compile(rf'"{name}":"((?:[^"\\]|\\.)*+)"')
    for name in ("timestamp", "error_severity", "state_code", "message", "detail", "dbname")
}


# Bytes that are no UTF-8, written so that they stay to be seen: the backslash must be one of JSON's own text.
_VISIBLE: Final = {0xDC00 + byte: f"\\\\x{byte:02x}" for byte in range(0x80, 0x100)}


class JsonParser:
    def __init__(self) -> None:
        self._lines = LineSplitter()
        self.skipped = 0

    def adopt(self, prefix: str) -> None:
        """There is no prefix in this format."""

    def feed(self, data: bytes) -> list[LogRecord]:
        found = []
        for line, cut in self._lines.complete(data):
            record = _head(line) if cut else _whole(line)
            if record is not None:
                found.append(_line(record))
            elif line.strip():
                self.skipped += 1
        return found


def _text(line: bytes) -> str:
    text = line.decode("utf-8", "surrogateescape")
    return text if text.isascii() else text.translate(_VISIBLE)


def _whole(line: bytes) -> dict[str, Any] | None:
    try:
        record = msgspec.json.decode(_text(line))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _head(line: bytes) -> dict[str, Any] | None:
    """What can be told of a record whose end, a long statement, is cut off."""
    text = _text(line)
    record: dict[str, Any] = {}
    for name, pattern in _TEXTS.items():
        if match := pattern.search(text):
            try:
                record[name] = msgspec.json.decode(f'"{match[1]}"')
            except (msgspec.DecodeError, UnicodeError):
                continue
    if match := _PID.search(text):
        record["pid"] = int(match[1])
    return record if "error_severity" in record else None


def _line(record: dict[str, Any]) -> LogRecord:
    def text(name: str) -> str | None:
        value = record.get(name)
        return value if isinstance(value, str) else None

    pid = record.get("pid")
    said = "\n".join(part for part in (text("message"), text("detail")) if part)
    severity = text("error_severity") or ""
    number = pid if isinstance(pid, int) and not isinstance(pid, bool) else None
    statement = text("statement")
    return LogRecord(
        text("timestamp"), severity, text("state_code"), said, number, text("application_name"), text("dbname"),
        None if statement is None else statement[:STATEMENT],
    )  # fmt: skip
