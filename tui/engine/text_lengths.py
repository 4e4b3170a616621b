"""How much of what comes from elsewhere an event holds: a text of 1 MiB at most, and that once."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from msgspec.structs import fields, replace

from tui.journal.cut import LONGEST, REPEATED, within
from tui.journal.events import ErrorRecorded, Event, StepFailed, StepWaiting, TxAborted, TxCommitted

E = TypeVar("E", bound=Event)
_BESIDE: Final[dict[type[Event], tuple[str, ...]]] = {
    ErrorRecorded: ("text",), StepFailed: ("message",), StepWaiting: ("facts",), TxAborted: ("message",),
    TxCommitted: ("warnings",),
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
