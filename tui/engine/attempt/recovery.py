"""Recovery: fence, decide, record. What became of an attempt that nobody saw the end of; never guessed.

Transactions are judged by their witness (`tui.postgres.evidence.commits`), statements outside one by the catalogue
(`tui.postgres.evidence.outside`), programs by their exit status and the proof after they were ended; what changes
nothing is simply not applied. After a fate other than `undecided` comes exactly one outcome.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec

from tui.engine.attempt.outcome import OutcomeRecorder
from tui.engine.attempt.program_fate import ASKED, program_fate, proof_fate
from tui.engine.attempt.proof import ProofUnanswered
from tui.engine.attempt.statement_fate import StatementFate
from tui.engine.attempt.swap_fate import swap_fate
from tui.engine.drivers.psql import ProgramEnded
from tui.engine.drivers.query import sql_error
from tui.engine.exceptions import SCARCE, facts
from tui.engine.target.session_loss import facts_of
from tui.journal import events as e
from tui.journal.codes import CancelReason, Fact, FailReason, FateReason, HoldReason, Replication, WaitReason
from tui.journal.remarks import neutral
from tui.plan.sealed import NotAsSealed
from tui.postgres.errors import PostgresError, StatementFailed
from tui.postgres.evidence import commits, fence
from tui.postgres.identity import OtherTarget
from tui.postgres.results import Backend
from tui.probes.tasks import comes
from tui.run.steps import StepState
from tui.said import Said
from tui.sql.leaving import outlasts
from tui.steps import effects as fx
from tui.steps.child import child_evidence, failed_child

_AGAIN = 1.0
_ROLLBACK_S = 60.0
"""Seconds for which a rollback waits for a server that does not tell what there is to be taken back."""
_FAILURES = 3
"""So often the operating system may refuse, before it is undecided what became of the attempt."""


class Recovery:
    """Decides the fate of one attempt and records it with its outcome."""

    def __init__(
        self,
        attempt: OutcomeRecorder,
        ended: ProgramEnded | None = None,
        unexpected: dict[str, Any] | None = None,
        lost: PostgresError | None = None,
    ) -> None:
        """`ended`: the program whose end this engine saw, or did not see, and which nobody restarts by itself.
        `unexpected`: facts of the exception by which the attempt ended under this engine, which nobody restarts either.
        `lost`: how its session was lost under this engine; another attempt goes on by itself unless somebody did it."""
        self._lost = lost
        self._attempt = attempt
        self._ended = None if ended is None else ended.done
        self._problem = None if ended is None else ended.problem
        self._unexpected = unexpected
        self._recorder = attempt.recorder
        self._target = attempt.target
        self._step = attempt.step
        self._statements = StatementFate(attempt)
        self._announced = False
        self._began = time.monotonic()
        self._failures = 0

    @property
    def _at(self) -> StepState:
        return self._recorder.state.steps[self._step.id]

    async def decide(self, why: str | Said) -> None:
        """Until decided: a server that does not answer, or a backend still at work, is waited for, with its reason."""
        while True:
            try:
                if await self._decided():
                    return
            except OtherTarget as other:
                if await self._kept_out(other):
                    return
            except PostgresError as error:
                # A server that refuses the question can be reached; what is asked is not answered all the same.
                refused = isinstance(error, StatementFailed)
                reason = WaitReason.UNANSWERED if refused else WaitReason.SERVER_UNREACHABLE
                self._waiting(reason, {"message": neutral(error.message), "because": neutral(why)})
                if await self._pause(FateReason.ERROR if refused else FateReason.SERVER_UNREACHABLE, error.message):
                    return

    async def _decided(self) -> bool:
        """Whether nothing is left to be decided by this engine. Raises PostgresError where the target has no answer."""
        attempt = self._attempt
        known = self._at.fate
        if known in ("applied", "not_applied"):
            # Decided and recorded by an engine that died before the outcome was.
            verdict = commits.FateVerdict(known, _recorded(self._at.fate_reason), {})
        else:
            try:
                verdict = await self._verdict()
            except ProofUnanswered as unanswered:
                if attempt.stop_reason == CancelReason.ENGINE:
                    return True
                found: dict[str, Any] = {"prove": unanswered.facts}
                if self._attempt.stop_reason is not None:
                    found["given_up"] = self._attempt.stop_reason
                verdict = commits.FateVerdict("undecided", FateReason.PROOF_UNANSWERED, found)
            except NotAsSealed as changed:
                verdict = commits.FateVerdict("undecided", FateReason.PLAN_CHANGED, changed.facts())
            except OSError as error:
                self._failures += 1
                if error.errno in SCARCE or self._failures < _FAILURES:
                    self._waiting(WaitReason.UNANSWERED, facts(error))
                    return await self._pause(FateReason.ERROR, str(error))
                verdict = commits.FateVerdict("undecided", FateReason.ERROR, facts(error))
        if verdict.fate == "still_running":
            if attempt.stop_reason == CancelReason.ENGINE:
                # This engine ends; what still works on the server goes on, and another engine decides.
                return True
            await self._still(verdict)
            return False
        await self._settle(verdict)
        return True

    async def _kept_out(self, other: OtherTarget) -> bool:
        """Only the run's own target, or what a person accepts as it, tells what became of the attempt."""
        self._waiting(WaitReason.OTHER_TARGET, {"held": other.code})
        reason = FateReason.LEDGER_ROWS_MISSING
        if other.code != HoldReason.LEDGER_EMPTIED:
            reason = FateReason(other.code)
        return await self._pause(reason, other.message)

    async def _pause(self, reason: FateReason, message: str | Said) -> bool:
        """Wait a moment; True when a person gave up waiting, which leaves the fate undecided. Whoever rolls back wants
        to know what is to be taken back, and needs the server for it: a moment without one is waited for."""
        attempt = self._attempt
        if not await comes(attempt.stop, _AGAIN):
            return False
        if attempt.stop_reason == CancelReason.ENGINE:
            return True
        rolls_back = attempt.stop_reason == CancelReason.ROLLBACK and reason == FateReason.SERVER_UNREACHABLE
        if rolls_back and time.monotonic() - self._began < _ROLLBACK_S:
            await asyncio.sleep(_AGAIN)
            return False
        found = {"given_up": attempt.stop_reason, "message": neutral(message)}
        await self._settle(commits.FateVerdict("undecided", reason, found))
        return True

    async def _still(self, verdict: commits.FateVerdict) -> None:
        if not self._announced:
            self._announced = True
            self._append(
                e.StepFate(
                    step=self._step.id, attempt=self._at.attempt, fate="still_running", reason=verdict.reason,
                    facts=verdict.facts,
                )
            )  # fmt: skip
            self._waiting(WaitReason(verdict.reason), verdict.facts)
        if self._attempt.stop.is_set():
            await self._terminate()
        await asyncio.sleep(0.2)

    async def _terminate(self) -> None:
        for witness in (self._at.witness or {}, *(lane.witness for lane in self._at.lanes)):
            pid, start = witness.get("pid"), witness.get("backend_start")
            if pid and start:
                control = await self._target.control()
                await fence.terminate(control, Backend(pid=int(pid), start=str(start)))

    def _append(self, *events: e.Event) -> None:
        self._recorder.append(*events)

    def _waiting(self, reason: WaitReason, facts: dict[str, Any]) -> None:
        if self._at.waiting != reason:
            self._append(e.StepWaiting(step=self._step.id, attempt=self._at.attempt, reason=reason, facts=facts))

    async def _verdict(self) -> commits.FateVerdict:
        kind = self._attempt.kind
        if self._at.by_hand and self._step.prove is not None:
            # What a person did is there or not, whichever engine asks.
            there, proof = await self._attempt.proof(self._step.prove)
            if there:
                return commits.FateVerdict("applied", FateReason.PROVED, {"prove": proof})
            return commits.FateVerdict("not_applied", FateReason.DISPROVED, {"prove": proof})
        if kind.swaps:
            return await swap_fate(self._attempt, self._at)
        if kind.fence == "none":
            return commits.FateVerdict("not_applied", FateReason.CHANGES_NOTHING, {})
        if kind.fence == "proof":
            return await proof_fate(self._attempt, {})
        if kind.fence == "child":
            return await program_fate(self._attempt, self._at, self._ended)
        return await self._statements.verdict()

    async def _settle(self, verdict: commits.FateVerdict) -> None:
        at = self._at
        step, attempt = at.id, at.attempt
        fate: tuple[e.Event, ...] = ()
        if at.fate != verdict.fate or verdict.fate == "undecided":
            fate = (
                e.StepFate(
                    step=step, attempt=attempt, fate=verdict.fate, reason=verdict.reason, facts=verdict.facts
                ),
            )  # fmt: skip
        if verdict.fate == "undecided":
            self._append(*fate)
            return
        evidence_ = {**(self._unexpected or {}), "fate": verdict.fate, "reason": verdict.reason, **verdict.facts}
        lost = self._lost if self._attempt.stop_reason in (None, CancelReason.ENGINE) else None
        if lost is not None:
            evidence_ |= facts_of(lost)
        if verdict.fate == "applied" and self._attempt.awaits_standby:
            evidence_["replication"] = Replication.UNCONFIRMED
        if verdict.fate == "applied":
            if self._is_whole():
                outcome: fx.Outcome = fx.Passed(evidence=evidence_ | self._end(), effect="all")
                if self._problem is not None:
                    outcome = fx.Failed(reason=self._problem, evidence=outcome.evidence, effect="all")
                if "prove" not in verdict.facts:
                    try:
                        outcome = await self._attempt.proved(outcome)
                    except ProofUnanswered as unanswered:
                        if self._attempt.stop_reason != CancelReason.ENGINE:
                            reason = FateReason.PROOF_UNANSWERED
                            await self._settle(commits.FateVerdict("undecided", reason, unanswered.facts))
                        return
                outcome = await self._attempt.placed(outcome)
                self._attempt.record(outcome, *fate, recovered=True)
                return
            await self._unended(fate, evidence_, "some", lost)
            return
        if at.by_hand:
            # As it would have ended under the engine that began it: what is not there is not begun by itself.
            failed = fx.Failed(reason=FailReason.NOT_PROVED, evidence=evidence_, effect="unknown")
            self._attempt.record(failed, *fate, recovered=True)
            return
        left: e.Effect = "some" if at.done > 0 else "none"
        kind = self._attempt.kind
        if kind.changes_unseen and not kind.swaps and verdict.reason not in ASKED:
            # A proof that says no, or leave to repeat it, tells nothing of what else it did.
            left = "unknown"
        elif verdict.reason == FateReason.REPEATABLE:
            left = "unknown"
        elif verdict.facts.get(Fact.LEFTOVERS) and verdict.reason == FateReason.CATALOGUE:
            # An index that is being dropped and no longer used.
            left = "some"
        if left == "none" and verdict.reason != FateReason.NOTHING_SENT and self._outlasts():
            left = "unknown"
        if self._ended is not None and lost is None:
            failed = failed_child(self._ended, evidence_ | self._end(), left)
            if self._problem is not None:
                failed = msgspec.structs.replace(failed, reason=self._problem)
            self._attempt.record(failed, *fate)
            return
        await self._unended(fate, evidence_ | self._end(), left, lost)

    async def _unended(
        self, fate: tuple[e.Event, ...], found: dict[str, Any], effect: e.Effect, lost: PostgresError | None
    ) -> None:
        """Not all of it is there: another attempt goes on from here, by itself unless it was somebody's deed, or an
        exception that ended this one, which would end the next one too. Raises PostgresError while the server cannot be
        asked whose deed it was."""
        why: CancelReason | FailReason = CancelReason.INTERRUPTED
        if self._unexpected is not None:
            why = FailReason.NOT_CARRIED_OUT
        elif lost is not None:
            why = await self._attempt.life.reason(lost, self._step.id, self._at.losses)
        if isinstance(why, CancelReason):
            self._append(*fate, self._interrupted(found, effect, why))
            return
        error = None if lost is None else sql_error(lost)
        failed = fx.Failed(reason=why, evidence=found, effect=effect, error=error)
        self._attempt.record(failed, *fate, recovered=lost is not None)

    def _end(self) -> dict[str, Any]:
        return {} if self._ended is None else child_evidence(self._ended)

    def _is_whole(self) -> bool:
        """Whether what was applied is the whole step, or one statement of several that go on behind it."""
        if self._at.by_hand or self._attempt.kind.fence != "statements" or self._statements.is_atomic():
            return True
        # What comes behind a statement that was applied was never sent, whatever the step's proof can see of it.
        try:
            found = self._statements.units()
        except (OSError, ValueError) as error:
            self._attempt.report(error, f"the script of step {self._step.id}")
            return False
        return bool(found) and all(unit.leaves_nothing for unit in found if unit.first > self._at.tx_statement)

    def _outlasts(self) -> bool:
        """Whether the step's SQL may have left something behind that is not taken back with its transaction."""
        kind = self._attempt.kind
        if kind.script is None:
            return False
        try:
            return outlasts(kind.script(kind.typed(self._step.spec), self._attempt.plan.text))
        except (OSError, ValueError) as error:
            self._attempt.report(error, f"the script of step {self._step.id}")
            return True

    def _interrupted(self, found: dict[str, Any], effect: e.Effect, reason: CancelReason) -> e.StepCancelled:
        if self._attempt.stop.is_set() and self._attempt.stop_reason not in (CancelReason.ENGINE, None):
            reason = self._attempt.stop_reason or reason
        return e.StepCancelled(step=self._at.id, attempt=self._at.attempt, reason=reason, effect=effect, evidence=found)


def _recorded(reason: str | None) -> FateReason:
    """The reason of a fate that is in the journal already; another version may have had words of its own."""
    try:
        return FateReason(reason or "")
    except ValueError:
        return FateReason.ERROR
