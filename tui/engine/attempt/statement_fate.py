"""What became of an attempt's statements: transactions by their witness, others by the catalogue or by the proof."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from tui.engine.attempt.outcome import OutcomeRecorder
from tui.engine.attempt.program_fate import proof_fate
from tui.journal import events as e
from tui.journal.codes import FateReason
from tui.postgres.evidence import commits, fence, outside
from tui.postgres.evidence.commits import FateVerdict
from tui.postgres.results import Backend
from tui.postgres.session import Session
from tui.run.steps import StepState
from tui.sql.units import Unit


class StatementFate:
    """Of one attempt, as the journal knows it now."""

    def __init__(self, attempt: OutcomeRecorder) -> None:
        self._attempt = attempt
        self._target = attempt.target
        self._step = attempt.step

    @property
    def _at(self) -> StepState:
        return self._attempt.recorder.state.steps[self._step.id]

    async def verdict(self) -> FateVerdict:
        """Raises PostgresError where the server could not be asked, and ProofUnanswered."""
        control = await self._target.control()
        open_ = await self._lanes(control)
        if open_ is not None:
            return open_
        at = self._at
        witness = at.witness
        if witness is None:
            # No transaction with a commit on its way. A backend of the attempt may still hold an open transaction,
            # which nobody can commit any more: it has to be gone before anything is begun again.
            if not await self._free(control):
                return FateVerdict("still_running", FateReason.ATTEMPT_KEY_HELD, {})
            if at.done > at.resume_from and self.is_atomic():
                return FateVerdict("applied", FateReason.COMMIT_JOURNALED, {"statements": at.done})
            return FateVerdict("not_applied", FateReason.NOTHING_SENT, {"done": at.done})
        if witness.get("outside"):
            return await self._outside(control, witness)
        typed = msgspec.convert(witness, commits.TxWitness)
        verdict = await self._judged(control, typed, at.tx_statement)
        gid = witness.get("gid")
        if gid and verdict.reason == FateReason.XID_IN_PROGRESS:
            # It is in progress because it was prepared, which is all that the script says of it here.
            prepared = await control.rows("prepared_transaction", [gid])
            if prepared and int(prepared[0][0]) == int(typed.xid) % (1 << 32):
                return FateVerdict("applied", FateReason.PREPARED, verdict.facts | {"gid": gid})
        return verdict

    async def _judged(self, control: Session, witness: commits.TxWitness, statement: int) -> FateVerdict:
        at = self._at
        return await commits.judge(
            control, witness, run=self._attempt.opened.id, step=at.id, attempt=at.attempt, statement=statement,
            commit_acked=False, patience=2.0, known=self._target.known(),
        )  # fmt: skip

    async def _lanes(self, control: Session) -> FateVerdict | None:
        """What was under way beside the last transaction is judged first, each by its own witness, and recorded; the
        verdict that keeps that from being done."""
        at = self._at
        for lane in at.lanes:
            verdict = await self._judged(control, msgspec.convert(lane.witness, commits.TxWitness), lane.statement)
            if verdict.fate not in ("applied", "not_applied"):
                return verdict
            known = e.TxCommitted if verdict.fate == "applied" else e.TxAborted
            self._attempt.recorder.append(
                known(step=at.id, attempt=at.attempt, statement=lane.statement, lane=lane.number)
            )
        return None

    def is_atomic(self) -> bool:
        """Whether all of the step is one transaction."""
        kind = self._attempt.kind
        return kind.atomic is not None and kind.atomic(kind.typed(self._step.spec))

    async def _free(self, control: Session) -> bool:
        key = fence.attempt_key(self._attempt.opened.id, self._at.id, self._at.attempt)
        return await fence.poll_until_free(control, key, time.monotonic() + 2.0)

    async def _outside(self, control: Session, witness: dict[str, Any]) -> FateVerdict:
        """A statement outside a transaction: when its backend is gone, the catalogue decides; a half is cleaned up."""
        backend = Backend(pid=int(witness["pid"]), start=str(witness["backend_start"]))
        if await fence.wait_until_gone(control, [backend], time.monotonic() + 2.0):
            return FateVerdict("still_running", FateReason.BACKEND_ALIVE, {"pid": backend.pid})
        if not await self._free(control):
            return FateVerdict("still_running", FateReason.ATTEMPT_KEY_HELD, {})
        identity = self._target.identity
        if identity is not None and witness.get("system_identifier") not in (None, identity.system_identifier):
            return FateVerdict("undecided", FateReason.OTHER_SERVER, {"found": identity.system_identifier})
        about = witness.get("object") or {}
        left = await outside.after(control, about)
        facts: dict[str, Any] = {"leftovers": list(left.leftovers)} if left.leftovers else {}
        match left.state:
            case "whole":
                return FateVerdict("applied", FateReason.CATALOGUE, facts)
            case "nothing":
                # What a rebuild has done shows only where it gave an index another oid.
                again = about.get("kind") in ("repeatable", "reindex")
                return FateVerdict(
                    "not_applied", FateReason.REPEATABLE if again else FateReason.CATALOGUE, facts
                )  # fmt: skip
            case "half":
                return await self._half(control, about, facts)
        return await self._by_proof(about)

    async def _half(self, control: Session, about: dict[str, Any], facts: dict[str, Any]) -> FateVerdict:
        """The catalogue shows something unfinished: it is taken away, or brought to its end, before anything else."""
        if self._step.cleanup is None:
            return FateVerdict("undecided", FateReason.NO_CLEANUP, facts)
        why = await self._attempt.cleanup(about)
        if why is not None:
            return FateVerdict("undecided", FateReason.CLEANUP_FAILED, facts | {"message": why})
        left = await outside.after(control, about)
        if left.state == "whole":
            return FateVerdict("applied", FateReason.CATALOGUE, {"cleanup": "done"})
        return FateVerdict("not_applied", FateReason.CLEANED_UP, facts)

    async def _by_proof(self, about: dict[str, Any]) -> FateVerdict:
        """The catalogue says nothing of the statement. The step's proof is of all its statements together: it tells of
        one where that is the only one, or the last one and everything is there."""
        prove = self._step.prove
        if prove is None:
            if self._attempt.at.undoes is None:
                return FateVerdict("undecided", FateReason.NO_PROOF, {})
            return await proof_fate(self._attempt, {})
        working = [unit for unit in self.units() if not unit.leaves_nothing]
        there, proof = await self._attempt.proof(prove)
        if there and (not working or working[-1].last == self._at.tx_statement):
            return FateVerdict("applied", FateReason.PROVED, {"prove": proof})
        if len(working) > 1:
            return FateVerdict("undecided", FateReason.ONE_OF_MANY, {"prove": proof})
        if self._step.cleanup is None:
            return FateVerdict("undecided", FateReason.NO_CLEANUP, {"prove": proof})
        why = await self._attempt.cleanup(about)
        if why is not None:
            return FateVerdict("undecided", FateReason.CLEANUP_FAILED, {"message": why, "prove": proof})
        return FateVerdict("not_applied", FateReason.CLEANED_UP, {"prove": proof})

    def units(self) -> tuple[Unit, ...]:
        """The units of the step's script; none where its kind has no script."""
        kind = self._attempt.kind
        return () if kind.units is None else kind.units(kind.typed(self._step.spec), self._attempt.plan.text)
