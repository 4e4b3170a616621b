"""Names of keys: a character stands for itself, other keys have Textual's names, and people read them otherwise."""

from __future__ import annotations

import re
from functools import cache

RESERVED = frozenset(("enter", "escape", "ctrl+c", "ctrl+q"))
"""Keys that always mean the same."""
_KEY = re.compile(
    r"(?:(?:ctrl|shift|alt)\+)*(?:[a-z0-9]|f(?:[1-9]|1[0-9]|2[0-4])"
    r"|space|tab|up|down|left|right|home|end|pageup|pagedown|insert|delete|backspace)"
)
_SHORT = {"pagedown": "PgDn", "pageup": "PgUp", "escape": "Esc", "space": "space"}


def named(written: str) -> str | None:
    """The name of the key that somebody has written; None where it is none."""
    if len(written) == 1 and written.isprintable():
        return None if written == " " else written
    key = written.lower()
    return key if key in RESERVED or _KEY.fullmatch(key) else None


@cache
def shown(key: str) -> str:
    """As people read it: `-`, `X`, `Ctrl+E`, `F5`."""
    if len(key) == 1:
        return key
    return _SHORT.get(key) or "+".join(part.upper() if len(part) == 1 else part.capitalize() for part in key.split("+"))
