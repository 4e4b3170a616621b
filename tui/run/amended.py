"""What an amendment makes of a run's state: another plan is in force, and what was done stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.line import Line
from tui.plan.model import Phase, Plan, Step, places
from tui.run.amendment import KEPT_AMENDMENTS, Amendment
from tui.run.attested import attested_steps
from tui.run.driving import without_goal
from tui.run.fold_steps import first_open
from tui.run.guards import criteria
from tui.run.rollback import rollback_steps, undo_step
from tui.run.state import Firing, GuardState, RunState
from tui.run.steps import Steps, StepState, may_change


class PlanFold(Struct, frozen=True):
    """What a state has of its plan alone: the steps of the checklist as planned, and who accompanies whom."""

    steps: tuple[StepState, ...]
    companions: dict[str, tuple[str, ...]]
    titled: dict[str, tuple[int, ...]]


def planned(opened: e.RunOpened) -> PlanFold:
    """Of the plan in force."""
    plan = opened.plan
    steps = [StepState(step=step, place=place) for place, step in places(plan.phases)]
    companions: dict[str, tuple[str, ...]] = {}
    for phases in (plan.phases, plan.rollback.phases):
        for _place, step in places(phases):
            if step.with_ is not None:
                companions[step.with_] = (*companions.get(step.with_, ()), step.id)
    titled: dict[str, list[int]] = {}
    for number, trigger in enumerate(plan.rollback.triggers):
        titled.setdefault(trigger.title, []).append(number)
    return PlanFold(
        steps=(*steps, *attested_steps(opened)), companions=companions,
        titled={title: tuple(numbers) for title, numbers in titled.items()},
    )  # fmt: skip


def amended(state: RunState, event: e.RunAmended, line: Line) -> RunState:
    """The state in which the event's plan is carried out."""
    before = state.opened
    if before is None:
        return replace(state, unknown_events=state.unknown_events + 1)
    number = state.amended + 1
    opened = _opening(before, event)
    plan = planned(opened)
    touched = {change.step for change in event.steps if change.how != "removed"}
    main = [_carried(state.steps.get(fresh.id), fresh, touched, number) for fresh in plan.steps]
    here = {at.id for at in main}
    # Whatever a journal says: what undoes a step is nothing without it.
    behind = [
        at for at in state.steps.behind(state.checklist)
        if at.id not in here and (at.undoes is None or at.undoes in here)
    ]  # fmt: skip
    state = replace(
        state, opened=opened, steps=Steps.of((*main, *behind)), companions=plan.companions, titled=plan.titled,
        checklist=len(main), triggers=_firings(state, before.plan, event.plan), guards=_guards(state, event.plan),
        amended=number, amendments=(*state.amendments, _noted(before, event, line, number)),
    )  # fmt: skip
    state = replace(state, amendments=state.amendments[-KEPT_AMENDMENTS:])
    steps = _behind(state, touched, number)
    policy = state.policy
    if policy.until is not None and policy.until not in steps:
        policy = without_goal(policy)
    return replace(
        state, steps=steps, policy=policy, unended=first_open(steps, 0, state.checklist),
        rollback_unended=first_open(steps, state.checklist, len(steps)),
        troubled=_left(state.troubled, steps), active=_left(state.active, steps), unmarked=_left(state.unmarked, steps),
        left_failed=_left(state.left_failed, steps),
    )  # fmt: skip


def _firings(state: RunState, before: Plan, after: Plan) -> tuple[Firing, ...]:
    """No amendment changes triggers or criteria; a journal that says otherwise is folded all the same."""
    known = dict(zip((trigger.title for trigger in before.rollback.triggers), state.triggers, strict=False))
    if before.rollback.triggers == after.rollback.triggers:
        return state.triggers
    return tuple(known.get(trigger.title, Firing()) for trigger in after.rollback.triggers)


def _guards(state: RunState, after: Plan) -> tuple[GuardState, ...]:
    fresh = criteria(after)
    known = {(guard.metric, guard.relation, guard.limit): guard for guard in state.guards}
    return tuple(known.get((guard.metric, guard.relation, guard.limit), guard) for guard in fresh)


