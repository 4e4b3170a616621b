"""What a kind of step is executed with: all that it may know of its run without asking."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tui.journal.codes import FailReason, WaitReason
from tui.journal.events import RehearsedChanges, StepWaiting
from tui.plan.kinds import Needs
from tui.plan.model import Action, Plan, Step
from tui.steps.concerned import Concerned
from tui.steps.effects import Effect, Emit, Outcome
from tui.steps.planned import Planned
from tui.steps.walk import Walk

StepRun = Generator[Effect, Any, Outcome]


def _none(step: str) -> dict[str, Any]:
    return {}


def _no_needs(action: Step | Action) -> Needs:
    return Needs()


def _changes(step: Step) -> bool:
    return True


class RunWindow(Struct, frozen=True, kw_only=True):
    """The target's window as it holds for this run: instants in seconds since the epoch, and seconds. The moment is
    asked for with `Now`."""

    opens: float
    closes: float
    duration_s: float
    buffer_s: float
    timezone: str = "UTC"


def _by_itself(step: str) -> tuple[str, ...]:
    return ()


def _nobody(step: str) -> None:
    return None


class Context(Struct, frozen=True, kw_only=True):
    """What `execute` may know. `done`: statements that an earlier attempt is proved to have committed; `walk`: how far
    earlier ones came through a table's keys. `evidence`: that of another step, by its id.

    `plan`: the whole plan as it was opened; `rehearsal`: the run is one; `compress`: so many times faster passes
    what is only waited for. `learned`: seconds that steps took in earlier runs that can be compared, by id
    (`undo.ID` of what takes one back). `files`: the SHA-256 of each file of the plan, by name, as it is sealed;
    `work`: see `tui.plan.seal.work_of`. `concerned`: what the plan's steps change, by its words and as far as those
    tell; `tui.steps.tables` asks the server which tables that are. `needs`: what another step, or what is done for
    it, needs, whatever its kind; `changes`: whether a step may change the target, but for what only opens it again.
    `demands`: what the plan's statements would ask of the server.
    """

    run: str
    step: Step
    attempt: int
    target: str
    environment: str
    companion: bool = False
    compress: float = 1.0
    done: int = 0
    walk: Walk | None = None
    artifacts: str = ""
    plan: Plan = Plan(name="")
    rehearsal: bool = True
    window: RunWindow | None = None
    learned: Mapping[str, float] = {}
    files: Mapping[str, str] = {}
    work: str = ""
    quiesced: str = ""
    """Which quiescence of the application holds, "" where it may write."""
    rehearsed_changes: Mapping[str, RehearsedChanges] = {}
    """What comparing steps found in an earlier run of the same work, by id."""
    concerned: Callable[[], Concerned] = Concerned
    needs: Callable[[Step | Action], Needs] = _no_needs
    demands: Callable[[], Planned] = Planned
    changes: Callable[[Step], bool] = _changes
    evidence: Callable[[str], dict[str, Any]] = _none
    former: Callable[[str], Mapping[str, Sequence[Sequence[Any]]] | None] = _nobody
    """What a step closed that nothing has opened again: by a database's oid its grants of before; None: nothing."""
    closing: tuple[tuple[str, int, bool], ...] = ()
    """The steps that keep others out of the target, each with its attempt, and whether it took CONNECT from them."""
    swap: Mapping[str, Any] | None = None
    """The last exchange of databases under the target's name, as `SwapBegun` tells it, with whether it is `done`."""
    accepted: FailReason | None = None
    """Why the attempt before this one failed, in spite of which a person has begun this one, with a reason."""
    planned: Callable[[str], Step | None] = _nobody
    """Another step of the plan, by its id."""
    made_by: Callable[[str], tuple[str, ...]] = _by_itself
    """The program of the plan's author that makes the backup of a step, by its id: see `Kind.made_by`."""

    @property
    def closed(self) -> bool:
        """Whether a step of the run keeps others out of the target."""
        return bool(self.closing)

    def waits(self, reason: WaitReason, facts: Mapping[str, Any] = {}) -> Emit:
        """The step waits, or with NONE does so no longer."""
        return Emit(event=StepWaiting(step=self.step.id, attempt=self.attempt, reason=reason, facts=dict(facts)))
