"""Whether a changing step of this run may begin beside the others on its target, and the sign by which those see it.

Who is in the way shows itself on the server without a break; whoever comes then has seen it and comes knowingly. So a
run looks where its own sign is new: when it is taken up again, or on another control session. Runs that it meets there
hold it, until they are out of the way or a person has it go on beside them. A rollback is told of them and goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from tui.engine.other_runs.admission import identified, look
from tui.engine.recorder import Recorder
from tui.engine.target.access import TargetAccess
from tui.journal.codes import HoldReason
from tui.journal.events import RunBeside
from tui.journal.failure import JournalBroken, JournalFull
from tui.journal.other_runs import OtherRun
from tui.plan.model import places
from tui.postgres.errors import PostgresError
from tui.postgres.identity import OtherTarget
from tui.postgres.presence import sightings
from tui.postgres.session import Session
from tui.run.standing import has_ahead, in_the_way
from tui.run.steps import may_change
from tui.runs.paths import RunPaths

_FIRST_S: Final = 2.0
"""Seconds for which an engine that takes a run up waits for the server's answer before it goes on."""


class OtherRuns(OtherTarget):
    """Other runs are in the way on the target; nothing was done there."""

    def __init__(self, others: Iterable[OtherRun]) -> None:
        super().__init__(HoldReason.OTHER_RUN, {"runs": [msgspec.to_builtins(other) for other in others]})


class Gate:
    """`report` takes an exception that nobody foresaw to the engine's log."""

    def __init__(
        self, recorder: Recorder, target: TargetAccess, paths: RunPaths, report: Callable[[BaseException, str], None]
    ) -> None:
        self._recorder = recorder
        self._target = target
        self._runs = paths.directory.parent
        self._report = report
        self._settling: asyncio.Task[None] | None = None
        self._held = False
        self._told: set[str] = set()
        """Those of which a rollback has been told."""
        self._changing: tuple[int, ...] = ()
        self.replan()

    def replan(self) -> None:
        """Look anew at which steps of the plan change something."""
        opened = self._recorder.state.opened
        steps = () if opened is None else places(opened.plan.phases)
        self._changing = tuple(n for n, (_place, step) in enumerate(steps) if may_change(step))

    async def begin(self) -> None:
        """What an engine does first that takes a run up; bounded, and raising nothing."""
        if self._recorder.state.recoveries > 0 and self._may_go_on():
            self._start(self._first())
            assert self._settling is not None
            await asyncio.wait({self._settling}, timeout=_FIRST_S)

    def settle(self) -> None:
        """Have the run's sign on the server say what is true by now; where there is no session, the next has it."""
        if self._settling is not None or self._target.control_session is None or not self._known():
            return
        if self._held and self._recorder.state.barrier is None:
            # A person has it look again.
            self._held = False
            if self._may_go_on():
                self._start(self._first())
                return
        if self._in_the_way() != self._target.presence.shown and self._target.presence.possible:
            self._start(self._shown(self._in_the_way()))

    async def close(self) -> None:
        """Nothing of it is under way afterwards."""
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.wait({self._settling})

    async def admit(self, rollback: bool = False) -> None:
        """Before a changing step begins; `rollback`: one that takes back. Raises OtherRuns, and PostgresError where the
        server cannot be asked."""
        if not self._known():
            return
        control = await self._target.control()
        await self._target.presence.show()
        if self._target.presence.cleared is control and not await self._newcomers(control):
            return
        others = await look(self._target, control, self._runs, self._run)
        strange = [other for other in others if other.in_the_way and other.name not in self._recorder.state.beside]
        if not strange:
            self._target.presence.cleared = control
            return
        knowingly = self._target.presence.cleared is control
        if knowingly or all(other.beside for other in strange):
            self._target.presence.cleared = control
            self._tell(strange)
            return
        if rollback:
            self._tell([other for other in strange if other.name not in self._told], takes_back=True)
            self._told.update(other.name for other in strange)
            return
        held = OtherRuns(strange)
        self._held = True
        self._target.on_other(held)
        raise held

    async def _newcomers(self, control: Session) -> bool:
        """Whether somebody shows itself on the server whom this run does not know of yet."""
        known = {self._run, *self._recorder.state.beside}
        return any(
            seen.in_the_way or seen.changing
            for seen in await sightings(control)
            if (seen.run or f"pid {seen.pid}") not in known
        )

    @property
    def _run(self) -> str:
        return self._target.run

    def _known(self) -> bool:
        return identified(self._recorder.state.identity)

    def _may_go_on(self) -> bool:
        """Whether it has changing steps ahead that a person or the engine may have begin."""
        state = self._recorder.state
        return state.barrier is None and not state.given_up and has_ahead(state, self._changing) and self._known()

    def _in_the_way(self) -> bool:
        return in_the_way(self._recorder.state, self._changing)

    def _tell(self, others: list[OtherRun], takes_back: bool = False) -> None:
        if not others:
            return
        try:
            self._recorder.append(RunBeside(runs=tuple(others), takes_back=takes_back))
        except (JournalFull, JournalBroken):
            # It is told of them again.
            return

    def _start(self, work: object) -> None:
        self._settling = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._settling.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._settling = None
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, PostgresError):
            self._report(error, "the run's sign on the server")

    async def _first(self) -> None:
        try:
            await self.admit()
        except PostgresError:
            # Held by now; or it is asked again before the next changing step.
            return

    async def _shown(self, shown: bool) -> None:
        await (self._target.presence.show() if shown else self._target.presence.hide())
