"""Is a step's effect there? Three answers: it is, it is not, and none.

Nothing is failed, cleaned up, taken back or tried again on no answer: the question is asked again, with growing pauses,
for as long as what keeps it from being answered may pass, and until a person gives up waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

from msgspec import Struct

from tui.engine.drivers.query import QueryDriver
from tui.engine.exceptions import facts
from tui.engine.recorder import Recorder
from tui.journal import events as e
from tui.journal.codes import Fact, WaitReason
from tui.journal.line import JournalError
from tui.plan.kinds import Kind
from tui.plan.model import Proof, Step
from tui.postgres.identity import OtherTarget
from tui.probes.tasks import comes
from tui.steps.answers import CANCELED, denies, error_facts, passes
from tui.steps.effects import Rows, RunQuery
from tui.steps.query import evidence_of, expected_of, holds

PATIENCE: Final = 600.0
"""Seconds for which a proof is asked again."""
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.25, 15.0, 2.0
_FAILURES: Final = 3
"""So often the question may end in an exception of our own."""
_TIMEOUT, _LONGEST_TIMEOUT = 60.0, 480.0

Answer = Literal["there", "not_there", "none"]


class ProofUnanswered(Exception):
    """There is no answer, and none is waited for any longer; `facts` say why."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(str(facts.get("message", "")))
        self.facts = facts


class Proved(Struct, frozen=True, kw_only=True):
    """An answer, with what was seen."""

    there: bool
    facts: dict[str, Any]


class Prover:
    """Asks the proof of one attempt as its step runs: as its role, under its row security. `make_room` closes what the
    attempt needs no longer, where no connection is to be had."""

    def __init__(
        self, recorder: Recorder, queries: QueryDriver, step: Step, kind: Kind, attempt: int, stop: asyncio.Event,
        make_room: Callable[[], Awaitable[None]], report: Callable[[BaseException, str], None],
    ) -> None:  # fmt: skip
        self._recorder = recorder
        self._queries = queries
        self._step = step
        self._attempt = attempt
        self._stop = stop
        self._make_room = make_room
        self._report = report
        self._row_security = kind.row_security(kind.typed(step.spec))

    async def ask(self, prove: Proof) -> Proved:
        """Until there is an answer. Raises ProofUnanswered."""
        deadline = time.monotonic() + PATIENCE
        pause, timeout, tries, failures = _FIRST_PAUSE, _TIMEOUT, 0, 0
        while True:
            tries += 1
            try:
                rows = await self._once(
                    RunQuery(
                        sql=prove.query, role=self._step.as_, row_security=self._row_security, timeout=timeout,
                        printed=True,
                    )
                )  # fmt: skip
            except (JournalError, OtherTarget):
                raise
            except Exception as failure:
                # The question was put, or could not be, and nobody knows what the answer is.
                self._report(failure, f"the proof of step {self._step.id}")
                said = {Fact.TRIES: tries, **facts(failure)}
                failures += 1
                if failures == _FAILURES or await self._stops(pause, said):
                    raise ProofUnanswered({Fact.ANSWER: "none", **said}) from failure
                continue
            error = rows.error
            if error is None or denies(error):
                self._tell(WaitReason.NONE, {})
                return self._answered(prove, rows)
            said = error_facts(error) | error.lock | {"tries": tries}
            if self._stop.is_set() or not passes(error) or time.monotonic() + pause > deadline:
                break
            self._tell(WaitReason.PROOF_UNANSWERED, said | {"pause_s": pause})
            if error.lost:
                await self._make_room()
            if await comes(self._stop, pause):
                break
            pause = min(_LONGEST_PAUSE, pause * _GROWTH)
            if error.sqlstate == CANCELED:
                # Its own limit, most likely: a large table is counted for longer than that.
                timeout = min(_LONGEST_TIMEOUT, timeout * _GROWTH)
        raise ProofUnanswered({Fact.ANSWER: "none", **said})

    async def _stops(self, pause: float, said: dict[str, Any]) -> bool:
        """Wait behind an exception, whose session is not used again; whether a person gave up meanwhile."""
        await self._queries.close()
        self._tell(WaitReason.PROOF_UNANSWERED, said | {"pause_s": pause})
        return await comes(self._stop, pause)

    def _answered(self, prove: Proof, rows: Rows) -> Proved:
        if rows.error is not None:
            return Proved(there=False, facts={Fact.ANSWER: "not_there", **error_facts(rows.error)})
        there = holds(prove, rows)
        answer: Answer = "there" if there else "not_there"
        return Proved(there=there, facts={Fact.ANSWER: answer, **evidence_of(rows), "expected": expected_of(prove)})

    async def _once(self, effect: RunQuery) -> Rows:
        """Ask; a person who gives up meanwhile ends the question too. Who did so before still gets one answer."""
        asking = asyncio.ensure_future(self._queries.query(effect))
        if not self._stop.is_set():
            stopped = asyncio.ensure_future(self._stop.wait())
            await asyncio.wait({asking, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not asking.done():
                await self._queries.cancel()
        return await asking

    def _tell(self, reason: WaitReason, facts: dict[str, Any]) -> None:
        if reason == WaitReason.NONE and not self._recorder.state.steps[self._step.id].waiting:
            return
        self._recorder.append(e.StepWaiting(step=self._step.id, attempt=self._attempt, reason=reason, facts=facts))
