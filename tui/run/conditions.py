"""What a trigger of the plan says in its several forms: metrics, steps, errors. Pure."""

from __future__ import annotations

from tui.plan.model import ErrorLimit, Step, Trigger
from tui.run.steps import compares


def metrics_of(trigger: Trigger) -> tuple[str, ...]:
    """The metrics whose breach fires it."""
    return trigger.guards if trigger.guard is None else (trigger.guard,)


def names(trigger: Trigger, step: Step) -> bool:
    """Whether the failing of this step fires it, whatever the step does."""
    return step.id in (trigger.steps if trigger.step is None else (trigger.step,))


def compares_by(trigger: Trigger, step: Step) -> bool:
    """Whether a difference that this step finds fires it."""
    return trigger.comparison == step.id or (trigger.comparisons and compares(step))


def limit_of(trigger: Trigger) -> ErrorLimit | None:
    """The errors that fire it."""
    return ErrorLimit(unresolved=trigger.errors) if isinstance(trigger.errors, int) else trigger.errors
