"""What kinds say of a run's steps: whether they change their target, and who carries them out. Pure."""

from __future__ import annotations

from tui.plan.kinds import Kind
from tui.plan.model import Step


def kind_of(name: str) -> Kind | None:
    """None for a kind that this version does not know."""
    from tui.steps.registry import KINDS

    return KINDS.get(name)


def is_signed(step: Step) -> bool:
    """Whether a person attests it, and nothing of it is executed."""
    kind = kind_of(step.kind)
    return kind is not None and kind.signed


def changes(step: Step) -> bool:
    """Whether a step changes something, so that it belongs into the window."""
    kind = kind_of(step.kind)
    return kind is not None and kind.may_change(step.changes)


def reads(step: Step) -> bool:
    """Whether a step leaves nothing in the database, whatever becomes of it. Of a kind that this version does not know
    nobody can say so."""
    kind = kind_of(step.kind)
    return kind is not None and not kind.may_change(step.changes)


def may_change(step: Step) -> bool:
    """Whether a step changes something, for all that is known: a kind of another version may do anything."""
    return not reads(step)
