"""What carries out the effects of one attempt: its sessions, programs and files, and their end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

from tui.engine.attempt.context import context_of
from tui.engine.attempt.proof import Prover
from tui.engine.attempt.warned import Warned
from tui.engine.drivers.child import ChildDriver
from tui.engine.drivers.dump_files import DumpFileDriver
from tui.engine.drivers.files import (
    drop_artifact,
    keep_artifact,
    keep_output,
    kept_artifact,
    load_artifact,
    store_artifact,
    store_beside,
)
from tui.engine.drivers.fingerprint import FingerprintDriver
from tui.engine.drivers.lanes import SqlLanes
from tui.engine.drivers.network import NetworkDriver
from tui.engine.drivers.notify import NotifyDriver
from tui.engine.drivers.output import StepOutputFile
from tui.engine.drivers.persona import PersonaDriver
from tui.engine.drivers.probe import ProbeDriver
from tui.engine.drivers.psql import ProgramEnded, PsqlDriver
from tui.engine.drivers.query import QueryDriver
from tui.engine.drivers.rehearsals import rehearsals_of
from tui.engine.drivers.report import ReportDriver
from tui.engine.drivers.snapshot import SnapshotDriver
from tui.engine.drivers.sql import SqlDriver
from tui.engine.drivers.swap import SwapDriver
from tui.engine.drivers.timetable import timetable
from tui.engine.drivers.told_words import in_words
from tui.engine.drivers.watch import WatchDriver
from tui.engine.exceptions import each
from tui.engine.programs.supervisor_pool import SupervisorPool
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.engine.target.lock_holders import LockHolders
from tui.engine.target.outage import Outage
from tui.engine.target.session_loss import ServerLife
from tui.journal import events as e
from tui.journal.codes import CancelReason, FailReason, WaitReason
from tui.plan.kinds import Kind
from tui.plan.model import Proof, tolerance
from tui.plan.sealed import SealedPlan
from tui.postgres.session import Session
from tui.probes.tasks import comes
from tui.run.confirmation import late
from tui.run.steps import StepState
from tui.run.told import facts as told_facts
from tui.runs.paths import RunPaths
from tui.steps import effects as fx
from tui.steps import network as net
from tui.steps.context import Context
from tui.steps.persona import AsPersona
from tui.steps.registry import KINDS


class TooLate(Exception):
    """Its window was over before it could begin."""


class Executor:
    """Carries out what the kind of `state`'s running attempt asks for."""

    def __init__(
        self,
        recorder: Recorder,
        paths: RunPaths,
        target: TargetAccess,
        state: StepState,
        environment: Mapping[str, str],
        look_now: Callable[[], Awaitable[None]] | None = None,
        report: Callable[[BaseException, str], None] = lambda error, where: None,
        supervisors: SupervisorPool | None = None,
    ) -> None:
        """`report` takes an exception and where it came from to the engine's log."""
        self.report = report
        self.recorder = recorder
        self.paths = paths
        self.target = target
        self.step = state.step
        self.at = state
        self.kind: Kind = KINDS[state.step.kind]
        self.stop = asyncio.Event()
        self.stop_reason: CancelReason | None = None
        self.companion_end = False
        self.compressed = False
        """Time passed faster in it than it would elsewhere."""
        self.performed = False
        """Something that its kind asks for was carried out, or may have been."""
        self.awaits_standby = False
        """A commit of it waited for a synchronous standby when that was last looked for."""
        self.watching = WatchDriver(recorder, state, self._given_up, look_now)
        opened = recorder.state.opened
        assert opened is not None
        self.opened = opened
        self.plan = SealedPlan(paths.plan, opened.seal)
        self.output = StepOutputFile(recorder, paths, state.id, state.attempt)
        self.warned = Warned()
        self.sql = self._lane_of(0)
        self.lanes = SqlLanes(self.sql, self._lane_of)
        self.outage = Outage(recorder, target, state.id, state.attempt, self.stop)
        self.life = ServerLife(target)
        self.queries = QueryDriver(target, self.step, LockHolders(target, self._waits), self.outage)
        self.prover = Prover(
            recorder, self.queries, self.step, self.kind, state.attempt, self.stop, make_room=self.sql.work.rest,
            report=report,
        )  # fmt: skip
        self.children = ChildDriver(
            recorder, paths, target, self.step, state.attempt, opened, environment, self.output, self.plan, supervisors
        )
        self.snapshots = SnapshotDriver(recorder, target, self.step, state.attempt, self.stop, paths.artifacts)
        self.psql = PsqlDriver(recorder, target, state, opened, self.children, self.sql, environment, self.plan)
        self.network = NetworkDriver(environment, self.stop)
        self.notifying = NotifyDriver(environment, self.stop)
        self.swaps = SwapDriver(recorder, target, state.id, state.attempt)
        self.probes = ProbeDriver(target, opened, environment, paths)
        self.dump_files = DumpFileDriver(environment, self.stop.is_set)

        artifacts = paths.artifacts
        self._drivers: dict[type[fx.Effect], Callable[[Any], Awaitable[Any]]] = {
            fx.RunTransaction: self.sql.transaction, fx.RunTogether: self.lanes.together,
            fx.RunStatement: self.sql.statement,
            fx.RunSession: self.sql.of_session, fx.Countable: self.sql.countable, fx.RunQuery: self.queries.asked,
            fx.Maintain: self.queries.maintain, fx.Probe: self._probed, fx.Sleep: self._sleep,
            fx.Watch: self.watching.look, fx.ReadFile: lambda effect: asyncio.to_thread(self.plan.text, effect.path),
            fx.LoadArtifact: lambda effect: load_artifact(artifacts, effect.name, effect.encoding),
            fx.SwapDatabases: self.swaps.swap,
            fx.DropArtifact: lambda effect: drop_artifact(artifacts, effect.name),
            fx.StoreArtifact: lambda effect: store_artifact(artifacts, effect.name, effect.text),
            fx.KeepArtifact: self._keep, fx.ReadOutput: self._output_text,
            fx.KeepOutput: self._kept_output, fx.MakeReport: ReportDriver(paths, self.opened, self.children).make,
            fx.KeptArtifact: lambda effect: kept_artifact(artifacts, effect.name, effect.limit),
            AsPersona: PersonaDriver(target, self.queries, self.outage).try_,
            fx.TakeFingerprint: FingerprintDriver(self.queries, self.outage).take,
            fx.StoreBeside: lambda effect: store_beside(effect.path, effect.text), fx.HashPath: self.dump_files.hash,
            fx.DecodeFiles: self.dump_files.decode, fx.CopyFiles: self.dump_files.copy,
            fx.Now: self._now,
            net.Fetch: self.network.fetch, net.Connect: self.network.connect,
            net.LookAtCertificate: self.network.certificate, net.Notify: self.notifying.tell,
            net.RunFacts: self._facts,
            fx.Timetable: self._timetable, fx.Rehearsals: self._rehearsals, fx.Sealed: self._sealed,
        }  # fmt: skip
        """What carries out an effect, where that takes nothing but the effect."""

    async def foretold(self) -> dict[str, Any]:
        """What its kind asks of the target before anybody confirms it, as facts. Raises PostgresError."""
        assert self.kind.foretells is not None
        generator = self.kind.foretells(self._context(), self.kind.typed(self.step.spec))
        result: Any = None
        try:
            while True:
                result = await self.perform(generator.send(result), witnessed=False)
        except StopIteration as ended:
            facts: dict[str, Any] = ended.value
            return facts

    def _lane_of(self, number: int) -> SqlDriver:
        """A driver of the attempt's transactions; those beside the first have its right to change the target."""
        lane = SqlDriver(
            self.recorder, self.target, self.step, self.at.attempt, self.opened, self.output,
            beside=self.sql if number else None, lane=number,
        )  # fmt: skip
        lane.work.on_notice = self.warned.note
        return lane

    def _waits(self, reason: WaitReason, facts: dict[str, object]) -> None:
        self.recorder.append(e.StepWaiting(step=self.at.id, attempt=self.at.attempt, reason=reason, facts=facts))

    @property
    def key(self) -> tuple[str, int]:
        return self.at.id, self.at.attempt

    def under_way(self) -> Iterator[tuple[Session, float]]:
        """Sessions of its own that wait for their server, each with the seconds for which that may be silent."""
        for lane in self.lanes:
            if lane.work.under_way is not None:
                yield lane.work.under_way
        patient = self.kind.patient
        for session in self.queries.under_way():
            yield session, tolerance(self.step.tolerate, patient)

    def interrupt(self, reason: CancelReason, companion: bool = False) -> None:
        """Ask it to end: a statement is cancelled on the server, a program is terminated, a wait is over."""
        if self.stop.is_set():
            return
        self.stop_reason = reason
        self.companion_end = companion
        self.stop.set()

    async def perform(self, effect: fx.Effect, *, witnessed: bool = True) -> Any:
        """Carry out what a kind asks: its result. `witnessed` is False in a cleanup, which may be repeated: how its
        programs end is no question of the step's fate."""
        self.life.note()
        match effect:
            case fx.RunChild():
                await self._reachable(effect.target and not effect.authored)
                if witnessed:
                    self._in_time()
                return await (self._program(effect) if witnessed else self.children.run(effect))
            case fx.RunPsql():
                await self._reachable(True)
                if witnessed:
                    self._in_time()
                done = await self.psql.run(effect, witnessed=witnessed)
                self.warned.printed(done.child.tail)
                return done
            case fx.Snapshot():
                taken = await self._snapshot(effect)
                self.children.start.source = self.snapshots.source
                return taken
            case fx.Emit():
                self.recorder.append(effect.event)
                return None
        if type(effect) in self._drivers:
            return await self._drivers[type(effect)](effect)
        raise TypeError(f"no driver carries out {type(effect).__name__}")

    async def _reachable(self, needed: bool) -> None:
        """A program that can do nothing without the server is started when that answers, or is waited for no longer."""
        if needed and self.target.named:
            await self.outage.was()

    def _in_time(self) -> None:
        """Raises TooLate where nothing was done before the window was over; what has begun goes on to its end."""
        at = self._current()
        untouched = at.done == at.resume_from and at.witness is None and at.child is None
        if untouched and not self.stop.is_set() and late(self.recorder.state, at, time.time()):
            raise TooLate

    def _begun(self) -> e.Effect:
        """What of the step is in the database, of which this attempt has done nothing."""
        return "some" if self._current().done else "none"

    def _current(self) -> StepState:
        return self.recorder.state.steps[self.at.id]

    def _context(self) -> Context:
        """Raises NotAsSealed, and other OSErrors where what was sealed cannot be read."""
        return context_of(self.recorder.state, self.at, self.opened, self.plan, self.paths)

    async def _program(self, effect: fx.RunChild) -> fx.ChildDone:
        """Raises ProgramEnded for one that may have changed the database and was not left to end by itself."""
        done = await self.children.run(effect)
        asked = done.status is not None and self.step.prove is not None and (done.status < 0 or done.timed_out)
        if effect.changes and (done.lost or asked):
            raise ProgramEnded(done)
        return done

    async def _probed(self, effect: fx.Probe) -> dict[str, Any]:
        while True:
            found = await self.probes.probe(effect)
            error = found.get("error")
            if error is None or "sqlstate" not in found:
                return found
            met = self.probes.met
            if met is None or not await self.outage.explains(met):
                return found

    async def _snapshot(self, effect: fx.Snapshot) -> fx.SnapshotTaken:
        while True:
            taken = await self.snapshots.take(effect)
            error = taken.error
            if taken.reason != FailReason.CONNECTION or error is None or not error.lost:
                return taken
            met = self.snapshots.met
            if met is None or not await self.outage.explains(met):
                return taken
            await self.snapshots.close()

    async def _now(self, effect: fx.Now) -> float:
        return time.time()

    async def _facts(self, effect: net.RunFacts) -> dict[str, str]:
        facts = told_facts(self.recorder.state, self.at.id, time.time())
        return await asyncio.to_thread(in_words, facts, self.opened.plan.locale)

    async def _timetable(self, effect: fx.Timetable) -> fx.Timetabled:
        return timetable(self.recorder.state, time.time())

    async def _rehearsals(self, effect: fx.Rehearsals) -> fx.PastRehearsals:
        digests = await asyncio.to_thread(lambda: self.plan.digests)
        return await asyncio.to_thread(rehearsals_of, self.opened, digests)

    async def _sealed(self, effect: fx.Sealed) -> tuple[dict[str, str], ...]:
        return tuple(changed.facts() for changed in await asyncio.to_thread(lambda: list(self.plan.changed())))

    async def _output_text(self, effect: fx.ReadOutput) -> str | None:
        self.output.flush()
        if self.output.trouble is not None:
            return None
        return await kept_artifact(self.output.path.parent, self.output.path.name, effect.limit)

    async def _kept_output(self, effect: fx.KeepOutput) -> fx.OutputKept:
        self.output.flush()
        if self.output.trouble is not None:
            return fx.OutputKept(error=self.output.trouble)
        return await keep_output(self.output.path, self.paths.artifacts, effect.name, effect.limit)

    async def _keep(self, effect: fx.KeepArtifact) -> None:
        private = await asyncio.to_thread(lambda: self.recorder.redactor.text(effect.text) != effect.text)
        await keep_artifact(self.paths.artifacts, effect.name, effect.text, private)

    async def _sleep(self, effect: fx.Sleep) -> bool:
        seconds = effect.seconds
        if effect.compressible and self.opened.compress != 1.0:
            seconds, self.compressed = seconds / self.opened.compress, True
        return await comes(self.stop, seconds)

    def _given_up(self) -> bool:
        """Whether nobody wants to know any more; a companion says what it saw when its step has ended."""
        return self.stop.is_set() and not self.companion_end

    async def _stopper(self) -> None:
        await self.stop.wait()
        # Asked for once, it is tried for as long as the attempt lasts: a descriptor may be had in a second.
        while True:
            if await self._end_work():
                return
            await asyncio.sleep(1.0)

    async def _end_work(self) -> bool:
        """End what is at work for the attempt, on the server and on this host; whether all of that could be asked."""
        for_another = self.stop_reason == CancelReason.ENGINE
        # What does not get through to the server keeps nothing else from being ended.
        ended = await asyncio.gather(
            self._each(self.queries.cancel), self._each(self.children.end),
            *(self._each(partial(lane.cancel, for_another=for_another)) for lane in self.lanes),
        )  # fmt: skip
        return all(ended)

    async def _each(self, *parts: Callable[[], Awaitable[None]]) -> bool:
        where = f"ending step {self.at.id}, attempt {self.at.attempt}"
        return await each(parts, lambda error: self.report(error, where))

    async def _timer(self) -> None:
        assert self.step.timeout is not None
        await asyncio.sleep(self.step.timeout)
        self.interrupt(CancelReason.TIMEOUT)

    async def release(self) -> None:
        """Close what the attempt opened."""
        await self._each(
            self.lanes.close, self.queries.close, self.snapshots.close, self.children.close, self.dump_files.close,
            self.output.close,
        )  # fmt: skip

    async def proof(self, prove: Proof) -> tuple[bool, dict[str, Any]]:
        """Is the step's effect there, and what was seen. Raises ProofUnanswered: nothing may be concluded from that."""
        proved = await self.prover.ask(prove)
        return proved.there, proved.facts
