"""fold(state, line) -> state. Pure: the only way in which a run's state comes to be, live and in replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import msgspec
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import HoldReason, TriggerReason
from tui.journal.cut import REPEATED, cut
from tui.journal.line import Line
from tui.run.amended import amended, planned
from tui.run.conditions import metrics_of
from tui.run.database import DATABASE_HANDLERS
from tui.run.driving import without_goal
from tui.run.errors import RecordedError
from tui.run.fold_steps import STEP_HANDLERS, first_open
from tui.run.guards import breaches_of, concerns, criteria
from tui.run.measured import sampled
from tui.run.reviewed import improvement_added, improvement_done, lesson_added, of_earlier
from tui.run.rollback import rollback_steps, stays
from tui.run.state import KEPT, MOST_FIRED, Barrier, Fired, Firing, Remark, RollbackState, RunState
from tui.run.steps import Steps, changes


def fold(state: RunState, line: Line) -> RunState:
    """The state after one more line. A type this version does not know changes nothing but seq and time."""
    if line.type in _WITHOUT_EFFECT:
        return _passed(state, line)
    try:
        event = e.decode(line.type, line.data)
    except msgspec.ValidationError:
        event = None
    return folded(state, event, line)


def folded(state: RunState, event: e.Event | None, line: Line) -> RunState:
    """As `fold`, of an event that was decoded from the line already; None: this version does not know it."""
    before, kept_out, state = state.mono, state.quiesced, _passed(state, line)
    if event is None:
        return replace(state, unknown_events=state.unknown_events + 1)
    if isinstance(event, e.RunRecovered):
        state = _without_engine(state, state.mono - before)
    state = apply(state, event, line)
    return replace(state, era=state.era + 1) if state.quiesced != kept_out or _changes(state, event) else state


def _changes(state: RunState, event: e.Event) -> bool:
    """Whether the target may be another one from here on."""
    if not isinstance(event, e.StepStarted | e.StepByHand):
        return False
    at = state.steps.get(event.step)
    return at is not None and changes(at.step)


def _passed(state: RunState, line: Line) -> RunState:
    return replace(state, seq=line.seq, mono=max(line.mono, state.mono), at=line.at)


def fold_all(lines: Iterable[Line], state: RunState | None = None) -> RunState:
    """The state after all of these lines."""
    return reduce(fold, lines, RunState() if state is None else state)


def apply(state: RunState, event: e.Event, line: Line) -> RunState:
    """The state after an event already decoded from `line`."""
    handler = _HANDLERS.get(type(event))
    return state if handler is None else handler(state, event, line)


def _opened(state: RunState, event: e.RunOpened, line: Line) -> RunState:
    plan = planned(event)
    improvements, lessons = of_earlier(event)
    return replace(
        state, triggers=(Firing(),) * len(event.plan.rollback.triggers),
        titled=plan.titled, improvements=improvements, lessons=lessons,
        opened=event, opened_at=line.at, steps=Steps.of(plan.steps), policy=event.policy, guards=criteria(event.plan),
        engine=event.engine, companions=plan.companions, checklist=len(plan.steps), rollback_unended=len(plan.steps),
        identity=event.identity or {},
        beside=() if event.beside is None else tuple(other.name for other in event.others if other.in_the_way),
    )  # fmt: skip


def _without_engine(state: RunState, seconds: float) -> RunState:
    """For so long nothing was written, for nobody was there: no rollback has gone on meanwhile."""
    rollback = state.rollback
    if rollback is None or rollback.status not in ("running", "failed"):
        return state
    return replace(state, rollback=replace(rollback, away_s=rollback.away_s + seconds))


def _recovered(state: RunState, event: e.RunRecovered, line: Line) -> RunState:
    steps = state.steps
    for step in state.active:
        steps = steps.replace(replace(steps[step], recover=True, unseen=True))
    return replace(
        state, steps=steps, helm=None, engine=event.engine, recoveries=state.recoveries + 1,
        policy=event.policy or state.policy, resting=False,
    )  # fmt: skip


def _rested(state: RunState, event: e.RunRested, line: Line) -> RunState:
    return replace(state, resting=True)


def _held(state: RunState, event: e.RunHeld, line: Line) -> RunState:
    if event.code is None:
        return replace(state, held=event.reason or "")
    return replace(state, barrier=Barrier(code=event.code, facts=event.facts, at=line.at))


def _resumed(state: RunState, event: e.RunResumed, line: Line) -> RunState:
    policy = event.policy or state.policy
    if event.beside:
        return replace(state, barrier=None, policy=policy, beside=_joined(state.beside, event.beside))
    if event.identity is None:
        return replace(state, held=None, barrier=None, policy=policy)
    if state.barrier is not None and state.barrier.code == HoldReason.LEDGER_EMPTIED:
        # The rows of before are gone, and were accepted to be: they are asked for no more.
        state = replace(state, steps=Steps.of(replace(at, commit=None) for at in state.steps), proved=None)
    return replace(state, barrier=None, identity=event.identity, policy=policy)


def _joined(known: tuple[str, ...], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *names)))


def _beside(state: RunState, event: e.RunBeside, line: Line) -> RunState:
    if event.takes_back:
        return state
    return replace(state, beside=_joined(state.beside, (other.name for other in event.runs)))


def _sampled(state: RunState, event: e.MetricsSampled, line: Line) -> RunState:
    return sampled(state, event, line.mono)


def _breached(state: RunState, event: e.GuardBreached, line: Line) -> RunState:
    guards = tuple(
        replace(g, breached=True, breached_since=event.since, breaches=g.breaches + 1) if concerns(event, g) else g
        for g in state.guards
    )
    return replace(state, guards=guards)


def _cleared(state: RunState, event: e.GuardCleared, line: Line) -> RunState:
    guards = tuple(replace(g, breached=False) if concerns(event, g) else g for g in state.guards)
    if not any(guard.breached and guard.metric == event.metric for guard in guards):
        # What their breaches proposed is no longer proposed.
        guards = tuple(replace(g, cleared=line.seq) if g.metric == event.metric else g for g in guards)
    return replace(state, guards=guards)


def _fired(state: RunState, event: e.TriggerFired, line: Line) -> RunState:
    at = None if event.step is None else state.steps.get(event.step)
    attempt = 0
    if at is not None:
        # One title may name several steps, and a step has one trigger an attempt.
        attempt = at.attempt
        state = replace(state, steps=state.steps.replace(replace(at, fired=line.seq, fired_attempt=attempt)))
    places = state.titled.get(event.title, ())
    if places and state.opened is not None:
        triggers = list(state.triggers)
        for place in places:
            known, trigger = triggers[place], state.opened.plan.rollback.triggers[place]
            breaches = known.breaches
            if event.metric is not None and event.metric in metrics_of(trigger):
                times = max(breaches.get(event.metric, 0) + 1, breaches_of(state, event.metric))
                breaches = breaches | {event.metric: times}
            triggers[place] = Firing(
                breaches=breaches,
                errors=known.errors or event.reason == TriggerReason.ERRORS_UNRESOLVED,
            )
        state = replace(state, triggers=tuple(triggers))
    fired = (*state.fired, Fired(event=event, mono=line.mono, attempt=attempt, seq=line.seq))
    if len(fired) > MOST_FIRED:
        fired = _firings(state, fired)
    return replace(state, fired=fired)


def _firings(state: RunState, fired: tuple[Fired, ...]) -> tuple[Fired, ...]:
    """The last ones, and before them the last one of each cause that is still there."""
    kept: list[Fired] = []
    causes = set()
    for place, each in enumerate(reversed(fired)):
        cause = (each.event.title, each.event.step, each.event.metric)
        if place < KEPT or (cause not in causes and len(kept) < MOST_FIRED // 2 and not state.is_settled(each)):
            kept.append(each)
            causes.add(cause)
    return tuple(reversed(kept))


def _rollback_started(state: RunState, event: e.RollbackStarted, line: Line) -> RunState:
    if state.opened is None:
        return state
    phases = () if event.to is not None else state.opened.plan.rollback.phases
    undo = tuple(step for step in event.undo if step in state.steps and state.steps[step].step.undo is not None)
    # Steps of an earlier rollback that never came to their end have no part in this one.
    accompanied = {at.step.with_ for at in state.running()}
    dropped = frozenset(
        at.id
        for at in state.steps.behind(state.checklist)
        if at.group == "rollback" and not at.is_ended and at.status not in ("running", "undecided")
        and at.id not in accompanied
    )  # fmt: skip
    steps = state.steps.joined(rollback_steps(state, undo, phases), dropped)
    rollback = RollbackState(
        status="running", reason=event.reason, by=line.by, started=line.mono, started_at=line.at, undo=undo,
        without_undo=event.without_undo, to=event.to,
    )  # fmt: skip
    first = state.rollback
    if first is not None and first.status == "failed":
        again = frozenset(undo)
        undone = tuple(step for step in first.undo if step not in again and steps[step].status == "undone")
        rollback = replace(rollback, started=first.started, started_at=first.started_at, undo=undone + undo,
                           away_s=first.away_s)  # fmt: skip
    return replace(
        state, rollback=rollback, steps=steps, held=None, barrier=None,
        rollback_unended=first_open(steps, state.checklist, len(steps)), policy=without_goal(state.policy),
        troubled=tuple(s for s in state.troubled if s in steps and steps[s].status in ("failed", "undecided")),
    )  # fmt: skip


def _rollback_finished(state: RunState, event: e.RollbackFinished, line: Line) -> RunState:
    if state.rollback is None:
        return state
    rollback = replace(
        state.rollback, status=event.outcome, ended=line.mono, failed_step=event.step, stays=stays(state)
    )
    held = "rolled_back_to" if event.outcome == "rolled_back_to" else state.held
    return replace(state, rollback=rollback, held=held)


def _remark(kind: str) -> Callable[[RunState, Any, Line], RunState]:
    def handler(state: RunState, event: Any, line: Line) -> RunState:
        remark = Remark(by=line.by, at=line.at, text=event.text, step=getattr(event, "step", None), kind=kind)  # type: ignore[arg-type]
        return _remarked(state, remark)

    return handler


def _remarked(state: RunState, remark: Remark) -> RunState:
    remark = replace(remark, text=cut(remark.text, REPEATED))
    return replace(state, remarks=(*state.remarks[-(KEPT - 1) :], remark))


def _helm_taken(state: RunState, event: e.HelmTaken, line: Line) -> RunState:
    return replace(state, helm=event.person)


def _helm_released(state: RunState, event: e.HelmReleased, line: Line) -> RunState:
    if event.note:
        state = _remarked(state, Remark(by=event.person, at=line.at, text=event.note, kind="handover"))
    return replace(state, helm=None)


def _backup(state: RunState, event: e.BackupRecorded, line: Line) -> RunState:
    return replace(state, backups=(*state.backups[-(KEPT - 1) :], msgspec.structs.asdict(event)))


def _error(state: RunState, event: e.ErrorRecorded, line: Line) -> RunState:
    recorded = RecordedError(
        id=event.id, text=cut(event.text, REPEATED) if event.code is None else event.told, step=event.step,
        sqlstate=event.sqlstate, mono=line.mono, source=event.source, level=event.level, file=event.file,
        line=event.line, relations=event.relations, seen=event.seen,
        lock=event.facts if event.code is None and event.facts else msgspec.UNSET,
    )  # fmt: skip
    at = None if event.step is None else state.steps.get(event.step)
    steps = state.steps
    if at is not None:
        # A warning is no error that the step has to be settled for.
        more = event.level == "error"
        steps = steps.replace(replace(at, errors=at.errors + more, unrecorded=at.unrecorded and not more))
    return replace(state, errors=state.errors.added(recorded), steps=steps)


def _error_resolved(state: RunState, event: e.ErrorResolved, line: Line) -> RunState:
    known = state.errors.get(event.id)
    if known is None:
        return state
    counted = known.step is not None and known.resolved is None and known.level == "error"
    at = state.steps.get(known.step or "") if counted else None
    steps = state.steps if at is None else state.steps.replace(replace(at, errors=max(0, at.errors - 1)))
    return replace(state, errors=state.errors.resolved(event.id, event.text), steps=steps)


_HANDLERS: dict[type[e.Event], Callable[[RunState, Any, Line], RunState]] = {
    **STEP_HANDLERS,
    **DATABASE_HANDLERS,
    e.RunOpened: _opened,
    e.RunRecovered: _recovered,
    e.RunRested: _rested,
    e.RunHeld: _held,
    e.RunResumed: _resumed,
    e.RunDriven: lambda state, event, line: replace(state, policy=event.policy),
    e.RunBeside: _beside,
    e.RunClosed: lambda state, event, line: replace(state, closed=event, helm=None),
    e.HelmTaken: _helm_taken,
    e.HelmReleased: _helm_released,
    e.MetricsSampled: _sampled,
    e.GuardBreached: _breached,
    e.GuardCleared: _cleared,
    e.TriggerFired: _fired,
    e.RollbackStarted: _rollback_started,
    e.RollbackFinished: _rollback_finished,
    e.NoteAdded: _remark("note"),
    e.FeedbackAdded: _remark("feedback"),
    e.ErrorRecorded: _error,
    e.ErrorResolved: _error_resolved,
    e.BackupRecorded: _backup,
    e.RunAmended: amended,
    e.ImprovementAdded: improvement_added,
    e.ImprovementDone: improvement_done,
    e.LessonAdded: lesson_added,
}


_WITHOUT_EFFECT = e.TYPES.keys() - {event.TYPE for event in _HANDLERS}
"""Types that change nothing here, which may be most of a journal: not even decoded."""
