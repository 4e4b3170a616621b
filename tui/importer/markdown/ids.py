"""Ids of steps from their titles: ASCII, unique, the same for the same checklist. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 48
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


class Ids:
    """Those given so far."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._last: dict[str, int] = {}

    def of(self, title: str) -> str:
        """An id that nothing has yet."""
        base = slug(re.sub(r"\s*\([^()]*\)", "", title)) or slug(title) or "step"
        number = self._last.get(base, 1)
        found = base if number == 1 else f"{base}-{number}"
        while found in self._given:
            number += 1
            found = f"{base}-{number}"
        self._given.add(found)
        self._last[base] = number
        return found


def slug(title: str) -> str:
    """Small letters, digits and hyphens, cut at a word; empty where a title has no such letter."""
    text = unicodedata.normalize("NFKD", title.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    parts = re.sub(r"[^a-z0-9]+", "-", text).strip("-")
    if len(parts) <= LONGEST:
        return parts
    cut = parts[: LONGEST + 1].rpartition("-")[0]
    return cut or parts[:LONGEST]
