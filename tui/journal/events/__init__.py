"""The events of a run: the typed data of every journal line, by the line's `type`.

Neutral data, no words in any language; ids of 64 bits are strings; seconds are floats. A reader keeps types it does
not know (`decode` returns None for them). Their shapes are published as JSON Schema (`event_schemas`).
"""

from __future__ import annotations

from typing import Any

import msgspec

from tui.journal.events.amended import *
from tui.journal.events.database import *
from tui.journal.events.event import *
from tui.journal.events.event import Event
from tui.journal.events.observed import *
from tui.journal.events.review import *
from tui.journal.events.run import *
from tui.journal.events.step import *

TYPES: dict[str, type[Event]] = {}


def _register(base: type[Event]) -> None:
    for event in base.__subclasses__():
        if event.TYPE:
            TYPES[event.TYPE] = event
        _register(event)


_register(Event)
_DECODERS: dict[str, msgspec.json.Decoder[Event]] = {}
"""Made when they are first asked for: all of them take a tenth of a command's start."""


def class_of(type_: str) -> type[Event]:
    """The class of a line's type, for its traits: `Event` for a type that this version does not know."""
    return TYPES.get(type_, Event)


def decode(type_: str, data: bytes | msgspec.Raw) -> Event | None:
    """The typed event of a line, or None when this version does not know its type. Raises msgspec.ValidationError."""
    decoder = _DECODERS.get(type_)
    if decoder is None:
        if type_ not in TYPES:
            return None
        decoder = _DECODERS[type_] = msgspec.json.Decoder(TYPES[type_])
    return decoder.decode(data)


_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (draft 2020-12) of the `data` of every type of line this version writes, each complete in itself.

    Further keys are allowed everywhere: a reader keeps what it does not know.
    """
    return {
        name: {"$schema": _DIALECT, **msgspec.json.schema(event), "title": name}
        for name, event in sorted(TYPES.items())
    }
