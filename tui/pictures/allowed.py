"""What a key would ask of the engine in this state: the command, and whether the engine's own rules allow it.

The rules are those of `tui.run.decide`, looked at beforehand so that keys which do not apply are not shown; the engine
decides again on what it is sent.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from tui.pictures.view import View
from tui.run import commands as c
from tui.run.decide import decide
from tui.run.order import Refusal
from tui.run.steps import StepState, is_signed
from tui.run.upcoming import comes_next, upcoming

Paid = TypeVar("Paid", bound=c.Confirmable)
RETRIED = frozenset(("failed", "cancelled", "undone", "undecided"))
TRIED = "."
"""Stands for a text that will be asked for, when only the rules are looked at."""


def refusal(view: View, command: c.Command) -> Refusal | None:
    """Why the engine would refuse the command now; None when it would take it."""
    if view.nothing_runs:
        return Refusal(code="no-engine", message="no engine runs for the run")
    holder = elsewhere(view)
    if holder is not None:
        return Refusal(code="helm", message=f"{holder} has the helm", facts={"holder": holder})
    decision = decide(view.state, command, view.me or "?", view.moment.wall)
    return decision if isinstance(decision, Refusal) else None


def is_open(view: View) -> bool:
    return view.state.opened is not None and view.state.closed is None


def elsewhere(view: View) -> str | None:
    """Who else has the helm: then the engine takes no command from here. None where it is free, or one's own."""
    holder = view.state.helm
    return holder if is_open(view) and view.me and holder not in (None, view.me) else None


def has_say(view: View) -> bool:
    """Whether a command of any kind would be heard."""
    return is_open(view) and not view.nothing_runs and elsewhere(view) is None


def retried(at: StepState) -> bool:
    """Whether `x` on it means another attempt."""
    return at.status in RETRIED and not (at.status == "cancelled" and at.interrupted)


def is_retry(view: View) -> bool:
    return view.step is not None and retried(view.step)


def execution(at: StepState, reason: str | None = None) -> c.Execute | c.Retry:
    """What `x` asks for: the first attempt, or another one."""
    return c.Retry(step=at.id, reason=reason) if retried(at) else c.Execute(step=at.id)


def instead(view: View, at: StepState) -> StepState | None:
    """The step that `x` asks for where it cannot mean the selected one: what comes next, if that can be done now."""
    if refusal(view, paid(view, execution(at))) is None:
        return None
    for other in (comes_next(view.state), upcoming(view.state)):
        if other is None or other.id == at.id:
            continue
        command: c.AnyCommand = paid(view, execution(other))
        if is_signed(other.step):
            command = c.Sign(step=other.id, note=TRIED)
        if refusal(view, command) is None:
            return other
    return None


def paid(view: View, command: Paid) -> Paid:
    """The command with the confirmation that it may cost and that will be asked for."""
    opened = view.state.opened
    return replace(command, confirm=None if opened is None else opened.target, reason=TRIED)


def to_cancel(view: View) -> StepState | None:
    """The step that `c` means: the selected one if it runs, else the one that runs."""
    if view.step is not None and view.step.status == "running":
        return view.step
    running = view.state.running()
    return next((at for at in running if at.step.with_ is None), running[0] if running else None)


def can_execute(view: View) -> bool:
    """Elsewhere as well: there it asks for the step that comes next."""
    if view.step is None:
        return False
    return refusal(view, paid(view, execution(view.step))) is None or instead(view, view.step) is not None


def can_run_to(view: View) -> bool:
    at = view.step
    if at is None or refusal(view, c.RunTo(step=at.id)) is not None:
        return False
    return not (view.state.policy.drive == "run_to" and view.state.policy.until == at.id)


def can_sign(view: View) -> bool:
    return view.step is not None and refusal(view, c.Sign(step=view.step.id, note=TRIED)) is None


def can_by_hand(view: View) -> bool:
    return view.step is not None and refusal(view, c.ByHand(step=view.step.id, note=TRIED)) is None


def can_skip(view: View) -> bool:
    return view.step is not None and refusal(view, c.Skip(step=view.step.id, reason=TRIED)) is None


def can_undo(view: View) -> bool:
    return view.step is not None and refusal(view, paid(view, c.Undo(step=view.step.id))) is None


def can_cancel(view: View) -> bool:
    at = to_cancel(view)
    return at is not None and refusal(view, c.Cancel(step=at.id)) is None


def can_hold(view: View) -> bool:
    return has_say(view) and view.state.status not in ("completed", "rolled_back", "rolling_back", "rollback_failed")


def can_accept(view: View) -> bool:
    opened = view.state.opened
    return opened is not None and refusal(view, c.Accept(reason=TRIED, confirm=opened.target)) is None


def can_rollback(view: View) -> bool:
    opened = view.state.opened
    return opened is not None and refusal(view, c.Rollback(reason=TRIED, confirm=opened.target)) is None


def can_resolve(view: View) -> bool:
    return has_say(view) and view.state.errors.unresolved > 0


def can_rest(view: View) -> bool:
    return is_open(view) and refusal(view, c.Rest()) is None


def can_take(view: View) -> bool:
    return is_open(view) and not view.nothing_runs and view.state.helm != view.me


def can_handover(view: View) -> bool:
    return has_say(view) and view.state.helm is not None and view.state.helm == view.me
