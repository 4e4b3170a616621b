"""The window of a run that opens now: the plan's, or another opening, sooner in a compressed rehearsal."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from tui.journal.events import OpenWindow
from tui.plan.model import Window
from tui.plan.window import resolve
from tui.run.clock import rfc3339


def open_window(window: Window, now: datetime, compress: float, opens: str | None = None) -> OpenWindow:
    """The window as instants. `opens` replaces the plan's; with compress N what is waited for comes N times sooner.

    Raises tui.plan.window.WindowError for a time that does not exist.
    """
    begins, _closes = resolve(window if opens is None else replace(window, opens=opens), now)
    if compress > 1 and begins > now:
        begins = now + (begins - now) / compress
    closes = begins + timedelta(seconds=window.duration + window.buffer)
    return OpenWindow(
        opens=rfc3339(begins.timestamp()), closes=rfc3339(closes.timestamp()), duration_s=window.duration,
        buffer_s=window.buffer, timezone=window.timezone,
    )  # fmt: skip
