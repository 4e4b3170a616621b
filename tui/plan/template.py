"""Texts with places for facts of the run: `{plan}`, `{window.opens}`. A closed list; `{{` and `}}` are braces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

NAMES: Final = (
    "plan", "target", "environment", "run", "mode", "status", "phase", "step", "next", "next.role", "window.opens",
    "window.closes", "projected_end", "last_safe_rollback", "now", "failed", "errors", "reason", "operator",
)  # fmt: skip
"""`step`: what was carried out last; `next`: what comes, and `next.role` who does it. `failed`: the step that failed
last. `errors`: how many nobody has resolved. `reason`: why the run is taken back. `operator`: who has the helm."""
UNKNOWN: Final = "?"
"""What stands in the place of a fact that nobody knows."""
_PLACE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")


def unknown_names(text: str) -> Iterator[str]:
    """Names in braces that stand for nothing, in their order."""
    for place in _PLACE.finditer(text):
        if place[1] is not None and place[1] not in NAMES:
            yield place[1]


def filled(text: str, facts: Mapping[str, str]) -> str:
    """The text with its facts. A name that this version does not know stays as it stands."""

    def fact(place: re.Match[str]) -> str:
        if place[1] is None:
            return place[0][0]
        return facts.get(place[1], UNKNOWN) if place[1] in NAMES else place[0]

    return _PLACE.sub(fact, text)
