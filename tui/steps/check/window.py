"""`window`: one that is defined and not over, in which no clock changes, and in which the work and a way back fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from tui.journal.codes import Shortcoming
from tui.journal.remarks import Coded
from tui.plan.model import Plan
from tui.plan.window import WindowError, zone
from tui.steps.check.check import Check
from tui.steps.check.row import Look, Row, because, named, row
from tui.steps.context import Context, RunWindow
from tui.steps.effects import Timetable, Timetabled

_NAMED: Final = 50
_EVERY: Final = 900.0
_LONGEST: Final = 31 * 86400.0
"""Seconds of a window that are looked through for a clock change."""


def look(context: Context, spec: bool, evidence: dict[str, Any]) -> Look:
    """A row for each of these; without a window there is one alone."""
    window = context.window
    if window is None:
        return [row("window_defined", True, False, False)]
    told: Timetabled = yield Timetable()
    return [
        row("window_defined", True, True, True, opens_s=window.opens, closes_s=window.closes, timezone=window.timezone),
        _ahead(window, told.now),
        *_clocks(context.plan, window),
        _length(window, told),
        _way_back(context, window, told),
    ]


def _ahead(window: RunWindow, now: float) -> Row:
    """One that is open counts as long as it is: whether the work fits into the rest is another row."""
    found = "ahead" if now < window.opens else "open" if now < window.closes else "over"
    return row("window_ahead", "ahead", found, found != "over", in_s=round(window.opens - now, 3))


def _clocks(plan: Plan, window: RunWindow) -> list[Row]:
    """The target's window, and those that phases have of their own."""
    spans: list[tuple[str | None, float, float]] = [(None, window.opens, window.closes)]
    for phase in plan.phases:
        if phase.window is not None:
            opens = window.opens + phase.window.opens
            spans.append((phase.title, opens, opens + phase.window.duration + phase.window.buffer))
    rows: list[Row] = []
    for title, opens, closes in spans:
        of: dict[str, Any] = {} if title is None else {"of": title}
        try:
            change = _change(zone(window.timezone), opens, closes)
        except WindowError:
            rows.append(row("window_clock", "no_change", None, None, timezone=window.timezone, **of))
            continue
        found = "no_change" if change is None else "change"
        at: dict[str, Any] = {}
        if change is not None:
            at = {"at_s": change[0], "by_s": change[1]}
            at |= because(Coded(Shortcoming.CLOCK_CHANGE, zone=window.timezone, seconds=f"{change[1]:+g}"))
        rows.append(row("window_clock", "no_change", found, change is None, timezone=window.timezone, **at, **of))
    return rows


def _change(here: tzinfo, opens: float, closes: float) -> tuple[float, float] | None:
    """When within the span the clocks change, to the quarter of an hour, and by how many seconds."""
    end = min(closes, opens + _LONGEST)
    before = _offset(here, opens)
    # Clocks change at full quarters.
    at = (opens // _EVERY + 1) * _EVERY
    while at <= end:
        now = _offset(here, at)
        if now != before:
            return at, now - before
        at += _EVERY
    return None


def _offset(here: tzinfo, at: float) -> float:
    return (datetime.fromtimestamp(at, UTC).astimezone(here).utcoffset() or timedelta()).total_seconds()


def _length(window: RunWindow, told: Timetabled) -> Row:
    """Whether the work ends within what is left of the duration; what is kept for going back is none of it."""
    left = window.opens + window.duration_s - max(window.opens, told.now)
    unknown: dict[str, Any] = {}
    if told.unknown:
        unknown = {"unknown": list(told.unknown[:_NAMED]), "unknown_count": len(told.unknown)}
        unknown |= because(Coded(Shortcoming.NO_DURATION, steps=named(told.unknown)))
    if told.ends is None or told.begins is None:
        return row("window_length", round(left, 3), None, None, unit="s", **unknown)
    # What changes something waits for the window, however early it could begin.
    begins = max(window.opens, told.begins)
    ends = begins + max(0.0, told.ends - told.begins)
    late = ends > window.opens + window.duration_s
    if late:
        # That it takes too long is told by the figures, whatever else is not known.
        unknown.pop("why", None)
    holds = False if late else None if told.unknown else True
    facts: dict[str, Any] = {"unit": "s", "begins_at_s": begins, "ends_at_s": ends, "least": bool(told.unknown)}
    return row("window_length", round(left, 3), round(ends - max(window.opens, told.now), 3), holds, **facts, **unknown)


def _way_back(context: Context, window: RunWindow, told: Timetabled) -> Row:
    """The last moment at which going back still ends within the window, in seconds from its opening, or from now. A
    rehearsal is what finds out how long that takes."""
    if told.rollback_s is None:
        if context.rehearsal:
            return row("window_rollback", None, "this_run", True)
        return row("window_rollback", None, None, None, **_unrehearsed())
    safe = window.closes - told.rollback_s
    found = round(safe - max(window.opens, told.now), 3)
    facts: dict[str, Any] = {"unit": "s", "rollback_s": told.rollback_s, "at_s": safe, "least": told.rollback_least}
    if told.ends is not None:
        # Whether one can still go back in time when all of it is done.
        facts["after_work"] = safe >= told.ends
    holds = False if found <= 0 else None if told.rollback_least and not context.rehearsal else True
    if holds is None:
        facts |= _unrehearsed()
    return row("window_rollback", None, found, holds, **facts)


def _unrehearsed() -> dict[str, Any]:
    return because(Coded(Shortcoming.NO_WAY_BACK_KNOWN))


CHECK = Check(look=look)
