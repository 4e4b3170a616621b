"""decide(state, command, by, now) -> events, or a refusal with its reason. Pure: the rules of the helm in one place."""

from __future__ import annotations

from tui.journal import events as e
from tui.journal.codes import CancelReason, HoldReason
from tui.run import commands as c
from tui.run.amend import ProposedPlan, amend
from tui.run.attested import only_signed
from tui.run.clock import rfc3339
from tui.run.confirmation import is_dangerous, unconfirmed
from tui.run.driving import driven
from tui.run.order import (
    HELD,
    about,
    barred,
    begin,
    blocked,
    busy,
    in_rollback,
    may_begin,
    open_to_others,
    undecided,
)
from tui.run.order import Refusal as Refusal
from tui.run.phase_starts import ahead as phase_starts
from tui.run.reviewing import reviewed, wanting
from tui.run.rollback import opens_last, stays
from tui.run.state import RunState
from tui.run.steps import StepState, is_signed
from tui.run.undo import undo

Decision = tuple[e.Event, ...] | Refusal


def decide(
    state: RunState, command: c.Command, by: str, wall: float, keep_driving: bool = False,
    proposal: ProposedPlan | None = None,
) -> Decision:  # fmt: skip
    """What the command makes happen. `by`: the person; `wall`: seconds since the epoch, now; `keep_driving`: what goes
    on by itself goes on although a person commands; `proposal`: the plan that an amendment is about."""
    decision = _decided(state, command, by, wall, proposal)
    return decision if keep_driving or isinstance(decision, Refusal) else (*driven(state, command), *decision)


def _decided(state: RunState, command: c.Command, by: str, wall: float, proposal: ProposedPlan | None) -> Decision:
    if state.opened is None:
        return Refusal(code="not-open", message="the run has not been opened yet")
    if state.closed is not None:
        return Refusal(
            code="closed", message=f"the run is closed ({state.closed.outcome}); nothing more can be done in it"
        )
    step = getattr(command, "step", None)
    if step is not None and step not in state.steps:
        return Refusal(code="no-step", message=f"the plan has no step {step}", facts={"step": step})
    match command:
        case c.Execute():
            return _execute(state, command, wall)
        case c.RunTo(step=step):
            return _run_to(state, step)
        case c.Skip(step=step, reason=reason):
            return _skip(state, step, reason)
        case c.Sign(step=step, note=note):
            return _sign(state, step, note, by, wall)
        case c.ByHand(step=step, note=note):
            return _by_hand(state, step, note, by)
        case c.Retry():
            return _retry(state, command, wall)
        case c.Undo():
            return undo(state, state.steps[command.step], command, wall)
        case c.Cancel(step=step):
            return _cancel(state, step)
        case c.Hold(reason=reason):
            if state.held is not None:
                return Refusal(code="held", message="the run is already held")
            if state.rolling_back:
                message = "a rollback is not held; cancel its running step to stop it"
                return Refusal(code="rollback", message=message)
            return (e.RunHeld(reason=reason),)
        case c.Resume():
            return _resume(state)
        case c.Accept(reason=reason, confirm=confirm):
            return _accept(state, reason, confirm)
        case c.Drive():
            return _drive(state, command, by)
        case c.Rollback(reason=reason, confirm=confirm, to=to):
            return _rollback(state, reason, confirm, to)
        case c.Note(text=text, step=step):
            return (e.NoteAdded(text=text, step=step),)
        case c.Feedback(text=text):
            return (e.FeedbackAdded(text=text),)
        case c.Resolve(error=error, text=text):
            if error not in state.errors:
                return Refusal(
                    code="no-error", message=f"there is no error {error} in this run", facts={"error": error}
                )
            return (e.ErrorResolved(id=error, text=text),)
        case c.Amend():
            return amend(state, command, proposal, wall)
        case c.Improve() | c.Improved() | c.Lesson():
            return reviewed(state, command, wall)
        case c.Handover(note=note):
            return (e.HelmReleased(person=state.helm or by, note=note),)
        case c.Rest():
            return _rest(state, wall)
        case c.Close():
            return _close(state, command, wall)
    return Refusal(code="unknown", message="this engine does not know that command")


