"""The timetable: the window's bar, every milestone planned against reached or expected, and where the window ends."""

from __future__ import annotations

from datetime import tzinfo

from msgspec import Struct
from msgspec.structs import replace

from tui.finite import local
from tui.locale import _
from tui.pictures.cells import cut
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, columns, width_of
from tui.pictures.timezone import zone
from tui.pictures.view import View, milestones, projection
from tui.pictures.window_bar import bar
from tui.run.clock import WindowClock, window_clock
from tui.run.projection import Milestone, rollback_projection
from tui.words.figures import clock, minutes_offset, offset
from tui.words.inert import visible

TIME, AT, LATE = 5, 9, 12
"""Columns: a time of day, a distance from the opening, how early or late."""


class _Row(Struct, frozen=True, kw_only=True):
    """One instant; `t` in seconds from the opening, as planned."""

    t: float
    title: str
    mark: Span
    came: str = ""
    late: Span = ("", "dim")


def milestone_lines(view: View, width: int) -> list[Line]:
    """The bar, a line for each milestone, and the window's own instants among them."""
    window = window_clock(view.state, view.moment.wall)
    if window is None:
        return [((_("This target has no maintenance window, so nothing is planned against one."), "dim"),)]
    rows = [_of(each) for each in milestones(view)]
    state, wall = view.state, view.moment.wall
    ends: tuple[float | None, str] = (projection(view).ends, _("the work is expected to end"))
    if state.given_up:
        # The order of before is gone, with all that was expected of it.
        window = replace(window, last_safe_rollback=None)
        ends = (
            rollback_projection(state, wall).ends if state.rolling_back else None,
            _("the rollback is expected to end"),
        )
    rows.extend(_own(window, *((None, "") if state.closed is not None else ends)))
    where = zone(view.state)
    titles = columns(
        ("", 1, "dim"), ("", TIME, "dim"), (_("planned"), AT, "dim"), (_("came"), AT, "dim"), ("", LATE, "dim")
    )
    lines: list[Line] = [((_("Milestones"), "title"),), bar(view, width), (), titles]
    lines.extend(_line(row, window.zero, where, width) for row in sorted(rows, key=lambda row: row.t))
    return lines


def _of(each: Milestone) -> _Row:
    title = visible(each.title)
    if each.actual is not None:
        late = _difference(each.actual - each.planned)
        return _Row(t=each.planned, title=title, mark=(glyphs().actual, "ok"), came=offset(each.actual), late=late)
    if each.projected is not None:
        late, came = _difference(each.projected - each.planned), "~" + minutes_offset(each.projected)
        return _Row(t=each.planned, title=title, mark=(glyphs().projected, "bold"), came=came, late=late)
    return _Row(t=each.planned, title=title, mark=(glyphs().planned, "dim"), came="-")


def _own(window: WindowClock, ends: float | None, called: str) -> list[_Row]:
    """The window's own instants; `ends`: when the work, or the rollback, does, where that is known, and its name."""
    opens = window.opens - window.zero
    at = [(opens, _("the window opens")), (opens + window.duration_s, _("the buffer begins"))]
    if window.buffer_s <= 0:
        at.pop()
    at.append((window.closes - window.zero, _("the window closes")))
    if window.last_safe_rollback is not None:
        at.append((window.last_safe_rollback - window.zero, _("last safe rollback")))
    if ends is not None:
        at.append((ends - window.zero, called))
    return [_Row(t=t, title=title, mark=(glyphs().separator, "dim")) for t, title in at]


def _line(row: _Row, opens: float, where: tzinfo, width: int) -> Line:
    time = f"{local(opens + row.t, where):%H:%M}"
    left = columns(
        (row.mark[0], 1, row.mark[1]), (time, TIME, "dim"), (offset(row.t), AT, "text"), (row.came, AT, "bold"),
        (row.late[0], LATE, row.late[1]),
    )  # fmt: skip
    style = "dim" if row.mark[1] == "dim" and not row.came else "text"
    return (*left, (cut(row.title, max(0, width - width_of(left))), style))


def _difference(seconds: float) -> Span:
    """Whole minutes: what is expected moves with the clock while nobody acts."""
    if abs(seconds) < 60:
        return _("on time"), "ok"
    span = clock(abs(seconds) // 60 * 60)
    if seconds < 0:
        return _("{span} early").format(span=span), "ok"
    return _("{span} late").format(span=span), "warn"
