"""fold(state, line) -> state. Pure: the only way in which a run's state comes to be, live and in replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import msgspec
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import CancelReason, HoldReason, TriggerReason
from tui.journal.cut import REPEATED, cut
from tui.journal.facts import Fact
from tui.journal.line import Line
from tui.plan.model import UNDO_PREFIX, places
from tui.run.attested import attested_steps
from tui.run.driving import without_goal
from tui.run.errors import RecordedError
from tui.run.guards import concerns, criteria
from tui.run.lockwait import waited
from tui.run.measured import sampled
from tui.run.pace import paced
from tui.run.rollback import ended_badly, residue_of, rollback_steps, stays, undo_step
from tui.run.state import KEPT, MOST_FIRED, Barrier, Fired, Firing, Remark, RollbackState, RunState
from tui.run.steps import ENDED, Commit, Confirmed, Reached, Steps, StepState, numbered
from tui.run.unsettled import failing


def fold(state: RunState, line: Line) -> RunState:
    """The state after one more line. A type this version does not know changes nothing but seq and time."""
    state = replace(state, seq=line.seq, mono=max(line.mono, state.mono), at=line.at)
    if line.type in _WITHOUT_EFFECT:
        return state
    try:
        event = e.decode(line.type, line.data)
    except msgspec.ValidationError:
        event = None
    if event is None:
        return replace(state, unknown_events=state.unknown_events + 1)
    return apply(state, event, line)


def fold_all(lines: Iterable[Line], state: RunState | None = None) -> RunState:
    """The state after all of these lines."""
    return reduce(fold, lines, RunState() if state is None else state)


def apply(state: RunState, event: e.Event, line: Line) -> RunState:
    """The state after an event already decoded from `line`."""
    handler = _HANDLERS.get(type(event))
    return state if handler is None else handler(state, event, line)


def _opened(state: RunState, event: e.RunOpened, line: Line) -> RunState:
    planned = (StepState(step=step, place=place) for place, step in places(event.plan.phases))
    steps = Steps.of((*planned, *attested_steps(event)))
    companions: dict[str, tuple[str, ...]] = {}
    for phases in (event.plan.phases, event.plan.rollback.phases):
        for _place, step in places(phases):
            if step.with_ is not None:
                companions[step.with_] = (*companions.get(step.with_, ()), step.id)
    titled: dict[str, list[int]] = {}
    for number, trigger in enumerate(event.plan.rollback.triggers):
        titled.setdefault(trigger.title, []).append(number)
    return replace(
        state, triggers=(Firing(),) * len(event.plan.rollback.triggers),
        titled={title: tuple(numbers) for title, numbers in titled.items()},
        opened=event, opened_at=line.at, steps=steps, policy=event.policy, guards=criteria(event.plan),
        engine=event.engine, companions=companions, checklist=len(steps), rollback_unended=len(steps),
        identity=event.identity or {},
        beside=() if event.beside is None else tuple(other.name for other in event.others if other.in_the_way),
    )  # fmt: skip


def _recovered(state: RunState, event: e.RunRecovered, line: Line) -> RunState:
    steps = state.steps
    for step in state.active:
        steps = steps.replace(replace(steps[step], recover=True))
    return replace(
        state, steps=steps, helm=None, engine=event.engine, recoveries=state.recoveries + 1,
        policy=event.policy or state.policy,
    )  # fmt: skip


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


def _started(state: RunState, event: e.StepStarted, line: Line) -> RunState:
    steps = state.steps
    if event.undoes is not None and event.step not in steps:
        original = steps.get(event.undoes)
        if original is None or original.step.undo is None:
            return _unknown(state)
        steps = steps.joined([undo_step(state, event.undoes)])
    known = steps.get(event.step)
    if known is None:
        return _unknown(state)
    residue = residue_of(known)
    host = None if event.companion_of is None else steps.get(event.companion_of)
    steps = steps.replace(
        StepState(
            step=known.step, place=known.place, group=known.group, undoes=known.undoes, status="running",
            attempt=event.attempt, started=line.mono, started_at=line.at, by=line.by, by_hand=event.by_hand,
            person=event.person, confirmed=_confirmed(event), done=event.resume_from, resume_from=event.resume_from,
            effect="some" if event.resume_from else residue, residue=residue, commit=known.commit,
            doubted=residue != "none" or known.status == "undecided",
            leftovers=tuple(known.evidence.get(Fact.LEFTOVERS) or ()) or known.leftovers,
            host_attempt=0 if host is None else host.attempt, losses=known.losses, fired=known.fired,
            before=ended_badly(known), attempts=known.tried(event.attempt, line.by, started_at=line.at),
            fired_attempt=known.fired_attempt, errors=known.errors, failing=known.failing,
            unrecorded=known.unrecorded,
        )
    )  # fmt: skip
    position, unended, back = steps.position(event.step), state.unended, state.rollback_unended
    if position < state.checklist:
        unended = min(unended, position)
    else:
        back = min(back, position)
    return replace(
        state, steps=steps, active=(*(s for s in state.active if s != event.step), event.step), unended=unended,
        rollback_unended=back, troubled=_without_trouble(state, known),
    )  # fmt: skip


def _confirmed(event: e.StepStarted) -> Confirmed | None:
    if event.confirm is None and event.reason is None:
        return None
    return Confirmed(event.confirm, event.reason)


def _without_trouble(state: RunState, known: StepState) -> tuple[str, ...]:
    """The troubled steps without this one, which is among them by its status."""
    if known.status not in ("failed", "undecided"):
        return state.troubled
    return tuple(step for step in state.troubled if step != known.id)


def _unknown(state: RunState) -> RunState:
    """An event about a step that the plan does not have changes nothing."""
    return replace(state, unknown_events=state.unknown_events + 1)


def _update(state: RunState, event: e.StepEvent, **changes: Any) -> RunState:
    known = state.steps.get(event.step)
    if known is None or known.attempt != event.attempt:
        return state
    return replace(state, steps=state.steps.replace(replace(known, **changes)))


def _output(state: RunState, event: e.StepOutput, line: Line) -> RunState:
    if event.offset is None or event.length is None:
        return state
    return _update(state, event, output_bytes=event.offset + event.length)


def _progress(state: RunState, event: e.StepProgress, line: Line) -> RunState:
    known = state.steps.get(event.step)
    pace = None if known is None else paced(known.pace, event, line.mono, known.started)
    return _update(state, event, progress=msgspec.structs.asdict(event), pace=pace)


def _waiting(state: RunState, event: e.StepWaiting, line: Line) -> RunState:
    known = state.steps.get(event.step)
    return state if known is None else _update(state, event, **waited(known, event, line.mono))


def _fate(state: RunState, event: e.StepFate, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if known is None or known.attempt != event.attempt:
        return _unknown(state)
    # The connection that would have answered a COMMIT is gone: what comes of it is the fate.
    changes: dict[str, Any] = {"fate": event.fate, "fate_reason": event.reason, "tx_sent": False}
    changes |= {"attempts": known.tried(event.attempt, line.by, reason=event.reason)}
    if event.fate == "undecided":
        changes |= {"status": "undecided", "effect": "unknown", "ended": line.mono, "ended_at": line.at}
        changes |= {"waiting": None, "recover": False, "evidence": event.facts}
        changes |= {"attempts": known.tried(event.attempt, line.by, status="undecided", reason=event.reason)}
        state = _update(replace(state, troubled=_without_trouble(state, known)), event, **changes)
        return _left(state, event.step)
    if event.fate == "applied" and known.witness is not None:
        changes |= {"done": max(known.done, known.tx_statement + 1), "effect": "some"}
        state = _proved(state, known, known.tx_statement)
    return _update(state, event, **changes)


def _proved(state: RunState, at: StepState, statement: int) -> RunState:
    """The transaction of the step's witness is known to be committed."""
    witness = at.witness
    if witness is None or not witness.get("xid") or witness.get("gid"):
        # One that was prepared is still to be ended, by whomever and either way.
        return state
    commit = Commit(
        step=at.id, attempt=at.attempt, statement=statement, xid=str(witness["xid"]),
        ledger=bool(witness.get("ledger")), timeline=numbered(witness.get("timeline")),
        lsn=str(witness.get("lsn") or ""), postmaster_start=str(witness.get("postmaster_start") or ""),
    )  # fmt: skip
    return replace(state, proved=commit, steps=state.steps.replace(replace(at, commit=commit)))


