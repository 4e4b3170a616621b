"""A host's figures through SQL, where the role may read the server's /proc.

It needs `pg_read_server_files` and EXECUTE on pg_read_file(text, bigint, bigint, boolean). There is no way to ask for
free disk space but by running programs on the server, for which nobody should have the right.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import PostgresError, StatementFailed
from tui.probes.proc_files import parse
from tui.probes.reading import HostReading, SourceFailed

Rows = Callable[[str, Sequence[Any]], Awaitable[list[tuple[Any, ...]]]]
_FILES = ["/proc/stat", "/proc/meminfo", "/proc/loadavg"]
_NAME = "/proc/sys/kernel/hostname"
_PRESSURE = "/proc/pressure/io"


class SqlHost:
    """Reads through `rows`: a named query and its parameters, on a session that cannot block."""

    kind = "sql"

    def __init__(self, rows: Rows) -> None:
        self.where = Coded(Remarked.DATABASE_SESSION)
        self._rows = rows
        self._name: str | None = None
        self._pressure: bool | None = None

    @property
    def patience(self) -> float:
        return 2.0

    async def read(self) -> HostReading:
        """See Source."""
        try:
            if self._name is None:
                self._name = (await self._files([_NAME])).strip()
            if self._pressure is None:
                self._pressure = await self._has_pressure()
            text = await self._files([*_FILES, _PRESSURE] if self._pressure else _FILES)
        except StatementFailed as error:
            if error.sqlstate != "42501":
                raise SourceFailed(Coded(Remarked.PROC_UNREADABLE, reason=error.message)) from None
            needed = {"role": "pg_read_server_files", "functions": "pg_read_file(text, bigint, bigint, boolean)"}
            raise SourceFailed(Coded(Remarked.PROC_FORBIDDEN, reason=error.message, **needed)) from None
        except PostgresError as error:
            raise SourceFailed(error.message) from None
        return parse(text, time.monotonic(), self._name or "?")

    async def close(self) -> None:
        """The session belongs to others; the next one may lead to another host."""
        self._name = self._pressure = None

    async def _files(self, names: list[str]) -> str:
        return "".join(row[0] or "" for row in await self._rows("host_files", [names]))

    async def _has_pressure(self) -> bool:
        """Kernels may have the file and refuse to read it."""
        try:
            return bool(await self._files([_PRESSURE]))
        except StatementFailed:
            return False
