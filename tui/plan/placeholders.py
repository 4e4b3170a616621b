"""Texts that a template left open: `[Nome e contato]`, `TBD`, `<version>`, `CHANGE_ME`. Pure."""

from __future__ import annotations

import re
from typing import Final

_WHOLE: Final = re.compile(
    r"(?i)\.{3,}|…|\?{2,}|t\.?b\.?[da]\.?|xx+|<[^<>]*>|\[\.{3}\]|\{\{\s*[a-z_][^{},]*\}\}|(?:todo|fixme|tbd)(?:\W.*)?",
    re.DOTALL,
)
"""Texts that are nothing but a placeholder."""
_INSIDE: Final = re.compile(r"\b(?:CHANGE[_-]?ME|REPLACE[_-]?ME|FILL[_-]?ME[_-]?IN)\b", re.IGNORECASE)
"""Words that are one wherever they stand."""
_BRACKETS: Final = re.compile(r"\[(?=[^\[\]]*(?:[^\W\d_]{3}))(?:[^\W\d_a-zß-ÿ]|[^\W\d_]+ )[^\[\]\"'=:]*\](?!\()")
"""A phrase in brackets, or a word with a capital; the beginning of a link is none."""


def placeholder_in(text: str, *, of_people: bool = False) -> str | None:
    """The placeholder that a text is, or that surely is one within it; None where it says something. `of_people`: who
    somebody is and how they are reached, where a phrase in brackets says nothing wherever it stands."""
    stripped = text.strip()
    found = _WHOLE.fullmatch(stripped) or _BRACKETS.fullmatch(stripped) or _INSIDE.search(text)
    if found is None and of_people:
        found = _BRACKETS.search(text)
    return None if found is None else found[0]
