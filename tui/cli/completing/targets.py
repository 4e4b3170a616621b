"""The targets that a plan names, read from its beginning as far as they reach: a plan of any length answers at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tui.plan.files import open_regular

_LONGEST: Final = 1 << 20
"""Bytes at the beginning of a plan in which its targets are looked for."""


def targets(plan: Path) -> list[str]:
    """Their names in their order. Raises OSError, and YAML's errors where the plan is wrong before they end."""
    import yaml

    with os.fdopen(open_regular(plan), "rb") as file:
        text = file.read(_LONGEST).decode("utf-8", "replace")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return list(_names(yaml.parse(text, Loader=loader)))


def _names(events: Iterator[Any]) -> Iterator[str]:
    """The keys of the mapping `targets`, which stands at the top."""
    depth, key, inside = 0, True, False
    for event in events:
        name = type(event).__name__
        if name in ("MappingStartEvent", "SequenceStartEvent"):
            depth += 1
            key = name == "MappingStartEvent"
            continue
        if name in ("MappingEndEvent", "SequenceEndEvent"):
            depth -= 1
            if inside and depth == 1:
                return
            key = True
            continue
        if name != "ScalarEvent":
            continue
        if inside and depth == 2 and key:
            yield event.value
        if depth == 1 and key:
            inside = event.value == "targets"
        key = not key
