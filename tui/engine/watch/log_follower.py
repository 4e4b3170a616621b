"""Following the server's log while a run goes on: its lines into the journal, its critical errors counted."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, Final, Literal

from tui.engine.recorder import Recorder
from tui.engine.watch.application_errors import ApplicationErrors
from tui.engine.watch.log_errors import MOST_RECORDED, CriticalErrors
from tui.engine.watch.log_sources import LogSource, log_source
from tui.engine.watch.logbook import Logbook
from tui.journal.codes import Unmeasured
from tui.journal.events import ErrorRecorded
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.remarks import Coded, Remarked
from tui.postgres.errors import PostgresError, StatementFailed
from tui.postgres.logs.parser import LogUnavailable
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.stderr import holds
from tui.postgres.session import Session
from tui.probes.ssh import Ssh
from tui.probes.tasks import comes
from tui.said import Said

BEAT: Final = 1.0
_RETRY: Final = (30.0, 600.0)
_PREFIX: Final = "%m [%p] "
_OWN_KEPT: Final = 1000
_BUDGET: Final = 0.5
"""Seconds of a beat in which one piece after the other is read; a storm must leave time for everything else."""
_FAR: Final = 1 << 20
"""Bytes unread from which on we do not know what the server has to say now."""
_SETTINGS_EVERY: Final = 5
"""Looks from one at the server's settings to the next."""
_FRESH: Final = 3.0
"""Seconds for which a look holds: a beat, with what it may wait for the server and read."""
_MISSES: Final = 3
"""A statement may once be cut off by its timeout; it is tried again at once so often."""
_SHOWN: Final = 200
_ROOM: Final = 1 << 20
"""Characters of records that a look keeps for the journal, which takes less; the last one may be longer."""
_SAID_EVERY: Final = 60.0


