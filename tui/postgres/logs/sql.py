"""Following the server's log through SQL, where the role may."""

from __future__ import annotations

from typing import Final

from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import StatementFailed
from tui.postgres.logs.parser import PIECE, LogUnavailable, Parser, cut_short, gently, parser_for
from tui.postgres.logs.record import LogRecord
from tui.postgres.session import Session

_NEEDED: Final = "pg_current_logfile(text), pg_read_binary_file(text, bigint, bigint, boolean)"


class SqlLog:
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
        self._skipped = 0
        self.more = False
        self.remarks: list[Coded] = []

    @property
    def skipped(self) -> int:
        """Records so far that could not be read."""
        return self._skipped + (0 if self._parser is None else self._parser.skipped)

    async def open(self) -> str:
        """Find the log and go to its end; returns its path on the server. Raises LogUnavailable."""
        try:
            _destination, collector, self._prefix, _minimum = (await self._session.rows("log_settings"))[0]
            if collector != "on":
                raise LogUnavailable(Coded(Remarked.LOG_HANDED_ON))
            if await self._find():
                # The right to read is tried now, not when the first line is missed.
                await self._read(1)
                return self._path
        except StatementFailed as error:
            needed = {"role": "pg_monitor", "functions": _NEEDED}
            raise LogUnavailable(
                Coded(Remarked.LOG_FORBIDDEN, reason=error.message, **needed), error.sqlstate
            ) from None
        raise LogUnavailable(Coded(Remarked.LOG_IN_NO_FILE))

    @property
    def form(self) -> str:
        """csvlog, jsonlog or stderr, as it is read now; it may be another one when the server was told so."""
        return self._form

    async def _find(self) -> bool:
        """Go to the end of the log in the best format that the server writes it in; whether there is one."""
        forms = ["csvlog", "stderr"] if self._session.server_version < 150000 else ["jsonlog", "csvlog", "stderr"]
        for form in forms:
            path = await self._current(form)
            if path:
                self._form = form
                await self._go_to_end(path)
                return True
        return False

    async def read(self) -> list[LogRecord]:
        """The records written since the last call, at most 256 KiB of them; `more` says that there is more. Follows
        rotation and a file that was cut short, of which `remarks` tells.
        """
        if self._parser is None:
            await self.open()
        data = await self._read(PIECE) or await self._elsewhere()
        self._offset += len(data)
        self.more = len(data) >= PIECE
        assert self._parser is not None
        return await gently(self._parser, data)

    def adopt(self, prefix: str) -> None:
        """The server's log_line_prefix is another one now."""
        self._prefix = prefix
        if self._parser is not None:
            self._parser.adopt(prefix)

    async def behind(self) -> int:
        """Bytes that were written and not yet read."""
        left = max(0, await self._size(self._path) - self._offset)
        current = await self._current(self._form)
        return left if current is None or current == self._path else left + await self._size(current)

    async def _elsewhere(self) -> bytes:
        """What there is when nothing follows where we stand."""
        current = await self._current(self._form)
        if current != self._path:
            # Its last words may have come in between.
            data = await self._read(PIECE)
            if data:
                return data
            if current is None:
                return await self._in_another_form()
            self._start(await self._following() or current, 0)
            return await self._read(PIECE)
        if await self._size(self._path) >= self._offset:
            return b""
        self.remarks.append(cut_short(self._path))
        self._start(self._path, 0)
        return await self._read(PIECE)

    async def _following(self) -> str | None:
        """The file that comes after ours: not always the one that is written now."""
        directory, slash, name = self._path.rpartition("/")
        rows = await self._session.rows("log_next", [name])
        return f"{directory}{slash}{rows[0][0]}" if rows else None

    async def _in_another_form(self) -> bytes:
        """The server was told to write its log otherwise: where it goes on there is not known to the record."""
        before = self._form
        if not await self._find():
            raise LogUnavailable(Coded(Remarked.LOG_IN_NO_FILE))
        self.remarks.append(Coded(Remarked.LOG_OTHER_FORM, before=before, now=self._form))
        return b""

    async def _current(self, form: str) -> str | None:
        path: str | None = (await self._session.rows("log_current", [form]))[0][0]
        return path

    async def _go_to_end(self, path: str) -> None:
        self._start(path, await self._size(path))

    async def _size(self, path: str) -> int:
        rows = await self._session.rows("log_size", [path.rsplit("/", 1)[-1]])
        return int(rows[0][0]) if rows else 0

    def _start(self, path: str, offset: int) -> None:
        self._skipped = self.skipped
        self._path, self._offset, self._parser = path, offset, parser_for(self._form, self._prefix)

    async def _read(self, length: int) -> bytes:
        data = (await self._session.rows("log_read", [self._path, self._offset, length]))[0][0]
        return bytes(data) if data is not None else b""
