"""T±, the window, when it will be over, the next milestone, until when one can roll back. Two lines."""

from __future__ import annotations

from msgspec import to_builtins

from tui.finite import span
from tui.locale import _, ngettext
from tui.pictures.cells import cells, cut
from tui.pictures.lines import Line, Span, clipped, sides, width_of
from tui.pictures.no_engine import stopped_clock
from tui.pictures.view import View, milestones, projection
from tui.run.clock import WindowClock, rollback_at_least, rollback_seconds, window_clock
from tui.run.projection import Projection, rollback_projection
from tui.run.unknown import Lack, Unknown, end_lack, rollback_end_lack, safe_lack
from tui.words.figures import clock, minutes_offset, offset
from tui.words.inert import visible
from tui.words.unknown import lack_words, lacking_steps, safe_words, sizes_words

BUFFER_FROM = 92
"""Columns from which the length of the buffer has room."""
SHORTEST = 6
"""Columns of a milestone's title below which it says nothing any more."""


def clock_lines(view: View, width: int) -> list[Line]:
    """The two lines. What counts every second stands first in its line, so that little is painted again."""
    window = window_clock(view.state, view.moment.wall)
    if view.nothing_runs:
        back = _back_without(view) if window is None else _safe(view, window, width)
        return stopped_clock(view, window, back, width)
    if window is None:
        return _without(view, width)
    over = view.state.closed is not None
    # Until when one can roll back is never cut for the sake of a milestone's title.
    safe = _safe(view, window, width)
    room = max(0, width - width_of(safe) - 2)
    return [_first(view, window, over, width), sides(width, safe, clipped(_next(view, room), room))]


def _first(view: View, window: WindowClock, over: bool, width: int) -> Line:
    """The length of the buffer gives way first, then the verdict's length, then the window; never the verdict."""
    now = _now(window, over)
    verdicts: list[Span] = [("", "dim")] if over else _end(view, window)
    buffer = [] if over or width < BUFFER_FROM else [*_whose(window), *_buffer(window)]
    for verdict in verdicts:
        for left in ([*now, *buffer], now):
            if width_of(left) + width_of([verdict]) < width:
                return sides(width, left, [verdict] if verdict[0] else [])
    shortest = clipped(verdicts[-1:], width)
    return sides(width, clipped(now, max(0, width - width_of(shortest) - 1)), shortest)


def _without(view: View, width: int) -> list[Line]:
    state = view.state
    if state.opened is None:
        return [(), ()]
    text = _("+{span} since the run was opened; no window").format(span=clock(view.moment.mono))
    return [((text, "text"),), clipped(_back_without(view), width)]


def _back_without(view: View) -> list[Span]:
    """Without a window there is no hour after which a rollback is too late; how long it takes is asked all the same."""
    state = view.state
    lack = safe_lack(state)
    if state.closed is not None or lack is None:
        return []
    if lack.code == Unknown.NO_WAY_BACK:
        return [(safe_words(lack.code), "text")]
    needed = rollback_seconds(state)
    if needed is None:
        basis = None if lack.basis is None else to_builtins(lack.basis)
        return [(safe_words(lack.code, basis, window=False), "text" if basis is None else "warn")]
    text = _("a rollback takes at least {span}") if rollback_at_least(state) else _("a rollback takes about {span}")
    return [(text.format(span=clock(needed)), "text")]


def _now(window: WindowClock, closed: bool) -> list[Span]:
    at = offset(window.t)
    if closed:
        text = _("window {opens} to {closes}")
        opens, closes = offset(window.opens - window.zero), offset(window.closes - window.zero)
        return [(text.format(opens=opens, closes=closes), "dim")]
    left = clock(window.remaining_s)
    if window.is_over:
        return [(_("{at} window OVER since {span}").format(at=at, span=left), "bad")]
    if not window.is_open:
        return [(_("{at} window opens in {span}").format(at=at, span=left), "bold")]
    if window.in_buffer:
        return [(_("{at} IN THE BUFFER, closes in {span}").format(at=at, span=left), "warn")]
    return [(_("{at} window closes in {span}").format(at=at, span=left), "bold")]


