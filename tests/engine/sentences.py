"""Sentences of the catalogues, found again in what was journaled: an engine writes codes and facts, never sentences."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from tui import locale

_OTHERS = ("run.opened", "step.output", "note.added", "feedback.added")
"""Events whose texts are a plan's, a program's or a person's."""
_LEAST = 14
"""Characters of the longest piece between places for facts: what is shorter may well stand in somebody's own words."""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Of each sentence in each language its longest piece, and a pattern for the whole."""
    known = gettext.translation("virada", locale._DIRECTORY, languages=["pt_BR"])._catalog  # type: ignore[attr-defined]
    found: dict[str, re.Pattern[str]] = {}
    for key, translated in known.items():
        for sentence in (key[0] if isinstance(key, tuple) else key, translated):
            pieces = re.split(r"\{\w*\}", sentence)
            longest = max(pieces, key=len)
            if len(longest) >= _LEAST and " " in longest.strip():
                found[sentence] = re.compile(".*".join(map(re.escape, pieces)), re.DOTALL)
    return tuple((max(re.split(r"\{\w*\}", s), key=len), pattern) for s, pattern in found.items())


@cache
def _is_sentence(text: str) -> bool:
    return any(piece in text and pattern.fullmatch(text) for piece, pattern in _patterns())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.split("\n")
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def sentences(events: Iterable[dict[str, Any]]) -> set[str]:
    """Texts of the engine's in these events that are sentences of the catalogues."""
    return {
        text
        for event in events
        if event["type"] not in _OTHERS and event["by"] == "engine" and event["data"].get("stream") != "server"
        for text in _texts(event["data"])
        if " " in text and _is_sentence(text)
    }
