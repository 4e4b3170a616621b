"""The published shapes of a journal: JSON Schema of every event's data, by the line's `type`."""

from __future__ import annotations

from typing import Any

import msgspec

from tui.journal.events import TYPES

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (draft 2020-12) of the `data` of every type of line this version writes, each complete in itself.

    Further keys are allowed everywhere: a reader keeps what it does not know.
    """
    return {
        name: {"$schema": _DIALECT, **msgspec.json.schema(event), "title": name}
        for name, event in sorted(TYPES.items())
    }
