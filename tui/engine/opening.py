"""What the starter hands to a new engine: everything of `run.opened` that is known before the target is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tui.journal.events import OpenWindow
from tui.plan.model import Window
from tui.plan.scalars import parse_duration
from tui.run.clock import rfc3339


def resolve_window(window: Window, now: datetime, compress: float, opens: str | None = None) -> OpenWindow:
    """The window as instants. `opens` replaces the plan's: `now`, `+1m` or local time; compressed: it comes sooner.

    Raises ValueError for a time that does not exist.
    """
    text = opens or window.opens
    if text == "now":
        begins = now
    elif text.startswith("+"):
        begins = now + timedelta(seconds=parse_duration(text[1:]))
    else:
        local = datetime.fromisoformat(text)
        begins = local.replace(tzinfo=ZoneInfo(window.timezone)).astimezone(UTC)
    if compress > 1 and begins > now:
        begins = now + (begins - now) / compress
    closes = begins + timedelta(seconds=window.duration + window.buffer)
    return OpenWindow(
        opens=rfc3339(begins.timestamp()), closes=rfc3339(closes.timestamp()), duration_s=window.duration,
        buffer_s=window.buffer, timezone=window.timezone,
    )  # fmt: skip