def _rest(state: RunState, wall: float) -> Decision:
    for other in state.running():
        return busy(other)
    if state.rolling_back:
        return Refusal(code="rollback", message="the run is being rolled back")
    if state.quiesced:
        return _closed_to_others(state)
    coming = phase_starts(state, wall)
    return (e.RunRested(until=rfc3339(coming[0].at) if coming else None),)


def _execute(state: RunState, command: c.Execute, wall: float) -> Decision:
    step = command.step
    at = state.steps[step]
    if at.status != "pending" and not (at.status == "cancelled" and at.interrupted):
        if at.status in ("failed", "cancelled", "undone", "undecided"):
            return Refusal(code="retry", message=f"{step} is {at.status}; use retry to run it again", facts=about(at))
        return Refusal(code="status", message=f"{step} is {at.status}", facts=about(at))
    if is_signed(at.step):
        return Refusal(code="sign", message=f"{step} is attested by a person; use sign with a note")
    refusal = may_begin(state, at, wall) or open_to_others(state, at) or unconfirmed(state, command, wall)
    return refusal or (begin(at, confirm=command.confirm, reason=command.reason),)


def _retry(state: RunState, command: c.Retry, wall: float) -> Decision:
    step, reason = command.step, command.reason
    at = state.steps[step]
    if at.status not in ("failed", "cancelled", "undone", "undecided"):
        return Refusal(
            code="status",
            message=f"{step} is {at.status}; only what failed, was cancelled, undone or is undecided is retried",
            facts=about(at),
        )
    if at.status == "undecided" and not (reason or "").strip():
        return Refusal(
            code="reason",
            message=f"the fate of {step} is undecided: say with a reason that it was not applied",
            facts=about(at),
        )
    if is_signed(at.step):
        return Refusal(code="sign", message=f"{step} is attested by a person; use sign with a note")
    refusal = may_begin(state, at, wall=float("inf")) or open_to_others(state, at) or unconfirmed(state, command, wall)
    if refusal is not None:
        return refusal
    again = _rollback_again(state, at)
    if command.confirm is not None and (not again or is_dangerous(state, at.step)):
        # In a rollback that is taken up the engine would stop before a dangerous step once more.
        return (*again, begin(at, confirm=command.confirm, reason=reason))
    notes: tuple[e.Event, ...] = (e.NoteAdded(text=reason, step=step),) if reason else ()
    return (*notes, *again) if again else (*notes, begin(at))


def _rollback_again(state: RunState, at: StepState) -> tuple[e.Event, ...]:
    """A rollback that failed goes on when a person has dealt with the step at which it stopped."""
    rollback = state.rollback
    if rollback is None or rollback.status != "failed" or not in_rollback(state, at):
        return ()
    undo = tuple(step for step in rollback.undo if state.steps[step].may_have_effect)
    return (
        e.RollbackStarted(reason=rollback.reason, undo=undo, without_undo=rollback.without_undo, to=rollback.to),
    )  # fmt: skip


def _run_to(state: RunState, step: str) -> Decision:
    at = state.steps[step]
    if at.is_ended or at.group != "main":
        return Refusal(code="status", message=f"{step} is {at.status}", facts=about(at))
    if at.step.with_ is not None:
        message = f"{step} runs while {at.step.with_} runs; run to that"
        return Refusal(code="companion", message=message, facts={"step": at.step.with_})
    if state.given_up:
        return Refusal(code="rollback", message="the run is being, or has been, rolled back")
    # Whoever held it meant it: going on is a decision of its own.
    refusal = barred(state) or (None if state.held is None else HELD)
    if refusal is not None:
        return refusal
    current = state.current()
    if current is not None and (current.stops or current.status == "undecided"):
        message = f"{current.id} is {current.status}; retry, skip or settle it by hand first"
        return Refusal(code="order", message=message, facts=about(current))
    policy = e.Policy(drive="run_to", until=step, on_failure=state.policy.on_failure)
    return (e.RunResumed(policy=policy),)


def _drive(state: RunState, command: c.Drive, by: str) -> Decision:
    if command.sign_off is not None and not command.sign_off.strip():
        return Refusal(code="note", message="signing needs a note: what was seen or done")
    # As for a run-to, and as an engine that is started for it has it.
    refusal = barred(state) or (None if state.held is None else HELD)
    if refusal is not None:
        return refusal
    # Whoever asks for it signs, as the engine knows them, and nobody else.
    signer = None if command.sign_off is None else by
    drive: e.Drive = "headless" if command.headless else "by_hand"
    policy = e.Policy(drive=drive, sign_off=command.sign_off, signer=signer, on_failure=command.on_failure)
    return (e.RunResumed(policy=policy),)