def _left(state: RunState, step: str) -> RunState:
    """No longer running: the step leaves `active`, the marks move on, and a run-to that is there is over."""
    at, troubled = state.steps[step], state.troubled
    if at.status in ("failed", "undecided"):
        troubled = (*troubled, step)
    position, unended, back = state.steps.position(step), state.unended, state.rollback_unended
    if position < state.checklist:
        unended = _mark(state.steps, min(unended, position), state.checklist)
    else:
        back = _mark(state.steps, min(back, position), len(state.steps))
    policy = state.policy
    until = None if policy.until is None else state.steps.get(policy.until)
    # A step that failed on the way, or at its end, ends no run-to: retried with success, the run goes on.
    if until is not None and until.is_ended:
        policy = without_goal(policy)
    return replace(
        state, active=tuple(s for s in state.active if s != step), unended=unended, rollback_unended=back,
        troubled=troubled, policy=policy,
    )  # fmt: skip


def _mark(steps: Steps, position: int, end: int) -> int:
    """The first position from here on, and before `end`, whose step is not over."""
    while position < end and steps.at(position).is_over:
        position += 1
    return position


_LOSSES = (CancelReason.SERVER_RESTARTED, CancelReason.CONNECTION_LOST)
_INTERRUPTED = (
    CancelReason.INTERRUPTED, CancelReason.OTHER_TARGET, CancelReason.OTHER_RUN, CancelReason.OUTSIDE_WINDOW, *_LOSSES
)  # fmt: skip
"""Nobody's decision: the run goes on with another attempt."""