def _left(named: tuple[str, ...], steps: Steps) -> tuple[str, ...]:
    return tuple(step for step in named if step in steps)


def _carried(known: StepState | None, fresh: StepState, touched: set[str], number: int) -> StepState:
    """What is known of a step goes on under the new plan; nothing of an attempt of the old one is resumed."""
    if known is None or known.group != fresh.group:
        return replace(fresh, amended=number) if fresh.id in touched else fresh
    if fresh.id not in touched:
        return replace(known, step=fresh.step, place=fresh.place)
    return replace(
        known, step=fresh.step, place=fresh.place, amended=number, foretold=None, done=0, resume_from=0, walk=None,
        pace=None,
    )  # fmt: skip


def _behind(state: RunState, touched: set[str], number: int) -> Steps:
    """The undo of a step is what its step says now; a rollback under way has the steps of its plan as it is now."""
    assert state.opened is not None
    phases, steps = state.opened.plan.rollback.phases, state.steps
    for at in state.steps.behind(state.checklist):
        of = None if at.undoes is None else steps.get(at.undoes)
        if of is not None and of.step.undo is not None and at.status != "running":
            # Also where it is the same: who carries it out knows its secrets from the plan that is in force alone.
            amended = number if of.id in touched else at.amended
            steps = steps.replace(replace(at, step=undo_step(state, of.id).step, amended=amended))
    rollback = state.rollback
    if rollback is None or rollback.status not in ("running", "failed") or rollback.to is not None:
        return steps
    state = replace(state, steps=steps)
    joined = rollback_steps(state, rollback.undo, phases, keep=True)
    named = {step.id: (place, step) for place, step in places(phases, "R")}
    found: list[StepState] = []
    for at in joined:
        if at.group == "rollback":
            place, step = named[at.id]
            at = _carried(steps.get(at.id), replace(at, step=step, place=place), touched, number)
        found.append(at)
    own = {at.id for at in found}
    gone = frozenset(at.id for at in steps.behind(state.checklist) if at.group == "rollback" and at.id not in own)
    return steps.joined(found, gone)


def _opening(opened: e.RunOpened, event: e.RunAmended) -> e.RunOpened:
    """What holds of the run's opening from here on: nothing that was rehearsed says anything of what changed."""
    void = {change.step for change in event.steps if change.how != "moved"}
    after = {step.id: step for step in _steps(event.plan)}
    changes = any(change.step in void and _may_change(after.get(change.step)) for change in event.steps)
    back = any(change.back for change in event.steps)
    opened = replace(
        opened, plan=event.plan, seal=event.seal, work=event.work, window=event.window or opened.window,
        plan_file=event.plan_file or opened.plan_file, private=event.private,
        durations={step: known for step, known in opened.durations.items() if step not in void},
        rehearsed={step: known for step, known in opened.rehearsed.items() if step not in void},
        untimed=tuple(step for step in opened.untimed if step not in void),
        rehearsed_locks={step: known for step, known in opened.rehearsed_locks.items() if step not in void},
        advice={step: known for step, known in opened.advice.items() if step not in void} | event.advice,
        rehearsed_changes={} if changes else opened.rehearsed_changes,
    )  # fmt: skip
    return replace(opened, rollback_s=None, rollback_rehearsed=None, rollback_part=False) if back else opened


def _steps(plan: Plan) -> Iterable[Step]:
    phases: tuple[Phase, ...] = (*plan.phases, *plan.rollback.phases)
    return (step for _place, step in places(phases))


def _may_change(step: Step | None) -> bool:
    """Of one that is gone nobody knows what would have come of it: what was found with it says nothing any more."""
    return step is None or may_change(step)


def _noted(before: e.RunOpened, event: e.RunAmended, line: Line, number: int) -> Amendment:
    return Amendment(
        number=number, seq=line.seq, at=line.at, mono=line.mono, by=line.by, reason=event.reason,
        before_seal=before.seal, before_work=before.work, seal=event.seal, work=event.work, steps=event.steps,
        files=event.files, parts=event.parts, before_window=before.window, window=event.window,
        rehearsed=event.rehearsed, despite=event.despite, confirm=event.confirm,
    )  # fmt: skip