def _resume(state: RunState) -> Decision:
    """What the engine held is asked anew before anything is done: see `barred`."""
    if state.held_for is None:
        return Refusal(code="not-held", message="the run is not held")
    return (e.RunResumed(),)


def _accept(state: RunState, reason: str, confirm: str) -> Decision:
    """A person's word makes what answered the run's target, where nothing of the run is missing."""
    assert state.opened is not None
    barrier = state.barrier
    if barrier is None:
        return Refusal(code="not-barred", message="nothing has answered in the target's place")
    if not barrier.acceptable:
        return Refusal(
            code="not-acceptable",
            message="what answered cannot become the run's target: bring the target back and resume, or close the run",
            facts={"held": barrier.code},
        )
    if confirm != state.opened.target:
        message = f"to accept it, confirm with the target's name: {state.opened.target}"
        return Refusal(code="confirm", message=message, facts={"target": state.opened.target, "accept": True})
    if not reason.strip():
        return Refusal(code="reason", message="accepting what answered needs a reason")
    if barrier.code == HoldReason.OTHER_RUN:
        return (e.RunResumed(reason=reason, beside=tuple(other.name for other in barrier.runs)),)
    return (e.RunResumed(reason=reason, identity=barrier.found),)


def _settled_by_word(at: StepState) -> int:
    """The attempt that a person's word ends: one whose fate is undecided, else a new one; each has one outcome."""
    return max(1, at.attempt) if at.status == "undecided" else at.attempt + 1


def _skip(state: RunState, step: str, reason: str) -> Decision:
    at = state.steps[step]
    refusal = only_signed(at)
    if refusal is not None:
        return refusal
    if not reason.strip():
        return Refusal(code="reason", message="skipping needs a reason")
    if at.status not in ("pending", "failed", "cancelled", "undone", "undecided"):
        return Refusal(code="status", message=f"{step} is {at.status}", facts=about(at))
    if at.status == "pending" and at.step.with_ is None:
        refusal = blocked(state, at)
        if refusal is not None:
            return refusal
    skipped = e.StepSkipped(step=step, attempt=_settled_by_word(at), reason=reason, effect=at.effect)
    return (skipped, *_rollback_again(state, at))


def _sign(state: RunState, step: str, note: str, by: str, wall: float) -> Decision:
    at = state.steps[step]
    if not is_signed(at.step):
        return Refusal(code="sensed", message=f"{step} is proved by the system, not signed; execute it, or use by-hand")
    if at.status not in ("pending", "failed", "cancelled", "undone"):
        return Refusal(code="status", message=f"{step} is {at.status}", facts=about(at))
    if not note.strip():
        return Refusal(code="note", message="signing needs a note: what was seen or done")
    refusal = may_begin(state, at, wall)
    if refusal is not None:
        return refusal
    refusal = wanting(state, at)
    if refusal is not None:
        return refusal
    evidence = {"signed_by": by, "note": note}
    return (e.StepSigned(step=step, attempt=at.attempt + 1, note=note, person=by, evidence=evidence),)


def _by_hand(state: RunState, step: str, note: str, by: str) -> Decision:
    at = state.steps[step]
    refusal = only_signed(at)
    if refusal is not None:
        return refusal
    if not note.strip():
        return Refusal(code="note", message="done by hand needs a note: what was done, and where")
    if at.status not in ("pending", "failed", "cancelled", "undone", "undecided"):
        return Refusal(code="status", message=f"{step} is {at.status}", facts=about(at))
    # An undecided step is settled whatever else is going on; to ask for its proof is to begin something, which behind a
    # rollback no step of the checklist does any more: there a person's word is what there is.
    asks = at.step.prove is not None and not (at.status == "undecided" and at.group == "main" and state.given_up)
    if at.status != "undecided" or asks:
        refusal = may_begin(state, at, wall=float("inf"))
        if refusal is not None:
            return refusal
    if asks:
        return (*_rollback_again(state, at), begin(at, by_hand=note, person=by))
    return (
        e.StepByHand(
            step=step,
            attempt=_settled_by_word(at),
            note=note,
            person=by,
            effect="unknown",
            evidence={"note": note, "proved": False},
        ),
        *_undone_by(state, at, by_hand=True),
        *_rollback_again(state, at),
    )


