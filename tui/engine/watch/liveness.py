"""Whether the target still answers, and whether what our connections wait for can still come.

TCP does not tell: behind a load balancer, a tunnel or a proxy a connection looks alive for good whose other half is
gone. So the server is asked, on the monitoring session, of the backends that work for us. What can no longer come is
not waited for: the session is closed, and the attempt's fate is asked for as after any lost connection.

How long the target may be silent before work is given up is the step's (`tui.plan.model.tolerance`); that it is silent
is said long before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from tui.engine.programs.sockets import look_at
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.watch.logbook import Logbook
from tui.journal.codes import FailReason, WaitReason
from tui.journal.events import StepWaiting
from tui.journal.remarks import Coded, Remarked
from tui.plan.model import BRIEF
from tui.postgres.errors import PostgresError, StatementFailed
from tui.postgres.evidence import fence
from tui.postgres.pooler import SETTLED
from tui.postgres.session import Session

if TYPE_CHECKING:
    from tui.engine.attempt.attempt import Attempt
    from tui.engine.drivers.child import RunningProgram

SAID: Final = 6.0
"""Seconds without an answer after which the target is called silent."""
SLACK: Final = 3.0
"""Seconds that the kernel has to notice it first, which knows more."""
PAUSED: Final = 3.0
"""Seconds between two ticks after which it was the engine that did not listen."""
GONE: Final = 2.0
"""Seconds for which a backend must be missed whose client still waits for it."""
ENDED: Final = 5.0
"""The same for a program, which may be about to end, or between two sessions."""
IDLE: Final = 30.0
"""Seconds for which a program must do nothing that holds a connection nobody answers on, to be ended: it may have other
things to do than to wait for its session."""
STALLED: Final = 8.0
"""Seconds for which the server waits for us and we for the server."""

_OVERRULED: Final = (
    None, WaitReason.BLOCKS_OTHERS, WaitReason.LOCK, WaitReason.OLD_TRANSACTION, WaitReason.SYNCHRONOUS_STANDBY,
    WaitReason.TARGET_KEY, WaitReason.BACKEND_ALIVE, WaitReason.ATTEMPT_KEY_HELD, WaitReason.XID_IN_PROGRESS,
)  # fmt: skip
"""Why a step may wait when it is said that the target is silent; other reasons say as much themselves."""


class BackendSeen(Struct, frozen=True):
    """A backend as the server shows it. `age`: seconds since its state changed, None where it may not be seen."""

    pid: int
    start: str
    application: str
    state: str
    wait_event: str
    age: float | None
    standbys: str


class HeldConnection(Struct):
    """What is known of a program's connections. `vouched`: those that had a backend; `since`: when these were found to
    be more than its backends; `idle`: since when it has not computed."""

    pids: frozenset[int] = frozenset()
    vouched: frozenset[int] = frozenset()
    since: float | None = None
    idle: float | None = None
    effort: float = 0.0


class Liveness:
    """`attempts`: those that run, or whose fate is being decided. `tick` is called once a second whatever the target
    does; `look` whenever the monitoring session has answered."""

    def __init__(
        self, recorder: Recorder, target: TargetAccess, logbook: Logbook, attempts: Callable[[], Iterable[Attempt]]
    ) -> None:
        self._recorder = recorder
        self._target = target
        self._logbook = logbook
        self._attempts = attempts
        self._answered = self._ticked = time.monotonic()
        self._silent = False
        self._before: dict[tuple[str, int], tuple[str | None, dict[str, Any]]] = {}
        """What those steps waited for of which it is said that the target is silent."""
        self._missed: dict[object, float] = {}
        self._known: set[object] = set()
        """Programs of which a backend was seen."""
        self._held: dict[str, HeldConnection] = {}
        self._ending: dict[object, asyncio.Task[None]] = {}

    def tick(self) -> None:
        """Say that the target is silent, or no longer; give up what may not wait for it any longer."""
        if not self._target.named:
            return
        now = time.monotonic()
        if now - self._ticked > PAUSED:
            # Nobody listened meanwhile: this process was stopped, or its machine.
            self._answered += now - self._ticked
        self._ticked = now
        self._answered = max([self._answered, *(s.answered_at for s in self._sessions())])
        silent = now - self._answered
        if silent < SAID:
            self._heard()
            return
        since = (datetime.now(UTC) - timedelta(seconds=silent)).isoformat(timespec="seconds")
        since = since.replace("+00:00", "Z")
        if not self._silent:
            self._silent = True
            self._logbook.say("WARNING", Coded(Remarked.TARGET_SILENT, time=since))
        longest = BRIEF
        for attempt in self._attempts():
            if self._is_concerned(attempt):
                self._say_silent(attempt, since)
            longest = max(longest, self._give_up(attempt, silent))
        control = self._target.control_session
        if control is not None and control.busy_since is not None and silent > longest + SLACK:
            self._lose(control)

    async def look(self, monitor: Session) -> None:
        """What the server says of our backends. Costs nothing while nothing of ours waits for one."""
        known = self._target.identity
        sessions = [(attempt, session) for attempt in self._attempts() for session, _limit in attempt.under_way()]
        control = self._target.control_session
        programs = [(attempt, attempt.children.under_way) for attempt in self._attempts()]
        applications = {program.application for _attempt, program in programs if program is not None}
        pids = [session.backend.pid for _attempt, session in sessions]
        if control is not None and control.busy_since is not None:
            pids.append(control.backend.pid)
        if known is None or known.pooler not in SETTLED or not (pids or applications):
            self._missed.clear()
            return
        try:
            rows = await monitor.rows("liveness", [pids, list(applications)])
        except StatementFailed:
            # A server too busy to say is asked again a second later.
            return
        found = [BackendSeen(*row) for row in rows]
        for attempt, session in sessions:
            await self._judge(monitor, attempt, session, found)
        if control is not None:
            await self._judge(monitor, None, control, found)
        for attempt, program in programs:
            if program is not None:
                await self._judge_program(
                    attempt, program, [seen for seen in found if seen.application == program.application]
                )
        for attempt in self._attempts():
            self._say_replication(attempt, found)

    # -- silence ------------------------------------------------------------------------------------------------

    def _sessions(self) -> Iterator[Session]:
        yield from self._target.kept()
        for attempt in self._attempts():
            for session, _limit in attempt.under_way():
                yield session

    def _is_concerned(self, attempt: Attempt) -> bool:
        """Whether it waits for the target; a program of the plan's author may have nothing to do with it."""
        program = attempt.children.under_way
        if program is not None:
            return program.ours or program.key in self._known
        return not attempt.kind.watches and (any(attempt.under_way()) or self._target.is_awaited)

    def _say_silent(self, attempt: Attempt, since: str) -> None:
        at = self._recorder.state.steps[attempt.at.id]
        if at.status == "running" and at.waiting in _OVERRULED:
            self._before.setdefault(attempt.key, (at.waiting, at.waiting_facts))
            self._wait(attempt, WaitReason.TARGET_SILENT, {"since": since})

    def _heard(self) -> None:
        if not self._silent:
            return
        self._silent = False
        self._logbook.say("INFO", Coded(Remarked.TARGET_ANSWERS))
        for (step, number), (reason, facts) in self._before.items():
            at = self._recorder.state.steps[step]
            if at.attempt == number and at.waiting == WaitReason.TARGET_SILENT:
                self._logbook.append(StepWaiting(step=step, attempt=number, reason=reason or "", facts=facts))
        self._before.clear()

    def _give_up(self, attempt: Attempt, silent: float) -> float:
        """For how many seconds the target may be silent for this attempt; what has waited for longer is given up."""
        asked = attempt.stop.is_set()
        longest = 0.0
        for session, limit in attempt.under_way():
            # Whoever asks for its end does not want to wait.
            limit = min(limit, BRIEF) if asked else limit
            longest = max(longest, limit)
            if silent > limit + SLACK:
                self._lose(session)
        program = attempt.children.under_way
        if program is not None and program.ours:
            longest = max(longest, program.tolerate)
            if silent > program.tolerate + SLACK:
                self._end(program.key, lambda: attempt.children.sever(FailReason.CONNECTION))
        return longest

    # -- backends -----------------------------------------------------------------------------------------------

    async def _judge(
        self, monitor: Session, attempt: Attempt | None, session: Session, found: list[BackendSeen]
    ) -> None:
        """A session that waits for an answer of its backend's."""
        now, busy = time.monotonic(), session.busy_since
        ours = session.backend
        seen = next((s for s in found if s.pid == ours.pid and s.start in ("", ours.start)), None)
        if busy is None or session.closed:
            self._missed.pop(session, None)
            return
        if seen is None:
            if now - self._missed.setdefault(session, now) >= GONE:
                self._say(attempt, WaitReason.BACKEND_GONE, {"pid": ours.pid})
                self._lose(session)
            return
        self._missed.pop(session, None)
        heard = session.silent_for
        waits = seen.state.startswith("idle") and (seen.age or 0.0) >= STALLED and now - busy >= STALLED
        if waits and (heard is None or heard >= STALLED):
            # Nobody can command it any more, and what it has begun nobody can commit.
            self._say(attempt, WaitReason.CONNECTION_STALLED, {"pid": ours.pid})
            try:
                await fence.terminate(monitor, ours)
            except StatementFailed:
                # It ends by its own limit then.
                pass
            self._lose(session)

    async def _judge_program(self, attempt: Attempt, program: RunningProgram, found: list[BackendSeen]) -> None:
        now = time.monotonic()
        if found:
            self._known.add(program.key)
        if found or not (program.ours and self._was_there(attempt, program)):
            self._missed.pop(program.key, None)
        elif now - self._missed.setdefault(program.key, now) >= ENDED:
            self._say(attempt, WaitReason.BACKEND_GONE, {})
            self._end(program.key, lambda: attempt.children.sever(FailReason.BACKEND_GONE))
            return
        await self._judge_connections(attempt, program, found)

    async def _judge_connections(self, attempt: Attempt, program: RunningProgram, found: list[BackendSeen]) -> None:
        """Connections that a program holds open, each of which had a backend, and which are now more than its backends.
        One that then does nothing at all waits for what cannot come."""
        held = self._held.setdefault(program.key, HeldConnection())
        pids = frozenset(seen.pid for seen in found)
        control = self._target.control_session
        if control is None or (pids == held.pids and len(held.vouched) <= len(pids)):
            return
        address = control.address
        open_, effort = await asyncio.to_thread(look_at, program.identity, address.hostaddr, address.port)
        held.pids = pids
        if len(open_) <= len(pids):
            held.vouched = open_
        held.vouched &= open_
        now = time.monotonic()
        if len(held.vouched) <= len(pids):
            held.since = held.idle = None
            if self._recorder.state.steps[attempt.at.id].waiting == WaitReason.BACKEND_GONE:
                self._wait(attempt, WaitReason.NONE, {})
            return
        held.since = now if held.since is None else held.since
        if held.idle is None or effort != held.effort:
            held.idle, held.effort = now, effort
        if now - held.since >= ENDED:
            self._say(attempt, WaitReason.BACKEND_GONE, {})
            if now - held.idle >= IDLE:
                self._end(program.key, lambda: attempt.children.sever(FailReason.BACKEND_GONE))

    def _was_there(self, attempt: Attempt, program: RunningProgram) -> bool:
        """Whether it had a session: one was seen, or psql has told of its own."""
        return program.key in self._known or self._recorder.state.steps[attempt.at.id].witness is not None

    def _say_replication(self, attempt: Attempt, found: list[BackendSeen]) -> None:
        at = self._recorder.state.steps[attempt.at.id]
        program = attempt.children.under_way
        pids = {session.backend.pid for session, _limit in attempt.under_way()}
        waits = [
            seen for seen in found
            if seen.wait_event == "SyncRep"
            and (seen.pid in pids or (program is not None and seen.application == program.application))
        ]  # fmt: skip
        if waits or pids or program is not None:
            attempt.awaits_standby = bool(waits)
        if waits and at.waiting in (None, WaitReason.BLOCKS_OTHERS):
            self._wait(attempt, WaitReason.SYNCHRONOUS_STANDBY, {"standbys": waits[0].standbys, "pid": waits[0].pid})
        elif not waits and at.waiting == WaitReason.SYNCHRONOUS_STANDBY:
            self._wait(attempt, WaitReason.NONE, {})

    # -- what follows -------------------------------------------------------------------------------------------

    def _say(self, attempt: Attempt | None, reason: WaitReason, facts: dict[str, Any]) -> None:
        if attempt is not None and self._recorder.state.steps[attempt.at.id].waiting != reason:
            self._wait(attempt, reason, facts)

    def _wait(self, attempt: Attempt, reason: WaitReason, facts: dict[str, Any]) -> None:
        step, number = attempt.key
        self._logbook.append(StepWaiting(step=step, attempt=number, reason=reason, facts=facts))

    def _lose(self, session: Session) -> None:
        self._end(session, session.close)

    def _end(self, what: object, end: Callable[[], Awaitable[None]]) -> None:
        """Once, beside everything else: it takes a while."""
        if what in self._ending:
            return

        async def ending() -> None:
            try:
                await end()
            except PostgresError:
                return

        task = asyncio.ensure_future(ending())
        self._ending[what] = task
        task.add_done_callback(lambda _done: self._ending.pop(what, None))
