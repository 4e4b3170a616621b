"""next_effects(state, wall) -> what the engine has to do now. Pure: the journaled policy drives, not a client."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import CancelReason, SkipReason
from tui.run.clock import starts_at
from tui.run.confirmation import beginning, covered, paid
from tui.run.decide import rollback_events
from tui.run.order import begin, beside, blocked, in_rollback
from tui.run.reviewing import wanting
from tui.run.rollback import stays
from tui.run.state import RunState
from tui.run.steps import StepState, attestation_of, is_signed
from tui.run.triggers import fired
from tui.run.upcoming import upcoming


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
    rollback_failed, rolled_back, completed, proposed (completed, and a rollback is proposed), quiesced (all else is
    done, and the target is still closed to others) or unsettled (a failed step was left out, and its error is not
    resolved);
    typed, amended, buffer or window: a person who confirms it (`tui.run.confirmation`);
    `until`: the instant (epoch) at which to ask again."""

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
    proposals = fired(state, wall)
    if proposals:
        return (*doing, Append(events=proposals))
    companions = _companions(state, wall)
    if companions:
        return (*doing, Append(events=companions))
    undecided = state.undecided
    if state.given_up and state.barrier is None:
        return (*doing, *_rollback(state, wall))
    if undecided:
        return (*doing, Wait(reason="undecided", step=undecided[0].id))
    if state.held_for is not None:
        return (*doing, Wait(reason="held"))
    return (*doing, *_advance(state, wall))


def _running(state: RunState) -> tuple[Do, ...]:
    doing: list[Do] = []
    for at in state.running():
        if at.cancel:
            # Also while its fate is being decided: a person may give up waiting for a server that does not answer.
            doing.append(Interrupt(step=at.id, attempt=at.attempt))
        elif at.recover:
            doing.append(Recover(step=at.id, attempt=at.attempt))
        elif at.step.with_ is not None and state.steps[at.step.with_].status != "running":
            doing.append(Interrupt(step=at.id, attempt=at.attempt, companion=True))
        else:
            doing.append(Run(step=at.id, attempt=at.attempt))
    return tuple(doing)


def _unmarked_undos(state: RunState) -> tuple[e.Event, ...]:
    """Steps whose undo has passed but who are not marked undone: an engine died between the two lines."""
    found: list[e.Event] = []
    for undo in state.unmarked:
        original = state.steps[state.steps[undo].undoes or ""]
        if original.status != "running":
            found.append(e.StepUndone(step=original.id, attempt=max(1, original.attempt), by_step=undo))
    return tuple(found)


def _companions(state: RunState, wall: float) -> tuple[e.Event, ...]:
    """Companions begin with each attempt of the step they accompany, whoever drives; one whose host has ended is left
    out. What they left in the database keeps them from being begun again, and what costs a confirmation a person
    executes; who confirmed the step itself outside the window has confirmed those with it that change something, as far
    as `covered` says."""
    found: list[e.Event] = []
    stopped = state.held is not None or state.given_up
    if state.barrier is not None:
        return ()
    for host in state.running():
        if host.recover or host.cancel or host.by_hand is not None or (stopped and host.group == "main"):
            continue
        for companion in state.companions.get(host.id, ()):
            at = state.steps[companion]
            if at.status in ("running", "skipped", "by_hand", "undecided") or at.host_attempt >= host.attempt:
                continue
            if (at.effect == "none" or at.attempt == 0) and _free(state, at, host, wall):
                found.append(begin(at))
    for mark, end in ((state.unended, state.checklist), (state.rollback_unended, len(state.steps))):
        # The mark stands at the first that is not over, so that what it stands at is enough to look at.
        if mark < end:
            at = state.steps.at(mark)
            if at.status == "pending" and at.step.with_ is not None and state.steps[at.step.with_].is_ended:
                found.append(e.StepSkipped(step=at.id, attempt=at.attempt + 1, reason=SkipReason.HOST_ENDED))
    return tuple(found)


def _free(state: RunState, at: StepState, host: StepState, wall: float) -> bool:
    return beginning(state, at, wall) is None or (paid(host) and covered(state, at))


