"""The server's log, wherever the plan says that it is: through SQL, in a file here, in a file on another host."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from tui.locale import _
from tui.plan.expand import ExpansionError, expand
from tui.postgres.connect import Session
from tui.postgres.errors import ConnectionLost
from tui.postgres.logline import LogLine, Parser, parser_for
from tui.postgres.serverlog import FileLog, LogUnavailable, ServerLog
from tui.probes.reading import SourceFailed
from tui.probes.ssh import Ssh
from tui.probes.tail import RemoteTail
from tui.probes.thread import apart

_PIECE = 256 << 10
_FORMS = {".csv": "csvlog", ".json": "jsonlog"}


class LogSource(Protocol):
    """Followed from the moment of `open` on."""

    @property
    def source(self) -> str:
        """Where it is read, as shown beside figures."""

    @property
    def form(self) -> str:
        """csvlog, jsonlog or stderr; known once it is open."""

    async def open(self, prefix: str) -> None:
        """`prefix`: the server's log_line_prefix. Raises LogUnavailable, ConnectionLost."""

    async def read(self) -> list[LogLine]:
        """The records since the last call, of at most 256 KiB. Raises as `open`."""

    async def close(self) -> None: ...


def log_source(
    wanted: str, environment: Mapping[str, str], session: Callable[[], Session | None], ssh: Ssh
) -> LogSource:
    """The source for `auto`, `file:PATH` or `ssh:HOST:PATH`. Raises LogUnavailable when it makes no sense."""
    try:
        wanted = expand(wanted, environment)
    except ExpansionError as error:
        raise LogUnavailable(str(error)) from None
    if wanted.startswith("file:"):
        return FileSource(Path(wanted.removeprefix("file:")))
    if wanted.startswith("ssh:"):
        # The host may be user@host or ssh://user@host:port, so the path begins at the last ":/".
        host, found, path = wanted.removeprefix("ssh:").rpartition(":/")
        if not found or not host:
            text = _("server_log {value} names no absolute path; write ssh:HOST:/PATH.")
            raise LogUnavailable(text.format(value=wanted))
        return SshSource(host, f"/{path}", ssh)
    return SqlSource(session)


class SqlSource:
    """Goes on where it was after the connection was lost: what a crash leaves behind is written then."""

    def __init__(self, session: Callable[[], Session | None]) -> None:
        self._session = session
        # ServerLog asks nothing of a session but its version and named queries.
        self._log = ServerLog(cast(Session, _Present(session)))
        self._path: str | None = None

    @property
    def source(self) -> str:
        session = self._session()
        return "" if session is None else f"{session.host}:{session.port}"

    @property
    def form(self) -> str:
        return _form(self._path or "")

    async def open(self, prefix: str) -> None:
        if self._path is None:
            self._path = await self._log.open()

    async def read(self) -> list[LogLine]:
        return await self._log.read()

    async def close(self) -> None:
        """The session belongs to others."""


class FileSource:
    """Read in a thread, because a filesystem may hang."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log: FileLog | None = None

    @property
    def source(self) -> str:
        return f"{os.uname().nodename} (file)"

    @property
    def form(self) -> str:
        return _form(str(self._path))

    async def open(self, prefix: str) -> None:
        log = FileLog(self._path, prefix)
        await apart(log.open)
        self._log = log

    async def read(self) -> list[LogLine]:
        assert self._log is not None
        try:
            return await apart(self._log.read)
        except OSError as error:
            text = _("The server's log {path} cannot be read: {reason}.")
            raise LogUnavailable(text.format(path=self._path, reason=error.strerror)) from None

    async def close(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.close()


class SshSource:
    """A file on another host."""

    def __init__(self, host: str, path: str, ssh: Ssh) -> None:
        self._tail = RemoteTail(host, path, ssh)
        self._parser: Parser | None = None

    @property
    def source(self) -> str:
        return f"{self._tail.host} (ssh)"

    @property
    def form(self) -> str:
        return _form(self._tail.path)

    async def open(self, prefix: str) -> None:
        try:
            await self._tail.open()
        except SourceFailed as error:
            raise LogUnavailable(_("The server's log cannot be read. {reason}").format(reason=error)) from None
        self._parser = parser_for(self.form, prefix)

    async def read(self) -> list[LogLine]:
        assert self._parser is not None
        try:
            return self._parser.feed(await self._tail.take(_PIECE))
        except SourceFailed as error:
            raise LogUnavailable(_("The server's log cannot be read. {reason}").format(reason=error)) from None

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
            raise ConnectionLost(_("The session is closed."))
        return session


def _form(path: str) -> str:
    return _FORMS.get(Path(path).suffix, "stderr")
