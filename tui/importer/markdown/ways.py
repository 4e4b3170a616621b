"""Ways of which one is chosen, as items of a list or within one: `Option A: ... / Option B: ...`."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown.blocks import ListBlock
from tui.importer.markdown.found import FoundStep
from tui.importer.markdown.inline import fold, title_of
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.vocabulary import OPTION
from tui.said import N_, Said

MANY_WAYS: Final = N_("{option}: only where this way was chosen; otherwise skip it")
_LONGEST: Final = 60
_BETWEEN: Final = re.compile(r"\s+(?:/|\||or|oder|ou|o)\s+|\s*;\s+", re.IGNORECASE)


def is_way(text: str) -> bool:
    """Whether a text is one of several ways."""
    return OPTION.match(fold(title_of(text))) is not None


def has_ways(block: ListBlock) -> bool:
    """Whether items of a list are ways of which one is chosen."""
    return sum(is_way(item.text) for item in block.items) > 1


def ways_in(text: str) -> list[str]:
    """The ways that one line tells; none where it tells one or no such."""
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    return parts if len(parts) > 1 and all(is_way(part) for part in parts) else []


def choice(reading: ChecklistReading, options: list[str], number: int) -> FoundStep:
    """The step by which one of several ways is chosen."""
    shown = [option if len(option) <= _LONGEST else f"{option[:_LONGEST].rpartition(' ')[0]} …" for option in options]
    named = reading.say(Said("Choose one way: {options}", options=" | ".join(shown)))
    step = FoundStep(number, named, named)
    step.blanks.append(reading.say(Said("Which was chosen, and why")))
    text = Said("{count} ways of which one is chosen: each stands as steps", count=len(options))
    reading.look.append((number, text))
    return step


def only_where_chosen(reading: ChecklistReading, step: FoundStep, option: str) -> None:
    """Say at a step of which way it is."""
    step.details.insert(0, reading.say(Said(MANY_WAYS, option=option)))