def _buffer(window: WindowClock) -> list[Span]:
    if not window.buffer_s or not window.is_open or window.in_buffer:
        return []
    return [(_(", {span} of it buffer").format(span=clock(window.buffer_s)), "dim")]


def _whose(window: WindowClock) -> list[Span]:
    return [] if window.phase is None else [(_(" (the phase's own)"), "dim")]


def _end(view: View, window: WindowClock) -> list[Span]:
    """The verdict: will it be over in time? The longest wording first."""
    state = view.state
    if state.rollback is not None and state.given_up:
        if state.rollback.status == "rolled_back":
            return [(_("the rollback has ended"), "text")]
        found = rollback_projection(state, view.moment.wall)
        if state.rollback.status == "failed" or found.ends is None:
            return _no_rollback_end(view)
        return _rollback_verdict(window, found, found.ends)
    if view.is_unknown:
        return [(_("end not known"), "dim")]
    found = projection(view)
    if state.all_ended:
        return [(_("all steps have ended"), "ok" if state.status == "completed" else "text")]
    if not found.left:
        return [(_("all steps in the window have ended"), "text")]
    if found.ends is None:
        return _no_end(view) if found.unknown else [(_("only signatures are left"), "dim")]
    return _verdict(view, window, found, found.ends)


def _no_rollback_end(view: View) -> list[Span]:
    """The same of the rollback that goes on."""
    lack = rollback_end_lack(view.state)
    short: Span = (_("end of the rollback not known"), "text")
    if lack is None:
        return [short]
    text = _("end of the rollback not known: {why}").format(why=why_of(lack))
    return [(text, "text" if lack.basis is None else "warn"), short]


def _no_end(view: View) -> list[Span]:
    """That nobody knows when it ends, and what would make it known."""
    lack = end_lack(view.state, view.moment.wall)
    short: Span = (_("end not known"), "text")
    if lack is None:
        return [short]
    text = _("end not known: {why}")
    if lack.code == Unknown.NOT_COMPARABLE:
        return [(text.format(why=why_of(lack)), "warn"), short]
    whole = ngettext(
        "{n} step neither rehearsed nor estimated", "{n} steps neither rehearsed nor estimated", len(lack.steps)
    )
    reasons = [lacking_steps(len(lack.steps))]
    if lack.code != Unknown.NOT_TIMED:
        reasons.insert(0, whole.format(n=len(lack.steps)))
    return [*((text.format(why=reason), "text") for reason in reasons), short]


def why_of(lack: Lack) -> str:
    """What is missing, in words."""
    return lack_words(lack.code, None if lack.basis is None else to_builtins(lack.basis))


def _verdict(view: View, window: WindowClock, found: Projection, ends: float) -> list[Span]:
    spare, at = window.closes - ends, minutes_offset(ends - window.zero)
    minutes = int(abs(span(spare)) / 60)
    if spare < 0:
        late = _("not before {at}, {n} min TOO LATE") if found.least else _("ends about {at}, {n} min TOO LATE")
        return [(late.format(at=at, n=max(1, minutes)), "bad"), _too_late(minutes)]
    if spare < window.buffer_s:
        text = _("not before {at}, in the buffer") if found.least else _("ends about {at}, in the buffer")
        return [(text.format(at=at), "warn")]
    if found.least:
        lack = end_lack(view.state, view.moment.wall)
        if lack is not None and lack.code == Unknown.NOT_COMPARABLE:
            reason = _("not before {at}, {why}").format(at=at, why=why_of(lack))
            return [(reason, "warn"), (_("not before {at}").format(at=at), "text")]
        text = ngettext(
            "not before {at}, {n} step without estimate", "not before {at}, {n} steps without estimate", found.unknown
        )
        return [(text.format(at=at, n=found.unknown), "text"), (_("not before {at}").format(at=at), "text")]
    # Nothing is well while a run stands still: the time to spare is then that of a run that goes on now.
    style = "text" if view.state.status in ("held", "failed", "undecided") else "ok"
    text = _("ends about {at}, {n} min to spare")
    return [(text.format(at=at, n=minutes), style), (_("{n} min to spare").format(n=minutes), style)]


