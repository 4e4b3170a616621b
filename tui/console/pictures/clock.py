"""T±, the window, when it will be over, the next milestone, until when one can roll back. Two lines."""

from __future__ import annotations

from tui.console.pieces import Line, Piece, clipped, sides, width_of
from tui.console.view import View
from tui.console.visible import visible
from tui.console.words import clock, minutes_offset, offset
from tui.locale import _
from tui.run.clock import WindowClock, milestones, rollback_seconds, window_clock

BUFFER_FROM = 92
"""Columns from which the length of the buffer has room."""


def clock_lines(view: View, width: int) -> list[Line]:
    """The two lines. What counts every second stands first in its line, so that little is painted again."""
    window = window_clock(view.state, view.moment.wall)
    if window is None:
        return _without(view, width)
    over = view.state.closed is not None
    first = sides(width, _now(window, over, width), [] if over else _end(window))
    # Until when one can roll back is never cut for the sake of a milestone's title.
    safe = _safe(view, window)
    return [first, sides(width, safe, clipped(_next(view, window), max(0, width - width_of(safe) - 2)))]


def _without(view: View, width: int) -> list[Line]:
    state = view.state
    if state.opened is None:
        return [(), ()]
    text = _("+{span} since the run was opened; no window").format(span=clock(view.moment.mono))
    needed = rollback_seconds(state)
    second = _("a rollback takes about {span}").format(span=clock(needed)) if needed is not None else ""
    return [((text, "text"),), ((second, "dim"),)]


def _now(window: WindowClock, closed: bool, width: int) -> list[Piece]:
    at = offset(window.t)
    if closed:
        text = _("window {opens} to {closes}")
        return [(text.format(opens=offset(0), closes=offset(window.closes - window.opens)), "dim")]
    left = clock(window.remaining_s)
    if window.is_over:
        return [(_("{at} window OVER since {span}").format(at=at, span=left), "bad")]
    if not window.is_open:
        return [(_("{at} window opens in {span}").format(at=at, span=left), "bold")]
    if window.in_buffer:
        return [(_("{at} IN THE BUFFER, closes in {span}").format(at=at, span=left), "warn")]
    buffer = (
        _(", {span} of it buffer").format(span=clock(window.buffer_s))
        if window.buffer_s and width >= BUFFER_FROM
        else ""
    )
    return [(_("{at} window closes in {span}").format(at=at, span=left), "bold"), (buffer, "dim")]


def _end(window: WindowClock) -> list[Piece]:
    if window.projected_end is None:
        return [(_("end not known"), "dim")]
    spare = window.closes - window.projected_end
    at = minutes_offset(window.projected_end - window.opens)
    minutes = int(abs(spare) / 60)
    if spare < 0:
        return [(_("ends about {at}, {n} min TOO LATE").format(at=at, n=max(1, minutes)), "bad")]
    if spare < window.buffer_s:
        return [(_("ends about {at}, in the buffer").format(at=at), "warn")]
    return [(_("ends about {at}, {n} min to spare").format(at=at, n=minutes), "ok")]


def _safe(view: View, window: WindowClock) -> list[Piece]:
    rollback = view.state.rollback
    if rollback is not None:
        if rollback.ended is None:
            return [(_("rolling back for {span}").format(span=clock(view.moment.mono - rollback.started)), "bad")]
        return [(_("rollback took {span}").format(span=clock(rollback.ended - rollback.started)), "text")]
    left = window.last_safe_rollback_s
    if left is None:
        return [(_("last safe rollback not known"), "dim")]
    if view.state.closed is not None:
        return []
    if left < 0:
        return [(_("TOO LATE to roll back in the window, since {span}").format(span=clock(left)), "bad")]
    style = "warn" if left < 300 else "text"
    return [(_("roll back within {span}").format(span=clock(left)), style)]


def _next(view: View, window: WindowClock) -> list[Piece]:
    if view.state.closed is not None or view.state.rollback is not None:
        return []
    for milestone in milestones(view.state, view.moment.wall):
        if milestone.actual is not None or milestone.projected is None:
            continue
        late = milestone.projected - milestone.planned
        text = _("next: {title} {planned}").format(title=visible(milestone.title), planned=offset(milestone.planned))
        # Whole minutes: what is expected moves with the clock while nobody acts.
        minutes = int(late / 60)
        if minutes > 0:
            return [(text, "dim"), (" " + _("{n} min late").format(n=minutes), "warn")]
        return [(text, "dim")]
    return []
