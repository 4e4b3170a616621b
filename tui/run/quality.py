"""Success criteria that no metric tells, but what became of steps: whether each is met. Pure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.plan.model import Quality
from tui.run.state import RunState
from tui.run.steps import StepState

Met = Literal["met", "not_met", "open"]
_WELL = frozenset({"passed", "signed", "by_hand"})


class QualityState(Struct, frozen=True, kw_only=True):
    """One criterion, and the steps that did not say it: those that failed, or those that have yet to tell."""

    title: str
    state: Met
    steps: tuple[str, ...] = ()


def qualities(state: RunState) -> tuple[QualityState, ...]:
    """Every criterion of the plan's that steps tell, in the plan's order."""
    return () if state.opened is None else tuple(_told(state, each) for each in state.opened.plan.quality)


def _told(state: RunState, quality: Quality) -> QualityState:
    steps = [at for ident in quality.steps if (at := state.steps.get(ident)) is not None]
    denied = tuple(at.id for at in steps if _denies(at))
    if denied:
        return QualityState(title=quality.title, state="not_met", steps=denied)
    # A step that was skipped, or taken back, tells nothing.
    waiting = tuple(at.id for at in steps if at.status not in _WELL)
    return QualityState(title=quality.title, state="open" if waiting or not steps else "met", steps=waiting)


def _denies(at: StepState) -> bool:
    """Whether it says that the criterion is not met; one that failed and runs again has yet to tell."""
    return at.status == "failed" or (at.failing and at.status in ("skipped", "cancelled", "undecided"))
