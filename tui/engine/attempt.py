"""One attempt of one step: drives the kind's generator, carries out what it asks, records how it ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from tui.engine.drivers.child import ChildDriver
from tui.engine.drivers.files import hash_path, load_artifact, store_artifact
from tui.engine.drivers.output import StepOutputFile
from tui.engine.drivers.probe import ProbeDriver
from tui.engine.drivers.psql import ProgramEnded, PsqlDriver
from tui.engine.drivers.query import QueryDriver, sql_error
from tui.engine.drivers.snapshot import SnapshotDriver
from tui.engine.drivers.sql import SqlDriver
from tui.engine.exceptions import each, reduced, said
from tui.engine.keepers import Keepers
from tui.engine.locksight import LockSight
from tui.engine.loss import LOSABLE, Life, Lost
from tui.engine.outage import Outage, may_be_away
from tui.engine.proof import ProofUnanswered, Prover
from tui.engine.recorder import Recorder
from tui.engine.target import TargetAccess
from tui.engine.watching import Watching
from tui.helm.paths import RunPaths
from tui.journal import events as e
from tui.journal.codes import CancelReason, Fact, FailReason, FateReason, HoldReason, WaitReason
from tui.journal.line import JournalError
from tui.journal.remarks import coded, neutral, said_fields
from tui.plan.kinds import Kind
from tui.plan.model import Proof
from tui.plan.sealed import NotAsSealed, SealedPlan
from tui.plan.tolerance import tolerance
from tui.postgres import outside
from tui.postgres.connect import Session
from tui.postgres.errors import ConnectionLost, OtherServer, PostgresError
from tui.postgres.identity import OtherTarget
from tui.run.changing import may_change
from tui.run.confirmation import late
from tui.run.steps import UNANSWERED, StepState
from tui.said import said_of
from tui.steps import effects as fx
from tui.steps.answers import TERMINATED, error_facts, passes
from tui.steps.base import Context
from tui.steps.registry import KINDS

_SEEN: Final = (FailReason.GUARD_BREACHED, FailReason.NOT_MEASURED)
"""What a companion says of what it watched holds although it ends with its step."""


class _TooLate(Exception):
    """Its window was over before it could begin."""


class Attempt:
    """Runs `state`'s running attempt. `run` returns when an outcome (or an undecided fate) is in the journal."""

    def __init__(
        self,
        recorder: Recorder,
        paths: RunPaths,
        target: TargetAccess,
        state: StepState,
        environment: Mapping[str, str],
        look_now: Callable[[], Awaitable[None]] | None = None,
        report: Callable[[BaseException, str], None] = lambda error, where: None,
        keepers: Keepers | None = None,
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
        self.performed = False
        """Something that its kind asks for was carried out, or may have been."""
        self.awaits_standby = False
        """A commit of it waited for a synchronous standby when that was last looked for."""
        self.watching = Watching(recorder, state, self._given_up, look_now)
        opened = recorder.state.opened
        assert opened is not None
        self.opened = opened
        self.plan = SealedPlan(paths.plan, opened.seal)
        self.output = StepOutputFile(recorder, paths, state.id, state.attempt)
        self.sql = SqlDriver(recorder, target, self.step, state.attempt, opened, self.output)
        self.outage = Outage(recorder, target, state.id, state.attempt, self.stop)
        self.life = Life(target)
        self.queries = QueryDriver(target, self.step, LockSight(target, self._waits), self.outage)
        self.prover = Prover(
            recorder, self.queries, self.step, self.kind, state.attempt, self.stop, make_room=self.sql.rest,
            report=report,
        )  # fmt: skip
        self.children = ChildDriver(
            recorder, paths, target, self.step, state.attempt, opened, environment, self.output, self.plan, keepers
        )
        self.snapshots = SnapshotDriver(recorder, target, self.step, state.attempt, self.stop)
        self.psql = PsqlDriver(recorder, target, state, opened, self.children, self.sql, environment, self.plan)
        self.probes = ProbeDriver(target, opened, environment, paths)

    def _waits(self, reason: WaitReason, facts: dict[str, object]) -> None:
        self.recorder.append(e.StepWaiting(step=self.at.id, attempt=self.at.attempt, reason=reason, facts=facts))

    @property
    def key(self) -> tuple[str, int]:
        return self.at.id, self.at.attempt

    def under_way(self) -> Iterator[tuple[Session, float]]:
        """Sessions of its own that wait for their server, each with the seconds for which that may be silent."""
        if self.sql.under_way is not None:
            yield self.sql.under_way
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

    async def run(self) -> None:
        """Carry the attempt out and record its outcome. Raises JournalError when that cannot be recorded, and what
        nobody foresaw (see `mishap`); nothing of the attempt is at work any more then, as far as that was to be had."""
        watcher = asyncio.create_task(self._stopper())
        timer = asyncio.create_task(self._timer()) if self.step.timeout else None
        try:
            outcome = await (self._prove_by_hand() if self.at.by_hand else self._drive())
            await self._over_an_outage(outcome)
            outcome = await self.placed(await self._cleaned(await self._looked(await self.proved(outcome))))
        except Lost as lost:
            await self._recover(lost)
            return
        except ProofUnanswered as unanswered:
            self._undecided(unanswered)
            return
        except OtherTarget as other:
            await self._kept_out(other)
            return
        except _TooLate:
            self._not_begun(CancelReason.OUTSIDE_WINDOW, {})
            return
        except Exception:
            await self._each(self.sql.give_up, self.queries.cancel, self.children.end)
            raise
        finally:
            watcher.cancel()
            if timer is not None:
                timer.cancel()
            await self.release()
        if self.stop_reason == CancelReason.ENGINE and not isinstance(outcome, fx.Passed):
            # Not a person's cancel: the next engine decides the fate, as after a crash, and goes on.
            return
        self.record(outcome)

    def record(self, outcome: fx.Outcome, *before: e.Event, recovered: bool = False) -> None:
        """The outcome, behind these events. What of its evidence a journal cannot hold is left out, and named."""
        try:
            self.recorder.append(*before, *self.outcome_events(outcome, recovered))
        except JournalError:
            raise
        except Exception as error:
            self.report(error, f"the outcome of step {self.at.id}, attempt {self.at.attempt}")
            self.recorder.append(*before, *self.outcome_events(reduced(outcome, error), recovered))

    async def _drive(self) -> fx.Outcome:
        there = await self._there_already()
        if there is not None:
            return there
        generator = self.kind.execute(self._context(), self.kind.typed(self.step.spec))
        result: Any = None
        try:
            if may_change(self.step):
                await self._admitted()
            if self.kind.changes:
                await self._keyed()
            self._in_time()
            while True:
                effect = generator.send(result)
                self.performed = True
                result = await self.perform(effect)
        except StopIteration as ended:
            outcome: fx.Outcome = ended.value
            return outcome
        except NotAsSealed as changed:
            generator.close()
            return fx.Failed(reason=FailReason.PLAN_CHANGED, effect=self._begun(), evidence=changed.facts())
        except (OtherTarget, _TooLate):
            generator.close()
            raise
        except PostgresError as error:
            generator.close()
            if isinstance(error, ConnectionLost) or await self.outage.explains(error):
                raise Lost(error) from None
            failed = sql_error(error)
            # What may pass is no answer to anything; what the server refuses by name is.
            reason = FailReason.CONNECTION if passes(failed) else FailReason.SQL_ERROR
            if isinstance(error, OtherServer):
                reason = FailReason.OTHER_SERVER
            return fx.Failed(reason=reason, effect=self._begun(), error=failed)

    def _begun(self) -> e.Effect:
        """What of the step is in the database, of which this attempt has done nothing."""
        return "some" if self._current().done else "none"

    async def _admitted(self) -> None:
        """Raises OtherRuns where others are in the way on the target. A program asks only a server that is there."""
        takes_back = self.at.group != "main"
        if self.kind.changes:
            await self._there(lambda: self.target.admit(takes_back))
        elif self.target.control_session is not None:
            try:
                await self.target.admit(takes_back)
            except OtherTarget:
                raise
            except PostgresError:
                # It may be what brings the server back.
                return

    def _in_time(self) -> None:
        """Raises _TooLate where nothing was done before the window was over; what has begun goes on to its end."""
        at = self._current()
        untouched = at.done == at.resume_from and at.witness is None and at.child is None
        if untouched and not self.stop.is_set() and late(self.recorder.state, at, time.time()):
            raise _TooLate

    async def _keyed(self) -> None:
        """Take the right to change the target, once its server is there."""
        await self._there(lambda: self.sql.key.take(self.stop))

    async def _there(self, ask: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await ask()
                return
            except PostgresError as error:
                if not may_be_away(error) or not await self.outage.over():
                    raise

    def _current(self) -> StepState:
        return self.recorder.state.steps[self.at.id]

    def _context(self) -> Context:
        state = self.recorder.state
        return Context(
            run=self.opened.id, step=self.step, attempt=self.at.attempt, target=self.opened.target,
            environment=self.opened.environment, companion=self.step.with_ is not None, done=self.at.resume_from,
            artifacts=str(self.paths.artifacts),
            evidence=lambda step: state.steps[step].evidence if step in state.steps else {},
        )  # fmt: skip

    async def perform(self, effect: fx.Effect, *, witnessed: bool = True) -> Any:
        """Carry out what a kind asks: its result. `witnessed` is False in a cleanup, which may be repeated: how its
        programs end is no question of the step's fate."""
        self.life.note()
        match effect:
            case fx.RunTransaction():
                return await self.sql.transaction(effect)
            case fx.RunStatement():
                return await self.sql.statement(effect)
            case fx.RunSession():
                return await self.sql.of_session(effect)
            case fx.Countable():
                return await self.sql.countable(effect)
            case fx.CleanUp():
                return await self.cleanup(self.sql.object)
            case fx.RunQuery():
                return await self.queries.query(effect)
            case fx.RunChild():
                await self._reachable(effect.target and not effect.authored)
                if witnessed:
                    self._in_time()
                return await (self._program(effect) if witnessed else self.children.run(effect))
            case fx.RunPsql():
                await self._reachable(True)
                if witnessed:
                    self._in_time()
                return await self.psql.run(effect, witnessed=witnessed)
            case fx.Snapshot():
                taken = await self._snapshot(effect)
                self.children.source = self.snapshots.source
                return taken
            case fx.ReadFile():
                return await asyncio.to_thread(self.plan.text, effect.path)
            case fx.Maintain():
                return await self.queries.maintain(effect)
            case fx.LoadArtifact():
                return await load_artifact(self.paths.artifacts, effect.name, effect.encoding)
            case fx.StoreArtifact():
                return await store_artifact(self.paths.artifacts, effect.name, effect.text)
            case fx.HashPath():
                return await hash_path(effect.path)
            case fx.Probe():
                return await self._probed(effect)
            case fx.Sleep():
                return await self._sleep(effect)
            case fx.Watch():
                return await self.watching.look(effect)
            case fx.Emit():
                self.recorder.append(effect.event)
                return None
        raise TypeError(f"no driver carries out {type(effect).__name__}")

    async def _reachable(self, needed: bool) -> None:
        """A program that can do nothing without the server is started when that answers, or is waited for no longer."""
        if needed and self.target.named:
            await self.outage.was()

    async def _over_an_outage(self, outcome: fx.Outcome) -> None:
        """Raises Lost for a program that failed while its server was away, where what it did is known or asked for."""
        if not isinstance(outcome, fx.Failed) or self.kind.fence != "child" or self.stop.is_set():
            return
        asked = self.step.prove is not None or (self.step.repeat or self.kind.repeat) == "always"
        known = outcome.effect == "none" or asked
        if not known or outcome.reason not in LOSABLE or not self.target.named:
            return
        said = self._printed(outcome)
        away = await self.outage.was()
        moment = await self.snapshots.lost()
        if moment is not None:
            raise Lost(moment)
        if said is not None and (said.sqlstate or "").startswith("57P0"):
            raise Lost(ConnectionLost(coded(said.message), said.sqlstate))
        if away:
            how = self.target.lost or ConnectionLost("the server was away while it ran")
            raise Lost(how)

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

    async def _program(self, effect: fx.RunChild) -> fx.ChildDone:
        """Raises ProgramEnded for one that may have changed the database and was not left to end by itself."""
        done = await self.children.run(effect)
        asked = done.status is not None and self.step.prove is not None and (done.status < 0 or done.timed_out)
        if effect.changes and (done.lost or asked):
            raise ProgramEnded(done)
        return done

    async def _there_already(self) -> fx.Passed | None:
        """A program whose earlier attempt may have done its work is not started again before the proof was asked.

        Raises ProofUnanswered."""
        asked = self.kind.changes_unseen and self.at.doubted and self.step.repeat != "always"
        if not asked or self.step.prove is None or self.at.undoes is not None:
            return None
        there, found = await self.proof(self.step.prove)
        return fx.Passed(evidence={"prove": found}, effect="all") if there else None

    async def _looked(self, outcome: fx.Outcome) -> fx.Outcome:
        """Whether all of what a failed program should do is there all the same. Raises ProofUnanswered."""
        if isinstance(outcome, fx.Passed) or outcome.effect != "unknown" or not self.kind.changes_unseen:
            return outcome
        if self.step.prove is None or self.at.undoes is not None or "prove" in outcome.evidence:
            return outcome
        try:
            there, found = await self.proof(self.step.prove)
        except ProofUnanswered as unanswered:
            raise ProofUnanswered(outcome.evidence | {"prove": unanswered.facts}) from None
        evidence = outcome.evidence | {"prove": found}
        return msgspec.structs.replace(outcome, effect="all" if there else "unknown", evidence=evidence)

    async def _sleep(self, effect: fx.Sleep) -> bool:
        seconds = effect.seconds / self.opened.compress if effect.compressible else effect.seconds
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except TimeoutError:
            return False
        return True

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
            self._each(lambda: self.sql.cancel(for_another=for_another)), self._each(self.queries.cancel),
            self._each(self.children.end),
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
            self.sql.close, self.queries.close, self.snapshots.close, self.children.close, self.output.close
        )  # fmt: skip

    async def _prove_by_hand(self) -> fx.Outcome:
        return fx.Passed(evidence={"note": self.at.by_hand}, effect="all")

    async def proved(self, outcome: fx.Outcome) -> fx.Outcome:
        """The step's proof, after it says that it is done. Raises ProofUnanswered."""
        if isinstance(outcome, fx.Failed) or self.step.prove is None or self.at.undoes is not None:
            return outcome
        try:
            there, found = await self.proof(self.step.prove)
        except ProofUnanswered as unanswered:
            raise ProofUnanswered(outcome.evidence | {"prove": unanswered.facts}) from None
        merged = outcome.evidence | {"prove": found}
        if there:
            return fx.Passed(evidence=merged, effect=outcome.effect)
        # What its commit proves is in the database all the same; else nobody knows what is.
        effect: e.Effect = outcome.effect if outcome.effect == "none" or "commit" in outcome.evidence else "unknown"
        return fx.Failed(reason=FailReason.NOT_PROVED, evidence=merged, effect=effect)

    async def placed(self, outcome: fx.Outcome) -> fx.Outcome:
        """With where the log was behind a step of whose transactions not all are known: a server that never came there
        has lost what it did."""
        kind = self.kind
        if not isinstance(outcome, fx.Passed) or not (kind.changes or kind.changes_unseen):
            return outcome
        told = kind.atomic is not None and kind.atomic(kind.typed(self.step.spec))
        if told or (kind.commit_tells and "commit" in outcome.evidence):
            return outcome
        try:
            place = await self.target.reached()
        except Exception as error:
            # It is done and known to be: where the log is now says nothing of that.
            self.report(error, f"the place in the log behind step {self.at.id}")
            return outcome
        return msgspec.structs.replace(outcome, evidence=outcome.evidence | place)

    async def proof(self, prove: Proof) -> tuple[bool, dict[str, Any]]:
        """Is the step's effect there, and what was seen. Raises ProofUnanswered: nothing may be concluded from that."""
        proved = await self.prover.ask(prove)
        return proved.there, proved.facts

    def _undecided(self, unanswered: ProofUnanswered) -> None:
        """Without an answer nobody knows what of the step is there; an engine that ends leaves it to the next."""
        if self.stop_reason == CancelReason.ENGINE:
            return
        step, attempt = self.key
        reason = FateReason.PROOF_UNANSWERED
        facts = unanswered.facts | ({} if self.stop_reason is None else {"given_up": self.stop_reason})
        fate = e.StepFate(step=step, attempt=attempt, fate="undecided", reason=reason, facts=facts)
        self.recorder.append(fate)

    async def cleanup(self, about: dict[str, Any]) -> str | dict[str, Any] | None:
        """Take away what a statement outside a transaction left half done; None when that worked, else why not.
        `about`: its facts (see `tui.postgres.outside`), empty where the catalogue knows nothing of it."""
        from tui.engine.cleanup import Cleanup

        while True:
            try:
                return await Cleanup(self).run(self._context(), about)
            except PostgresError as error:
                if not await self.outage.explains(error):
                    message: str | dict[str, Any] = neutral(error.message)
                    return message
            except NotAsSealed as changed:
                return str(changed)
            except (JournalError, Lost):
                raise
            except Exception as error:
                self.report(error, f"the cleanup of step {self.at.id}")
                return said(error) or type(error).__name__

    async def _cleaned(self, outcome: fx.Outcome) -> fx.Outcome:
        """A statement outside a transaction that failed may have left half of itself behind: that is cleaned up, unless
        its effect is there as a whole. Raises ProofUnanswered."""
        if isinstance(outcome, fx.Passed) or self.step.cleanup is None or self.stop_reason == CancelReason.ENGINE:
            return outcome
        half = "leftovers" in outcome.evidence and outcome.reason != FailReason.LEFTOVER
        if not half and outcome.effect != "unknown":
            return outcome
        if not half and self.step.prove is not None:
            try:
                there, found = await self.proof(self.step.prove)
            except ProofUnanswered as unanswered:
                said = {} if outcome.error is None else {"error": self._located(outcome.error)}
                raise ProofUnanswered(outcome.evidence | said | {"prove": unanswered.facts}) from None
            outcome = msgspec.structs.replace(outcome, evidence=outcome.evidence | {"prove": found})
            if there:
                return msgspec.structs.replace(outcome, effect="all")
        self.sql.allow_again()
        why = await self.cleanup(self.sql.object)
        if why is not None:
            return msgspec.structs.replace(outcome, evidence=outcome.evidence | {"cleanup": why})
        evidence = {k: v for k, v in outcome.evidence.items() if k != "leftovers"} | {"cleanup": "done"}
        try:
            left = await outside.after(await self.target.control(), self.sql.object)
        except (PostgresError, OSError):
            return msgspec.structs.replace(outcome, effect="unknown", evidence=evidence)
        if left.state == "whole":
            # A DROP or a DETACH is brought to its end, not taken back.
            step, attempt = self.key
            statement = self._current().tx_statement
            self.recorder.append(e.TxCommitted(step=step, attempt=attempt, statement=statement))
        elif left.leftovers:
            return msgspec.structs.replace(outcome, effect="some")
        effect: e.Effect = "some" if self._current().done else "none"
        return msgspec.structs.replace(outcome, effect=effect, evidence=evidence)

    def _located(self, error: fx.SqlError) -> dict[str, Any]:
        """The server's error, with the file in whose line it is."""
        file = self.step.spec.get("file")
        if error.line is not None and error.file is None and isinstance(file, str):
            error = msgspec.structs.replace(error, file=file)
        return error_facts(error)

    def _printed(self, outcome: fx.Failed) -> fx.SqlError | None:
        """What the server said to psql, which is only printed."""
        tail = outcome.evidence.get("tail")
        return self.kind.error_of(tail) if self.kind.error_of is not None and isinstance(tail, str) else None

    def outcome_events(self, outcome: fx.Outcome, recovered: bool = False) -> list[e.Event]:
        """The outcome as events: what undoes another step takes that one's mark along."""
        step, attempt = self.key
        common: dict[str, Any] = {"step": step, "attempt": attempt, "effect": outcome.effect}
        common["evidence"] = outcome.evidence | self.output.evidence()
        if isinstance(outcome, fx.Passed):
            if self.at.by_hand:
                person = self.at.person or ""
                found: list[e.Event] = [e.StepByHand(**common, note=self.at.by_hand, person=person)]
            else:
                found = [e.StepPassed(**common)]
            if self.at.undoes is not None:
                original = self.recorder.state.steps[self.at.undoes]
                found.append(
                    e.StepUndone(
                        step=self.at.undoes, attempt=max(1, original.attempt), by_step=step,
                        evidence={"by_step": step, "attempt": attempt},
                    )
                )  # fmt: skip
            return found
        watched = self.companion_end and outcome.reason in _SEEN
        if self.stop.is_set() and self.stop_reason != CancelReason.TIMEOUT and not recovered and not watched:
            if outcome.error is not None:
                common["evidence"] |= {"error": self._located(outcome.error)}
            return [e.StepCancelled(**common, reason=self.stop_reason or CancelReason.PERSON)]
        reason, timed_out = outcome.reason, self.stop_reason == CancelReason.TIMEOUT
        if outcome.error is not None and outcome.error.memory:
            reason = FailReason.OUT_OF_MEMORY
        if reason == FailReason.SQL_ERROR and not self.kind.changes and outcome.error and passes(outcome.error):
            # What only asks was not answered; what changes something was refused, and says so.
            reason = FailReason.NOT_ANSWERED
        if timed_out and reason in UNANSWERED:
            # A question that took longer than it may has not been answered by that.
            common["evidence"] |= {"given_up": CancelReason.TIMEOUT}
        elif timed_out:
            reason = FailReason.TIMEOUT
        if reason in UNANSWERED and outcome.error and outcome.error.lost and outcome.error.sqlstate == TERMINATED:
            reason = FailReason.TERMINATED
        error = outcome.error or self._printed(outcome)
        if error is not None:
            common["evidence"] |= {"error": self._located(error)}
        message = None if error is None else error.message
        if reason == FailReason.NOT_CARRIED_OUT:
            message = outcome.evidence.get(Fact.MESSAGE)
        told = said_fields(message)
        failed = e.StepFailed(**common, reason=reason, sqlstate=None if error is None else error.sqlstate, **told)
        number = f"E{len(self.recorder.state.errors) + 1}"
        text = failed.code or failed.message or reason
        asked = reason == FailReason.NOT_CARRIED_OUT and self.kind.fence == "none"
        source = "unanswered" if asked or reason in UNANSWERED else "step"
        recorded = e.ErrorRecorded(
            id=number,
            text=text,
            code=failed.code,
            facts=failed.facts,
            step=step,
            attempt=attempt,
            sqlstate=failed.sqlstate,
            source=source,
        )
        return [failed, recorded]

    async def _kept_out(self, other: OtherTarget) -> None:
        """Not the run's target answered, so that nothing further was begun: what is on its way has a fate, which is
        asked of the target alone; else another attempt goes on from here."""
        at = self._current()
        begun = at.child is not None if self.kind.fence == "child" else self.kind.fence == "proof" and self.performed
        if at.witness is not None or begun:
            await self._recover(other)
        elif self.stop_reason != CancelReason.ENGINE:
            met = CancelReason.OTHER_RUN if other.code == HoldReason.OTHER_RUN else CancelReason.OTHER_TARGET
            self._not_begun(met, {"held": other.code})

    def _not_begun(self, met: CancelReason, evidence: dict[str, Any]) -> None:
        """Cancelled with nothing done by this attempt; `met`: why, unless somebody had asked for its end before."""
        step, attempt = self.key
        self.recorder.append(
            e.StepCancelled(
                step=step, attempt=attempt, reason=self.stop_reason or met, effect=self._begun(),
                evidence=evidence | self.output.evidence(),
            )
        )  # fmt: skip

    async def _recover(self, lost: Lost | OtherTarget) -> None:
        from tui.engine.recovery import Recovery

        # It may be the control session that was lost: ours then still holds the attempt's key and an open transaction.
        await self.sql.close()
        ended = lost if isinstance(lost, ProgramEnded) else None
        if ended is not None and self.stop_reason == CancelReason.ENGINE:
            # The next engine decides, as after a crash, and goes on.
            return
        error = lost.error if isinstance(lost, Lost) else None
        await Recovery(self, ended, lost=error).decide(said_of(lost))
