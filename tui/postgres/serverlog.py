"""Following the server's log: through SQL where the role may, else from a file on this machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tui.locale import _
from tui.postgres.connect import PostgresError, Session, StatementFailed
from tui.postgres.logline import LogLine, Parser, parser_for

_PIECE = 256 * 1024


class LogUnavailable(PostgresError):
    """The log cannot be followed this way; `message` says why and what would help."""


class ServerLog:
    """The log through SQL, from the moment of `open` on. Needs pg_monitor and EXECUTE on
    pg_read_binary_file.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._path = ""
        self._offset = 0
        self._form = ""
        self._prefix = ""
        self._parser: Parser | None = None

    async def open(self) -> str:
        """Find the log and go to its end; returns its path on the server. Raises LogUnavailable."""
        try:
            _destination, collector, self._prefix = (await self._session.rows("log_settings"))[0]
            if collector != "on":
                raise LogUnavailable(
                    _(
                        "The server hands its log to another program (logging_collector is off), so it cannot be "
                        "read through SQL; name its file or a host to read it from."
                    )
                )
            forms = ["csvlog", "stderr"] if self._session.server_version < 150000 else ["jsonlog", "csvlog", "stderr"]
            for form in forms:
                path = await self._current(form)
                if path:
                    self._form = form
                    await self._go_to_end(path)
                    # The right to read is tried now, not when the first line is missed.
                    await self._read(1)
                    return path
        except StatementFailed as error:
            raise LogUnavailable(
                _(
                    "The role may not read the server's log: {reason}. Grant it pg_monitor and execute on "
                    "pg_current_logfile(text) and pg_read_binary_file(text, bigint, bigint, boolean), or name "
                    "the log's file."
                ).format(reason=error.message),
                error.sqlstate,
            ) from None
        raise LogUnavailable(_("The server writes its log to no file that can be read through SQL."))

    async def read(self) -> list[LogLine]:
        """The records written since the last call, at most 256 KiB of them. Follows rotation."""
        if self._parser is None:
            await self.open()
        assert self._parser is not None
        data = await self._read(_PIECE)
        if not data:
            current = await self._current(self._form)
            if current is None or current == self._path:
                return []
            data = await self._read(_PIECE)
            if not data:
                self._start(current, 0)
                data = await self._read(_PIECE)
        self._offset += len(data)
        return self._parser.feed(data)

    async def _current(self, form: str) -> str | None:
        path: str | None = (await self._session.rows("log_current", [form]))[0][0]
        return path

    async def _go_to_end(self, path: str) -> None:
        rows = await self._session.rows("log_size", [path.rsplit("/", 1)[-1]])
        self._start(path, rows[0][0] if rows else 0)

    def _start(self, path: str, offset: int) -> None:
        self._path, self._offset, self._parser = path, offset, parser_for(self._form, self._prefix)

    async def _read(self, length: int) -> bytes:
        data = (await self._session.rows("log_read", [self._path, self._offset, length]))[0][0]
        return bytes(data) if data is not None else b""


class FileLog:
    """The log from a file on this machine, from its end on; the format is told by the name (.csv, .json)."""

    def __init__(self, path: Path, prefix: str = "%m [%p] ") -> None:
        self.path = path
        self._prefix = prefix
        self._form = {".csv": "csvlog", ".json": "jsonlog"}.get(path.suffix, "stderr")
        self._file = -1
        self._parser = parser_for(self._form, prefix)

    def open(self) -> str:
        """Open the file and go to its end; returns its path. Raises LogUnavailable."""
        self._open()
        os.lseek(self._file, 0, os.SEEK_END)
        return str(self.path)

    def read(self) -> list[LogLine]:
        """The records written since the last call, at most 256 KiB of them. Follows a file put in its
        place.
        """
        if self._file < 0:
            self.open()
        data = os.read(self._file, _PIECE)
        if not data and self._replaced():
            self._open()
            data = os.read(self._file, _PIECE)
        return self._parser.feed(data)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _replaced(self) -> bool:
        try:
            there, mine = self.path.stat(), os.fstat(self._file)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino) or there.st_size < os.lseek(
            self._file, 0, os.SEEK_CUR
        )

    def _open(self) -> None:
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise LogUnavailable(
                _("The server's log {path} cannot be read: {reason}.").format(path=self.path, reason=error.strerror)
            ) from None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise LogUnavailable(_("The server's log {path} is no regular file.").format(path=self.path))
        self.close()
        self._file, self._parser = file, parser_for(self._form, self._prefix)
