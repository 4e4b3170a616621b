"""What is known of a checklist while it is read: its lines and their fates, the team, the window, what is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tui.importer.markdown.criterion import Criterion
from tui.importer.markdown.fates import Fate, Fates
from tui.importer.markdown.limits import AMBIGUOUS, PARTLY, Measured, measured
from tui.importer.markdown.numbers import NumberStyle
from tui.importer.markdown.people import Team
from tui.importer.markdown.source import ChecklistSource
from tui.importer.markdown.window import WindowFacts
from tui.said import Said

_NOTE: Final = re.compile(r"\s{0,3}\[\^([\w-]{1,40})\]:\s+(\S.*)")
_NOTE_MARK: Final = re.compile(r"\[\^([\w-]{1,40})\]")
Say = Callable[[Said], str]
"""Puts a sentence into the language of the plan's own sentences."""


@dataclass(slots=True)
class ChecklistReading:
    """`look`: (number, sentence) of what a person should look at. `counted`: how often something was recognised.
    `triggers`: (number, title, what is measured). `milestones`: (number, label, seconds
    from the beginning, time of day)."""

    source: ChecklistSource
    style: NumberStyle
    say: Say
    fates: Fates = field(default_factory=Fates)
    team: Team = field(default_factory=Team)
    window: WindowFacts = field(default_factory=WindowFacts)
    limits: list[Criterion] = field(default_factory=list)
    qualities: list[str] = field(default_factory=list)
    triggers: list[tuple[int, str, Measured]] = field(default_factory=list)
    milestones: list[tuple[int, str, float | None, tuple[int, int] | None]] = field(default_factory=list)
    look: list[tuple[int, Said]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    struck: list[int] = field(default_factory=list)
    notes: dict[str, str] | None = None
    """Footnotes by their names, once one is asked for."""
    name: str = ""
    above: dict[str, list[str]] = field(default_factory=dict)
    """Comments that stand above a key of the plan's head, or above `rollback`."""

    def add_reasons(self, number: int, told: Iterable[str]) -> None:
        """Reasons to go back, each told once."""
        known = {title for _number, title, _limit in self.triggers}
        for title in told:
            if title not in known:
                self.add_trigger(number, title, self.fires(title))

    @property
    def language(self) -> str:
        """What it is written in."""
        return self.style.language

    def fires(self, text: str) -> Measured:
        """What a reason to go back measures."""
        return measured(text, self.style, trigger=True)

    def add_trigger(self, number: int, title: str, told: Measured) -> None:
        """A reason to go back, and what is not understood for certain in it."""
        self.triggers.append((number, title, told))
        if told.doubt is not None and told.doubt.text == AMBIGUOUS:
            self.look.append((number, told.doubt))

    def add_criteria(self, number: int, title: str, told: Measured) -> None:
        """What a line says of metrics, and what is not understood for certain in it."""
        self.limits += [Criterion(number, title, limit, told.lasting) for limit in told.limits]
        if told.doubt is not None or told.partly:
            self.look.append((number, told.doubt or Said(PARTLY, text=title)))

    def footnotes(self, text: str) -> tuple[str, list[str]]:
        """A text without its marks of footnotes, and what these say."""
        if "[^" not in text:
            return text, []
        if self.notes is None:
            self.notes = {found[1]: found[2] for line in self.source.raw if (found := _NOTE.match(line)) is not None}
        told = [self.notes[name] for name in _NOTE_MARK.findall(text) if name in self.notes]
        return _NOTE_MARK.sub("", text).rstrip(), told

    def raw(self, number: int) -> str:
        """A line of the file."""
        return self.source.raw[number - 1]

    def comment(self, numbers: Iterable[int]) -> list[str]:
        """Lines as they stand in the file, which become comments."""
        lines = list(dict.fromkeys(numbers))
        self.fates.tell(lines, Fate.COMMENT)
        return [text for number in lines if (text := self.shown(number))]

    def shown(self, number: int) -> str:
        """A line of the file as a comment has it: a heading without its sign."""
        return re.sub(r"^#{1,6}\s+(?=\S)", "", self.raw(number).strip())

    def noted(self, key: str, numbers: Iterable[int], fate: Fate = Fate.DETAIL) -> None:
        """Lines as they stand in the file, above a key of the plan's head, or `rollback`."""
        lines = list(numbers)
        self.fates.tell(lines, fate)
        above = self.above.setdefault(key, [])
        above.extend(text for number in lines if (text := self.shown(number)) and text not in above)
