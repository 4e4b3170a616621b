"""What a kind of step is executed with. A further kind is one new file and its test."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from msgspec import Struct

from tui.plan.model import Step
from tui.steps.effects import Effect, Outcome

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
