"""Times of day as the screen shows them: in the window's time zone, so that they agree with its clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from tui.finite import local
from tui.journal.position import Position
from tui.run.clock import instant
from tui.run.state import RunState
from tui.words.figures import zone_of

_TIME = re.compile(r"[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?")


def zone(state: RunState) -> tzinfo:
    """The window's time zone; UTC without a window, or where that zone is not known here."""
    opened = state.opened
    if opened is None or opened.window is None:
        return UTC
    return zone_of(opened.window.timezone)


def at_time_of_day(state: RunState, text: str) -> Position | None:
    """The position that a time of day such as `22:10` or `22:10:05` means: the first one after the run's opening.

    None for anything else."""
    if state.opened is None or not state.at or not _TIME.fullmatch(text.strip()):
        return None
    opened = instant(state.at) - state.mono
    where = zone(state)
    begin = local(opened, where)
    try:
        wanted = datetime.combine(begin.date(), time.fromisoformat(text.strip()), where)
    except ValueError:
        return None
    if wanted < begin.replace(microsecond=0):
        wanted += timedelta(days=1)
    return Position("at", time=wanted.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.999999Z"))