def _automatic(state: RunState) -> bool:
    return state.policy.drive in ("headless", "autopilot")


def _signing(state: RunState, at: StepState) -> e.StepSigned | None:
    """The sign-off that the policy carries; None when a person has to sign: on production all that the plan does not
    leave to it with `sign: {sign_off: true}`."""
    policy = state.policy
    if not _automatic(state) or policy.sign_off is None:
        return None
    production = state.opened is not None and state.opened.environment == "production"
    if at.step.confirm is not None or (production and not attestation_of(at.step).by_policy):
        return None
    if production and wanting(state, at) is not None:
        # What is rehearsed leaves no lessons; what was done does.
        return None
    person = policy.signer or "engine"
    evidence = {"signed_by": person, "note": policy.sign_off, "sign_off": True}
    if not policy.sign_off:
        del evidence["note"]
    return e.StepSigned(step=at.id, attempt=at.attempt + 1, note=policy.sign_off, person=person, evidence=evidence)


def _rollback(state: RunState, wall: float) -> tuple[Do, ...]:
    rollback = state.rollback
    assert rollback is not None
    if rollback.status == "failed":
        reason = "rollback_failed" if state.stopped_undecided is None else "undecided"
        return (Wait(reason=reason, step=rollback.failed_step),)
    if rollback.status == "rolled_back":
        undecided = state.undecided
        if undecided:
            # Nobody knows whether everything is taken back: closed, that could not be settled any more.
            return (Wait(reason="undecided", step=undecided[0].id),)
        if state.quiesced:
            return (Wait(reason="quiesced", step=state.quiesced[0].step),)
        if _automatic(state):
            return (Append(events=(e.RunClosed(outcome="rolled_back", stays=stays(state)),)),)
        return (Wait(reason="rolled_back"),)
    running = [at for at in state.running() if at.group == "main" or at.step.with_ is None]
    stopping = [at for at in running if at.group == "main"]
    if stopping:
        requests = tuple(
            e.CancelRequested(step=at.id, attempt=at.attempt, reason=CancelReason.ROLLBACK)
            for at in stopping
            if not at.cancel and not at.recover
        )
        return (Append(events=requests),) if requests else (Wait(reason="running", step=stopping[0].id),)
    if running:
        return (Wait(reason="running", step=running[0].id),)
    passed_over: StepState | None = None
    for at in state.steps.behind(state.rollback_unended):
        if at.is_ended or at.step.with_ is not None or not in_rollback(state, at):
            continue
        if at.passed_over:
            passed_over = passed_over or at
            continue
        if at.status in ("failed", "undecided") or (at.status == "cancelled" and not at.interrupted):
            return _rollback_failed(state, at)
        if at.undoes is not None and at.status == "pending" and not state.steps[at.undoes].may_have_effect:
            # It was running when the rollback began, and has left nothing behind.
            skipped = e.StepSkipped(step=at.id, attempt=at.attempt + 1, reason=SkipReason.NOTHING_APPLIED)
            return (Append(events=(skipped,)),)
        if is_signed(at.step):
            signed = _signing(state, at)
            if signed is None:
                return (Wait(reason="person", step=at.id),)
            return (Append(events=(signed,), by=signed.person),)
        cost = beginning(state, at, wall)
        if cost is not None:
            return (Wait(reason=cost.why, step=at.id),)
        return (Append(events=(begin(at),)),)
    if passed_over is not None:
        return _rollback_failed(state, passed_over)
    if state.active:
        return (Wait(reason="running", step=state.active[0]),)
    outcome = "rolled_back" if rollback.to is None else "rolled_back_to"
    duration = state.mono - rollback.started
    finished = e.RollbackFinished(outcome=outcome, duration_s=duration, stays=stays(state))  # type: ignore[arg-type]
    return (Append(events=(finished,)),)


def _rollback_failed(state: RunState, at: StepState) -> tuple[Do, ...]:
    """Not before its companions have ended: a rollback that has failed leaves nothing running."""
    if state.active:
        return (Wait(reason="running", step=state.active[0]),)
    assert state.rollback is not None
    ended = state.mono - state.rollback.started
    failed = replace(state, rollback=replace(state.rollback, status="failed"))
    finished = e.RollbackFinished(outcome="failed", step=at.id, duration_s=ended, stays=stays(failed))
    return (Append(events=(finished,)),)


