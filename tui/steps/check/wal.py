"""Files of WAL by their names: what lacks between two of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAME: Final = re.compile(r"(?:^|/)[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})(?![0-9A-F.])", re.MULTILINE)


def numbers(text: str, segment_bytes: int) -> set[int]:
    """The segments that are listed, one name a line, whatever stands before and behind it; partial ones, and what is
    kept beside them, are none. Of another timeline one has the same number."""
    each = (1 << 32) // segment_bytes
    return {int(log, 16) * each + int(segment, 16) for log, segment in _NAME.findall(text)}


def number(name: str, segment_bytes: int) -> int | None:
    """Of one name; None for what is no segment's."""
    return next(iter(numbers(name, segment_bytes)), None)


def shown(number: int, segment_bytes: int) -> str:
    """A segment as the last sixteen digits of its name: without its timeline."""
    each = (1 << 32) // segment_bytes
    return f"{number // each:08X}{number % each:08X}"


def first_gap(there: Iterable[int], since: int) -> int | None:
    """The first number from `since` on that is not there: that one, or one behind which others are; None where none
    lacks."""
    known = set(there)
    last = max(known, default=since)
    return next((n for n in range(since, max(last, since) + 1) if n not in known), None)
