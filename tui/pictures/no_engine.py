"""What is shown of a run that no engine is at work on: that nothing runs, what it left, and clocks that stand.

Nothing counts here that only an engine makes go on. Until when is told as times of day, which stay true by themselves.
"""

from __future__ import annotations

from tui.finite import local
from tui.locale import _
from tui.pictures.lines import Line, Span, clipped, sides, width_of
from tui.pictures.timezone import zone
from tui.pictures.view import View
from tui.run.clock import WindowClock
from tui.words.figures import ago, clock, offset, time_of_day
from tui.words.inert import visible
from tui.words.steps import name_of
from tui.words.stillness import nothing_runs

FAR = 20 * 3600.0
"""Seconds from which on a time of day alone could be taken for another day's."""


def nothing_runs_spans(view: View) -> list[Span]:
    """That nothing runs, and how it goes on."""
    return [(f"{nothing_runs()}. ", "bad"), (way_on(view), "bold")]


def no_engine_sentence(view: View) -> str:
    """The same, for a key that would command."""
    return f"{nothing_runs()}. {way_on(view)}"


def way_on(view: View) -> str:
    """What the person at this screen can do, or who else can."""
    run = "" if view.state.opened is None else visible(view.state.opened.id)
    if view.owner is None:
        return view.keyed(_("{detach}, then virada attach"))
    return _("{owner} goes on with: virada attach {run}").format(owner=visible(view.owner), run=run)


def unknown(view: View) -> list[Span]:
    """That nobody here can know whether anything runs."""
    host, age = view.state.engine.get("host"), ago(view.moment.age)
    if isinstance(host, str) and host:
        text = _("NOT KNOWN HERE whether anything runs: the engine was on {host}, its last event came {span} ago.")
        return [(text.format(host=visible(host), span=age), "bad")]
    text = _("NOT KNOWN HERE whether anything runs; the last event came {span} ago.")
    return [(text.format(span=age), "bad")]


def left_at_work(view: View) -> list[Span]:
    """What was at work when the engine ended: what became of it is not known yet. Empty where nothing was."""
    running = view.state.running()
    # A companion is told only where there is nothing else to be told.
    alone = running[0] if running and not view.state.undecided and not view.state.given_up else None
    at = next((at for at in running if at.step.with_ is None), alone)
    if at is None:
        return []
    if at.tx_sent:
        text = _("{step}: COMMIT was sent and not answered; the next engine finds out whether it is committed.")
        return [(text.format(step=name_of(at)), "bad")]
    span = clock(max(0.0, view.moment.mono - (at.started or 0.0)))
    text = _("{step} was at work for {span}; the next engine finds out what became of it.")
    return [(text.format(step=name_of(at), span=span), "bad")]


def stopped_clock(view: View, window: WindowClock | None, safe: list[Span], width: int) -> list[Line]:
    """Two lines: where the clock stood at the last event, and until when, as times of day. `safe`: what is said of the
    rollback where there is no such time."""
    at = time_of_day(view.state.at, zone(view.state))
    if window is None:
        text = _("+{span} since the run was opened, at the last event, {time}; no window")
        return [((text.format(span=clock(view.moment.mono), time=at), "text"),), clipped(safe, width)]
    text = _("{at} at the last event, {time}").format(at=offset(window.t), time=at)
    back, remark = _rollback(view, window, safe), (_("no engine: the clocks stand"), "dim")
    # Why nobody knows until when is never cut for what the line above says too.
    room = width_of(back) + width_of([remark]) < width
    return [sides(width, [_end(view, window)], [(text, "dim")]), sides(width, back, [remark] if room else [])]


def _now(view: View) -> float:
    """Seconds since the epoch, however long ago the last event was."""
    return view.moment.wall + view.moment.age


def _end(view: View, window: WindowClock) -> Span:
    now = _now(view)
    if now < window.opens:
        return _("window opens at {time}").format(time=_time(view, window.opens)), "bold"
    closes = _time(view, window.closes)
    if now >= window.closes:
        return _("window OVER since {time}").format(time=closes), "bad"
    if now >= window.closes - window.buffer_s:
        return _("IN THE BUFFER, closes at {time}").format(time=closes), "warn"
    return _("window closes at {time}").format(time=closes), "bold"


def _rollback(view: View, window: WindowClock, safe: list[Span]) -> list[Span]:
    rollback = view.state.rollback
    if rollback is not None and view.state.given_up:
        if rollback.ended is not None:
            return safe
        text = _("the rollback had taken {span}, and is not over")
        return [(text.format(span=clock(max(0.0, view.moment.mono - rollback.started))), "bad")]
    if window.last_safe_rollback is None:
        return safe
    time = _time(view, window.last_safe_rollback)
    if _now(view) > window.last_safe_rollback:
        return [(_("TOO LATE to roll back in the window, since {time}").format(time=time), "bad")]
    text = _("roll back before {time} at the latest") if window.safe_at_most else _("roll back before {time}")
    return [(text.format(time=time), "text")]


def _time(view: View, at: float) -> str:
    """A time of day in the window's zone, with its date where that is not told by itself."""
    found = local(at, zone(view.state))
    return f"{found:%H:%M}" if abs(at - _now(view)) < FAR else f"{found:%Y-%m-%d %H:%M}"
