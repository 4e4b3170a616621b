"""The window as a bar: how much of it has passed, its buffer, every milestone as planned, reached and expected."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from tui.console.glyphs import glyphs
from tui.console.pieces import Line, Piece, clipped, width_of
from tui.console.view import View
from tui.console.visible import cut, visible
from tui.console.words import minutes_offset
from tui.locale import _
from tui.run.clock import Milestone, WindowClock, milestones, window_clock

TITLE = 22
"""Columns of a milestone's title in the words under the bar."""


def window_lines(view: View, width: int) -> list[Line]:
    """The bar, and the same in words; nothing where the target has no window."""
    window = window_clock(view.state, view.moment.wall)
    if window is None or width < 40:
        return []
    found = milestones(view.state, view.moment.wall)
    return [_bar(view, window, found, width), _words(window, found, width)]


def _bar(view: View, window: WindowClock, found: tuple[Milestone, ...], width: int) -> Line:
    zone = _zone(view)
    opens, closes = (f"{datetime.fromtimestamp(at, zone):%H:%M}" for at in (window.opens, window.closes))
    room = width - len(opens) - len(closes) - 2
    whole = max(1.0, window.closes - window.opens)

    def column(t: float) -> int | None:
        """The column of a time in seconds from the opening; None outside the window."""
        return min(room - 1, int(t / whole * room)) if 0 <= t <= whole else None

    passed = round(max(0.0, min(1.0, window.t / whole)) * room)
    buffer = round((whole - window.buffer_s) / whole * room)
    cells: list[Piece] = []
    for x in range(room):
        character = glyphs().buffer if x >= buffer else glyphs().empty
        late = "bar.bad" if x >= buffer else "bar"
        cells.append((glyphs().full, late) if x < passed else (character, "dim"))
    marks: list[tuple[float | None, Piece]] = [(_safe(window), ("R", "warn"))]
    marks.extend((each.planned, (glyphs().planned, "dim")) for each in found)
    marks.extend((each.projected, (glyphs().projected, "bold")) for each in found)
    marks.extend((each.actual, (glyphs().actual, "ok")) for each in found)
    for t, mark in marks:
        at = None if t is None else column(t)
        if at is not None:
            cells[at] = mark
    return ((f"{opens} ", "dim"), *cells, (f" {closes}", "dim"))


def _words(window: WindowClock, found: tuple[Milestone, ...], width: int) -> Line:
    """Reached ones give way to those that are still to come where not all fit."""
    parts: list[tuple[bool, Line]] = []
    for each in found:
        title = cut(visible(each.title), TITLE)
        planned = _("(planned {at})").format(at=minutes_offset(each.planned))
        if each.actual is not None:
            text, mark, style = _("{title} at {at}"), glyphs().actual, "ok"
            body = text.format(title=title, at=minutes_offset(each.actual))
        elif each.projected is not None:
            text, mark, style = _("{title} about {at}"), glyphs().projected, "bold"
            body = text.format(title=title, at=minutes_offset(each.projected))
        else:
            body, mark, style = title, glyphs().planned, "dim"
        parts.append((each.actual is not None, ((f"{mark} ", style), (f"{body} ", "text"), (f"{planned}  ", "dim"))))
    safe = _safe(window)
    if safe is not None:
        text = _("last safe rollback {at}").format(at=minutes_offset(safe))
        parts.append((False, (("R ", "warn"), (text, "text"))))
    while parts and sum(width_of(line) for _reached, line in parts) > width:
        reached = next((number for number, (done, _line) in enumerate(parts) if done), None)
        if reached is None:
            break
        del parts[reached]
    return clipped([piece for _reached, line in parts for piece in line], width)


def _safe(window: WindowClock) -> float | None:
    return None if window.last_safe_rollback is None else window.last_safe_rollback - window.opens


def _zone(view: View) -> tzinfo | None:
    opened = view.state.opened
    assert opened is not None and opened.window is not None
    try:
        return ZoneInfo(opened.window.timezone)
    except (ValueError, OSError):
        return ZoneInfo("UTC")
