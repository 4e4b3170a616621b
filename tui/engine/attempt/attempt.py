"""One attempt of one step: drives the kind's generator, carries out what it asks, records how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tui.engine.attempt.executor import TooLate
from tui.engine.attempt.outcome import OutcomeRecorder
from tui.engine.attempt.proof import ProofUnanswered
from tui.engine.attempt.recovery import Recovery
from tui.engine.drivers.psql import ProgramEnded
from tui.engine.drivers.query import sql_error
from tui.engine.target.outage import may_be_away
from tui.engine.target.session_loss import LOSABLE, SessionLost
from tui.journal import events as e
from tui.journal.codes import CancelReason, FailReason, FateReason, HoldReason
from tui.journal.remarks import Coded, Remarked, coded
from tui.plan.sealed import NotAsSealed
from tui.postgres.errors import ConnectionLost, OtherServer, PostgresError
from tui.postgres.identity import OtherTarget
from tui.run.steps import may_change
from tui.said import said_of
from tui.steps import effects as fx
from tui.steps.answers import passes


class Attempt(OutcomeRecorder):
    """Runs `state`'s running attempt. `run` returns when an outcome (or an undecided fate) is in the journal."""

    async def run(self) -> None:
        """Carry the attempt out and record its outcome. Raises JournalError when that cannot be recorded, and what
        nobody foresaw (see `unexpected`); nothing of the attempt is at work any more then, as far as that was to be
        had."""
        watcher = asyncio.create_task(self._stopper())
        timer = asyncio.create_task(self._timer()) if self.step.timeout else None
        try:
            outcome = await (self._prove_by_hand() if self.at.by_hand else self._drive())
            await self._over_an_outage(outcome)
            outcome = await self.placed(await self._cleaned(await self._looked(await self.proved(outcome))))
        except SessionLost as lost:
            await self._recover(lost)
            return
        except ProofUnanswered as unanswered:
            self._undecided(unanswered)
            return
        except OtherTarget as other:
            await self._kept_out(other)
            return
        except TooLate:
            self._not_begun(CancelReason.OUTSIDE_WINDOW, {})
            return
        except Exception:
            await self._each(*(lane.give_up for lane in self.lanes), self.queries.cancel, self.children.end)
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
        except (OtherTarget, TooLate):
            generator.close()
            raise
        except PostgresError as error:
            generator.close()
            if isinstance(error, ConnectionLost) or await self.outage.explains(error):
                raise SessionLost(error) from None
            failed = sql_error(error)
            # What may pass is no answer to anything; what the server refuses by name is.
            reason = FailReason.CONNECTION if passes(failed) else FailReason.SQL_ERROR
            if isinstance(error, OtherServer):
                reason = FailReason.OTHER_SERVER
            return fx.Failed(reason=reason, effect=self._begun(), error=failed)

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
            raise SessionLost(moment)
        if said is not None and (said.sqlstate or "").startswith("57P0"):
            raise SessionLost(ConnectionLost(coded(said.message), said.sqlstate))
        if away:
            how = self.target.lost or ConnectionLost(Coded(Remarked.SERVER_AWAY))
            raise SessionLost(how)

    async def _there_already(self) -> fx.Passed | None:
        """A program whose earlier attempt may have done its work is not started again before the proof was asked.

        Raises ProofUnanswered."""
        asked = self.kind.changes_unseen and self.at.doubted and self.step.repeat != "always"
        if not asked or self.step.prove is None or self.at.undoes is not None:
            return None
        there, found = await self.proof(self.step.prove)
        return fx.Passed(evidence={"prove": found}, effect="all") if there else None

    async def _prove_by_hand(self) -> fx.Outcome:
        return fx.Passed(evidence={"note": self.at.by_hand}, effect="all")

    def _undecided(self, unanswered: ProofUnanswered) -> None:
        """Without an answer nobody knows what of the step is there; an engine that ends leaves it to the next."""
        if self.stop_reason == CancelReason.ENGINE:
            return
        step, attempt = self.key
        reason = FateReason.PROOF_UNANSWERED
        facts = unanswered.facts | ({} if self.stop_reason is None else {"given_up": self.stop_reason})
        fate = e.StepFate(step=step, attempt=attempt, fate="undecided", reason=reason, facts=facts)
        self.recorder.append(fate)

    async def _kept_out(self, other: OtherTarget) -> None:
        """Not the run's target answered, so that nothing further was begun: what is on its way has a fate, which is
        asked of the target alone; else another attempt goes on from here."""
        at = self._current()
        begun = at.child is not None if self.kind.fence == "child" else self.kind.fence == "proof" and self.performed
        if at.witness is not None or at.lanes or begun:
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

    async def _recover(self, lost: SessionLost | OtherTarget) -> None:
        # It may be the control session that was lost: ours then still holds the attempt's key and an open transaction.
        await self.lanes.close()
        ended = lost if isinstance(lost, ProgramEnded) else None
        if ended is not None and self.stop_reason == CancelReason.ENGINE:
            # The next engine decides, as after a crash, and goes on.
            return
        error = lost.error if isinstance(lost, SessionLost) else None
        await Recovery(self, ended, lost=error).decide(said_of(lost))