def _outcome(state: RunState, event: e.StepOutcome, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if known is None:
        return _unknown(state)
    reason = getattr(event, "reason", None)
    note = getattr(event, "note", None)
    why = cut(getattr(event, "message", None) or reason or note or "", REPEATED)
    changed = replace(
        known, status=event.STATUS, attempt=event.attempt, ended=line.mono, ended_at=line.at, by=line.by,
        evidence=event.evidence, effect=event.effect if event.effect != "none" else known.residue,
        reason=reason, note=note or known.note, waiting=None,
        waiting_facts={}, waiting_since=None, cancel=False, recover=False, witness=None, tx_sent=False,
        sqlstate=getattr(event, "sqlstate", None), message=event.told if isinstance(event, e.StepFailed) else None,
        person=getattr(event, "person", None) or known.person,
        interrupted=isinstance(event, e.StepCancelled) and event.reason in _INTERRUPTED,
        started=known.started if known.attempt == event.attempt else None,
        losses=known.losses + 1 if isinstance(event, e.StepCancelled) and event.reason in _LOSSES else 0,
        attempts=known.tried(event.attempt, line.by, ended_at=line.at, status=event.STATUS, reason=why),
        failing=failing(known, event), unrecorded=known.unrecorded or isinstance(event, e.StepFailed),
    )  # fmt: skip
    if isinstance(event, e.StepUndone):
        # When it began and ended says how long the step itself took, not how long its effect lasted.
        changed = replace(
            changed, done=0, effect="none", residue="none", started=known.started, ended=known.ended,
            ended_at=known.ended_at,
        )  # fmt: skip
    unmarked = tuple(undo for undo in state.unmarked if undo not in (event.step, UNDO_PREFIX + event.step))
    if changed.undoes is not None and changed.status in ("passed", "by_hand"):
        unmarked = (*unmarked, event.step)
    left_failed = state.left_failed
    if changed.status == "skipped" and changed.failing and event.step not in left_failed:
        left_failed = (*left_failed, event.step)
    if changed.status in ENDED or changed.status == "undone":
        changed = replace(changed, fired=-1)
    state = replace(
        state, steps=state.steps.replace(changed), unmarked=unmarked, left_failed=left_failed,
        troubled=_without_trouble(state, known),
    )  # fmt: skip
    if isinstance(event, e.StepPassed) and event.effect != "none" and "commit" in event.evidence:
        state = replace(state, committed=event.step)
    if isinstance(event, e.StepPassed) and {"lsn", "timeline", "postmaster_start"} <= event.evidence.keys():
        told = event.evidence
        place = (numbered(told["timeline"]), str(told["lsn"]), str(told["postmaster_start"]))
        state = replace(state, reached=Reached(*place))
    return _left(state, event.step)


def _cancel(state: RunState, event: e.CancelRequested, line: Line) -> RunState:
    return _update(state, event, cancel=True, reason=event.reason)


def _tx_begin(state: RunState, event: e.TxBegin, line: Line) -> RunState:
    return _update(state, event, witness=event.witness, tx_statement=event.statement, tx_sent=False)


def _tx_sent(state: RunState, event: e.TxCommitSent, line: Line) -> RunState:
    known = state.steps.get(event.step)
    witness = None if known is None else known.witness
    if witness is not None:
        # Kept beside `tx_sent`, which is about an answer that is awaited: once it is asked what came of it, none is.
        witness = {**witness, "commit_sent": True}
    return _update(state, event, tx_sent=True, witness=witness)


def _tx_committed(state: RunState, event: e.TxCommitted, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if known is not None and known.attempt == event.attempt:
        state = _proved(state, known, event.statement)
    # One that was done before and is no longer there is executed again, behind which the others stay done.
    done = max(0 if known is None else known.done, event.statement + 1)
    return _update(
        state, event, witness=None, tx_sent=False, done=done, effect="some", losses=0, lock_since=None, tried_again=None
    )


def _tx_aborted(state: RunState, event: e.TxAborted, line: Line) -> RunState:
    return _update(state, event, witness=None, tx_sent=False)


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
            triggers[place] = Firing(
                breaches=known.breaches + (trigger.guard is not None and trigger.guard == event.metric),
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
        rollback = replace(rollback, started=first.started, started_at=first.started_at, undo=undone + undo)
    return replace(
        state, rollback=rollback, steps=steps, held=None, barrier=None,
        rollback_unended=_mark(steps, state.checklist, len(steps)), policy=without_goal(state.policy),
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
        sqlstate=event.sqlstate, mono=line.mono, source=event.source,
    )  # fmt: skip
    at = None if event.step is None else state.steps.get(event.step)
    steps = state.steps
    if at is not None:
        steps = steps.replace(replace(at, errors=at.errors + 1, unrecorded=False))
    return replace(state, errors=state.errors.added(recorded), steps=steps)


def _error_resolved(state: RunState, event: e.ErrorResolved, line: Line) -> RunState:
    known = state.errors.get(event.id)
    if known is None:
        return state
    at = None if known.step is None or known.resolved is not None else state.steps.get(known.step)
    steps = state.steps if at is None else state.steps.replace(replace(at, errors=max(0, at.errors - 1)))
    return replace(state, errors=state.errors.resolved(event.id, event.text), steps=steps)


def _child(state: RunState, event: e.ChildStarted, line: Line) -> RunState:
    return _update(state, event, child=event.child)


_HANDLERS: dict[type[e.Event], Callable[[RunState, Any, Line], RunState]] = {
    e.RunOpened: _opened,
    e.RunRecovered: _recovered,
    e.RunHeld: _held,
    e.RunResumed: _resumed,
    e.RunDriven: lambda state, event, line: replace(state, policy=event.policy),
    e.RunBeside: _beside,
    e.RunClosed: lambda state, event, line: replace(state, closed=event, helm=None),
    e.HelmTaken: _helm_taken,
    e.HelmReleased: _helm_released,
    e.StepStarted: _started,
    e.ChildStarted: _child,
    e.StepOutput: _output,
    e.StepProgress: _progress,
    e.StepWaiting: _waiting,
    e.StepFate: _fate,
    **dict.fromkeys(e.StepOutcome.__subclasses__(), _outcome),
    e.CancelRequested: _cancel,
    e.TxBegin: _tx_begin,
    e.TxCommitSent: _tx_sent,
    e.TxCommitted: _tx_committed,
    e.TxAborted: _tx_aborted,
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
}
_WITHOUT_EFFECT = e.TYPES.keys() - {event.TYPE for event in _HANDLERS}
"""Types that change nothing here, which may be most of a journal: not even decoded."""
