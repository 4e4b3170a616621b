"""What a kind of step is executed with. A further kind is one new file and its test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from msgspec import Struct

from tui.journal.codes import WaitReason
from tui.journal.events import StepWaiting
from tui.plan.model import Step
from tui.steps.effects import Effect, Emit, Outcome

StepRun = Generator[Effect, Any, Outcome]


def _none(step: str) -> dict[str, Any]:
    return {}


class Context(Struct, frozen=True, kw_only=True):
    """What `execute` may know. `done`: statements that an earlier attempt is proved to have committed. `evidence`: that
    of another step, by its id."""

    run: str
    step: Step
    attempt: int
    target: str
    environment: str
    companion: bool = False
    done: int = 0
    artifacts: str = ""
    evidence: Callable[[str], dict[str, Any]] = _none

    def waits(self, reason: WaitReason, facts: Mapping[str, Any] = {}) -> Emit:
        """The step waits, or with NONE does so no longer."""
        return Emit(event=StepWaiting(step=self.step.id, attempt=self.attempt, reason=reason, facts=dict(facts)))