def _rollback_verdict(window: WindowClock, found: Projection, ends: float) -> list[Span]:
    spare, at = window.closes - ends, minutes_offset(ends - window.zero)
    minutes = int(abs(span(spare)) / 60)
    if spare < 0:
        late = _("rollback ends about {at}, {n} min TOO LATE")
        if found.least:
            late = _("rollback not before {at}, {n} min TOO LATE")
        return [(late.format(at=at, n=max(1, minutes)), "bad"), _too_late(minutes)]
    if found.least:
        style = "warn" if spare < window.buffer_s else "text"
        return [(_("rollback not before {at}").format(at=at), style)]
    if spare < window.buffer_s:
        return [(_("rollback ends about {at}, in the buffer").format(at=at), "warn")]
    text = _("rollback ends about {at}, {n} min to spare")
    return [(text.format(at=at, n=minutes), "text"), (_("{n} min to spare").format(n=minutes), "text")]


def _too_late(minutes: int) -> Span:
    return _("{n} min TOO LATE").format(n=max(1, minutes)), "bad"


def _safe(view: View, window: WindowClock, width: int) -> list[Span]:
    rollback = view.state.rollback
    if rollback is not None and view.state.given_up:
        if rollback.ended is None:
            return [(_("rolling back for {span}").format(span=clock(view.moment.mono - rollback.started)), "bad")]
        span = clock(rollback.ended - rollback.started)
        if rollback.status == "failed":
            return [(_("rollback FAILED after {span}").format(span=span), "bad")]
        return [(_("rollback took {span}").format(span=span), "text")]
    if view.state.closed is not None:
        return []
    left = window.last_safe_rollback_s
    if left is None:
        return _no_safe(view, width)
    if left < 0:
        return [(_("TOO LATE to roll back in the window, since {span}").format(span=clock(left)), "bad")]
    style = "warn" if left < 300 else "text"
    text = _("roll back within {span} at most") if window.safe_at_most else _("roll back within {span}")
    return [(text.format(span=clock(left)), style)]


def _no_safe(view: View, width: int) -> list[Span]:
    """That nobody knows until when one can roll back, and what would make it known: never cut before that is told."""
    lack = safe_lack(view.state)
    if lack is None:
        return [(_("last safe rollback not known"), "text")]
    basis = None if lack.basis is None else to_builtins(lack.basis)
    text = safe_words(lack.code, basis)
    if basis is not None:
        whole = f"{text} ({sizes_words(basis)})"
        return [(whole if cells(whole) <= width else text, "warn")]
    return [(text, "text")]


def _next(view: View, room: int) -> list[Span]:
    """The next milestone; its title gives way to how late it is."""
    if view.state.closed is not None or view.state.given_up:
        return []
    for milestone in milestones(view):
        if milestone.actual is not None or milestone.projected is None:
            continue
        # Whole minutes: what is expected moves with the clock while nobody acts.
        minutes = int(span(milestone.projected - milestone.planned) / 60)
        late: list[Span] = [(" " + _("{n} min late").format(n=minutes), "warn")] if minutes > 0 else []
        text, planned = _("next: {title} {planned}"), offset(milestone.planned)
        left = room - width_of([(text.format(title="", planned=planned), ""), *late])
        if left < SHORTEST:
            alone: list[Span] = [(planned, "dim"), *late]
            return alone if late and width_of(alone) <= room else []
        title = cut(visible(milestone.title), left)
        return [(text.format(title=title, planned=planned), "dim"), *late]
    return []
