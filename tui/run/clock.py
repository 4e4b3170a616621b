"""The window's clock: T±, remaining time, milestones planned against actual and projected, the last safe rollback.

Instants are seconds since the epoch, spans are seconds. Everything is computed from the state and an instant; the
console computes it when it paints, `status` at the last event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from tui.run.state import RunState
from tui.run.steps import StepState


def instant(at: str) -> float:
    """Seconds since the epoch of an RFC 3339 time. Raises ValueError."""
    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()


def rfc3339(seconds: float) -> str:
    """The RFC 3339 UTC text of an instant, with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def starts_at(state: RunState, starts: float | None) -> float | None:
    """The instant at which a phase begins; None without a window or without `starts`."""
    opened = state.opened
    if opened is None or opened.window is None or starts is None:
        return None
    return instant(opened.window.opens) + starts / opened.compress


def starts_in(state: RunState, starts: float | None, wall: float) -> float | None:
    """Seconds until a phase begins (negative: it has begun); None when it does not wait for the clock."""
    at = starts_at(state, starts)
    return None if at is None else at - wall


class Milestone(Struct, frozen=True, kw_only=True):
    """A milestone in seconds from the window's opening: when planned, when reached, when to be expected."""

    step: str
    title: str
    planned: float
    actual: float | None = None
    projected: float | None = None


class WindowClock(Struct, frozen=True, kw_only=True):
    """The window at one instant. `t`: seconds since it opened (negative before). None where nothing is known."""

    t: float
    opens: float
    closes: float
    duration_s: float
    buffer_s: float
    remaining_s: float
    is_open: bool
    in_buffer: bool
    is_over: bool
    projected_end: float | None = None
    last_safe_rollback: float | None = None
    last_safe_rollback_s: float | None = None


def window_clock(state: RunState, wall: float) -> WindowClock | None:
    """The window as seen at `wall`; None when the target has none.

    `remaining_s` counts to the opening, and from then on to the close.
    """
    opened = state.opened
    if opened is None or opened.window is None:
        return None
    opens, closes = instant(opened.window.opens), instant(opened.window.closes)
    needed = rollback_seconds(state)
    safe = None if needed is None else closes - needed
    return WindowClock(
        t=wall - opens, opens=opens, closes=closes, duration_s=opened.window.duration_s,
        buffer_s=opened.window.buffer_s,
        remaining_s=(opens if wall < opens else closes) - wall, is_open=opens <= wall < closes,
        in_buffer=closes - opened.window.buffer_s <= wall < closes, is_over=wall >= closes,
        projected_end=projected_end(state, wall), last_safe_rollback=safe,
        last_safe_rollback_s=None if safe is None else safe - wall,
    )  # fmt: skip


def expected(state: RunState, at: StepState) -> float | None:
    """How long a step should take: as rehearsed, else as estimated; None when nobody knows."""
    opened = state.opened
    if opened is not None and at.id in opened.durations:
        return opened.durations[at.id]
    return at.step.estimate


def rollback_seconds(state: RunState) -> float | None:
    """The worst rehearsed duration of the rollback, else the sum of its steps' estimates; None when unknown."""
    opened = state.opened
    if opened is None:
        return None
    if opened.rollback_s is not None:
        return opened.rollback_s
    known = [
        section.estimate if section.estimate is not None else sum(s.estimate or 0.0 for s in section.steps)
        for phase in opened.plan.rollback.phases
        for section in phase.sections
    ]
    return sum(known) if any(known) else None


def work_left(state: RunState) -> float | None:
    """Seconds of work that is left inside the window; None when no step left has an expectation."""
    known = [seconds for _at, seconds in _inside(state) if seconds is not None]
    return sum(known) if known else None


def projected_end(state: RunState, wall: float) -> float | None:
    """The instant at which the work inside the window is to be expected to end, phases that wait for their time
    included; None when nobody knows how long any of it takes."""
    opened = state.opened
    if opened is None or opened.window is None:
        return None
    ahead, known = max(wall, instant(opened.window.opens)), False
    for at, seconds in _inside(state):
        ahead = max(ahead, starts_at(state, at.place.starts) or ahead) + (seconds or 0.0)
        known = known or seconds is not None
    return ahead if known else None


def _inside(state: RunState) -> Iterator[tuple[StepState, float | None]]:
    """The steps of the checklist that have not ended, each with the seconds it still needs, companions left out.

    What lies after the window by the plan (a phase that starts at or after its end) is not counted: a soak of a
    day is no reason to fear for the window.
    """
    opened = state.opened
    if opened is None or opened.window is None:
        return
    for position in range(state.unended, state.checklist):
        at = state.steps.at(position)
        if at.is_ended or at.step.with_ is not None:
            continue
        if at.place.starts is not None and at.place.starts >= opened.window.duration_s:
            continue
        seconds = expected(state, at)
        yield at, None if seconds is None else max(0.0, seconds - _spent(state, at))


def _spent(state: RunState, at: StepState) -> float:
    """Seconds that the running attempt has taken so far."""
    return state.mono - at.started if at.status == "running" and at.started is not None else 0.0


def milestones(state: RunState, wall: float) -> tuple[Milestone, ...]:
    """Every milestone of the checklist: planned, and reached or projected."""
    opened = state.opened
    if opened is None or opened.window is None:
        return ()
    opens = instant(opened.window.opens)
    found: list[Milestone] = []
    ahead = max(wall, opens) - opens
    for at in map(state.steps.at, range(state.checklist)):
        start = starts_at(state, at.place.starts)
        if start is not None and not at.is_ended:
            ahead = max(ahead, start - opens)
        if at.step.milestone is not None:
            # What a person signs has no beginning of its own: it is reached when it is signed.
            reached = at.started_at or (at.ended_at if at.status in ("signed", "by_hand") else None)
            actual = None if reached is None else instant(reached) - opens
            projected = ahead if actual is None and not at.is_ended else None
            found.append(
                Milestone(
                    step=at.id,
                    title=at.step.title,
                    planned=at.step.milestone,
                    actual=actual,
                    projected=projected,
                )
            )
        if not at.is_ended and at.step.with_ is None:
            ahead += max(0.0, (expected(state, at) or 0.0) - _spent(state, at))
    return tuple(found)