def _advance(state: RunState, wall: float) -> tuple[Do, ...]:
    running = [at for at in state.running() if at.step.with_ is None]
    drive = state.policy.drive
    current = state.current()
    if drive == "by_hand":
        if current is None and not state.active:
            return (_ended(state),)
        return (_by_hand(state, current, running, wall),)
    if current is None:
        if state.active:
            return (Wait(reason="running"),)
        ended = _ended(state)
        # Of one that left out what failed, the error can still be resolved, or all of it rolled back.
        close = _automatic(state) and ended.reason == "completed"
        return (Append(events=(e.RunClosed(outcome=state.status),)),) if close else (ended,)
    standing = [at for at in _section(state, current) if at.stops]
    if standing:
        at = standing[0]
        rolls_back = at.status == "failed" and state.policy.on_failure == "rollback" and not at.unanswered
        if rolls_back and not state.active:
            reason = f"{at.id}: {at.reason or 'failed'}"
            return (Append(events=(rollback_events(state, reason),)),)
        return (Wait(reason="running" if running else "failed", step=at.id),)
    return _begin_next(state, current, running, wall)


def _by_hand(state: RunState, current: StepState | None, running: list[StepState], wall: float) -> Wait:
    """A person executes the next step, and it says what that costs."""
    if running or current is None:
        return Wait(reason="running" if running else "person", step=None if current is None else current.id)
    current = upcoming(state) or current
    cost = None if current.stops or is_signed(current.step) else beginning(state, current, wall)
    return Wait(reason="person" if cost is None else cost.why, step=current.id)


def _ended(state: RunState) -> Wait:
    """Every step has ended, well or not."""
    if state.quiesced:
        return Wait(reason="quiesced", step=state.quiesced[0].step)
    left = state.unsettled
    if left is None:
        # Whether a proposed rollback is carried out is a person's decision; closing the run takes it away.
        return Wait(reason="proposed" if state.proposed else "completed")
    # One that was left out is another matter than one that can be brought to its end.
    return Wait(reason="unsettled" if left.status == "skipped" else "failed", step=left.id)


def _begin_next(state: RunState, current: StepState, running: list[StepState], wall: float) -> tuple[Do, ...]:
    """The first step that may begin; in a parallel section one that needs a person holds nothing up but itself."""
    person: Wait | None = None
    for at in _section(state, current):
        fresh = at.status == "pending" or (at.status == "cancelled" and at.interrupted)
        if not fresh or at.step.with_ is not None or not all(beside(at, other) for other in running):
            continue
        if blocked(state, at) is not None:
            continue
        start = starts_at(state, at.place.starts)
        if start is not None and start > wall:
            return (Wait(reason="clock", step=at.id, until=start),)
        if is_signed(at.step):
            signed = _signing(state, at)
            if signed is not None:
                return (Append(events=(signed,), by=signed.person),)
        else:
            cost = beginning(state, at, wall)
            if cost is None:
                return (Append(events=(begin(at),)),)
            person = person or Wait(reason=cost.why, step=at.id)
        person = person or Wait(reason="person", step=at.id)
    if running:
        return (Wait(reason="running", step=running[0].id),)
    return (person or Wait(reason="person", step=current.id),)


def _section(state: RunState, current: StepState) -> Iterator[StepState]:
    """The current step and, in a parallel section, those beside it; a run-to goes no further than its end."""
    yield current
    if not current.place.parallel:
        return
    for position in range(state.steps.position(current.id) + 1, state.checklist):
        if state.policy.drive == "run_to" and state.steps.at(position - 1).id == state.policy.until:
            return
        at = state.steps.at(position)
        if not beside(current, at):
            return
        yield at


def exit_code(state: RunState) -> int:
    """What reports this outcome to a shell: 0 done, 1 failed, 3 rolled back, 4 undecided, 6 waiting for a person."""
    status = state.status
    return {"completed": 0, "failed": 1, "rollback_failed": 1, "rolled_back": 3, "undecided": 4}.get(status, 6)
