"""The number that a script's name begins with, and the order that people see in names: 2 before 10."""

from __future__ import annotations

import posixpath
import re
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(
    r"[vV]?(?P<first>\d++(?:\.\d++)*+)(?P<letter>[A-Za-z](?![^\W_]))?(?P<more>(?:[T._-]\d++(?![^\W\d_]))*+)(?![^\W\d_])"
)
"""`003`, `1.5`, `001a`, `2024-1-10`, `20240101T000000`; no `3rd`, no `2fa`."""
_DIGITS: Final = re.compile(r"(\d+)")

Order = tuple[int, ...]
Natural = tuple[str | int, ...]


class Number(NamedTuple):
    """`first`: what is compared. `run`: all of it, of a date or a time the rest as well, by which it is the same.
    `rest`: the name behind it."""

    first: Order
    run: tuple[str, ...]
    rest: str


def number_of(name: str) -> Number | None:
    """The number of a file's or directory's own name; None where it begins with none."""
    match = _NUMBER.match(posixpath.basename(name))
    if match is None:
        return None
    first = tuple(int(part) for part in match["first"].split("."))
    run = [*map(str, first), *([match["letter"]] if match["letter"] else [])]
    run += [str(int(part)) for part in _DIGITS.findall(match["more"])]
    return Number(first, tuple(run), match.string[match.end() :])


def natural(text: str) -> Natural:
    """A text to be compared by its numbers and what stands between them."""
    return tuple(int(part) if at % 2 else part for at, part in enumerate(_DIGITS.split(text)))


def natural_path(path: str) -> tuple[Natural, ...]:
    """A directory to be compared, part by part; the top comes first."""
    return tuple(natural(part) for part in path.split("/") if part)
