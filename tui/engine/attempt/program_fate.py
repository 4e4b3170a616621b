"""What became of a program, and of what it did in the database: its transaction's witness, its exit status, the proof.

The first that can answer does. A program that still lives is ended before, with the backends it left.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import msgspec

from tui.engine.attempt.executor import Executor
from tui.engine.drivers.psql import CLOSED, OPENED
from tui.journal.codes import FateReason
from tui.postgres.evidence import commits, fence, ledger
from tui.postgres.evidence.commits import FateVerdict
from tui.postgres.session import Session
from tui.run.steps import StepState
from tui.steps.effects import ChildDone

NOTICED: Final = 1.2
"""Seconds after which the server has ended the sessions of a program that is gone."""
ASKED: Final = frozenset(
    {
        FateReason.NOTHING_SENT, FateReason.NO_LEDGER_ROW, FateReason.XID_ABORTED, FateReason.XID_NEVER_FLUSHED,
        FateReason.XID_REUSED,
    }
)  # fmt: skip
"""Why a program's work is not applied, where that means that nothing at all of it is in the database."""


async def program_fate(attempt: Executor, at: StepState, ended: ChildDone | None, patience: float = 2.0) -> FateVerdict:
    """`ended`: how it ended, where this engine saw that. Raises PostgresError where the server could not be asked, and
    ProofUnanswered."""
    status = await attempt.children.end_leftovers(at.child) if ended is None else ended.status
    control = await attempt.target.control()
    if not await attempt.children.backends_gone(control):
        return FateVerdict("still_running", FateReason.BACKEND_ALIVE, {})
    by_status = attempt.kind.exit_status
    if by_status is not None and (status is None or status < 0 or (ended is not None and ended.timed_out)):
        # A session to which a program of the plan's author gave another name is not found; that its client is gone the
        # server looks for once a second.
        await asyncio.sleep(NOTICED)
    key = fence.attempt_key(attempt.opened.id, at.id, at.attempt)
    if not await fence.poll_until_free(control, key, time.monotonic() + patience):
        return FateVerdict("still_running", FateReason.ATTEMPT_KEY_HELD, {})
    facts: dict[str, Any] = {"exit_status": status}
    if attempt.kind.beyond_witness is not None:
        verdict = await _script_fate(attempt, at, control, facts)
        if verdict is not None:
            return verdict
    done = by_status is not None and status == by_status(attempt.kind.typed(attempt.step.spec))
    if attempt.step.prove is None and done:
        return FateVerdict("applied", FateReason.EXIT_STATUS, facts)
    return await proof_fate(attempt, facts)


async def proof_fate(attempt: Executor, facts: dict[str, Any]) -> FateVerdict:
    """By the step's proof; without one by whether the step may be repeated. `facts`: what else is known. Raises
    PostgresError where the server could not be asked, and ProofUnanswered."""
    repeat = attempt.step.repeat or attempt.kind.repeat
    if attempt.step.prove is not None:
        there, proof = await attempt.proof(attempt.step.prove)
        facts = facts | {"prove": proof}
        if there:
            return FateVerdict("applied", FateReason.PROVED, facts)
        if repeat != "never":
            return FateVerdict("not_applied", FateReason.DISPROVED, facts)
        return FateVerdict("undecided", FateReason.NOT_REPEATABLE, facts)
    if repeat == "always":
        return FateVerdict("not_applied", FateReason.REPEATABLE, facts)
    return FateVerdict("undecided", FateReason.NO_PROOF, facts)


async def _script_fate(attempt: Executor, at: StepState, control: Session, facts: dict[str, Any]) -> FateVerdict | None:
    """By the script's own witness; None where that does not tell. psql's exit status tells nothing here: one whose
    engine was gone ended with 0 and without a COMMIT."""
    if at.done > at.resume_from:
        return FateVerdict("applied", FateReason.COMMIT_JOURNALED, facts)
    witness = at.witness
    if witness is None:
        # Nothing of a script is sent before its witness is durable.
        led = at.child is None or at.child.get("led")
        return FateVerdict("not_applied", FateReason.NOTHING_SENT, facts) if led else None
    run = attempt.opened.id
    if witness.get("outside"):
        if attempt.opened.ledger and await ledger.has_row(control, run, at.id, at.attempt, CLOSED):
            return FateVerdict("applied", FateReason.LEDGER_ROW, facts)
        return None
    typed = msgspec.convert(witness, commits.TxWitness)
    verdict = await commits.judge(
        control, typed, run=run, step=at.id, attempt=at.attempt, statement=OPENED, commit_acked=False, patience=2.0,
        known=attempt.target.known(),
    )  # fmt: skip
    verdict = FateVerdict(verdict.fate, verdict.reason, verdict.facts | facts)
    if verdict.fate == "applied" and not witness.get("commit_sent"):
        # Not our COMMIT: the script's own, somewhere before its end.
        return FateVerdict("undecided", FateReason.TRANSACTION_LEFT, verdict.facts)
    if verdict.fate == "not_applied":
        beyond = attempt.kind.beyond_witness
        if beyond is None or beyond(attempt.kind.typed(attempt.step.spec), attempt.plan.text):
            return None
    return verdict
