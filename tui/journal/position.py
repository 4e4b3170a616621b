"""A moment of a run, as people write it: a line's number, an offset from the opening, or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal, Protocol

import msgspec

from tui.journal.line import JournalError
from tui.said import N_, Said

_SEQ = re.compile(r"[0-9]{1,18}")
_CLOCK = re.compile(r"\+([0-9]{1,6}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,9})?)")
_UNITS = re.compile(r"\+(?=[0-9])(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)s)?", re.ASCII)
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


class PositionError(JournalError, ValueError):
    """A text that names no moment of a run."""


class Positioned(Protocol):
    """Anything with a place in the run: a line, its head."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def mono(self) -> float: ...


class Position(msgspec.Struct, frozen=True):
    """By `seq` (`value` is its number), `mono` (`value` in seconds) or `at` (`time`, as it stands in a line).

    The state at a position is the fold of all lines before the first one that it does not admit: a wall clock
    that was set back makes no line before it vanish.
    """

    by: Literal["seq", "mono", "at"]
    value: float = 0
    time: str = ""

    def admits(self, line: Positioned) -> bool:
        """Whether the line is at the position or before it."""
        if self.by == "seq":
            return line.seq <= self.value
        if self.by == "mono":
            return line.mono <= self.value
        # Both are UTC with six digits and Z, so their texts sort as their times do.
        return line.at <= self.time


def parse_position(text: str) -> Position:
    """`120`, `+00:12:30`, `+90s`, `+12m`, `+1h30m` or an RFC 3339 time with its zone; else PositionError."""
    text = text.strip()
    if _SEQ.fullmatch(text):
        return Position("seq", int(text))
    if text.startswith("+") and (found := _CLOCK.fullmatch(text) or _UNITS.fullmatch(text)):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return Position("mono", hours * 3600 + minutes * 60 + seconds)
    if found := _TIME.fullmatch(text):
        day, clock, fraction, zone = found.groups()
        if zone is None:
            hint = N_(
                "The time “{text}” does not say its zone; write {text}Z for UTC, or its offset as in {text}-03:00."
            )
            raise PositionError(Said(hint, text=text))
        try:
            zone = "+00:00" if zone in "Zz" else zone
            local = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone}")
            moment = local.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise PositionError(Said("There is no such time as “{text}”.", text=text)) from error
        return Position("at", time=moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    message = N_(
        "“{text}” is no position in a run; write a line's number (120), an offset from the run's opening "
        "(+00:12:30, +90s, +12m) or a time with its zone (2026-12-05T22:10:00-03:00)."
    )
    raise PositionError(Said(message, text=text))
