"""Windows that are over, or nearly: what a plan's clock says at the moment at which somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from tui.plan.model import Plan, Window
from tui.plan.problems import Level, Problem
from tui.plan.window import WindowError, relative, resolve, zone
from tui.said import N_, Said


def overdue(
    plan: Plan, file: str, positions: Mapping[str, tuple[int, int]], now: datetime, but: str | None = None
) -> list[Problem]:
    """What is to be said of the windows of a plan's targets at an instant (aware), of all `but` the one that is looked
    at closely anyway. `positions`: as `Loaded.positions`."""
    found = []
    for name, known in plan.targets.items():
        if known.window is None or name == but:
            continue
        place = f"targets.{name}"
        line, column = positions.get(f"{place}.window.opens", positions.get(place, (1, 1)))
        for level, code, message in said(known.window, now):
            found.append(Problem(file, line, column, level, code, message))
    return found


def said(window: Window, now: datetime, *, chosen: bool = False) -> Iterator[tuple[Level, str, Said]]:
    """Level, code and sentence for a window that is over or has nothing but its buffer left; that the one of the target
    that is meant (`chosen`) is over is an error."""
    try:
        if relative(window.opens) is not None:
            return
        _opens, closes = resolve(window, now)
    except WindowError:
        return
    left = (closes - now).total_seconds()
    if left <= 0:
        text = N_("This window closed at {closes}; every step that changes something would cost a typed confirmation.")
        yield "error" if chosen else "warning", "window-past", Said(text, closes=_moment(closes, window))
    elif left <= window.buffer:
        text = N_("Only the buffer of this window is left; it closes at {closes}.")
        yield "warning", "window-buffer", Said(text, closes=_moment(closes, window))


def _moment(at: datetime, window: Window) -> str:
    return at.astimezone(zone(window.timezone)).strftime("%Y-%m-%d %H:%M %Z")
