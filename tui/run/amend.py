"""Whether a changed plan may take the place of the one in force. Pure; a rule of the helm.

What has begun stays as it was approved: no step of which something was done, or may have been, nor a file that one of
those uses, nor the order in which they stand. The target stays what it is, and so does what is watched and what
proposes a rollback. The window may be moved, for the reason of a person and on record: before it opens to another time,
afterwards by its length alone, so that T+0 stays where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tui.journal import events as e
from tui.journal.codes import Objection
from tui.plan.model import Place, Plan, Window, places
from tui.plan.window import WindowError, resolve
from tui.run import commands as c
from tui.run.clock import instant, rfc3339
from tui.run.confirmation import unconfirmed
from tui.run.order import Refusal, about
from tui.run.state import RunState
from tui.run.steps import StepState

UNCHANGED = ("name", "canary", "success", "quality")
"""Parts of a plan that an amendment leaves as they are; of its rollback the triggers, and its targets but for the
window of the run's own."""


SAME = Refusal(code="amend-same", message="the plan is the one in force")


class ProposedPlan(Struct, frozen=True, kw_only=True):
    """A plan that is to be in force: `event` as it would be journaled, but for reason and confirmation, and what it is
    judged by. `base`: the seal of the plan with which it was compared."""

    event: e.RunAmended
    base: str


def amend(
    state: RunState, command: c.Amend, proposal: ProposedPlan | None, wall: float
) -> tuple[e.Event, ...] | Refusal:
    """The event, or why the plan does not take that place at this instant (seconds since the epoch)."""
    opened = state.opened
    assert opened is not None
    if proposal is None or proposal.event.seal != command.seal:
        return Refusal(code="amend-gone", message="the changed plan is not there any more; try again")
    if opened.seal != command.base or proposal.base != command.base:
        message = "the plan was amended meanwhile; look at the difference again"
        return Refusal(code="amend-base", message=message)
    if opened.seal == proposal.event.seal:
        return SAME
    after = proposal.event.plan
    refusal = _parts(opened.plan, after, opened.target) or _steps(state, proposal.event)
    if refusal is not None:
        return refusal
    if opened.window is not None and wall >= instant(opened.window.opens):
        was, now = _own_windows(opened.plan), _own_windows(after)
        if any(was[step] != now[step] for step in was.keys() & now.keys()):
            message = "the window has opened: when changes may be begun in a phase stays"
            return Refusal(code="amend-window", message=message)
    window = _window(state, after.targets[opened.target].window, wall)
    if isinstance(window, Refusal):
        return window
    despite = _despite(state, proposal, command)
    if isinstance(despite, Refusal):
        return despite
    refusal = unconfirmed(state, command, wall)
    if refusal is not None:
        return refusal
    if not (command.reason or "").strip():
        return Refusal(code="reason", message="amending the plan needs a reason")
    event = replace(
        proposal.event, reason=command.reason or "", confirm=command.confirm, window=window, despite=despite,
    )  # fmt: skip
    return (event,)


def may_change(at: StepState) -> bool:
    """Whether an amendment may change a step: it has not begun, or nothing of what it began is there."""
    if at.status == "pending":
        return at.effect == "none" and at.residue == "none"
    return at.status in ("failed", "cancelled", "undone") and at.effect == "none"


def _parts(before: Plan, after: Plan, target: str) -> Refusal | None:
    """Why all else but steps and window differs."""
    for part in UNCHANGED:
        if getattr(before, part) != getattr(after, part):
            return _part(part)
    if before.rollback.triggers != after.rollback.triggers:
        return _part("triggers")
    known = {name: replace(at, window=None) if name == target else at for name, at in before.targets.items()}
    now = {name: replace(at, window=None) if name == target else at for name, at in after.targets.items()}
    return None if known == now else _part("targets")


def _part(part: str) -> Refusal:
    message = f"an amendment does not change {part}; open another run for that"
    return Refusal(code="amend-part", message=message, facts={"part": part})


def _steps(state: RunState, event: e.RunAmended) -> Refusal | None:
    assert state.opened is not None
    main = [step.id for _place, step in places(event.plan.phases)]
    back = {step.id: place for place, step in places(event.plan.rollback.phases, "R")}
    checklist = {*main, *(step.id for _place, step in places(state.opened.plan.phases))}
    for change in event.steps:
        at = state.steps.get(change.step)
        if state.given_up and change.step in checklist:
            message = "the run is being, or has been, rolled back: only steps of the rollback may change"
            return Refusal(code="amend-rollback", message=message, facts={"step": change.step})
        refusal = None if at is None else _step(at, change)
        if refusal is not None:
            return refusal
    now = {step.id: place for place, step in places(event.plan.phases)} | back
    return _order(state, main, "main") or _order(state, [*back], "rollback") or _kept_places(state, now)


