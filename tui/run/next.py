"""next_effects(state, wall) -> what the engine has to do now. Pure: the journaled policy drives, not a client."""

from __future__ import annotations

from msgspec import Struct

from tui.journal import events as e
from tui.run.clock import starts_at
from tui.run.decide import begin, blocked, rollback_events
from tui.run.state import RunState
from tui.run.steps import StepState


class Do(Struct, frozen=True, kw_only=True):
    """Something for the engine to do."""


class Append(Do, frozen=True, kw_only=True):
    """Journal these, then ask again. `by`: whose deed it is."""

    events: tuple[e.Event, ...]
    by: str = "engine"


class Run(Do, frozen=True, kw_only=True):
    """Carry out the running attempt of this step, unless that is being done already."""

    step: str
    attempt: int


class Recover(Do, frozen=True, kw_only=True):
    """Decide the fate of an attempt that another engine left running."""

    step: str
    attempt: int


class Interrupt(Do, frozen=True, kw_only=True):
    """End a running attempt: a cancel was asked for, or the step that a companion accompanies has ended."""

    step: str
    attempt: int
    companion: bool = False


class Wait(Do, frozen=True, kw_only=True):
    """Nothing to do of one's own accord. `reason`: person, failed, undecided, held, running, clock, closed,
    rollback_failed, rolled_back or completed; `until`: the instant (epoch) at which to ask again."""

    reason: str
    step: str | None = None
    until: float | None = None


def next_effects(state: RunState, wall: float) -> tuple[Do, ...]:
    """What is to be done in this state, now. The last one is a Wait unless there is something to journal first."""
    if state.opened is None:
        return (Wait(reason="person"),)
    if state.closed is not None:
        return (Wait(reason="closed"),)
    doing = _running(state)
    unmarked = _unmarked_undos(state)
    if unmarked:
        return (*doing, Append(events=unmarked))
    fired = _triggers(state)
    if fired:
        return (*doing, Append(events=fired))
    if state.rollback is not None and state.rollback.status != "rolled_back_to":
        return (*doing, *_rollback(state))
    companions = _companions(state)
    if companions:
        return (*doing, Append(events=companions))
    undecided = state.undecided
    if undecided:
        return (*doing, Wait(reason="undecided", step=undecided[0].id))
    if state.held is not None:
        return (*doing, Wait(reason="held"))
    return (*doing, *_advance(state, wall))


def _running(state: RunState) -> tuple[Do, ...]:
    doing: list[Do] = []
    for at in state.running():
        if at.recover:
            doing.append(Recover(step=at.id, attempt=at.attempt))
        elif at.cancel:
            doing.append(Interrupt(step=at.id, attempt=at.attempt))
        elif at.step.with_ is not None and state.steps[at.step.with_].status != "running":
            doing.append(Interrupt(step=at.id, attempt=at.attempt, companion=True))
        else:
            doing.append(Run(step=at.id, attempt=at.attempt))
    return tuple(doing)


def _unmarked_undos(state: RunState) -> tuple[e.Event, ...]:
    """Steps whose undo has passed but who are not marked undone: an engine died between the two lines."""
    found: list[e.Event] = []
    for position in range(len(state.steps) - 1, -1, -1):
        at = state.steps.at(position)
        if at.group == "main":
            break
        if at.undoes is None or at.status not in ("passed", "by_hand") or at.ended is None:
            continue
        original = state.steps[at.undoes]
        later = original.ended is not None and original.ended > at.ended
        if original.status in ("undone", "running") or later:
            continue
        found.append(e.StepUndone(step=original.id, attempt=max(1, original.attempt), by_step=at.id))
    return tuple(found)


def _companions(state: RunState) -> tuple[e.Event, ...]:
    """Companions begin with the step they accompany, whoever drives; one whose host has ended is left out."""
    found: list[e.Event] = []
    opened = state.opened
    assert opened is not None
    for at in _of_companions(state):
        host = state.steps[at.step.with_ or ""]
        if host.status == "running" and not host.recover and not host.cancel:
            if at.attempt == 0 or at.status in ("cancelled", "undone"):
                found.append(begin(at))
        elif at.status == "pending" and host.is_ended:
            found.append(e.StepSkipped(step=at.id, attempt=1, reason="host_ended"))
    return tuple(found)


