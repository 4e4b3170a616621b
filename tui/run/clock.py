"""The window's clock: T±, remaining time, the last safe rollback, and how long things are expected to take.

Instants are seconds since the epoch, spans are seconds. Everything is computed from the state and an instant; the
console computes it when it paints, `status` at the last event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from tui.finite import local, span
from tui.journal.events import RunOpened
from tui.plan.model import Place, Section, Step, places
from tui.run.state import RunState
from tui.run.steps import StepState, is_signed


def instant(at: str) -> float:
    """Seconds since the epoch of an RFC 3339 time. Raises ValueError."""
    return datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp()


def rfc3339(seconds: float) -> str:
    """The RFC 3339 UTC text of an instant, with microseconds."""
    return local(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def starts_at(state: RunState, starts: float | None) -> float | None:
    """The instant at which a phase begins; None without a window or without `starts`."""
    opened = state.opened
    if opened is None or opened.window is None or starts is None:
        return None
    return instant(opened.window.opens) + span(starts / (opened.compress or 1.0))


def starts_in(state: RunState, starts: float | None, wall: float) -> float | None:
    """Seconds until a phase begins (negative: it has begun); None when it does not wait for the clock."""
    at = starts_at(state, starts)
    return None if at is None else at - wall


class Bounds(Struct, frozen=True, kw_only=True):
    """A window on the clock: instants and seconds; `phase` and `number` are of the phase whose own it is."""

    opens: float
    closes: float
    duration_s: float
    buffer_s: float
    phase: str | None = None
    number: str | None = None

    def left(self, wall: float) -> Literal["all", "buffer", "nothing"]:
        """What is left of it at an instant; before it opens all."""
        if wall >= self.closes:
            return "nothing"
        return "buffer" if wall >= self.closes - self.buffer_s else "all"


def window_of(state: RunState, place: Place | None) -> Bounds | None:
    """The window that what stands at a place belongs into: its phase's own, else the target's, if that has one."""
    opened = state.opened
    if opened is None or opened.window is None:
        return None
    opens, own = instant(opened.window.opens), None if place is None else place.window
    if place is None or own is None:
        return Bounds(
            opens=opens, closes=instant(opened.window.closes), duration_s=span(opened.window.duration_s),
            buffer_s=span(opened.window.buffer_s),
        )  # fmt: skip
    opens += span(own.opens / (opened.compress or 1.0))
    duration, buffer = span(own.duration), span(own.buffer)
    return Bounds(
        opens=opens, closes=opens + duration + buffer, duration_s=duration, buffer_s=buffer, phase=place.phase,
        number=place.number.partition(".")[0],
    )  # fmt: skip


def window_in_force(state: RunState) -> Bounds | None:
    """The window of the step at which the run stands; of the last one when all have ended."""
    current = state.current()
    if current is None and state.checklist:
        current = state.steps.at(state.checklist - 1)
    return window_of(state, None if current is None else current.place)


class WindowClock(Struct, frozen=True, kw_only=True):
    """The window in force at one instant. `t`: seconds since `zero`, the opening of the target's (negative before),
    whatever is in force; `phase`: whose own it is. None where nothing is known."""

    t: float
    zero: float
    opens: float
    closes: float
    duration_s: float
    buffer_s: float
    remaining_s: float
    is_open: bool
    in_buffer: bool
    is_over: bool
    phase: str | None = None
    last_safe_rollback: float | None = None
    last_safe_rollback_s: float | None = None
    safe_at_most: bool = False
    """The last safe rollback lies before that: nobody knows how long all of it takes."""

    @property
    def state(self) -> Literal["before", "open", "buffer", "over"]:
        """The window's one word."""
        if self.is_over:
            return "over"
        return "buffer" if self.in_buffer else "open" if self.is_open else "before"


def window_clock(state: RunState, wall: float) -> WindowClock | None:
    """The window in force as seen at `wall`; None when the target has none.

    `remaining_s` counts to the opening, and from then on to the close.
    """
    opened, bounds = state.opened, window_in_force(state)
    if opened is None or opened.window is None or bounds is None:
        return None
    opens, closes = bounds.opens, bounds.closes
    zero, needed = instant(opened.window.opens), rollback_seconds(state)
    safe = None if needed is None else closes - needed
    return WindowClock(
        t=wall - zero, zero=zero, opens=opens, closes=closes, duration_s=bounds.duration_s, buffer_s=bounds.buffer_s,
        phase=bounds.phase,
        remaining_s=(opens if wall < opens else closes) - wall, is_open=opens <= wall < closes,
        in_buffer=bounds.left(wall) == "buffer", is_over=wall >= closes,
        last_safe_rollback=safe, last_safe_rollback_s=None if safe is None else safe - wall,
        safe_at_most=rollback_at_least(state),
    )  # fmt: skip


def mono_at(state: RunState, wall: float) -> float:
    """The run's own clock at an instant: from the last event on it goes as the wall clock does."""
    return state.mono + max(0.0, wall - instant(state.at)) if state.at else state.mono


def expected(state: RunState, at: StepState) -> float | None:
    """How long a step should take: as rehearsed, else as estimated; None when nobody knows."""
    return None if state.opened is None else expected_of(state.opened, at.step)


def expected_of(opened: RunOpened, step: Step) -> float | None:
    """As `expected`, of a step of the plan."""
    seconds = opened.durations.get(step.id, step.estimate)
    return None if seconds is None else span(seconds)


def rollback_seconds(state: RunState) -> float | None:
    """The worst rehearsed duration of the rollback, else the sum of what its sections and steps are expected to take;
    None when unknown. See `rollback_at_least`."""
    opened = state.opened
    if opened is None:
        return None
    if opened.rollback_s is not None:
        return span(opened.rollback_s)
    known = [seconds for section in _rollback_sections(opened) if (seconds := _rehearsed_or_planned(opened, section))]
    return sum(known) if known else None


def rollback_at_least(state: RunState) -> bool:
    """Whether a rollback takes longer than `rollback_seconds`: a part of it was neither rehearsed nor estimated, or
    what was rehearsed took back only a part."""
    opened = state.opened
    if opened is None or opened.rollback_s is not None:
        return opened is not None and opened.rollback_part
    sections = list(_rollback_sections(opened))
    undo = any(step.undo is not None for _place, step in places(opened.plan.phases))
    if undo and not any(section.undo_applied and section.estimate is not None for section in sections):
        return True
    return any(
        section.estimate is None and step.with_ is None and expected_of(opened, step) is None and not is_signed(step)
        for section in sections
        for step in section.steps
    )


def _rollback_sections(opened: RunOpened) -> Iterator[Section]:
    return (section for phase in opened.plan.rollback.phases for section in phase.sections)


def _rehearsed_or_planned(opened: RunOpened, section: Section) -> float:
    """A section's estimate stands for the steps in it that have none; never less than the others take together."""
    steps = sum(expected_of(opened, step) or 0.0 for step in section.steps if step.with_ is None)
    return max(span(section.estimate or 0.0), steps)
