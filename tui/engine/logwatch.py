"""Following the server's log while a run goes on: its lines into the journal, its critical errors counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import to_builtins

from tui.engine.logbook import Logbook
from tui.engine.logsource import LogSource, log_source
from tui.engine.recorder import Recorder
from tui.journal.events import ErrorRecorded
from tui.journal.failure import JournalBroken, JournalFull
from tui.locale import _
from tui.postgres.connect import Session
from tui.postgres.errors import PostgresError
from tui.postgres.logline import LogLine
from tui.postgres.serverlog import LogUnavailable
from tui.probes.ssh import Ssh

BEAT: Final = 1.0
_RETRY: Final = (30.0, 600.0)
_CRITICAL: Final = ("53", "57P", "58", "F0", "XX")
"""SQLSTATE classes that say the server itself is in trouble: resources, operator intervention, system, internal."""
_HARMLESS: Final = ("57P01", "57P02", "57P03", "57P05")
"""What an administrator's shutdown, a start or an idle timeout says to clients is no failure of the server."""
_NO_ERRORS: Final = frozenset(
    ("", "LOG", "WARNING", "NOTICE", "INFO", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5")
) | frozenset(("DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY", "LOCATION", "BACKTRACE"))
"""Other severities are errors, in whichever language the server writes them."""
_PREFIX: Final = "%m [%p] "
_OWN_KEPT: Final = 1000


class LogWatch:
    """Reads once a second until cancelled; then call `close`. `session`: the monitoring session of the moment.

    A log that cannot be read is tried again after half a minute, then ever more rarely; `trouble` says why it is so.
    """

    def __init__(
        self,
        recorder: Recorder,
        logbook: Logbook,
        wanted: str,
        environment: Mapping[str, str],
        session: Callable[[], Session | None],
        ssh: Ssh,
    ) -> None:
        self._recorder = recorder
        self._logbook = logbook
        self._wanted = wanted
        self._environment = environment
        self._session = session
        self._ssh = ssh
        self._log: LogSource | None = None
        self._open = False
        self._prefix = _PREFIX
        self._pause = _RETRY[0]
        self._again_at = 0.0
        self._own: dict[int, None] = {}
        self._last: tuple[int | None, str | None] = (None, None)
        # An engine that takes a run up goes on counting.
        counted = recorder.state.latest.get("critical_errors")
        self.errors = 0 if counted is None else int(counted.value)
        self.lines = 0
        self.trouble: str | None = None

    def figures(self) -> dict[str, float]:
        """`critical_errors`, unless that cannot be known: no log, or one without SQLSTATEs."""
        return {"critical_errors": float(self.errors)} if self._open and self._has_states() else {}

    @property
    def source(self) -> str:
        """Where it is read."""
        return "" if self._log is None else self._log.source

    async def run(self) -> None:
        """See the class."""
        if self._wanted == "none":
            return
        while True:
            try:
                if self._open or (time.monotonic() >= self._again_at and self._session() is not None):
                    await self._look()
            except LogUnavailable as error:
                await self._fail(error.message)
            except (PostgresError, JournalFull, JournalBroken):
                # Others open the connection again; a journal that fails is noticed by the run's own events.
                pass
            await asyncio.sleep(BEAT)

    async def close(self) -> None:
        """End what is kept open."""
        if self._log is not None:
            await self._log.close()

    async def _look(self) -> None:
        if self._log is None:
            self._log = log_source(self._wanted, self._environment, self._session, self._ssh)
        if not self._open:
            await self._begin(self._log)
        await self._know_own()
        lines = await self._log.read()
        self.lines += len(lines)
        foreign = [line for line in lines if not self._is_own(line)]
        for line in foreign:
            if self._is_critical(line):
                self.errors += 1
                number = f"E{len(self._recorder.state.errors) + 1}"
                text = line.text[:500]
                self._logbook.append(ErrorRecorded(id=number, text=text, sqlstate=line.sqlstate, source="server"))
        if foreign:
            self._logbook.lines("server", [dict(to_builtins(line)) for line in foreign])

    async def _begin(self, log: LogSource) -> None:
        session = self._session()
        if session is not None:
            self._prefix = (await session.rows("log_settings"))[0][2]
        await log.open(self._prefix)
        self._open, self._pause = True, _RETRY[0]
        if not self._has_states():
            text = _("The server's log has no SQLSTATEs, so critical errors are unknown; add %e to log_line_prefix.")
            self._trouble(text)
        elif self.trouble is not None:
            self.trouble = None
            self._logbook.say("INFO", _("The server's log can be read again."))

    async def _fail(self, reason: str) -> None:
        self._trouble(reason)
        self._open = False
        if self._log is not None:
            await self._log.close()
        self._again_at = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _RETRY[1])

    def _trouble(self, reason: str) -> None:
        if reason != self.trouble:
            self.trouble = reason
            self._logbook.say("WARNING", reason)

    def _has_states(self) -> bool:
        return self._log is not None and (self._log.form != "stderr" or "%e" in self._prefix)

    async def _know_own(self) -> None:
        """The run's own sessions are told by their application; where the log names none, by their processes."""
        session = self._session()
        if session is None or self._log is None or self._log.form != "stderr" or "%a" in self._prefix:
            return
        try:
            # A server that hangs must not keep a file from being read.
            rows = await asyncio.wait_for(session.rows("own_backends"), BEAT)
        except (PostgresError, TimeoutError):
            return
        for (pid,) in rows:
            self._own.pop(pid, None)
            self._own[pid] = None
        for pid in list(self._own)[:-_OWN_KEPT]:
            del self._own[pid]

    def _is_own(self, line: LogLine) -> bool:
        if line.application:
            return line.application.startswith("virada ")
        return line.pid is not None and line.pid in self._own

    def _is_critical(self, line: LogLine) -> bool:
        if line.severity in _NO_ERRORS:
            return False
        if line.severity != "PANIC" and (
            not (line.sqlstate or "").startswith(_CRITICAL) or (line.sqlstate or "") in _HARMLESS
        ):
            return False
        # In the text format a server of another language calls the lines that follow an error by names we do not know.
        same = line.pid is not None and (line.pid, line.at) == self._last
        self._last = (line.pid, line.at)
        return not same
