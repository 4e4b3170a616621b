"""What a command costs beyond being asked: the target's name, typed, and a reason. Pure; the same on every path.

Keys, `do`, `run`, headless, an autopilot and an engine that was started again all meet it in `decide` and in
`next_effects`: a person pays with `confirm` and `reason` of the command, the engine by itself stops before the step.
A rollback is confirmed as a whole when it is decided, or by the policy that the run was opened with.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tui.plan.model import Step
from tui.run import commands as c
from tui.run.clock import window_of
from tui.run.order import Refusal, in_rollback
from tui.run.state import RunState
from tui.run.steps import StepState, changes, kind_of, reads

Why = Literal["typed", "buffer", "window", "undo", "close", "amended", "amend"]
"""The plan says `confirm: typed`; a changing step in the window's buffer, or after the window; an undo; the end of a
run while its work stays applied; a changing step on production that was amended and not rehearsed since; a changed plan
there."""


class Cost(Struct, frozen=True, kw_only=True):
    """Why something costs the target's name, at which step, and whether a reason as well."""

    why: Why
    step: str | None = None
    reason: bool = False


def beginning(state: RunState, at: StepState, wall: float) -> Cost | None:
    """What it costs to begin a step now; None where nothing: then the engine may begin it by itself."""
    if at.undoes is not None:
        if not _of_rollback(state, at):
            return Cost(why="undo", step=at.undoes)
        return Cost(why="typed", step=at.id) if is_dangerous(state, at.step) else None
    if at.group == "main":
        outside = _outside(state, at, wall)
        if outside is not None and changes(at.step):
            return Cost(why=outside, step=at.id, reason=True)
    if is_dangerous(state, at.step):
        return Cost(why="typed", step=at.id)
    # What takes back is held up by nothing: it was confirmed as a whole.
    return Cost(why="amended", step=at.id) if at.group == "main" and is_unrehearsed(state, at) else None


def is_unrehearsed(state: RunState, at: StepState) -> bool:
    """Whether a step changes production, and was amended into what nobody has rehearsed for all that is known."""
    if not at.amended or state.opened is None or state.opened.environment != "production" or not changes(at.step):
        return False
    return not any(known.rehearsed for known in state.amendments if known.number >= at.amended)


def is_dangerous(state: RunState, step: Step) -> bool:
    """Whether the plan or its kind says of a step that it is dangerous on this run's target."""
    kind = kind_of(step.kind)
    if step.confirm == "typed" or kind is None or kind.dangerous == "always":
        return step.confirm == "typed" or kind is not None
    return kind.dangerous == "on_production" and state.opened is not None and state.opened.environment == "production"


def paid(at: StepState) -> bool:
    """Whether its attempt was confirmed with name and reason."""
    return at.confirmed is not None and at.confirmed.target is not None and at.confirmed.reason is not None


def late(state: RunState, at: StepState, wall: float) -> bool:
    """Whether a running attempt that has done nothing yet, but waited for its server, another run or room, is outside
    its window by now, and nobody has confirmed that."""
    asked = beginning(state, at, wall)
    if asked is None or not asked.reason or paid(at):
        return False
    host = None if at.step.with_ is None else state.steps[at.step.with_]
    return host is None or not (paid(host) and covered(state, at))


def closing(state: RunState) -> Cost | None:
    """What it costs to close the run now: with it the way to take back what is applied is gone."""
    if state.status in ("completed", "rolled_back") or not still_applied(state):
        return None
    return Cost(why="close", reason=True)


def still_applied(state: RunState) -> tuple[str, ...]:
    """Steps of the checklist of which something is, or may be, in the database."""
    found = map(state.steps.at, range(state.checklist))
    return tuple(at.id for at in found if at.may_have_effect and not reads(at.step))


def at_stake(state: RunState, asked: Cost) -> dict[str, Any]:
    """What is given up with the close of a run: `run`, its status; `applied`, ids of steps whose work stays; and
    `unresolved`, ids of errors that nobody can answer for any more. Of a step outside the window `with`: the companions
    that begin with it, and change something as well. `foretold`: what was asked of the target for whoever confirms."""
    if asked.why != "close":
        begun = state.companions.get(asked.step or "", ()) if asked.why in ("buffer", "window") else ()
        found = [step for step in begun if covered(state, state.steps[step])]
        at = None if asked.step is None else state.steps.get(asked.step)
        kind = None if at is None else kind_of(at.step.kind)
        asks = kind is not None and kind.foretells is not None
        told = {"foretold": {} if at is None else foretold(state, at)} if asks else {}
        return ({"with": found} if found else {}) | told
    unresolved = [error.id for error in state.errors if error.resolved is None]
    return {"run": state.status, "applied": list(still_applied(state)), "unresolved": unresolved}


def foretold(state: RunState, at: StepState) -> dict[str, Any] | None:
    """What was asked of the target for whoever is to confirm the step's next attempt; None where nobody has told yet,
    or something may have been written since."""
    return at.foretold if at.foretold_in == state.era else None


def covered(state: RunState, companion: StepState) -> bool:
    """Whether who confirms a step outside the window confirms this companion of it, too: none that costs the target's
    name for itself, because it is dangerous or because nobody has rehearsed what it was amended into."""
    return changes(companion.step) and not is_dangerous(state, companion.step) and not is_unrehearsed(state, companion)


def cost(state: RunState, command: c.Command, wall: float) -> Cost | None:
    """What a command costs in this state at an instant (seconds since the epoch); None where nothing."""
    match command:
        case c.Execute(step=step) | c.Retry(step=step) if step in state.steps:
            return beginning(state, state.steps[step], wall)
        case c.Undo(step=step):
            return Cost(why="undo", step=step)
        case c.Close():
            return closing(state)
        case c.Amend():
            production = state.opened is not None and state.opened.environment == "production"
            return Cost(why="amend", reason=True) if production else None
    return None


def unconfirmed(state: RunState, command: c.Confirmable, wall: float) -> Refusal | None:
    """Why the command is refused: it costs more than came with it, or the name of another target came; None where it
    is paid. `facts`: `target`; `why` and `step` of the cost; `reason`: whether one is wanted as well."""
    assert state.opened is not None
    target = state.opened.target
    asked = cost(state, command, wall)
    if command.confirm not in (None, target):
        facts = {"target": target, "why": "other", "reason": asked is not None and asked.reason}
        return Refusal(code="confirm", message=f"the target is {target}", facts=facts)
    if asked is None:
        return None
    if command.confirm == target and not (asked.reason and not (command.reason or "").strip()):
        return None
    facts = {"target": target, "why": asked.why, "step": asked.step, "reason": asked.reason, **at_stake(state, asked)}
    message = f"this costs the target's name, {target}" + (", and a reason" if asked.reason else "")
    known = {name: fact for name, fact in facts.items() if fact is not None or name == "foretold"}
    return Refusal(code="confirm", message=message, facts=known)


def _of_rollback(state: RunState, at: StepState) -> bool:
    """Whether it is a rollback's that goes on or has failed: that was confirmed as a whole."""
    rollback = state.rollback
    return rollback is not None and rollback.status in ("running", "failed") and in_rollback(state, at)


def _outside(state: RunState, at: StepState, wall: float) -> Literal["buffer", "window"] | None:
    """Where an instant lies that is past the time for changes of the step's window."""
    bounds = window_of(state, at.place)
    left = "all" if bounds is None else bounds.left(wall)
    return None if left == "all" else "buffer" if left == "buffer" else "window"