def _of_companions(state: RunState) -> list[StepState]:
    """Companions not running whose host is running, or ended just now: only those near the run's place matter."""
    found: list[StepState] = []
    low = max(0, state.unended - 1)
    for position in range(low, len(state.steps)):
        at = state.steps.at(position)
        if at.group != "main":
            break
        if at.step.with_ is not None and at.status in ("pending", "cancelled", "undone"):
            found.append(at)
        if at.step.with_ is None and at.status == "pending" and position > low:
            following = state.steps.at(position + 1) if position + 1 < len(state.steps) else None
            if following is None or following.step.with_ is None:
                break
    return found


def _triggers(state: RunState) -> tuple[e.Event, ...]:
    """Conditions under which rollback is proposed: each fires once for an attempt, or for a breach."""
    opened = state.opened
    assert opened is not None
    if state.rollback is not None:
        return ()
    found: list[e.Event] = []
    fired_steps = {(f.event.step, f.attempt) for f in state.fired}
    current = state.current()
    named = {t.step for t in opened.plan.rollback.triggers if t.step is not None}
    if current is not None and current.status == "failed" and (current.id, current.attempt) not in fired_steps:
        titles = [t.title for t in opened.plan.rollback.triggers if t.step == current.id]
        if current.step.on_failure == "propose_rollback" or current.id in named:
            title = titles[0] if titles else current.step.title
            found.append(e.TriggerFired(title=title, reason="step_failed", step=current.id))
    for trigger in opened.plan.rollback.triggers:
        if trigger.guard is not None:
            since = [g for g in state.guards if g.metric == trigger.guard and g.breached]
            times = len([b for b in state.breaches if b.metric == trigger.guard])
            fired = len([f for f in state.fired if f.event.title == trigger.title])
            if since and fired < times:
                found.append(e.TriggerFired(title=trigger.title, reason="guard_breached", metric=trigger.guard))
        if trigger.errors is not None and not any(f.event.title == trigger.title for f in state.fired):
            unresolved = [x for x in state.errors if x.resolved is None]
            if len(unresolved) >= trigger.errors:
                found.append(e.TriggerFired(title=trigger.title, reason="errors_unresolved"))
    return tuple(found)


def _automatic(state: RunState) -> bool:
    return state.policy.drive in ("headless", "autopilot")


def _signing(state: RunState, at: StepState) -> e.StepSigned | None:
    """The sign-off that the policy carries; None when a person has to sign."""
    policy = state.policy
    if not _automatic(state) or policy.sign_off is None:
        return None
    person = policy.signer or "engine"
    evidence = {"signed_by": person, "note": policy.sign_off, "sign_off": True}
    return e.StepSigned(step=at.id, attempt=at.attempt + 1, note=policy.sign_off, person=person, evidence=evidence)


def _rollback(state: RunState) -> tuple[Do, ...]:
    rollback = state.rollback
    assert rollback is not None
    if rollback.status == "failed":
        return (Wait(reason="rollback_failed", step=rollback.failed_step),)
    if rollback.status == "rolled_back":
        if _automatic(state):
            return (Append(events=(e.RunClosed(outcome="rolled_back"),)),)
        return (Wait(reason="rolled_back"),)
    running = state.running()
    stopping = [at for at in running if at.group == "main"]
    if stopping:
        requests = tuple(
            e.CancelRequested(step=at.id, attempt=at.attempt, reason="rollback")
            for at in stopping
            if not at.cancel and not at.recover
        )
        return (Append(events=requests),) if requests else (Wait(reason="running", step=stopping[0].id),)
    if running:
        return (Wait(reason="running", step=running[0].id),)
    needed = _undo_not_needed(state)
    if needed:
        return (Append(events=needed),)
    for at in state.steps:
        if at.group == "main" or at.is_ended:
            continue
        if at.group == "undo" and at.undoes not in rollback.undo:
            continue
        if at.status in ("failed", "cancelled", "undecided"):
            ended = state.mono - rollback.started
            return (Append(events=(e.RollbackFinished(outcome="failed", step=at.id, duration_s=ended),)),)
        if at.step.kind == "sign":
            signed = _signing(state, at)
            if signed is None:
                return (Wait(reason="person", step=at.id),)
            return (Append(events=(signed,), by=signed.person),)
        return (Append(events=(begin(at),)),)
    outcome = "rolled_back" if rollback.to is None else "rolled_back_to"
    finished = e.RollbackFinished(outcome=outcome, duration_s=state.mono - rollback.started)  # type: ignore[arg-type]
    return (Append(events=(finished,)),)


