"""Where something stands in a JSON document: `$.status`, `$.replicas[0].lag`, `$["a key"]`. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

_STEP: Final = re.compile(r"""\.([^.\[\]"']+)|\[(\d+)\]|\["([^"]+)"\]|\['([^']+)'\]""")


class NoSuchPlace(LookupError):
    """The document has nothing there."""


def parts(path: str) -> tuple[str | int, ...] | None:
    """The keys and positions on the way; None for what is no path. `$` alone is the whole document."""
    if not path.startswith("$"):
        return None
    found: list[str | int] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return None
        key = step[1] or step[3] or step[4]
        found.append(int(step[2]) if key is None else key)
        at = step.end()
    return tuple(found)


def value_at(document: Any, path: str) -> Any:
    """What stands there. Raises NoSuchPlace."""
    for part in parts(path) or ():
        try:
            there = isinstance(document, list if isinstance(part, int) else dict)
            document = document[part] if there else _nothing(path)
        except (KeyError, IndexError):
            raise NoSuchPlace(path) from None
    return document


def _nothing(path: str) -> Any:
    raise NoSuchPlace(path)


def same(found: Any, wanted: Any) -> bool:
    """Whether it is what a plan says: a number is no text, and `true` is no number."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    return bool(found == wanted)
