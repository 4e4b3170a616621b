"""A line of a checklist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceLine:
    """`number`: that in the file, from 1; `code`: whether it belongs to a code block, where nothing is put right."""

    number: int
    text: str
    code: bool = False
