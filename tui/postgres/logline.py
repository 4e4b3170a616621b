"""Lines of a PostgreSQL server log in its three formats, as neutral records. Pure: bytes in, records out."""

from __future__ import annotations

import csv
import io
import re
from typing import Protocol

import msgspec


class LogLine(msgspec.Struct, frozen=True):
    """One record. `at` is the server's own text. `severity` as written (a localised server translates it in
    the stderr format), also DETAIL, HINT, CONTEXT, STATEMENT there; "" for a line that fits no prefix.
    """

    at: str | None
    severity: str
    sqlstate: str | None
    text: str
    pid: int | None
    application: str | None


class Parser(Protocol):
    def feed(self, data: bytes) -> list[LogLine]:
        """The records that are complete with this piece; the rest is kept for the next."""


def parser_for(form: str, prefix: str) -> Parser:
    """A parser for `csvlog`, `jsonlog` or `stderr`; `prefix` is log_line_prefix, used by the last."""
    if form == "csvlog":
        return CsvParser()
    return JsonParser() if form == "jsonlog" else StderrParser(prefix)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


class CsvParser:
    """csvlog: a record may hold newlines inside quotes, so it ends at a newline after an even number of
    them.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[LogLine]:
        records: list[bytes] = []
        record = b""
        for line in (self._rest + data).splitlines(keepends=True):
            record += line
            if record.endswith(b"\n") and record.count(b'"') % 2 == 0:
                records.append(record)
                record = b""
        self._rest = record
        return [line for line in map(self._line, records) if line is not None]

    @staticmethod
    def _line(record: bytes) -> LogLine | None:
        row = next(csv.reader(io.StringIO(_text(record).replace("\0", ""))), [])
        if len(row) < 14:
            return None
        text = "\n".join(part for part in (row[13], row[14] if len(row) > 14 else "") if part)
        pid = int(row[3]) if row[3].isdigit() else None
        return LogLine(row[0] or None, row[11], row[12] or None, text, pid, row[22] if len(row) > 22 else None)


class _Lines:
    def __init__(self) -> None:
        self._rest = b""

    def _complete(self, data: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


class JsonParser(_Lines):
    """jsonlog (15 and later): one object a line."""

    def feed(self, data: bytes) -> list[LogLine]:
        found = []
        for line in self._complete(data):
            try:
                record = msgspec.json.decode(_text(line))
            except msgspec.DecodeError:
                continue
            text = "\n".join(part for part in (record.get("message"), record.get("detail")) if part)
            found.append(
                LogLine(
                    record.get("timestamp"),
                    record.get("error_severity", ""),
                    record.get("state_code"),
                    text,
                    record.get("pid"),
                    record.get("application_name"),
                )
            )
        return found


# What log_line_prefix can hold; the names are the parts we keep.
_ESCAPES = {
    "a": r"(?P<application>.*?)", "u": r".*?", "d": r".*?", "r": r".*?", "h": r".*?", "b": r".*?", "L": r".*?",
    "p": r"(?P<pid>\d+)", "P": r"\d*", "t": r"(?P<t>[-\d]+ [\d:]+ \S+)", "m": r"(?P<m>[-\d]+ [\d:.]+ \S+)",
    "n": r"(?P<n>\d+\.\d+)", "i": r".*?", "e": r"(?P<sqlstate>[0-9A-Z]{5})", "c": r"[0-9a-f]+\.[0-9a-f]+",
    "l": r"\d+", "s": r"[-\d]+ [\d:]+ \S+", "v": r"[\d/]*", "x": r"\d+", "Q": r"-?\d+", "%": r"%",
}  # fmt: skip


def prefix_pattern(prefix: str) -> re.Pattern[str]:
    """A pattern for lines that begin with this log_line_prefix, followed by `SEVERITY:  text`.

    Parts that occur twice are kept once. What stands behind %q is missing in processes that are no session.
    """
    pattern, seen, optional = "", set[str](), 0
    for part in re.finditer(r"%(-?\d*)([a-zA-Z%])|(.)", prefix, re.DOTALL):
        padding, letter, literal = part.groups()
        if literal is not None:
            pattern += re.escape(literal)
        elif letter == "q":
            pattern += "(?:"
            optional += 1
        else:
            piece = _ESCAPES.get(letter, ".*?")
            if letter in seen:
                piece = re.sub(r"\?P<\w+>", "?:", piece)
            seen.add(letter)
            pattern += rf"\s*{piece}\s*" if padding else piece
    return re.compile(pattern + ")?" * optional + r"(?P<severity>[^\W_]{3,12}\d?):  (?P<text>.*)", re.DOTALL)


class StderrParser(_Lines):
    """stderr: our best reading of log_line_prefix. Lines that begin with a tab go on with the one before."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._pattern = prefix_pattern(prefix)

    def feed(self, data: bytes) -> list[LogLine]:
        found: list[LogLine] = []
        for raw in self._complete(data):
            line = _text(raw)
            if line.startswith("\t") and found:
                found[-1] = msgspec.structs.replace(found[-1], text=f"{found[-1].text}\n{line[1:]}")
                continue
            match = self._pattern.match(line)
            if match is None:
                found.append(LogLine(None, "", None, line, None, None))
                continue
            part = match.groupdict()
            at = part.get("m") or part.get("t") or part.get("n")
            pid = part.get("pid")
            found.append(
                LogLine(
                    at,
                    part["severity"],
                    part.get("sqlstate"),
                    part["text"],
                    int(pid) if pid else None,
                    part.get("application"),
                )
            )
        return found