def _undo_not_needed(state: RunState) -> tuple[e.Event, ...]:
    """A step that was running when the rollback began may have left nothing behind: its undo is left out then."""
    found: list[e.Event] = []
    assert state.rollback is not None
    for step in state.rollback.undo:
        at = state.steps.get("undo." + step)
        original = state.steps[step]
        if at is None or at.status != "pending" or original.may_have_effect or original.status == "undone":
            continue
        found.append(e.StepSkipped(step=at.id, attempt=max(1, at.attempt + 1), reason="nothing_applied"))
    return tuple(found)


def _advance(state: RunState, wall: float) -> tuple[Do, ...]:
    running = [at for at in state.running() if at.step.with_ is None]
    drive = state.policy.drive
    if drive == "by_hand":
        if state.all_ended and not state.active:
            return (Wait(reason="completed"),)
        return (Wait(reason="running" if running else "person", step=_current_id(state)),)
    current = state.current()
    if current is None:
        if state.active:
            return (Wait(reason="running"),)
        return (
            (Append(events=(e.RunClosed(outcome="completed"),)),) if _automatic(state) else (Wait(reason="completed"),)
        )
    if current.status in ("failed", "undone") or (current.status == "cancelled" and not current.interrupted):
        if current.status == "failed" and state.policy.on_failure == "rollback" and not state.active:
            reason = f"{current.id}: {current.reason or 'failed'}"
            return (Append(events=(rollback_events(state, reason),)),)
        return (Wait(reason="running" if running else "failed", step=current.id),)
    candidates = _candidates(state, current)
    begun = [at for at in candidates if not running or (at.place.parallel and _same(at, running[0]))]
    if not begun:
        return (Wait(reason="running", step=running[0].id if running else None),)
    at = begun[0]
    start = starts_at(state, at.place.starts)
    if start is not None and start > wall:
        return (Wait(reason="clock", step=at.id, until=start),)
    if at.step.kind == "sign":
        signed = _signing(state, at)
        if signed is None:
            return (Wait(reason="running" if running else "person", step=at.id),)
        return (Append(events=(signed,), by=signed.person),)
    if at.step.confirm == "typed" and drive == "run_to" and at.id != state.policy.until:
        return (Wait(reason="person", step=at.id),)
    return (Append(events=(begin(at),)),)


def _current_id(state: RunState) -> str | None:
    current = state.current()
    return None if current is None else current.id


def _same(one: StepState, other: StepState) -> bool:
    return (one.place.phase, one.place.section) == (other.place.phase, other.place.section)


def _candidates(state: RunState, current: StepState) -> list[StepState]:
    """What may begin now, in order: the current step, and in a parallel section those beside it."""
    found: list[StepState] = []
    for position in range(state.steps.position(current.id), len(state.steps)):
        at = state.steps.at(position)
        if at.group != "main" or (at.id != current.id and not (current.place.parallel and _same(at, current))):
            break
        fresh = at.status == "pending" or (at.status == "cancelled" and at.interrupted)
        if fresh and at.step.with_ is None and blocked(state, at) is None:
            found.append(at)
    return found


def exit_code(state: RunState) -> int:
    """What reports this outcome to a shell: 0 done, 1 failed, 3 rolled back, 4 undecided, 6 waiting for a person."""
    status = state.status
    return {"completed": 0, "failed": 1, "rollback_failed": 1, "rolled_back": 3, "undecided": 4}.get(status, 6)