class LogFollower:
    """Reads once a second until cancelled; then call `close`. `session`: the monitoring session of the moment.

    A log that cannot be read is tried again after half a minute, then ever more rarely; `trouble` says why it is so.
    `own`: server processes of the sessions that the engine opened. `application`: what is kept of others' errors.
    """

    def __init__(
        self,
        recorder: Recorder,
        logbook: Logbook,
        wanted: str,
        environment: Mapping[str, str],
        session: Callable[[], Session | None],
        ssh: Ssh,
        own: Callable[[], Iterable[int]] = tuple,
        application: ApplicationErrors | None = None,
    ) -> None:
        self._recorder = recorder
        self._logbook = logbook
        self._wanted = wanted
        self._environment = environment
        self._session = session
        self._ssh = ssh
        self._opened = own
        self._application = application
        self._log: LogSource | None = None
        self._open = False
        self._prefix = _PREFIX
        self._minimum = "warning"
        self._pause = _RETRY[0]
        self._again_at = 0.0
        self._looked = -math.inf
        self._far = False
        self._misses = 0
        self._polled: dict[int, None] = {}
        self._skipped = 0
        self._passed = 0
        self._skipped_said = -math.inf
        self._full = False
        self._seen = 0
        self._now = asyncio.Event()
        self._doubt: str | None = None
        # An engine that takes a run up goes on counting.
        told, counted = recorder.state.facts, recorder.state.latest.get("critical_errors")
        count = told.get("server_log_errors") or (0 if counted is None else counted.value)
        self._critical = CriticalErrors(
            int(count), int(told.get("server_log_all_errors", 0)), int(told.get("server_log_unclear", 0))
        )
        self.lines = int(told.get("server_log_lines", 0))
        self.gaps = int(told.get("server_log_gaps", 0))
        self.trouble: str | Said | None = None

    @property
    def errors(self) -> int:
        """Critical errors of the run."""
        return self._critical.count

    def figures(self) -> dict[str, float]:
        """`critical_errors`, unless that cannot be known: no log, one without SQLSTATEs, one not read up to now, or one
        with what may be an error or not. Errors that are there all the same are told."""
        if self.state or (self._critical.unclear and not self.errors):
            return {}
        return {"critical_errors": float(self.errors)}

    @property
    def state(self) -> Unmeasured | Literal[""]:
        """Why nobody knows what the log has to say now; "" while it is known."""
        if self._wanted == "none":
            return Unmeasured.NO_LOG
        if not self._open:
            return Unmeasured.LOG_NOT_FOLLOWED
        lack = self._lacks()
        if lack:
            return lack
        if self._far:
            return Unmeasured.LOG_BEHIND
        return "" if time.monotonic() - self._looked < _FRESH else Unmeasured.LOG_NOT_FOLLOWED

    def facts(self) -> dict[str, Any]:
        """What was counted so far, for the journal; a reader keeps the last it was told of each."""
        more = {} if self._application is None else self._application.facts()
        return more | {
            "server_log_lines": self.lines, "server_log_errors": self.errors,
            "server_log_all_errors": self._critical.errors, "server_log_unclear": self._critical.unclear,
            "server_log_gaps": self.gaps, "server_log_state": str(self.state),
            "server_log_sqlstates": dict(self._critical.states),
        }  # fmt: skip

    async def look_now(self) -> None:
        """Wait for a look that begins from here on; at most for a few beats, for a log may hang."""
        seen = self._seen
        self._now.set()
        until = time.monotonic() + _FRESH
        # One that is under way may have passed what was written just now.
        while self._open and self._seen < seen + 2 and time.monotonic() < until:
            self._now.set()
            await asyncio.sleep(0.01)

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
                self._misses = 0
            except LogUnavailable as error:
                await self._fail(error.message)
            except StatementFailed as error:
                self._looked = -math.inf
                self._misses += 1
                if self._misses >= _MISSES:
                    await self._fail(Coded(Remarked.LOG_UNREADABLE, reason=error.message))
            except (PostgresError, JournalFull, JournalBroken):
                # Others open the connection again; a journal that fails is noticed by the run's own events.
                self._looked = -math.inf
            except Exception as error:
                # Whatever a log has in it: a watch that ended silently would leave its last figure to be believed.
                await self._fail(Coded(Remarked.WATCH_ENDED, name="server_log", reason=repr(error)))
            self._now.clear()
            await comes(self._now, BEAT)

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
        if self._seen % _SETTINGS_EVERY == 0:
            await self._know_settings(self._log)
        until = time.monotonic() + _BUDGET
        shown: list[LogRecord] = []
        total, room = 0, _ROOM
        try:
            while True:
                lines = await self._log.read()
                self.lines += len(lines)
                own = self._polled.keys() | set(self._opened())
                foreign = [line for line in lines if not _is_own(line, own)]
                self._critical.meet(foreign)
                if self._application is not None:
                    self._application.meet(foreign, more=self._log.more)
                for line in foreign[: _SHOWN - len(shown)]:
                    if room > 0:
                        shown.append(line)
                        room -= len(line.text)
                total += len(foreign)
                if not self._log.more or time.monotonic() >= until:
                    break
        finally:
            self._record(shown, total)
        self._know_how_far(await self._log.behind() if self._log.more else 0)
        self._remark(self._log)
        self._looked, self._pause = time.monotonic(), _RETRY[0]
        self._seen += 1

    def _record(self, shown: list[LogRecord], total: int) -> None:
        errors: list[ErrorRecorded] = self._critical.taken(self._recorder.state)
        if self._application is not None:
            errors += self._application.taken(len(self._recorder.state.errors) + len(errors))
        self._logbook.append(*errors)
        if self._critical.doubt is not None and self._doubt is None:
            self._doubt = self._critical.doubt
            self._logbook.say("WARNING", Coded(Remarked.LOG_UNCLEAR, text=self._doubt))
        if shown:
            records = [dict(line.told()) for line in shown]
            self._logbook.lines("server", records, more=total - len(shown))
        if self._critical.full(self._recorder.state) and not self._full:
            self._full = True
            self._logbook.say("WARNING", Coded(Remarked.ERRORS_FULL, count=MOST_RECORDED))

    def _know_how_far(self, behind: int) -> None:
        """A count that is not up to date would be taken for a promise that nothing is wrong."""
        far = behind >= _FAR
        if far:
            said = Coded(Remarked.LOG_BEHIND, size=behind >> 20)
            if not self._far:
                self._logbook.say("WARNING", said)
            self.trouble = said
        elif self._far:
            self.trouble = None
            self._logbook.say("INFO", Coded(Remarked.LOG_CAUGHT_UP))
            self._know_states()
        self._far = far

    def _remark(self, log: LogSource) -> None:
        while log.remarks:
            self.gaps += 1
            self._logbook.say("WARNING", log.remarks.pop(0))
        self.gaps += log.skipped - self._passed
        self._passed = log.skipped
        count = log.skipped - self._skipped
        if count and time.monotonic() - self._skipped_said >= _SAID_EVERY:
            self._skipped, self._skipped_said = log.skipped, time.monotonic()
            self._logbook.say("WARNING", Coded(Remarked.LOG_PASSED_OVER, count=count))

    async def _begin(self, log: LogSource) -> None:
        session = self._session()
        if session is not None:
            self._prefix, self._minimum = (await session.rows("log_settings"))[0][2:]
        await log.open(self._prefix)
        self._open = True
        if not self._know_states() and self.trouble is not None:
            self.trouble = None
            self._logbook.say("INFO", Coded(Remarked.LOG_READ_AGAIN))

    def _know_states(self) -> bool:
        """Says it when they lack."""
        lack = self._lacks()
        if lack:
            self._trouble(Coded(lack))
        return bool(lack)

    def _lacks(self) -> Unmeasured | Literal[""]:
        return "" if self._log is None else lacking(self._log.form, self._prefix, self._minimum)

    async def _know_settings(self, log: LogSource) -> None:
        """They may be set anew while we read. A server that hangs must not keep a file from being read."""
        session = self._session()
        if session is None:
            return
        try:
            prefix, minimum = (await asyncio.wait_for(session.rows("log_settings"), BEAT))[0][2:]
        except (PostgresError, TimeoutError):
            return
        if (prefix, minimum) != (self._prefix, self._minimum):
            self._prefix, self._minimum = prefix, minimum
            log.adopt(prefix)
            if not self._know_states() and self.trouble is not None:
                self.trouble = None
                self._logbook.say("INFO", Coded(Remarked.LOG_READ_AGAIN))

    async def _fail(self, reason: str | Said) -> None:
        self._trouble(reason)
        self._open = self._far = False
        if self._log is not None:
            await self._log.close()
        self._again_at = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, _RETRY[1])

    def _trouble(self, reason: str | Said) -> None:
        if reason != self.trouble:
            self.trouble = reason
            known = reason if isinstance(reason, Coded) else Coded(Remarked.LOG_UNREADABLE, reason=reason)
            self._logbook.say("WARNING", known)

    async def _know_own(self) -> None:
        """The run's own sessions are told by their application; where the log names none, by their processes: of its
        programs' sessions, which the engine does not open itself, only the server knows.
        """
        session = self._session()
        if session is None or self._log is None or self._log.form != "stderr" or holds(self._prefix, "a"):
            return
        try:
            # A server that hangs must not keep a file from being read.
            rows = await asyncio.wait_for(session.rows("own_backends"), BEAT)
        except (PostgresError, TimeoutError):
            return
        for (pid,) in rows:
            self._polled.pop(pid, None)
            self._polled[pid] = None
        for pid in list(self._polled)[:-_OWN_KEPT]:
            del self._polled[pid]


def lacking(form: str, prefix: str, minimum: str) -> Unmeasured | Literal[""]:
    """Why a log that can be read does not tell all errors; "" where it does. `minimum`: log_min_messages."""
    if minimum in ("log", "fatal", "panic"):
        return Unmeasured.LOG_WITHOUT_ERRORS
    return Unmeasured.LOG_WITHOUT_SQLSTATES if form == "stderr" and not holds(prefix, "e") else ""


def _is_own(line: LogRecord, own: Set[int]) -> bool:
    if line.application:
        return line.application.startswith("virada ")
    return line.pid is not None and line.pid in own
