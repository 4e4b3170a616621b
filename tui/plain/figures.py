"""Numbers as people read them: spans of time, the window's T, bytes, figures of metrics."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from tui import finite
from tui.run.clock import instant
from tui.run.state import RunState


def span(seconds: float) -> str:
    """A duration: `850 ms`, `3.2 s`, `2 min 05 s`, `1 h 03 min`; negative ones with a minus."""
    seconds = finite.span(seconds)
    if seconds < 0:
        return "-" + span(-seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def hours(seconds: float) -> str:
    """`00:12:30`, without a sign."""
    whole = int(abs(finite.span(seconds)))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def t_clock(state: RunState, at: str, mono: float) -> str:
    """`T+00:12:30` from the window's opening; without a window `+00:12:30` from the run's."""
    opened = state.opened
    if opened is None or opened.window is None:
        return "+" + hours(mono)
    seconds = instant(at) - instant(opened.window.opens)
    return ("T-" if seconds <= -1 else "T+") + hours(seconds)


def moment(at: str, timezone: str = "UTC") -> str:
    """`2026-12-05 22:00:00 America/Sao_Paulo`; in UTC where that zone is not known here."""
    zone: tzinfo = UTC
    try:
        zone, name = ZoneInfo(timezone), timezone
    except (OSError, ValueError, KeyError):
        name = "UTC"
    return f"{finite.local(instant(at), zone):%Y-%m-%d %H:%M:%S} {name}"


def amount(value: object) -> str:
    """A number of evidence or of a metric without needless digits; anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if abs(value) >= finite.PLAIN or value != value:
        return str(value) if isinstance(value, int) else f"{value:.3g}"
    if value == int(value):
        return str(int(value))
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def size(count: float) -> str:
    """Bytes: `512 B`, `1.4 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{finite.digits(count, '.0f' if unit == 'B' else '.1f')} {unit}"
        count /= 1000
    return f"{finite.digits(count, '.1f')} TB"
