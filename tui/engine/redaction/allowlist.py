"""What a redactor leaves alone in an event, although a secret may be written the same: what readers go by.

A password that is the name of a step, or a part of a transaction's number, must not make the journal unreadable.
"""

from __future__ import annotations

import enum
import re
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from tui.engine.redaction.redactor import Redactor
from tui.journal import codes
from tui.journal import events as e
from tui.journal.remarks import Remarked
from tui.run.state import RunState

_FIGURE: Final = re.compile(
    r"\d+|[0-9a-f]{40,128}|[0-9A-F]{1,8}/[0-9A-F]{1,8}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.0-9]*(?:Z|[+-][0-9:]+)?"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)
"""Numbers, digests, places in the log, moments, the boot's id."""
_PLACE: Final = re.compile(r"(?:output/)?\.?(?P<step>.+?)\.\d+(?:\.\d+\.raw)?")


class Allowlist:
    """Whether a whole text of this event stays as it is."""

    def __init__(self, state: RunState, redactor: Redactor, event: e.Event) -> None:
        self._state = state
        self._redactor = redactor
        identities = (state.identity, event.identity if isinstance(event, e.RunResumed) else None)
        values = (value for identity in identities for value in (identity or {}).values())
        self._target = {value for value in values if isinstance(value, str)}
        # What a transaction is about is found again by the names of objects.
        self._witness = isinstance(event, e.TxBegin)

    def __call__(self, text: str) -> bool:
        if len(text) > 256:
            return False
        if text in _words() or text in self._target or self._names(text) or (self._witness and text.isidentifier()):
            return True
        if _FIGURE.fullmatch(text) is not None:
            return not self._redactor.is_secret(text)
        place = _PLACE.fullmatch(text)
        return place is not None and self._names(place["step"])

    def _names(self, text: str) -> bool:
        state = self._state
        if text.removeprefix("undo.") in state.steps or text in state.steps:
            return True
        return state.opened is not None and text in (state.opened.id, state.opened.target)


@cache
def _words() -> frozenset[str]:
    """The journal's own: codes, names of facts, the values that fields of events can have."""
    found = {
        str(member.value)
        for group in (*vars(codes).values(), Remarked)
        if isinstance(group, type) and issubclass(group, enum.Enum)
        for member in group
    }
    for type_ in vars(e).values():
        if isinstance(type_, type) and issubclass(type_, e.Event):
            found.update(type_.__struct_encode_fields__)
            for hint in get_type_hints(type_).values():
                found |= _choices(hint)
    return frozenset(found)


def _choices(hint: Any) -> set[str]:
    if get_origin(hint) is Literal:
        return {choice for choice in get_args(hint) if isinstance(choice, str)}
    return {choice for part in get_args(hint) for choice in _choices(part)}
