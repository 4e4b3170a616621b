"""What became of a command, and of a run: exit codes from folded states. Pure."""

from __future__ import annotations

from msgspec import Struct

from tui.cli.exit import Exit
from tui.journal.codes import CancelReason, WaitReason
from tui.plan.model import UNDO_PREFIX
from tui.run import commands as c
from tui.run.next import Wait, exit_code, next_effects
from tui.run.state import RunState
from tui.run.steps import StepState

_GOOD = frozenset({"passed", "signed", "by_hand", "skipped", "undone"})
_STANDING = {
    "person": Exit.WAITING,
    "typed": Exit.WAITING,
    "amended": Exit.WAITING,
    "buffer": Exit.WAITING,
    "window": Exit.WAITING,
    "held": Exit.WAITING,
    "proposed": Exit.WAITING,
    "quiesced": Exit.WAITING,
    "failed": Exit.FAILED,
    "undecided": Exit.UNDECIDED,
    "rollback_failed": Exit.FAILED,
    "rolled_back": Exit.ROLLED_BACK,
    "completed": Exit.DONE,
    "unsettled": Exit.FAILED,
}


class CommandOutcome(Struct, frozen=True):
    """How it ended: the exit code, the step's or run's status, the step concerned, and why the run stands still."""

    code: Exit
    status: str
    step: str | None = None
    waiting: str | None = None


def of_run(state: RunState, wall: float) -> CommandOutcome | None:
    """How the run came out; None while something moves in it, or will at a known time."""
    if state.closed is not None:
        return CommandOutcome(Exit(exit_code(state)), state.status)
    if state.opened is None or (state.active and not _stands(state)):
        return None
    last = next_effects(state, wall)[-1]
    if not isinstance(last, Wait) or last.reason not in _STANDING:
        return None
    return CommandOutcome(_STANDING[last.reason], state.status, last.step, last.reason)


def _stands(state: RunState) -> bool:
    """Whether whatever runs only waits for the run's own target to answer again."""
    return state.barrier is not None and all(at.waiting == WaitReason.OTHER_TARGET for at in state.running())


def of_command(state: RunState, command: c.AnyCommand, seq: int, wall: float) -> CommandOutcome | None:
    """How the command that was accepted with the event `seq` came out; None while that is open."""
    if state.seq < seq:
        return None
    match command:
        case c.Execute(step=step) | c.Retry(step=step) | c.ByHand(step=step) | c.Sign(step=step) | c.Skip(step=step):
            return _of_step(state, step)
        case c.Cancel(step=step):
            return _of_cancel(state, step)
        case c.Undo(step=step):
            return _of_undo(state, step)
        case c.RunTo(step=step):
            return _of_run_to(state, step, wall)
        case c.Rollback():
            return _of_rollback(state, wall)
    return CommandOutcome(Exit.DONE, state.status)


def _judged(at: StepState) -> CommandOutcome:
    code = Exit.FAILED
    if at.status in _GOOD:
        code = Exit.DONE
    elif at.status == "undecided":
        code = Exit.UNDECIDED
    return CommandOutcome(code, at.status, at.id)


def _of_step(state: RunState, step: str) -> CommandOutcome | None:
    at = state.steps.get(step)
    if at is None:
        return CommandOutcome(Exit.FAILED, state.status, step)
    # A step of a rollback that is taken up again is pending until its turn comes.
    if (
        at.reason in (CancelReason.OTHER_TARGET, CancelReason.OTHER_RUN)
        and at.status == "cancelled"
        and state.barrier is not None
    ):
        return CommandOutcome(Exit.WAITING, at.status, step, "held")
    if at.reason == CancelReason.OUTSIDE_WINDOW and at.status == "cancelled":
        return CommandOutcome(Exit.WAITING, at.status, step, "window")
    if at.status not in ("running", "pending"):
        return _judged(at)
    if at.status == "running" and _stands(state):
        return CommandOutcome(Exit.WAITING, at.status, step, "held")
    rollback = state.rollback
    ended = state.closed is not None or (rollback is not None and rollback.status == "failed")
    return CommandOutcome(Exit.FAILED, at.status, step) if ended and at.status == "pending" else None


def _of_cancel(state: RunState, step: str) -> CommandOutcome | None:
    at = state.steps.get(step)
    if at is None or at.status == "running":
        return None
    if at.status == "cancelled":
        return CommandOutcome(Exit.DONE, at.status, step)
    return CommandOutcome(Exit.UNDECIDED if at.status == "undecided" else Exit.FAILED, at.status, step)


def _of_undo(state: RunState, step: str) -> CommandOutcome | None:
    at, undo = state.steps.get(step), state.steps.get(UNDO_PREFIX + step)
    if at is not None and at.status == "undone":
        return _judged(at)
    if undo is not None and undo.status in ("failed", "cancelled", "undecided"):
        return _judged(undo)
    return None


def _of_run_to(state: RunState, step: str, wall: float) -> CommandOutcome | None:
    at = state.steps.get(step)
    if at is not None and at.is_ended:
        return _judged(at) if at.status != "failed" else CommandOutcome(Exit.FAILED, at.status, step)
    if state.active:
        return None
    if state.undecided:
        return _judged(state.undecided[0])
    current = state.current()
    if current is not None and current.status in ("failed", "cancelled", "undone"):
        return CommandOutcome(Exit.FAILED, current.status, current.id)
    return of_run(state, wall)


def _of_rollback(state: RunState, wall: float) -> CommandOutcome | None:
    rollback = state.rollback
    if rollback is None:
        return CommandOutcome(Exit.FAILED, state.status)
    if rollback.status in ("rolled_back", "rolled_back_to") and state.undecided:
        return CommandOutcome(Exit.UNDECIDED, state.status, state.undecided[0].id, "undecided")
    if rollback.status in ("rolled_back", "rolled_back_to"):
        return CommandOutcome(Exit.DONE, rollback.status)
    if rollback.status == "failed":
        undecided = state.stopped_undecided is not None
        return CommandOutcome(Exit.UNDECIDED if undecided else Exit.FAILED, state.status, rollback.failed_step)
    return of_run(state, wall)
