"""Values as the server prints them, compared with what a plan says. Pure.

Numbers are compared as numbers, exactly; truth values as such; an interval with a limit by its length; everything else
is compared letter by letter with what psql would show.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any, Final

BOOL: Final = 16
INTERVAL: Final = 1186
NUMBERS: Final = frozenset({20, 21, 23, 26, 700, 701, 1700})
"""int8, int2, int4, oid, float4, float8, numeric."""
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|Infinity)|NaN")
_TRUTH = {"t": "t", "true": "t", "f": "f", "false": "f"}
_DAY, _DAYS_A_MONTH = 86400, 30
_UNITS = {"year": 12 * _DAYS_A_MONTH * _DAY, "mon": _DAYS_A_MONTH * _DAY, "day": _DAY}
_PART = re.compile(r"([+-]?[0-9]+) (year|mon|day)s?(?: |$)")
_TIME = re.compile(r"([+-]?)([0-9]+):([0-9]{2}):([0-9]{2}(?:[.][0-9]+)?)")


def same(text: str | None, type_: int, wanted: Any) -> bool:
    """Whether a value is what the plan wrote. `type_`: its OID. NULL is nothing that a plan can write."""
    if text is None:
        return False
    if type_ == BOOL:
        return _TRUTH.get(text) == _TRUTH.get(str(wanted).lower(), "")
    if isinstance(wanted, bool):
        return text.lower() == str(wanted).lower()
    if type_ in NUMBERS and isinstance(wanted, int | float):
        found, number = number_of(text), _decimal(wanted)
        # Not a number is the same as itself to the server.
        return found is not None and (found == number or (found.is_nan() and number.is_nan()))
    return text == str(wanted)


def measure(text: str | None, type_: int) -> Decimal | None:
    """What a value is when it is compared with a limit: a number, seconds of an interval; None for anything else."""
    if text is None:
        return None
    found = interval_seconds(text) if type_ == INTERVAL else number_of(text)
    return None if found is None or found.is_nan() else found


def below(text: str | None, type_: int, limit: float) -> bool:
    found = measure(text, type_)
    return found is not None and found < _decimal(limit)


def above(text: str | None, type_: int, limit: float) -> bool:
    found = measure(text, type_)
    return found is not None and found > _decimal(limit)


def number_of(text: str) -> Decimal | None:
    """The number that a text is, to its last digit; None for what is none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def interval_seconds(text: str) -> Decimal | None:
    """The length of an interval printed in the style `postgres`; a month is 30 days, as the server compares them."""
    if text in ("infinity", "-infinity"):
        return Decimal(text)
    total, position = Decimal(0), 0
    while (part := _PART.match(text, position)) is not None:
        total += int(part[1]) * _UNITS[part[2]]
        position = part.end()
    if position == len(text) and text:
        return total
    time = _TIME.fullmatch(text, position)
    if time is None:
        return None
    seconds = int(time[2]) * 3600 + int(time[3]) * 60 + Decimal(time[4])
    return total - seconds if time[1] == "-" else total + seconds


def _decimal(number: float) -> Decimal:
    """The decimal that was written, not the binary fraction next to it."""
    if isinstance(number, float) and not math.isfinite(number):
        return Decimal(number)
    return Decimal(str(number))
