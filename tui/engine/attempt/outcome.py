"""How an attempt ends: its proof, what it left half done, and the events that record it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tui.engine.attempt.cleanup import Cleanup
from tui.engine.attempt.executor import Executor
from tui.engine.attempt.proof import ProofUnanswered
from tui.engine.drivers.locks_taken import evidence
from tui.engine.exceptions import reduced, said
from tui.engine.target.session_loss import SessionLost
from tui.engine.target.wal import reached
from tui.journal import events as e
from tui.journal.codes import CancelReason, Fact, FailReason
from tui.journal.line import JournalError
from tui.journal.remarks import neutral, said_fields
from tui.plan.model import Proof
from tui.plan.sealed import NotAsSealed
from tui.postgres.errors import PostgresError
from tui.postgres.evidence import outside
from tui.run.lockwait import in_short
from tui.run.steps import UNANSWERED
from tui.steps import effects as fx
from tui.steps.answers import TERMINATED, error_facts, passes

_SEEN: Final = (FailReason.GUARD_BREACHED, FailReason.NOT_MEASURED)
"""What a companion says of what it watched holds although it ends with its step."""


class OutcomeRecorder(Executor):
    """Looks at what an attempt has done, and records its outcome."""

    async def perform(self, effect: fx.Effect, *, witnessed: bool = True) -> Any:
        """As `Executor.perform`, and the step's cleanup."""
        if isinstance(effect, fx.CleanUp):
            return await self.cleanup(self.sql.object)
        return await super().perform(effect, witnessed=witnessed)

    def record(self, outcome: fx.Outcome, *before: e.Event, recovered: bool = False) -> None:
        """The outcome, behind these events. What of its evidence a journal cannot hold is left out, and named."""
        try:
            self.recorder.append(*before, *self.outcome_events(outcome, recovered))
        except JournalError:
            raise
        except Exception as error:
            self.report(error, f"the outcome of step {self.at.id}, attempt {self.at.attempt}")
            self.recorder.append(*before, *self.outcome_events(reduced(outcome, error), recovered))

    def outcome_events(self, outcome: fx.Outcome, recovered: bool = False) -> list[e.Event]:
        """The outcome as events, behind what the server warned of."""
        step, attempt = self.key
        known = len(self.recorder.state.errors)
        warned = self.warned.events(step, attempt, known, self.kind.files(self.step.spec))
        return [*warned, *self._outcome_events(outcome, known + len(warned), recovered)]

    def _outcome_events(self, outcome: fx.Outcome, errors: int, recovered: bool) -> list[e.Event]:
        """The outcome: what undoes another step takes that one's mark along. `errors` are recorded before it."""
        step, attempt = self.key
        common: dict[str, Any] = {"step": step, "attempt": attempt, "effect": outcome.effect}
        common["evidence"] = outcome.evidence | evidence(lane.locks for lane in self.lanes) | self.output.evidence()
        if self.compressed:
            common["evidence"] |= {"compressed": True}
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
                common["evidence"] |= {"error": self._located(outcome.error), **outcome.error.lock}
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
        lock = {} if error is None else error.lock
        where = {} if error is None else self._located(error)
        if error is not None:
            common["evidence"] |= {"error": where, **lock}
        message = None if error is None else error.message
        if reason == FailReason.NOT_CARRIED_OUT:
            message = outcome.evidence.get(Fact.MESSAGE)
        told = said_fields(message)
        failed = e.StepFailed(**common, reason=reason, sqlstate=None if error is None else error.sqlstate, **told)
        number = f"E{errors + 1}"
        text = failed.code or failed.message or reason
        asked = reason == FailReason.NOT_CARRIED_OUT and self.kind.fence == "none"
        source = "unanswered" if asked or reason in UNANSWERED else "step"
        recorded = e.ErrorRecorded(
            id=number,
            text=text,
            code=failed.code,
            facts=failed.facts or in_short(lock),
            step=step,
            attempt=attempt,
            sqlstate=failed.sqlstate,
            source=source,
            file=where.get("file"),
            line=where.get("line"),
        )
        return [failed, recorded]

    def _located(self, error: fx.SqlError) -> dict[str, Any]:
        """The server's error, with the file in whose line it is."""
        files = self.kind.files(self.step.spec)
        if error.line is not None and error.file is None and len(files) == 1:
            error = msgspec.structs.replace(error, file=files[0])
        return error_facts(error)

    def _printed(self, outcome: fx.Failed) -> fx.SqlError | None:
        """What the server said to psql, which is only printed."""
        tail = outcome.evidence.get("tail")
        return self.kind.error_of(tail) if self.kind.error_of is not None and isinstance(tail, str) else None

    async def _asked(
        self, prove: Proof, evidence: dict[str, Any], unanswered: Mapping[str, Any] = {}
    ) -> tuple[bool, dict[str, Any]]:
        """Whether the proof holds, and the evidence with what was seen. Raises ProofUnanswered, with `unanswered`."""
        try:
            there, found = await self.proof(prove)
        except ProofUnanswered as error:
            raise ProofUnanswered({**evidence, **unanswered, "prove": error.facts}) from None
        return there, evidence | {"prove": found}

    async def proved(self, outcome: fx.Outcome) -> fx.Outcome:
        """The step's proof, after it says that it is done. Raises ProofUnanswered."""
        if isinstance(outcome, fx.Failed) or self.step.prove is None or self.at.undoes is not None:
            return outcome
        there, merged = await self._asked(self.step.prove, outcome.evidence)
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
            place = await reached(self.target)
        except Exception as error:
            # It is done and known to be: where the log is now says nothing of that.
            self.report(error, f"the place in the log behind step {self.at.id}")
            return outcome
        return msgspec.structs.replace(outcome, evidence=outcome.evidence | place)

    async def _looked(self, outcome: fx.Outcome) -> fx.Outcome:
        """Whether all of what a failed program should do is there all the same. Raises ProofUnanswered."""
        if isinstance(outcome, fx.Passed) or outcome.effect != "unknown" or not self.kind.changes_unseen:
            return outcome
        if self.step.prove is None or self.at.undoes is not None or "prove" in outcome.evidence:
            return outcome
        there, evidence = await self._asked(self.step.prove, outcome.evidence)
        return msgspec.structs.replace(outcome, effect="all" if there else "unknown", evidence=evidence)

    async def _cleaned(self, outcome: fx.Outcome) -> fx.Outcome:
        """A statement outside a transaction that failed may have left half of itself behind: that is cleaned up, unless
        its effect is there as a whole. Raises ProofUnanswered."""
        if isinstance(outcome, fx.Passed) or self.step.cleanup is None or self.stop_reason == CancelReason.ENGINE:
            return outcome
        half = "leftovers" in outcome.evidence and outcome.reason != FailReason.LEFTOVER
        if not half and outcome.effect != "unknown":
            return outcome
        if not half and self.step.prove is not None:
            said = {} if outcome.error is None else {"error": self._located(outcome.error)}
            there, evidence = await self._asked(self.step.prove, outcome.evidence, said)
            outcome = msgspec.structs.replace(outcome, evidence=evidence)
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

    async def cleanup(self, about: dict[str, Any]) -> str | dict[str, Any] | None:
        """Take away what a statement outside a transaction left half done; None when that worked, else why not.
        `about`: its facts (see `tui.postgres.evidence.outside`), empty where the catalogue knows nothing of it."""
        while True:
            try:
                return await Cleanup(self).run(self._context(), about)
            except PostgresError as error:
                if not await self.outage.explains(error):
                    message: str | dict[str, Any] = neutral(error.message)
                    return message
            except NotAsSealed as changed:
                return str(changed)
            except (JournalError, SessionLost):
                raise
            except Exception as error:
                self.report(error, f"the cleanup of step {self.at.id}")
                return said(error) or type(error).__name__
