"""The window as a bar: how much of it has passed, its buffer, every milestone as planned, reached and expected."""

from __future__ import annotations

from collections.abc import Sequence

from tui.finite import local, share
from tui.locale import _
from tui.pictures.cells import cells, cut
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, clipped, width_of
from tui.pictures.timezone import zone
from tui.pictures.view import View, milestones
from tui.run.clock import WindowClock, window_clock
from tui.run.projection import Milestone
from tui.words.figures import minutes_offset
from tui.words.inert import visible

TITLE, SHORTEST = 28, 12
"""Columns of a milestone's title in the words under the bar: at most, and at least."""


def window_lines(view: View, width: int) -> list[Line]:
    """The bar, and the same in words; nothing where the target has no window."""
    window = window_clock(view.state, view.moment.wall)
    if window is None or width < 40:
        return []
    found = milestones(view)
    return [bar(view, width), _words(view, window, found, width)]


def bar(view: View, width: int) -> Line:
    """The window from its opening to its close; nothing where the target has none."""
    window = window_clock(view.state, view.moment.wall)
    if window is None:
        return ()
    found = milestones(view)
    where = zone(view.state)
    opens, closes = (f"{local(at, where):%H:%M}" for at in (window.opens, window.closes))
    room = width - len(opens) - len(closes) - 2
    whole = max(1.0, window.closes - window.opens)

    def column(t: float) -> int | None:
        """The column of a time in T; None outside the window."""
        t -= window.opens - window.zero
        return min(room - 1, int(t / whole * room)) if 0 <= t <= whole else None

    passed = round(share(window.t - (window.opens - window.zero), whole) * room)
    buffer = round(share(whole - window.buffer_s, whole) * room)
    cells: list[Span] = []
    for x in range(room):
        character = glyphs().buffer if x >= buffer else glyphs().empty
        late = "bar.bad" if x >= buffer else "bar"
        cells.append((glyphs().full, late) if x < passed else (character, "dim"))
    marks: list[tuple[float | None, Span]] = [(_safe(view, window), ("R", "warn"))]
    marks.extend((each.planned, (glyphs().planned, "dim")) for each in found)
    marks.extend((each.projected, (glyphs().projected, "bold")) for each in found)
    marks.extend((each.actual, (glyphs().actual, "ok")) for each in found)
    for t, mark in marks:
        at = None if t is None else column(t)
        if at is not None:
            cells[at] = mark
    return ((f"{opens} ", "dim"), *cells, (f" {closes}", "dim"))


def _words(view: View, window: WindowClock, found: tuple[Milestone, ...], width: int) -> Line:
    """Reached ones give way to those still to come where not all fit, and the furthest to the last safe rollback."""
    shown = list(found)
    while True:
        # What stands beside the titles takes its columns whatever they are; the rest is shared by the titles.
        room = width - sum(width_of(line) for line in _parts(view, window, shown, 0))
        lengths = [cells(visible(each.title)) for each in shown]
        title = next((n for n in range(TITLE, SHORTEST - 1, -1) if sum(min(n, size) for size in lengths) <= room), None)
        if title is not None:
            return tuple(piece for line in _parts(view, window, shown, title) for piece in line)
        reached = next((each for each in shown if each.actual is not None), None)
        if reached is None and len(shown) < 2:
            return clipped([piece for line in _parts(view, window, shown, SHORTEST) for piece in line], width)
        shown.remove(reached or shown[-1])


def _parts(view: View, window: WindowClock, found: Sequence[Milestone], room: int) -> list[Line]:
    """Every milestone, and the last safe rollback, in words; `room` columns for a title."""
    parts: list[Line] = []
    for each in found:
        title = cut(visible(each.title), room)
        planned = _("(planned {at})").format(at=minutes_offset(each.planned))
        if each.actual is not None:
            text, mark, style = _("{title} at {at}"), glyphs().actual, "ok"
            body = text.format(title=title, at=minutes_offset(each.actual))
        elif each.projected is not None:
            text = _("{title} not before {at}") if each.least else _("{title} about {at}")
            mark, style = glyphs().projected, "bold"
            body = text.format(title=title, at=minutes_offset(each.projected))
        else:
            body, mark, style = title, glyphs().planned, "dim"
        parts.append(((f"{mark} ", style), (f"{body} ", "text"), (f"{planned}  ", "dim")))
    safe = _safe(view, window)
    if safe is not None:
        text = _("last safe rollback before {at}") if window.safe_at_most else _("last safe rollback {at}")
        parts.append((("R ", "warn"), (text.format(at=minutes_offset(safe)), "text")))
    return parts


def _safe(view: View, window: WindowClock) -> float | None:
    """In a rollback it is no question any more."""
    return None if view.state.given_up or window.last_safe_rollback is None else window.last_safe_rollback - window.zero
