"""The engine's look at the target once a second: metrics of everything that is watched, and what the guards say.

Each thing watched (the server, its host, the canary, the log) is asked in a task of its own with limits of its own:
what hangs costs its own figures and nothing else. What is not known is left out, never invented.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.watch.application_errors import ApplicationErrors
from tui.engine.watch.counters import ServerCounters
from tui.engine.watch.liveness import Liveness
from tui.engine.watch.lock_watcher import LockWatcher
from tui.engine.watch.log_follower import LogFollower
from tui.engine.watch.logbook import Logbook
from tui.engine.watch.sql_canary import SqlQuestion
from tui.journal import events as e
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.remarks import Coded, Remarked, neutral
from tui.plan.metrics import Origin, told_by
from tui.plan.model import HostSource
from tui.plan.scalars import ExpansionError, expand
from tui.postgres.errors import ConnectionLost, PostgresError, StatementFailed
from tui.postgres.sample import SHORTEST, ServerSample, sample
from tui.postgres.session import Session
from tui.probes.canary import CanaryQuestion, CanaryWatch, HttpQuestion
from tui.probes.host_watch import HostWatch
from tui.probes.same_host import is_here
from tui.probes.sources import sources_of
from tui.probes.ssh import Ssh
from tui.probes.tasks import comes, ended
from tui.run.guards import observe

if TYPE_CHECKING:
    from tui.engine.attempt.attempt import Attempt

TICK: Final = 1.0
_PROMPT: Final = 0.25
"""Seconds for which a tick waits for the server; a later answer belongs to a later tick."""
_HUNG: Final = 4.0
"""Seconds after which a monitoring connection is given up that has not answered a statement; the server itself ends
each after two."""


class Sampler:
    """Samples until stopped.

    `backends`: server processes that work for running steps, to (step, attempt); `places`: which statement of how many
    each attempt is at. `give_way`: called for an attempt that waits for a lock while too many sessions queue behind it.
    `attempts`: those that run.
    """

    def __init__(
        self,
        recorder: Recorder,
        target: TargetAccess,
        backends: Callable[[], dict[int, tuple[str, int]]],
        places: Callable[[], dict[tuple[str, int], tuple[int, int]]],
        give_way: Callable[[tuple[str, int]], Awaitable[None]],
        attempts: Callable[[], Sequence[Attempt]],
        report: Callable[[BaseException, str], None] = lambda error, where: None,
    ) -> None:
        self._report = report
        self._failure = ""
        self._recorder = recorder
        self._target = target
        self._logbook = Logbook(recorder)
        self._ssh = Ssh(target.environment)
        self._locks = LockWatcher(recorder, self._logbook, backends, places, give_way)
        self._liveness = Liveness(recorder, target, self._logbook, attempts)
        self._log = LogFollower(
            recorder, self._logbook, target.target.server_log, target.environment, lambda: self._session, self._ssh,
            lambda: target.backends, ApplicationErrors(
                lambda: recorder.state, lambda: None if target.identity is None else target.identity.database,
                recorder.state.facts.get("application_errors"),
            ),
        )  # fmt: skip
        self._canary = self._canary_of()
        self._host: HostWatch | None = None
        self._hostless: Coded | None = None
        self._session: Session | None = None
        self._directory: str | None = None
        self._placeless = False
        self._previous: ServerSample | None = None
        self._counters = ServerCounters(self._logbook.say)
        self._asking: asyncio.Task[ServerSample] | None = None
        self._stopped = asyncio.Event()
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._troubles: dict[str, Any] = {}
        self._logged: dict[str, Any] = {}
        self._begun = self._ticks = 0

    def stop(self) -> None:
        """End after the present tick."""
        self._stopped.set()

    async def look_now(self) -> None:
        """Wait until all figures, the log's among them, were taken from here on: at the next tick, for a journal has
        one a second. Bounded: what hangs is not waited for."""
        await self._log.look_now()
        wanted = self._begun + 1
        for _turn in range(round(2.5 * TICK / 0.01)):
            if self._ticks >= wanted or self._stopped.is_set():
                return
            await asyncio.sleep(0.01)

    async def run(self) -> None:
        """A tick a second, counted from the last one's end."""
        self._watch("server_log", self._log.run)
        if self._canary is not None:
            self._watch("canary", self._canary.run)
        if self._target.target.host:
            self._watch_host(self._target.target.host)
        try:
            while not self._stopped.is_set():
                self._begun += 1
                try:
                    await self._tick()
                except (JournalFull, JournalBroken):
                    # The engine's own next event meets the same failure and says so.
                    pass
                except Exception as error:
                    # It costs the figures of this second; what has failed for good is seen by them.
                    if repr(error) != self._failure:
                        self._report(error, "a look at the target")
                    self._failure = repr(error)
                self._ticks += 1
                await comes(self._stopped, TICK)
        finally:
            await self._end()

    async def _tick(self) -> None:
        stepped = self._recorder.writer.clock.stepped()
        if stepped is not None:
            self._logbook.append(e.ClockStepped(seconds=stepped))
        values: dict[str, float] = {}
        sources: dict[str, str] = {}
        facts: dict[str, Any] = {}
        taken = await self._server()
        self._liveness.tick()
        if taken is not None:
            found = taken.figures | self._counters.figures(taken)
            values |= found
            sources |= {name: taken.source_of(name) for name in found}
            facts |= {
                "connections": [taken.connections, taken.connections_usable],
                "database_bytes": taken.database_bytes, "partial": taken.partial,
            }  # fmt: skip
        for watch, label in self._others():
            values |= watch
            sources |= dict.fromkeys(watch, label)
        if values:
            facts |= self._log_facts() | self._noted()
            rounded = {name: round(value, 6) for name, value in values.items() if math.isfinite(value)}
            self._logbook.append(e.MetricsSampled(values=rounded, sources=sources, facts=facts))
            self._logbook.append(*observe(self._recorder.state))
        self._tend()

    def _others(self) -> Sequence[tuple[dict[str, float], str]]:
        """Figures of the other watches as they are now, with where they were measured."""
        found = [(self._log.figures(), self._log.source)]
        if self._canary is not None:
            found.append((self._canary.figures(), self._canary.source))
        if self._host is not None:
            found.append((self._host.figures(), self._host.label))
        return found

    def _noted(self) -> dict[str, Any]:
        """Why something is not known, null where nothing keeps it from being known: the first tick says it of all, for
        a reader keeps the last it was told, be it by the engine before this one."""
        now: dict[str, Any] = {"server_log": self._log.trouble, "host": self._hostless}
        if self._canary is not None:
            now["canary"] = self._canary.trouble
        if self._host is not None:
            now["host"] = self._host.trouble
        told = {
            name: neutral(said)
            for name, said in now.items()
            if name not in self._troubles or said != self._troubles[name]
        }
        self._troubles = now
        return told

    def _log_facts(self) -> dict[str, Any]:
        """What the log's watch has counted, as far as it is not told yet."""
        now: dict[str, Any] = dict(self._log.facts())
        told = {name: value for name, value in now.items() if value != self._logged.get(name)}
        self._logged = now
        return told

    async def _server(self) -> ServerSample | None:
        """The server's figures, when it answers at once or has answered since the last tick."""
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        await asyncio.wait({self._asking}, timeout=_PROMPT)
        if not self._asking.done():
            busy = None if self._session is None else self._session.busy_since
            if self._session is not None and busy is not None and time.monotonic() - busy > _HUNG:
                await self._session.close()
                self._session = None
            return None
        asked, self._asking = self._asking, None
        try:
            return asked.result()
        except (PostgresError, OSError):
            self._previous = None
            return None

    async def _ask(self) -> ServerSample:
        session = await self._target.monitor()
        if session is not self._session:
            self._session = session
            await self._meet(session)
        await self._liveness.look(session)
        taken = await sample(session, self._previous)
        if self._previous is None or taken.at - self._previous.at >= SHORTEST:
            self._previous = taken
        await self._locks.look(session)
        return taken

    async def _meet(self, session: Session) -> None:
        """What a new connection has to tell: where the data lie, and whether the server is on this host."""
        try:
            self._directory = (await session.rows("host_place"))[0][0]
        except StatementFailed:
            # It costs the disk's figures, and nothing else may be lost with them.
            self._directory = None
        if self._host is None:
            self._stand_in(session)
        if self._host is not None and self._directory is None and not self._placeless:
            self._placeless = True
            self._logbook.say("INFO", Coded(Remarked.DIRECTORY_HIDDEN))

    def _stand_in(self, session: Session) -> None:
        """This host's own figures, for a plan that names no source, where the server is proved to run here."""
        unnamed = Coded(Remarked.HOST_UNNAMED)
        if session.host.startswith(("/", "@")):
            if is_here(session.backend.pid, session.backend.start, session.listener_pid):
                self._hostless = None
                self._watch_host((HostSource(local=True),))
                return
            unnamed = Coded(Remarked.SERVER_NOT_HERE, socket=session.host)
        if self._hostless != unnamed:
            self._hostless = unnamed
            self._logbook.say("INFO", unnamed)

    def _watch_host(self, named: Sequence[HostSource]) -> None:
        sources = sources_of(named, self._target.environment, self._ssh, self._rows, lambda: self._directory)
        self._host = HostWatch(sources, self._logbook.say)
        self._watch("host", self._host.run)

    async def _rows(self, name: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._session is None:
            raise ConnectionLost(Coded(Remarked.SESSION_CLOSED))
        return await self._session.rows(name, params)

    def _canary_of(self) -> CanaryWatch | None:
        opened = self._recorder.state.opened
        asked = None if opened is None else opened.plan.canary
        if opened is None or asked is None:
            return None
        limits = [g.below for g in opened.plan.success if g.metric in told_by(Origin.CANARY) and g.below is not None]
        question: CanaryQuestion
        if asked.sql is not None:
            question = SqlQuestion(self._target, asked.sql)
        else:
            try:
                question = HttpQuestion(expand(asked.http or "", self._target.environment))
            except ExpansionError as error:
                self._logbook.say("WARNING", Coded(Remarked.VARIABLE_UNSET, name=error.name))
                return None
        return CanaryWatch(question, asked.every, max(limits, default=0.0), self._logbook.say)

    def _watch(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        async def watch() -> None:
            await run()

        self._watches[name] = asyncio.ensure_future(watch())

    def _tend(self) -> None:
        """A watch that ended by a mistake of ours is not missed silently."""
        for name, task in list(self._watches.items()):
            if task.done():
                del self._watches[name]
                error = None if task.cancelled() else task.exception()
                if error is not None:
                    self._logbook.say("WARNING", Coded(Remarked.WATCH_ENDED, name=name, reason=repr(error)))

    async def _end(self) -> None:
        tasks = [*self._watches.values(), *([self._asking] if self._asking is not None else [])]
        await ended(tasks)
        closing = [self._log.close()]
        if self._canary is not None:
            closing.append(self._canary.close())
        if self._host is not None:
            closing.append(self._host.close())
        closed = [asyncio.ensure_future(one) for one in closing]
        await asyncio.wait(closed, timeout=5)
        await self._ssh.close()