def _undone_by(state: RunState, at: StepState, by_hand: bool = False) -> tuple[e.Event, ...]:
    if at.undoes is None:
        return ()
    original = state.steps[at.undoes]
    evidence = {"by_hand": True} if by_hand else {}
    return (e.StepUndone(step=at.undoes, attempt=max(1, original.attempt), by_step=at.id, evidence=evidence),)


def _cancel(state: RunState, step: str) -> Decision:
    at = state.steps[step]
    if at.status != "running":
        return Refusal(code="status", message=f"{step} is not running but {at.status}", facts=about(at))
    if at.cancel:
        return Refusal(
            code="status", message=f"{step} is already being cancelled", facts=about(at) | {"cancelling": True}
        )
    return (e.CancelRequested(step=step, attempt=at.attempt, reason=CancelReason.PERSON),)


def rollback_events(state: RunState, reason: str, to: str | None = None) -> e.RollbackStarted:
    """The decision to roll back: what has to be undone, latest first, and what cannot be."""
    floor = -1 if to is None else state.steps.position(to)
    undo: list[str] = []
    without: list[str] = []
    for position in range(floor + 1, state.checklist):
        at = state.steps.at(position)
        running = at.status == "running"
        if at.step.undo is not None and (at.may_have_effect or running):
            undo.append(at.id)
        elif at.step.undo is None and at.may_have_effect:
            without.append(at.id)
    undo.reverse()
    order = sorted(undo, key=lambda step: opens_last(state.steps[step]))
    return e.RollbackStarted(reason=reason, undo=tuple(order), without_undo=tuple(without), to=to)


def _rollback(state: RunState, reason: str, confirm: str, to: str | None) -> Decision:
    assert state.opened is not None
    if state.rolling_back:
        return Refusal(code="rollback", message="the run is already being rolled back")
    if state.rollback is not None and state.rollback.status == "rolled_back":
        return Refusal(code="rollback", message="the run has been rolled back")
    if confirm != state.opened.target:
        message = f"to roll back, confirm with the target's name: {state.opened.target}"
        return Refusal(code="confirm", message=message, facts={"target": state.opened.target})
    if not reason.strip():
        return Refusal(code="reason", message="a rollback needs a reason")
    if to is not None:
        if to not in state.steps:
            return Refusal(code="no-step", message=f"the plan has no step {to}", facts={"step": to})
        at = state.steps[to]
        if at.group != "main":
            return Refusal(code="no-step", message=f"{to} is not a step of the checklist", facts={"step": to})
        if at.status == "pending":
            message = f"{to} has not been reached; a rollback goes back to a step that was"
            return Refusal(code="status", message=message, facts=about(at))
    for other in state.undecided:
        if other.group != "main":
            return undecided(other)
    return (rollback_events(state, reason, to),)


def _closed_to_others(state: RunState) -> Refusal:
    step = state.quiesced[0].step
    message = f"the target is still closed to others by {step}; undo it first"
    return Refusal(code="quiesced", message=message, facts={"step": step})


def _close(state: RunState, command: c.Close, wall: float) -> Decision:
    reason, confirm = command.reason, command.confirm
    for other in state.running():
        return busy(other)
    status = state.status
    if state.rolling_back:
        return Refusal(code="rollback", message="the run is being rolled back")
    if state.quiesced:
        return _closed_to_others(state)
    refusal = unconfirmed(state, command, wall)
    if refusal is not None:
        return refusal
    if status in ("completed", "rolled_back"):
        left = stays(state) if status == "rolled_back" else ()
        return (e.RunClosed(outcome=status, reason=reason, confirm=confirm, stays=left),)
    if reason is None or not reason.strip():
        return Refusal(
            code="reason", message=f"the run is {status}; closing it now needs a reason", facts={"run": status}
        )
    outcome = status if status in ("rollback_failed", "undecided", "failed") else "failed"
    return (e.RunClosed(outcome=outcome, reason=reason, confirm=confirm),)
