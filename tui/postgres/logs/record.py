"""Lines of a PostgreSQL server log in its three formats, as neutral records. Pure: bytes in, records out.

A log is written by strangers: whatever is in it, no record costs more than its own length, none is kept beyond 1 MiB,
and what cannot be read is counted and passed over.
"""

from __future__ import annotations

from typing import Final

import msgspec

LONGEST: Final = 1 << 20
"""Bytes of a record that are kept. What names an error stands at its beginning, its statement at the end."""


STATEMENT: Final = 4000
"""Characters that are kept of the statement of a record."""


class LogRecord(msgspec.Struct, frozen=True):
    """One record. `at` is the server's own text. `severity` as written (a localised server translates it in
    the stderr format), also DETAIL, HINT, CONTEXT, STATEMENT there; "" for a line that fits no prefix. `database`, and
    the beginning of the `statement`, where the format has them; what others sent is not written down.
    """

    at: str | None
    severity: str
    sqlstate: str | None
    text: str
    pid: int | None
    application: str | None
    database: str | None = None
    statement: str | None = None

    def told(self) -> dict[str, str | int | None]:
        """What the journal has of it."""
        return {
            "at": self.at, "severity": self.severity, "sqlstate": self.sqlstate, "text": self.text, "pid": self.pid,
            "application": self.application,
        }  # fmt: skip


_SPELLED: Final = {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}


def decoded(data: bytes) -> str:
    """Bytes that are no UTF-8 become surrogates; see `spelled_out`."""
    return data.decode("utf-8", "surrogateescape")


def spelled_out(text: str) -> str:
    """With those bytes written out. Python's own way calls a handler for each, which takes long and blocks all else."""
    return text if text.isascii() else text.translate(_SPELLED)


class LineSplitter:
    """Puts pieces together to lines of at most 1 MiB; what a longer one has beyond that is dropped."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._over = False

    def complete(self, data: bytes) -> list[tuple[bytes, bool]]:
        """The lines that end in this piece, each with whether it was cut."""
        found: list[tuple[bytes, bool]] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            if self._over:
                self._over = False
                continue
            if self._rest:
                self._rest += line
                line = bytes(self._rest)
                self._rest.clear()
            found.append((line[:LONGEST], len(line) > LONGEST))
        if not self._over:
            self._rest += rest
            if len(self._rest) > LONGEST:
                found.append((bytes(self._rest[:LONGEST]), True))
                self._rest.clear()
                self._over = True
        return found
