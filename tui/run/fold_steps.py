"""How an event of one step changes the state of its run. Pure; see `tui.run.fold`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import CancelReason, Fact
from tui.journal.cut import REPEATED, cut
from tui.journal.line import Line
from tui.plan.model import UNDO_PREFIX
from tui.run.database import released, reopened_by
from tui.run.driving import without_goal
from tui.run.lockwait import waited
from tui.run.pace import paced
from tui.run.rollback import ended_badly, residue_of, undo_step
from tui.run.state import RunState
from tui.run.steps import ENDED, Commit, Confirmed, Lane, Reached, Steps, StepState, numbered
from tui.run.unsettled import failing
from tui.steps.walk import reached


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
            unrecorded=known.unrecorded, walk=known.walk, amended=known.amended,
            resumed=event.resume_from > 0 or (known.walk is not None and known.walk.keys > 0),
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


def _foretold(state: RunState, event: e.StepForetold, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if known is None or event.attempt != known.attempt + 1:
        return state
    return replace(state, steps=state.steps.replace(replace(known, foretold=event.facts, foretold_in=state.era)))


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
    # What is found at work is looked at until it ends, unless that engine goes away as well.
    changes["unseen"] = event.fate != "still_running" and (known.unseen or known.fate != "still_running")
    if event.fate == "undecided":
        changes |= {"status": "undecided", "effect": "unknown", "ended": line.mono, "ended_at": line.at}
        changes |= {"waiting": None, "recover": False, "evidence": event.facts}
        changes |= {"attempts": known.tried(event.attempt, line.by, status="undecided", reason=event.reason)}
        state = _update(replace(state, troubled=_without_trouble(state, known)), event, **changes)
        return _left(state, event.step)
    if event.fate == "applied" and known.witness is not None:
        changes |= {"done": max(known.done, known.tx_statement + 1), "effect": "some"}
        changes |= {"walk": reached(known.walk, known.reach, None)}
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
        unended = first_open(state.steps, min(unended, position), state.checklist)
    else:
        back = first_open(state.steps, min(back, position), len(state.steps))
    policy = state.policy
    until = None if policy.until is None else state.steps.get(policy.until)
    # A step that failed on the way, or at its end, ends no run-to: retried with success, the run goes on.
    if until is not None and until.is_ended:
        policy = without_goal(policy)
    return replace(
        state, active=tuple(s for s in state.active if s != step), unended=unended, rollback_unended=back,
        troubled=troubled, policy=policy,
    )  # fmt: skip


def first_open(steps: Steps, position: int, end: int) -> int:
    """The first position from here on, and before `end`, whose step is not over."""
    while position < end and steps.at(position).is_over:
        position += 1
    return position


_LOSSES = (CancelReason.SERVER_RESTARTED, CancelReason.CONNECTION_LOST)


_INTERRUPTED = (
    CancelReason.INTERRUPTED, CancelReason.OTHER_TARGET, CancelReason.OTHER_RUN, CancelReason.OUTSIDE_WINDOW, *_LOSSES
)  # fmt: skip
"""Nobody's decision: the run goes on with another attempt."""


_TAUGHT = (Fact.LOCKS, Fact.COMPRESSED)


