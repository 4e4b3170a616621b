"""How much of the whole is done and left, as steps and as time: a piece of a line, in as many columns as there are.

In minutes: a line that changes every second at its end is painted whole every second.
"""

from __future__ import annotations

from tui.locale import _, ngettext
from tui.pictures.lines import Span, width_of
from tui.pictures.view import View, projection
from tui.run.projection import Projection, rollback_projection
from tui.words.figures import ago, whole


def overall(view: View, done: int, total: int, room: int) -> list[Span]:
    """`done` of `total` steps have ended: of the checklist, or of the rollback where one goes on. The longest wording
    that fits into `room` columns; nothing where none does."""
    for text, style in _wordings(view, done, total):
        if width_of([(text, style)]) <= room:
            return [(text, style)]
    return []


def _wordings(view: View, done: int, total: int) -> list[Span]:
    left = _left(view)
    steps = {"done": whole(done), "total": whole(total), "taken": minutes(taken(view))}
    short, mid = _("{done} of {total}").format(**steps), _("{done} of {total} in {taken}").format(**steps)
    long = ngettext(
        "{done} of {total} step in {taken}", "{done} of {total} steps in {taken}", total
    ).format(**steps)  # fmt: skip
    if view.state.given_up:
        long = _("rollback: {done}").format(done=long)
    if not left:
        return [(long, "dim"), (mid, "dim"), (short, "dim")]
    rest = max(0, total - done)
    more = ngettext("{n} left, {time}", "{n} left, {time}", rest).format(n=whole(rest), time=left)
    return [
        (f"{long}, {more}", "dim"), (f"{long}, {left}", "dim"), (f"{mid}, {left}", "dim"), (f"{short}, {left}", "dim"),
        (mid, "dim"), (short, "dim"),
    ]  # fmt: skip


def taken(view: View) -> float:
    """Seconds since the run was opened, or since its rollback began, up to its end."""
    rollback = view.state.rollback
    if rollback is not None and view.state.given_up:
        return max(0.0, (view.moment.mono if rollback.ended is None else rollback.ended) - rollback.started)
    return max(0.0, view.moment.mono)


def _left(view: View) -> str:
    """How much time the rest takes: of what lies inside the window. Empty where nothing of it is left."""
    state, wall = view.state, view.moment.wall
    if state.closed is not None:
        return ""
    if state.rollback is not None and state.given_up:
        if state.rollback.ended is not None:
            return ""
        found = rollback_projection(state, wall)
    else:
        found = projection(view)
    return "" if not found.left else _time(found, wall)


def _time(found: Projection, wall: float) -> str:
    if found.ends is None:
        return _("end not known") if found.unknown else _("only signatures")
    text = _("over {span} to go") if found.least else _("~{span} to go")
    seconds = max(0.0, found.ends - wall)
    # To come: no less than it takes, except where that is the least it takes.
    return text.format(span=minutes(seconds if found.least else seconds + 59.0))


def minutes(seconds: float) -> str:
    """`4 min`, `2 h 05 min`: seconds count in the lines above, where they cost least on the wire."""
    return ago(max(60.0, seconds)) if seconds >= 60.0 else _("<1 min")
