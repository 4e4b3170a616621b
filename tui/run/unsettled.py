"""When a step leaves its run failed: it failed, a person left it out, and nobody has answered for its error. Pure.

It counts where the step was skipped, whatever came between its failure and that: another attempt that was cancelled,
or a fate that nobody knew. It does not count where an attempt ended well since, the work was done by hand or taken
back, all of its errors are resolved, or it never failed: leaving something out is then a decision like others. Nor does
it count where the plan says `on_failure: continue`, by which the failure is no obstacle, or in a rollback, whose end
has words of its own.

An undo that came to its end half way leaves it failed as well: what it took back is gone, what it left is there, and
the step that it takes back still counts as done. Left out then, it is like a step that failed and was left out.
"""

from __future__ import annotations

from tui.journal import events as e
from tui.run.steps import StepState

_WELL = frozenset({"passed", "signed", "by_hand", "undone"})


def failing(known: StepState, event: e.StepOutcome) -> bool:
    """Whether the step is one that failed and has not ended well since, behind this outcome of it."""
    if isinstance(event, e.StepFailed):
        return True
    return known.failing and event.STATUS not in _WELL


def is_unsettled(at: StepState) -> bool:
    """Whether the run cannot be called completed because of this step."""
    if at.status != "skipped" or not at.failing or at.step.on_failure == "continue":
        return False
    if at.group != "main" and (at.undoes is None or at.effect == "none"):
        return False
    # A failure whose error was never written down has none that somebody could have resolved.
    return at.errors > 0 or at.unrecorded


def is_half_undone(at: StepState) -> bool:
    """Whether it is an undo that has, or may have, taken back a part, and has not come to its end."""
    return at.undoes is not None and at.status in ("failed", "cancelled") and at.effect != "none"
