"""A line of a checklist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ITEM: Final = r"(?:[-*+]|\d{1,4}[.)])"
"""The sign of an item in Markdown."""
ITEM_HEAD: Final = rf"(\s*{ITEM}\s+)"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """`number`: that in the file, from 1; `code`: whether it belongs to a code block, where nothing is put right."""

    number: int
    text: str
    code: bool = False
