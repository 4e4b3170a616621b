"""Numbers as people read them, with the signs of the language in force: spans, times, T, bytes, figures of metrics."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from tui import finite
from tui.locale import _, language
from tui.plan.metrics import MetricUnit, unit_of
from tui.run.clock import instant
from tui.run.state import RunState
from tui.words.inert import visible

_SIGNS = {"pt_BR": str.maketrans(",.", ".,")}
"""What English writes 12,400.5 is 12.400,5 in Brazil."""


def _signed(text: str) -> str:
    return text.translate(_SIGNS.get(language(), {}))


def _digits(value: float, form: str) -> str:
    """The number in this form (`,.1f`); with an exponent where that would be a long row of digits."""
    return _signed(format(value, form) if abs(value) < finite.PLAIN else f"{value:.3g}")


def span(seconds: float) -> str:
    """A duration: `850 ms`, `3.2 s`, `2 min 05 s`, `1 h 03 min`, `7 d 00 h`; negative ones with a minus."""
    seconds = finite.span(seconds)
    if seconds < 0:
        return "-" + span(-seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{_digits(seconds, '.1f')} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 100 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"


def ago(seconds: float) -> str:
    """`3 s`, `12 min`, `2 h 05 min`, `3 d`: a span that is only roughly meant."""
    whole = int(abs(finite.span(seconds)))
    if whole < 60:
        return _("{n} s").format(n=whole)
    if whole < 3600:
        return _("{n} min").format(n=whole // 60)
    if whole < 86400:
        return _("{h} h {m:02d} min").format(h=whole // 3600, m=whole % 3600 // 60)
    return _("{n} d").format(n=whole // 86400)


def clock(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`, `2d 03:04`: a span that counts."""
    whole = int(abs(finite.span(seconds)))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}:{whole % 3600 // 60:02d}"


def hours(seconds: float) -> str:
    """`00:12:30`, without a sign."""
    whole = int(abs(finite.span(seconds)))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _sign(seconds: float) -> str:
    return "T-" if seconds <= -1 else "T+"


def offset(seconds: float) -> str:
    """`T+12:34`, `T-0:45`: seconds from the window's opening."""
    return _sign(seconds) + clock(seconds)


def minutes_offset(seconds: float) -> str:
    """`T+38m`: an instant that is only expected, so no seconds."""
    whole = int(abs(finite.span(seconds)) / 60 + 0.5)
    return f"T{'-' if seconds < 0 < whole else '+'}{whole}m"


def t_clock(state: RunState, at: str, mono: float) -> str:
    """`T+00:12:30` from the window's opening, always as wide; without a window `+00:12:30` from the run's."""
    opened = state.opened
    if opened is None or opened.window is None:
        return "+" + hours(mono)
    seconds = instant(at) - instant(opened.window.opens)
    return _sign(seconds) + hours(seconds)


def zone_of(name: str) -> tzinfo:
    """The time zone of this name; UTC where it is not known here."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC


def moment(at: str, timezone: str = "UTC") -> str:
    """`2026-12-05 22:00:00 America/Sao_Paulo`; in UTC where that zone is not known here."""
    where = zone_of(timezone)
    return f"{finite.local(instant(at), where):%Y-%m-%d %H:%M:%S} {'UTC' if where is UTC else timezone}"


def minute(at: str) -> str:
    """`2026-12-05 22:00 UTC`: an instant that was journaled; as it is where it is none."""
    try:
        return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return visible(at) or "?"


def time_of_day(at: str, where: tzinfo) -> str:
    """`22:05:55` from a time as it stands in the journal; its own digits where it is none, "" for ""."""
    try:
        return datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(where).strftime("%H:%M:%S")
    except (ValueError, OverflowError):
        return visible(at[11:19])


def number(value: float) -> str:
    """`12,400`, `12.3 M`, `3.5`, `0.042`: as many digits as say something, and never more than nine columns."""
    if not math.isfinite(value):
        return "?"
    for unit, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if abs(value) >= factor * 10:
            return f"{_digits(value / factor, ',.1f' if abs(value) < factor * 999.95 else ',.0f')} {unit}"
    if value == int(value):
        return whole(int(value))
    if abs(value) >= 99.95:
        return _digits(value, ",.0f")
    return _digits(value, ".1f" if abs(value) >= 0.9995 else ".3g")


def whole(count: int) -> str:
    """`12,345,678`: a count to the last one."""
    return _signed(f"{count:,}")


def size(value: float) -> str:
    """Bytes: `512 B`, `1.5 kB`, `120 MB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 999.5 or unit == "TB":
            return f"{_digits(value, '.0f' if unit == 'B' or abs(value) >= 99.95 else '.1f')} {unit}"
        value /= 1000
    raise AssertionError


def amount(value: object) -> str:
    """A number of evidence without needless digits, which may be a name (a pid, an xid): not in groups of three.

    Anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if abs(value) >= finite.PLAIN or value != value:
        return str(value) if isinstance(value, int) else _digits(value, ".3g")
    if value == int(value):
        return str(int(value))
    return _digits(value, ".3g" if abs(value) < 999.5 else ".0f")


def exact(value: float) -> str:
    """A number to its last digit, without an exponent where that would be a short row of digits."""
    if isinstance(value, int) or not math.isfinite(value) or not 1e-9 < abs(value) < finite.PLAIN:
        return _signed(str(value))
    return _signed(format(Decimal(str(value)), "f"))


def figure(metric: str, value: float, exact: bool = False) -> str:
    """A metric's value in its own unit; of one that this version does not know its number. `exact`: beside a limit,
    from which it may differ by a part of a percent."""
    match unit_of(metric):
        case MetricUnit.SHARE:
            return f"{_digits(value * 100, '.3g' if exact and abs(value) < 10 else '.0f')} %"
        case MetricUnit.SECONDS:
            return f"{value * 1000:.0f} ms" if abs(value) < 0.9995 else f"{_digits(value, '.1f')} s"
        case MetricUnit.BYTES:
            return size(value)
        case MetricUnit.BYTES_A_SECOND:
            return f"{size(value)}/s"
        case MetricUnit.A_SECOND:
            return f"{number(value)}/s"
        case MetricUnit.NUMBER:
            return number(value)
