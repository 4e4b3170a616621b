"""The maintenance window on the clock: when it opens and closes, and what makes that ambiguous."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from tui.plan.model import Window
from tui.plan.scalars import parse_duration
from tui.said import N_, Quoted, Said

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?")


class WindowError(ValueError):
    """A window that cannot be put on the clock: `key` is the key at fault, `code` that of the problem."""

    def __init__(self, code: str, key: str, message: Said) -> None:
        super().__init__(message)
        self.code, self.key = code, key


def zone(name: str) -> tzinfo:
    """The time zone of an IANA name; UTC needs no data about zones. Raises WindowError."""
    from zoneinfo import ZoneInfo

    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = N_("There is no time zone {name}; write an IANA name such as America/Sao_Paulo.")
    try:
        ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        message = N_("No time zones are installed here, so {name} is not known; install the package tzdata.")
    raise WindowError("unknown-timezone", "timezone", Said(message, name=Quoted(name)))


def relative(opens: str) -> float | None:
    """Seconds from the run's opening for `+1m`, or None for a time of day. Raises WindowError."""
    if not opens.startswith("+"):
        return None
    try:
        return 0.0 if opens == "+0" else parse_duration(opens[1:])
    except ValueError:
        message = Said("{value} is not a time from the run's opening such as +1m", value=Quoted(opens))
        raise WindowError("bad-window", "opens", message) from None


def resolve(window: Window, opened: datetime) -> tuple[datetime, datetime]:
    """When the window opens and closes, in UTC, for a run that was opened at `opened` (aware).

    Raises WindowError: no such time zone, no such time, a time that occurs twice, a change of the clocks inside.
    """
    here = zone(window.timezone)
    length = window.duration + window.buffer
    offset = relative(window.opens)
    try:
        if offset is not None:
            opens = opened.astimezone(UTC) + timedelta(seconds=offset)
            return opens, opens + timedelta(seconds=length)
        opens = _opening(window.opens, here)
        closes = opens + timedelta(seconds=length)
        changes = opens.astimezone(here).utcoffset() != closes.astimezone(here).utcoffset()
    except OverflowError:
        said = Said("The window ends after the year 9999.")
        raise WindowError("bad-window", "opens", said) from None
    if changes:
        message = N_("The clocks of {zone} change inside this window; choose another time, or write it in UTC.")
        raise WindowError("clock-change", "opens", Said(message, zone=window.timezone))
    return opens, closes


def _opening(text: str, here: tzinfo) -> datetime:
    if _LOCAL.fullmatch(text) is None:
        message = N_(
            "{value} is not a local time such as 2026-12-05T22:00 (without offset: timezone says where) or +1m"
        )
        raise WindowError("bad-window", "opens", Said(message, value=Quoted(text)))
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        said = Said("There is no such time as {value}.", value=Quoted(text))
        raise WindowError("bad-window", "opens", said) from None
    first, second = (local.replace(tzinfo=here, fold=fold) for fold in (0, 1))
    opens = first.astimezone(UTC)
    if opens.astimezone(here).replace(tzinfo=None) != local:
        message = N_("{value} does not exist in {zone}: the clocks are put forward over it.")
        raise WindowError("clock-change", "opens", Said(message, value=Quoted(text), zone=Quoted(str(here))))
    if first.utcoffset() != second.utcoffset():
        message = N_("{value} occurs twice in {zone}: the clocks are put back over it.")
        raise WindowError("clock-change", "opens", Said(message, value=Quoted(text), zone=Quoted(str(here))))
    return opens
