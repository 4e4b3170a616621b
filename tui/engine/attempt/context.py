"""What a kind is told when a step of its begins: the run, the plan, what came of other steps."""

from __future__ import annotations

import msgspec

from tui.journal import events as e
from tui.journal.codes import FailReason
from tui.plan.files import PLAN_FILE
from tui.plan.model import Step
from tui.plan.sealed import SealedPlan
from tui.run.clock import instant
from tui.run.database import closed_by, stillness
from tui.run.state import RunState
from tui.run.steps import StepState, may_change
from tui.runs.paths import RunPaths
from tui.steps.concerned import concerned_by
from tui.steps.context import Context, RunWindow
from tui.steps.planned import planned_by
from tui.steps.registry import KINDS, needs_of


def context_of(state: RunState, at: StepState, opened: e.RunOpened, plan: SealedPlan, paths: RunPaths) -> Context:
    """Of the attempt `at`, by where the run stands. Raises NotAsSealed, and other OSErrors where what was sealed
    cannot be read."""
    window = opened.window
    files = {name: digest for name, digest in plan.digests.items() if name != PLAN_FILE}
    return Context(
        run=opened.id, step=at.step, attempt=at.attempt, target=opened.target,
        environment=opened.environment, companion=at.step.with_ is not None, done=at.resume_from,
        walk=at.walk, compress=opened.compress,
        artifacts=str(paths.artifacts),
        evidence=lambda step: state.steps[step].evidence if step in state.steps else {},
        plan=opened.plan, rehearsal=opened.mode == "rehearsal", learned=opened.durations, files=files,
        work=opened.work, rehearsed_changes=opened.rehearsed_changes, quiesced=stillness(state),
        window=None if window is None else RunWindow(
            opens=instant(window.opens), closes=instant(window.closes), duration_s=window.duration_s,
            buffer_s=window.buffer_s, timezone=window.timezone,
        ),
        concerned=lambda: concerned_by(opened.plan, plan.text, KINDS), needs=needs_of, changes=_leaves,
        former=lambda step: None if (found := closed_by(state, step)) is None else found.former,
        closing=tuple((q.step, state.steps[q.step].attempt, bool(q.former)) for q in state.quiesced),
        swap=None if state.swap is None else msgspec.structs.asdict(state.swap), accepted=_accepted(state, at),
        planned=lambda step: state.steps[step].step if step in state.steps else None,
        made_by=lambda step: _made_by(state.steps[step].step) if step in state.steps else (),
        demands=lambda: planned_by(opened.plan, plan.text, KINDS),
    )  # fmt: skip


def _accepted(state: RunState, at: StepState) -> FailReason | None:
    """The reason for which the attempt before this one failed, where a person has begun this one in spite of it,
    with a reason of their own."""
    before = state.steps[at.id].before
    said = at.confirmed is not None and at.confirmed.target and (at.confirmed.reason or "").strip()
    if not said or before is None:
        return None
    return next((reason for reason in FailReason if reason == before.reason), None)


def _made_by(step: Step) -> tuple[str, ...]:
    kind = KINDS[step.kind]
    return kind.made_by(kind.typed(step.spec)) if kind.makes_backup else ()


def _leaves(step: Step) -> bool:
    """Whether a step may change the target; what only opens again what another step closed leaves nothing."""
    return may_change(step) and KINDS[step.kind].reopens is None
