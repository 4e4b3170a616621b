"""Times of day as the screen shows them: in the window's time zone, so that they agree with its clock."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from tui.run.state import RunState
from tui.run.visible import visible


def zone(state: RunState) -> tzinfo:
    """The window's time zone; UTC without a window, or where that zone is not known here."""
    opened = state.opened
    if opened is None or opened.window is None:
        return UTC
    try:
        return ZoneInfo(opened.window.timezone)
    except (ValueError, OSError):
        return UTC


def time_of_day(at: str, where: tzinfo) -> str:
    """`22:05:55` from a time as it stands in the journal; its own digits where it is none, "" for ""."""
    try:
        return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(where).strftime("%H:%M:%S")
    except ValueError:
        return visible(at[11:19])
