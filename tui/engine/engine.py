"""The engine's loop: what `next_effects` says, done; what has been done, recorded; until the run needs it no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from tui.engine.amending import Amending
from tui.engine.attempt.attempt import Attempt
from tui.engine.attempt.foretelling import Foretelling
from tui.engine.attempt.recovery import Recovery
from tui.engine.attempt.unexpected import UnexpectedEnd, lost
from tui.engine.crashlog import CrashLog
from tui.engine.helm import Helm
from tui.engine.other_runs.gate import Gate
from tui.engine.programs.supervisor_pool import SupervisorPool
from tui.engine.recorder import ROOM_EVERY, Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.target.expected import Expected
from tui.engine.watch.sampler import Sampler
from tui.journal import events as e
from tui.journal.codes import CancelReason
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.line import JournalError
from tui.journal.remarks import Coded, Remarked
from tui.postgres.evidence.lineage import RunTraces
from tui.postgres.identity import OtherTarget, told
from tui.probes.tasks import comes
from tui.run.next import Append, Do, Interrupt, Recover, Run, Wait, next_effects
from tui.run.state import Barrier
from tui.runs.paths import RunPaths
from tui.steps.registry import KINDS

KEYFRAMES_EVERY = 30.0
LINGER = 3.0
"""Seconds that an engine nobody needs stays, so that a client that just started it finds it."""

# An engine may outlive the files that it was started from.
tuple(KINDS.values())


class Engine:
    """Drives one run. `run` returns when the run is closed, or when nothing will happen without a person who is not
    there and the policy is to go as far as one can. Raises JournalBroken when the journal cannot be written."""

    def __init__(
        self,
        recorder: Recorder,
        paths: RunPaths,
        target: TargetAccess,
        environment: Mapping[str, str],
        crashlog: CrashLog,
    ) -> None:
        self.recorder = recorder
        self.paths = paths
        self.target = target
        self.environment = environment
        self.crashlog = crashlog
        self.helm = Helm(
            recorder, Amending(recorder, paths, target, environment, self._amended, crashlog.exception)
        )  # fmt: skip
        self.supervisors = SupervisorPool()
        self.sampler = Sampler(
            recorder, target, self._backends, self._places, self._give_way, lambda: list(self._attempts.values()),
            crashlog.exception,
        )  # fmt: skip
        self._wake = asyncio.Event()
        self._attempts: dict[tuple[str, int], Attempt] = {}
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._begun: set[tuple[str, int]] = set()
        self.foretelling = Foretelling(recorder, lambda key: self._attempt(key, False, ahead=True), crashlog.exception)
        self._broken: Exception | None = None
        self._ending = False
        self.leaving: Callable[[], Awaitable[None]] = _nothing
        """No client is let in any more; called before an engine that nobody needs gives anything up."""
        recorder.changed = self._wake.set
        target.on_secret = lambda: recorder.know(target.secrets())
        target.expected = self._expected
        target.on_other = self._hold
        target.on_renamed = self._renamed
        self.gate = Gate(recorder, target, paths, crashlog.exception)
        target.admit = self.gate.admit

    def end(self) -> None:
        """Have `run` return soon: what runs is ended and left for another engine to decide.

        Not by cancelling the task: asyncio's wait_for loses a cancellation that comes together with what it waits for.
        """
        self._ending = True
        self._wake.set()

    def _amended(self) -> None:
        """Another plan is in force."""
        self.gate.replan()
        self._wake.set()

    async def run(self) -> None:
        """See the class."""
        loop = asyncio.get_running_loop()
        # Whoever meets it: the writer's own thread, or a person's command. An engine that cannot record does nothing,
        # and would keep everybody else from it.
        self.recorder.writer.on_broken = lambda: _soon(loop, self._journal_broke)
        if self.recorder.writer.broken is not None:
            self._journal_broke()
        sampling = asyncio.create_task(self.sampler.run())
        keeping = asyncio.create_task(self._keep_keyframes())
        await self._look_ahead(self.recorder.state.unended)
        try:
            await self.gate.begin()
            await self._loop()
        finally:
            await self.gate.close()
            self.supervisors.close()
            keeping.cancel()
            self.sampler.stop()
            for failed in await asyncio.gather(sampling, return_exceptions=True):
                if isinstance(failed, Exception):
                    self.crashlog.exception(failed, "the sampler")
            for attempt in self._attempts.values():
                attempt.interrupt(CancelReason.ENGINE)
            await self.foretelling.close()
            if self._tasks:
                await asyncio.wait(self._tasks.values(), timeout=10)

    async def _look_ahead(self, position: int) -> None:
        """Have a supervisor in waiting where the step of this position is carried out by a program."""
        steps = self.recorder.state.steps
        try:
            if position < len(steps) and KINDS[steps.at(position).step.kind].fence == "child":
                await asyncio.to_thread(self.supervisors.prepare)
        except Exception as error:
            # Its program starts without one, only later.
            self.crashlog.exception(error, "a supervisor in waiting")

    async def _keep_keyframes(self) -> None:
        """Keep the cache for seeking near the journal's end; a reader without it folds everything."""
        from tui.recording.keyframes import Recording

        recording: Recording | None = None
        while True:
            await asyncio.sleep(KEYFRAMES_EVERY)
            try:
                if recording is None:
                    recording = await asyncio.to_thread(Recording, self.paths.journal)
                await asyncio.to_thread(recording.extend, write=True)
            except Exception as error:
                # It is made anew by whoever needs it.
                recording = None
                self.crashlog.line(f"the keyframes cannot be written: {error}")

    def _journal_broke(self) -> None:
        self._broken = self._broken or JournalBroken(self.recorder.writer.broken or "")
        self._wake.set()

    async def _loop(self) -> None:
        idle_since = time.monotonic()
        while True:
            self._wake.clear()
            if self.recorder.writer.broken is not None:
                self._journal_broke()
            if self._broken is not None:
                raise self._broken
            if self._ending:
                return
            if self.recorder.state.resting and not self._tasks:
                # Who asked for it hears of it first.
                if not self.helm.clients or time.monotonic() - idle_since >= LINGER:
                    return
                await comes(self._wake, 0.1)
                continue
            wait, again = self._do(next_effects(self.recorder.state, time.time()))
            if again:
                continue
            self.gate.settle()
            if wait is None or wait.reason in ("running", "clock") or self._tasks or self.helm.clients:
                idle_since = time.monotonic()
            elif self._may_leave(wait) and time.monotonic() - max(idle_since, self.helm.last_seen) >= LINGER:
                # Whoever comes from here on would be let in and given up: the next engine is theirs.
                await self.leaving()
                return
            await comes(self._wake, self._patience(wait))

    def _may_leave(self, wait: Wait) -> bool:
        """A closed run needs no engine; one that drives itself as far as it can has gone as far as it can."""
        if wait.reason == "closed":
            return True
        return self.recorder.state.policy.drive in ("headless", "autopilot")

    def _patience(self, wait: Wait | None) -> float:
        if self.recorder.stuck is not None:
            # Whether there is room again nobody tells.
            return ROOM_EVERY
        if wait is None:
            return 60.0
        if wait.until is not None:
            return min(60.0, max(0.0, wait.until - time.time()))
        return 0.25 if self._may_leave(wait) else 60.0

    def _do(self, effects: tuple[Do, ...]) -> tuple[Wait | None, bool]:
        """Begin what is to be done; whether there was something to record, after which everything is asked again."""
        wait: Wait | None = None
        again = False
        for effect in effects:
            match effect:
                case Append():
                    again = self._append(effect)
                case Run(step=step, attempt=attempt):
                    if not self.recorder.waits_for_room or self.recorder.state.rolling_back:
                        self._begin(step, attempt, recover=(step, attempt) in self._begun)
                case Recover(step=step, attempt=attempt):
                    self._begin(step, attempt, recover=True)
                case Interrupt(step=step, attempt=attempt, companion=companion):
                    running = self._attempts.get((step, attempt))
                    if running is None:
                        self._begin(step, attempt, recover=True)
                    else:
                        at = self.recorder.state.steps[step]
                        running.interrupt(CancelReason.COMPANION if companion else _asked(at.reason), companion)
                case Wait(step=step):
                    wait = effect
                    if step is not None:
                        self.foretelling.ask(step)
        return wait, again

    def _expected(self) -> Expected | None:
        """What must answer in the target's name; nothing in a run without a database."""
        state = self.recorder.state
        known = state.identity
        if not known or state.opened is None:
            return None
        left = RunTraces(
            run=state.opened.id, commits=state.commits(), last=state.proved, timeline=int(known.get("timeline") or 0),
            lsn=str(known.get("lsn") or ""), postmaster_start=str(known.get("postmaster_start") or ""),
            reached=state.reached,
        )  # fmt: skip
        swap = state.swap
        return Expected(known, left, None if swap is None or swap.done else swap.new_oid)

    def _renamed(self, oid: int) -> None:
        """The database that was to bear the target's name does: the run's target is that one from here on."""
        swap = self.recorder.state.swap
        if swap is None or swap.done:
            return
        try:
            self.recorder.append(e.SwapDone(step=swap.step, attempt=swap.attempt, new_oid=oid, recovered=True))
        except JournalFull as error:
            self.crashlog.line(str(error))

    def _hold(self, other: OtherTarget) -> None:
        """Another server, or not what the run left there: nothing is begun until a person has decided."""
        state = self.recorder.state
        known = state.barrier
        if state.closed is not None or (known is not None and _same(known, other)):
            return
        try:
            self.recorder.append(e.RunHeld(code=other.code, facts=other.facts))
        except JournalFull as error:
            self.crashlog.line(str(error))
        except JournalBroken:
            # It ends the engine: see `_journal_broke`.
            return

    def _append(self, effect: Append) -> bool:
        if self.recorder.waits_for_room and not self.recorder.state.rolling_back:
            return False
        try:
            self.recorder.append_all(effect.events, by=effect.by)
        except JournalFull as error:
            self.crashlog.line(str(error))
            return False
        return True

    def _backends(self) -> dict[int, tuple[str, int]]:
        """Server processes that work for running attempts: pid to step and attempt."""
        found: dict[int, tuple[str, int]] = {}
        for key, attempt in self._attempts.items():
            found |= dict.fromkeys(attempt.lanes.backend_pids(), key)
        return found

    def _places(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Which statement of how many each running attempt is at."""
        return {key: attempt.sql.place for key, attempt in self._attempts.items()}

    async def _give_way(self, key: tuple[str, int]) -> None:
        """Let the sessions that queue behind our ungranted lock through; the step tries again by itself."""
        attempt = self._attempts.get(key)
        if attempt is not None:
            for lane in attempt.lanes:
                await lane.give_way()

    def _begin(self, step: str, number: int, recover: bool) -> None:
        key = (step, number)
        if key in self._tasks:
            return
        self._begun.add(key)
        try:
            attempt = self._attempt(key, recover)
        except Exception as error:
            self.crashlog.exception(error, f"step {step}, attempt {number}")
            self._append(Append(events=(lost(step, number, error),)))
            return
        task = asyncio.create_task(self._carry_out(attempt, recover), name=f"{step}.{number}")
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _attempt(self, key: tuple[str, int], recover: bool, ahead: bool = False) -> Attempt:
        """The attempt of a step as it stands in the journal, with nothing open yet; what is asked of it reaches it.
        `ahead`: one that has not begun, and that nothing is asked of."""
        state = self.recorder.state.steps[key[0]]
        if ahead:
            state = replace(state, attempt=key[1])
        attempt = Attempt(
            self.recorder, self.paths, self.target, state, self.environment, self.sampler.look_now,
            self.crashlog.exception, self.supervisors,
        )  # fmt: skip
        if self._ending or self._broken is not None:
            attempt.interrupt(CancelReason.ENGINE)
        elif recover and state.cancel:
            attempt.interrupt(_asked(state.reason))
        if not ahead:
            self._attempts[key] = attempt
        return attempt

    async def _carry_out(self, attempt: Attempt, recover: bool) -> None:
        try:
            if not recover:
                ahead = asyncio.create_task(self._look_ahead(self.recorder.state.steps.position(attempt.at.id) + 1))
                try:
                    await attempt.run()
                finally:
                    await ahead
                return
            try:
                await Recovery(attempt).decide(Coded(Remarked.ENGINE_GONE))
            finally:
                await attempt.release()
        except JournalError:
            raise
        except Exception as error:
            unexpected = UnexpectedEnd(
                attempt, lambda: self._attempt(attempt.key, recover=True), self.crashlog.exception
            )
            await unexpected.settle(error, recover)

    def _ended(self, key: tuple[str, int], task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        self._attempts.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, JournalBroken):
            self._broken = error
        elif isinstance(error, JournalFull):
            self.crashlog.line(str(error))
        elif isinstance(error, Exception):
            self._broken = error
            self.crashlog.exception(error, f"step {key[0]}, attempt {key[1]}")
        self._wake.set()


async def _nothing() -> None:
    pass


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """From any thread; a loop that is closed has nobody to tell."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


def _asked(reason: str | None) -> CancelReason:
    """Why a cancel was asked for, as it is journaled; another version may have had words of its own."""
    try:
        return CancelReason(reason or "")
    except ValueError:
        return CancelReason.PERSON


def _same(barrier: Barrier, other: OtherTarget) -> bool:
    """Whether it has been said already."""

    def seen(facts: Mapping[str, Any]) -> tuple[Any, ...]:
        runs = [(run.get("run"), run.get("standing")) for run in facts.get("runs") or ()]
        return told(facts.get("found") or {}), facts.get("evidence"), runs

    return barrier.code == other.code and seen(barrier.facts) == seen(other.facts)
