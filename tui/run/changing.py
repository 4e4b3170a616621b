"""Whether a step changes its target, as its kind and the plan say. Pure."""

from __future__ import annotations

from tui.plan.model import Step


def changes(step: Step) -> bool:
    """Whether a step changes something, so that it belongs into the window."""
    from tui.steps.registry import KINDS

    kind = KINDS.get(step.kind)
    return kind is not None and kind.may_change(step.changes)


def reads(step: Step) -> bool:
    """Whether a step leaves nothing in the database, whatever becomes of it. Of a kind that this version does not know
    nobody can say so."""
    from tui.steps.registry import KINDS

    return step.kind in KINDS and not changes(step)


def may_change(step: Step) -> bool:
    """Whether a step changes something, for all that is known: a kind of another version may do anything."""
    return not reads(step)
