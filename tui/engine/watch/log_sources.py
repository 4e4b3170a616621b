"""The server's log, wherever the plan says that it is: through SQL, in a file here, in a file on another host."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from tui.journal.remarks import Coded, Remarked
from tui.plan.scalars import ExpansionError, expand
from tui.postgres.errors import ConnectionLost
from tui.postgres.logs.file import FileLog, form_of
from tui.postgres.logs.parser import PIECE, LogUnavailable, Parser, gently, parser_for
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.sql import SqlLog
from tui.postgres.session import Session
from tui.probes.reading import SourceFailed
from tui.probes.remote_tail import RemoteTail
from tui.probes.ssh import Ssh
from tui.probes.tasks import apart
from tui.said import said_of

T = TypeVar("T")


class LogSource(Protocol):
    """Followed from the moment of `open` on."""

    @property
    def source(self) -> str:
        """Where it is read, as shown beside figures."""

    @property
    def form(self) -> str:
        """csvlog, jsonlog or stderr; known once it is open."""

    @property
    def more(self) -> bool:
        """Whether more may be there than was read last."""

    @property
    def skipped(self) -> int:
        """Records so far that could not be read."""

    @property
    def remarks(self) -> list[Coded]:
        """What people should know: gaps, and the like. Whoever says it takes it out."""

    async def open(self, prefix: str) -> None:
        """`prefix`: the server's log_line_prefix. Raises LogUnavailable, ConnectionLost.

        Opened again after a failure it goes on where it was, or `remarks` has it that there is a gap.
        """

    def adopt(self, prefix: str) -> None:
        """The server's log_line_prefix is another one now."""

    async def read(self) -> list[LogRecord]:
        """The records since the last call, of at most 256 KiB. Raises as `open`."""

    async def behind(self) -> int:
        """Bytes that were written and not yet read, as far as can be told. Raises as `open`."""

    async def close(self) -> None: ...


def log_source(
    wanted: str, environment: Mapping[str, str], session: Callable[[], Session | None], ssh: Ssh
) -> LogSource:
    """The source for `auto`, `file:PATH` (a file, a directory or a pattern) or `ssh:HOST:PATH`.

    Raises LogUnavailable when it makes no sense.
    """
    try:
        wanted = expand(wanted, environment)
    except ExpansionError as error:
        raise LogUnavailable(Coded(Remarked.VARIABLE_UNSET, name=error.name)) from None
    if wanted.startswith("file:"):
        return FileSource(Path(wanted.removeprefix("file:")))
    if wanted.startswith("ssh:"):
        # The host may be user@host or ssh://user@host:port, so the path begins at the last ":/".
        host, found, path = wanted.removeprefix("ssh:").rpartition(":/")
        if not found or not host:
            raise LogUnavailable(Coded(Remarked.LOG_WITHOUT_PATH, value=wanted))
        return SshSource(host, f"/{path}", ssh)
    return SqlSource(session)


class _Local:
    """What is read by this process itself."""

    _log: SqlLog | FileLog

    @property
    def more(self) -> bool:
        return self._log.more

    @property
    def skipped(self) -> int:
        return self._log.skipped

    @property
    def remarks(self) -> list[Coded]:
        return self._log.remarks

    def adopt(self, prefix: str) -> None:
        self._log.adopt(prefix)


class SqlSource(_Local):
    """Goes on where it was after the connection was lost: what a crash leaves behind is written then."""

    def __init__(self, session: Callable[[], Session | None]) -> None:
        self._session = session
        # ServerLog asks nothing of a session but its version and named queries.
        self._log: SqlLog = SqlLog(cast(Session, _Present(session)))
        self._path: str | None = None

    @property
    def source(self) -> str:
        session = self._session()
        return "" if session is None else f"{session.host}:{session.port}"

    @property
    def form(self) -> str:
        return self._log.form

    async def open(self, prefix: str) -> None:
        if self._path is None:
            self._path = await self._log.open()

    async def read(self) -> list[LogRecord]:
        return await self._log.read()

    async def behind(self) -> int:
        return await self._log.behind()

    async def close(self) -> None:
        """The session belongs to others."""


class FileSource(_Local):
    """Read in a thread, because a filesystem may hang."""

    def __init__(self, path: Path) -> None:
        self._log: FileLog = FileLog(path)

    @property
    def source(self) -> str:
        return f"{os.uname().nodename} (file)"

    @property
    def form(self) -> str:
        return form_of(self._log.path)

    async def open(self, prefix: str) -> None:
        await self._apart(lambda: self._log.open(prefix))

    async def read(self) -> list[LogRecord]:
        return await self._apart(self._log.read)

    async def behind(self) -> int:
        return await self._apart(self._log.behind)

    async def close(self) -> None:
        self._log.close()

    async def _apart(self, call: Callable[[], T]) -> T:
        try:
            return await apart(call)
        except OSError as error:
            said = Coded(Remarked.LOG_FILE_UNREADABLE, path=self._log.path, reason=error.strerror)
            raise LogUnavailable(said) from None


class SshSource:
    """A file on another host."""

    def __init__(self, host: str, path: str, ssh: Ssh) -> None:
        self._tail = RemoteTail(host, path, ssh)
        self._parser: Parser | None = None
        self._skipped = 0
        self.remarks: list[Coded] = []

    @property
    def source(self) -> str:
        return f"{self._tail.host} (ssh)"

    @property
    def form(self) -> str:
        return form_of(self._tail.path)

    @property
    def more(self) -> bool:
        return self._tail.waiting > 0

    @property
    def skipped(self) -> int:
        return self._skipped + (0 if self._parser is None else self._parser.skipped)

    async def open(self, prefix: str) -> None:
        try:
            begun = await self._tail.open()
        except SourceFailed as error:
            raise LogUnavailable(Coded(Remarked.LOG_UNREADABLE, reason=said_of(error))) from None
        if begun == "gap":
            self.remarks.append(Coded(Remarked.LOG_OTHER_FILE_THERE, host=self._tail.host))
        if begun != "same" or self._parser is None:
            self._skipped = self.skipped
            self._parser = parser_for(self.form, prefix)

    def adopt(self, prefix: str) -> None:
        if self._parser is not None:
            self._parser.adopt(prefix)

    async def read(self) -> list[LogRecord]:
        assert self._parser is not None
        try:
            data = await self._tail.take(PIECE)
        except SourceFailed as error:
            raise LogUnavailable(Coded(Remarked.LOG_UNREADABLE, reason=said_of(error))) from None
        return await gently(self._parser, data)

    async def behind(self) -> int:
        # How much more there is on the other host is not known here.
        return self._tail.waiting if self._tail.full else 0

    async def close(self) -> None:
        await self._tail.close()


class _Present:
    """The monitoring session of the moment."""

    def __init__(self, session: Callable[[], Session | None]) -> None:
        self._session = session

    @property
    def server_version(self) -> int:
        return self._now().server_version

    async def rows(self, name: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        return await self._now().rows(name, params)

    def _now(self) -> Session:
        session = self._session()
        if session is None or session.closed:
            raise ConnectionLost(Coded(Remarked.SESSION_CLOSED))
        return session