def _step(at: StepState, change: e.StepChange) -> Refusal | None:
    if change.how == "removed":
        if not _begun(at):
            return None
        message = f"{at.id} is {at.status}: a step that has begun stays in the plan; leave it out with skip"
        return Refusal(code="amend-removed", message=message, facts=about(at))
    if change.how == "moved" or may_change(at):
        return None
    if change.files:
        message = f"{change.files[0]} is used by {at.id}, which is {at.status}; only what is not applied may change"
        return Refusal(code="amend-file", message=message, facts={"file": change.files[0], **about(at)})
    message = f"{at.id} is {at.status}; only what has not been applied may change"
    return Refusal(code="amend-step", message=message, facts=about(at))


def _begun(at: StepState) -> bool:
    return at.status != "pending" or at.attempt > 0


def _order(state: RunState, after: list[str], group: str) -> Refusal | None:
    """Up to the last step that has begun the list stays as it is, companions too."""
    known = [at for at in state.steps if at.group == group and "." not in at.id]
    last = next((place for place in range(len(known) - 1, -1, -1) if _begun(known[place])), -1)
    for place in range(last + 1):
        here = after[place] if place < len(after) else None
        if here != known[place].id:
            message = f"up to {known[last].id}, which has begun, the steps stay as they are"
            return Refusal(code="amend-order", message=message, facts={"step": known[last].id, "new": here or ""})
    return None


def _kept_places(state: RunState, now: Mapping[str, Place]) -> Refusal | None:
    """What has begun keeps its number, and stays in or out of a parallel section: others began beside it or did not."""
    for at in state.steps:
        if at.id not in now or not _begun(at) or at.group == "undo":
            continue
        place = now[at.id]
        if (place.number, place.parallel) != (at.place.number, at.place.parallel):
            message = f"{at.id} has begun and stays where it stands"
            return Refusal(code="amend-order", message=message, facts={"step": at.id, "new": at.id})
    return None


def _own_windows(plan: Plan) -> dict[str, float | None]:
    """When the window of each step's phase opens, counted from the target's; None where it has none of its own."""
    return {
        step.id: None if phase.window is None else phase.window.opens
        for phase in plan.phases
        for section in phase.sections
        for step in section.steps
    }


def _window(state: RunState, after: Window | None, wall: float) -> e.OpenWindow | Refusal | None:
    """The window as it is to hold; None where it stays."""
    opened = state.opened
    assert opened is not None
    before = opened.plan.targets[opened.target].window
    if before == after:
        return None
    if before is None or after is None or opened.window is None:
        return _part("targets")
    opens = instant(opened.window.opens)
    try:
        if (before.opens, before.timezone) != (after.opens, after.timezone):
            if wall >= opens:
                message = "the window has opened: its length may change, its opening stays"
                return Refusal(code="amend-window", message=message)
            moved = resolve(after, datetime.fromtimestamp(wall, UTC))[0].timestamp()
            opens = wall + (moved - wall) / opened.compress if moved > wall else moved
            if opens < wall:
                message = "the window would open in the past"
                return Refusal(code="amend-window", message=message, facts={"past": True})
        closes = datetime.fromtimestamp(opens, UTC) + timedelta(seconds=after.duration + after.buffer)
    except (WindowError, OverflowError, ValueError) as error:
        return Refusal(code="amend-window", message=str(error), facts={"past": True})
    return e.OpenWindow(
        opens=rfc3339(opens), closes=rfc3339(closes.timestamp()), duration_s=after.duration, buffer_s=after.buffer,
        timezone=after.timezone,
    )  # fmt: skip


def _despite(state: RunState, proposal: ProposedPlan, command: c.Amend) -> tuple[str, ...] | Refusal:
    """A target that wants a rehearsal wants one of what is carried out there, not of what was to be."""
    opened = state.opened
    assert opened is not None
    wants = proposal.event.plan.targets[opened.target].rehearsal is not None
    if not wants or proposal.event.work == opened.work or proposal.event.rehearsed:
        return ()
    if Objection.NO_REHEARSAL in command.despite:
        return (Objection.NO_REHEARSAL.value,)
    message = "the plan wants a rehearsal before this target, and what is changed was not rehearsed"
    return Refusal(code="amend-rehearsal", message=message, facts={"despite": Objection.NO_REHEARSAL.value})
