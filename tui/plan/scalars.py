"""Scalars of a plan: durations, offsets from the window's opening, quantities, and names of files.

In YAML they are texts people write (`500ms`, `T+10m`, `70%`, `migration.sql`); in the model durations and offsets
are seconds, quantities are plain numbers in the metric's own unit (seconds, share of one, count).
A field's type carries which one it is in `Meta(extra={"scalar": ...})`, so that loader and JSON Schema agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from tui.finite import LONGEST
from tui.said import N_, Said

Duration = Annotated[float, Meta(extra={"scalar": "duration"})]
"""Seconds; written `500ms`, `90s`, `3m`, `1h30m`, `2d`."""
Offset = Annotated[float, Meta(extra={"scalar": "offset"})]
"""Seconds from the window's opening; written `T+10m`, `T-30m`, `T+0`."""
Quantity = Annotated[float, Meta(extra={"scalar": "quantity"})]
"""A number; written `0`, `100ms` (0.1), `70%` (0.7), `2GB` (bytes)."""
File = Annotated[str, Meta(extra={"scalar": "file"})]
"""A file named relative to the plan's own directory; it is frozen and sealed with the plan."""
EarlierStep = Annotated[str, Meta(extra={"scalar": "earlier"})]
"""The id of a step that has ended when this one begins: its evidence is what this one rests on."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)")
_BYTES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BYTES |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `1h30m`; raises ValueError when it is none."""
    stripped = text.strip()
    position, total = 0, 0.0
    while position < len(stripped):
        part = _PART.match(stripped, position)
        if part is None:
            raise ValueError(f"{text!r} is not a duration such as 500ms, 90s, 3m or 1h30m")
        total += float(part[1]) * _UNITS[part[2]]
        position = part.end()
        while position < len(stripped) and stripped[position] == " ":
            position += 1
    if not stripped:
        raise ValueError("an empty text is not a duration such as 500ms, 90s, 3m or 1h30m")
    if total > LONGEST:
        raise ValueError("that is longer than three hundred years")
    return total


def parse_offset(text: str) -> float:
    """Seconds from the window's opening of an offset such as `T+10m`; raises ValueError when it is none."""
    match = re.fullmatch(r"T\s*([+-])\s*(.+)", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an offset from the window's opening such as T+10m or T-30m")
    seconds = 0.0 if match[2] == "0" else parse_duration(match[2])
    return -seconds if match[1] == "-" else seconds


def parse_quantity(text: str) -> float:
    """The number of a quantity such as `70%`, `100ms`, `2GB` or `0`; raises ValueError when it is none."""
    stripped = text.strip()
    match = re.fullmatch(r"(-?\d{1,100}(?:\.\d{1,100})?)\s*(%|[A-Za-z]+)?", stripped)
    if match is not None:
        number, unit = Decimal(match[1]), match[2]
        # As decimals: 1.1ms is 0.0011, and not the fraction next to it.
        if unit is None:
            return float(number)
        if unit == "%":
            return float(number / 100)
        if unit in _UNITS:
            return float(number * Decimal(str(_UNITS[unit])))
        if unit in _BYTES:
            return float(number * _BYTES[unit])
    raise ValueError(f"{text!r} is not a quantity such as 0, 70%, 100ms or 2GB")


def disk_need(text: str, database_bytes: int) -> int | None:
    """Bytes that `2x` (times the database) or `50GB` mean; None when it is neither."""
    times = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*x\s*", text)
    if times is not None:
        return int(float(times[1]) * database_bytes)
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*([kKMGT]i?)?B?\s*", text) is None:
        # A share or a time is a quantity too, but no number of bytes.
        return None
    try:
        return int(parse_quantity(text))
    except ValueError:
        return None


PARSERS: dict[str, Callable[[str], float]] = {
    "duration": parse_duration,
    "offset": parse_offset,
    "quantity": parse_quantity,
}


VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")


class ExpansionError(ValueError):
    """A variable that is not set; `name` is its name. Its text is a sentence for people."""

    def __init__(self, name: str) -> None:
        message = N_("The environment variable {name} is not set; set it, or write ${{{name}:-default}}.")
        super().__init__(Said(message, name=name))
        self.name = name


def expand(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables replaced; a default stands in for one unset or empty. Raises ExpansionError."""

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        found = environment.get(name)
        if found is None and default is None:
            raise ExpansionError(name)
        return found or default or ""

    return VARIABLE.sub(value, text)


def variables(text: str) -> list[str]:
    """The names of the variables a text needs, those with a default left out, in their order."""
    return [match[1] for match in VARIABLE.finditer(text) if match[2] is None]