def _outcome(state: RunState, event: e.StepOutcome, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if known is None:
        return _unknown(state)
    reason = getattr(event, "reason", None)
    note = getattr(event, "note", None)
    is_code = not isinstance(event, e.StepSkipped) or line.by == "engine"
    said = cut(getattr(event, "message", None) or (None if is_code else reason) or note or "", REPEATED)
    why = {"reason": reason if is_code and reason else "", "said": said}
    changed = replace(
        known, status=event.STATUS, attempt=event.attempt, ended=line.mono, ended_at=line.at, by=line.by,
        evidence=event.evidence, effect=event.effect if event.effect != "none" else known.residue,
        reason=reason, note=note or known.note, waiting=None,
        waiting_facts={}, waiting_since=None, cancel=False, recover=False, witness=None, tx_sent=False, lanes=(),
        sqlstate=getattr(event, "sqlstate", None), message=event.told if isinstance(event, e.StepFailed) else None,
        person=getattr(event, "person", None) or known.person,
        interrupted=isinstance(event, e.StepCancelled) and event.reason in _INTERRUPTED,
        started=known.started if known.attempt == event.attempt else None,
        losses=known.losses + 1 if isinstance(event, e.StepCancelled) and event.reason in _LOSSES else 0,
        attempts=known.tried(event.attempt, line.by, ended_at=line.at, status=event.STATUS, **why),
        failing=failing(known, event), unrecorded=known.unrecorded or isinstance(event, e.StepFailed),
        taught={fact: event.evidence[fact] for fact in _TAUGHT if fact in event.evidence},
    )  # fmt: skip
    if isinstance(event, e.StepUndone):
        # When it began and ended says how long the step itself took, not how long its effect lasted.
        changed = replace(
            changed, taught=known.taught, done=0, effect="none", residue="none", walk=None, started=known.started,
            ended=known.ended, ended_at=known.ended_at,
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
    if isinstance(event, e.StepUndone):
        state = released(state, event.step)
    elif isinstance(event, e.StepByHand):
        state = reopened_by(state, state.steps[event.step])
    return _left(state, event.step)


def _cancel(state: RunState, event: e.CancelRequested, line: Line) -> RunState:
    return _update(state, event, cancel=True, reason=event.reason)


def _tx_begin(state: RunState, event: e.TxBegin, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if event.lane and known is not None:
        lane = Lane(number=event.lane, statement=event.statement, witness=event.witness, reach=event.reach)
        return _update(state, event, lanes=(*_others(known, event), lane))
    return _update(state, event, witness=event.witness, tx_statement=event.statement, tx_sent=False, reach=event.reach)


def _others(at: StepState, event: e.TxEvent) -> tuple[Lane, ...]:
    return tuple(lane for lane in at.lanes if lane.number != event.lane)


def _tx_sent(state: RunState, event: e.TxCommitSent, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if event.lane and known is not None:
        lanes = (replace(x, witness={**x.witness, "commit_sent": True}) for x in known.lanes if x.number == event.lane)
        return _update(state, event, lanes=(*_others(known, event), *lanes))
    witness = None if known is None else known.witness
    if witness is not None:
        # Kept beside `tx_sent`, which is about an answer that is awaited: once it is asked what came of it, none is.
        witness = {**witness, "commit_sent": True}
    return _update(state, event, tx_sent=True, witness=witness)


def _tx_committed(state: RunState, event: e.TxCommitted, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if event.lane and known is not None:
        return _lane_committed(state, known, event)
    if known is not None and known.attempt == event.attempt:
        state = _proved(state, known, event.statement)
    # One that was done before and is no longer there is executed again, behind which the others stay done.
    done = max(0 if known is None else known.done, event.statement + 1)
    return _update(
        state, event, witness=None, tx_sent=False, done=done, effect="some", losses=0, lock_since=None,
        tried_again=None, walk=None if known is None else reached(known.walk, known.reach, event.rows),
    )  # fmt: skip


def _lane_committed(state: RunState, known: StepState, event: e.TxCommitted) -> RunState:
    walk = known.walk
    for lane in known.lanes:
        if lane.number == event.lane:
            walk = reached(walk, lane.reach, event.rows)
    done = max(known.done, event.statement + 1)
    return _update(state, event, lanes=_others(known, event), done=done, effect="some", losses=0, walk=walk)


def _tx_aborted(state: RunState, event: e.TxAborted, line: Line) -> RunState:
    known = state.steps.get(event.step)
    if event.lane and known is not None:
        return _update(state, event, lanes=_others(known, event))
    return _update(state, event, witness=None, tx_sent=False)


def _child(state: RunState, event: e.ChildStarted, line: Line) -> RunState:
    return _update(state, event, child=event.child)


STEP_HANDLERS: dict[type[e.Event], Callable[[RunState, Any, Line], RunState]] = {
    e.StepStarted: _started,
    e.StepForetold: _foretold,
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
}
