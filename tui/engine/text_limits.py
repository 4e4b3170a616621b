"""How much text goes into the journal: at most 1 MiB in any second, and in one event at most 1 MiB, that once."""

from __future__ import annotations

import time
from typing import Any, Final, TypeVar

from msgspec.structs import fields, replace

from tui.journal.cut import LONGEST, REPEATED, within
from tui.journal.events import ErrorRecorded, Event, StepFailed, StepWaiting, TxAborted, TxCommitted

TEXT_RATE: Final = 1 << 20
"""Bytes of text that the journal takes in any one second at most."""
_BURST: Final = 384 << 10
_REFILL: Final = 512 << 10
_LAST: Final = 32 << 10


class TextBudget:
    """A bucket that is filled by the clock. Whatever second one looks at, at most a full bucket and what flowed in
    during it goes out; together that stays below TEXT_RATE with room for writes that come late."""

    def __init__(self) -> None:
        self._level = float(_BURST)
        self._at = time.monotonic()

    def level(self, *, last: bool = False) -> int:
        """Bytes that may be spent now. The `last` of an output may use what is kept back for it: errors stand there."""
        now = time.monotonic()
        self._level = min(float(_BURST), self._level + (now - self._at) * _REFILL)
        self._at = now
        return max(0, int(self._level) - (0 if last else _LAST))

    def spend(self, amount: int) -> None:
        """Take this many bytes out."""
        self._level -= amount


E = TypeVar("E", bound=Event)
_BESIDE: Final[dict[type[Event], tuple[str, ...]]] = {
    ErrorRecorded: ("text", "facts"), StepFailed: ("message",), StepWaiting: ("facts",),
    TxAborted: ("message", "facts"), TxCommitted: ("warnings",),
}  # fmt: skip
"""What the evidence of the outcome that follows has in its full length."""
_WHOLE: Final = 16 * LONGEST
"""Bytes of an event beyond which all of its texts are cut short: however many there are, a line has room for it."""


def bounded(event: E, size: int) -> E:
    """The event, of `size` bytes as JSON, with no text longer than it may be. What a run opens with was read within
    bounds of its own, and is not for this."""
    longest = LONGEST if size <= _WHOLE else REPEATED
    beside = _BESIDE.get(type(event), ())
    changes: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if not value or not isinstance(value, str | dict | tuple):
            continue
        found = within(value, REPEATED if field.name in beside else longest)
        changes[field.name] = tuple(found) if isinstance(value, tuple) else found
    return replace(event, **changes)
