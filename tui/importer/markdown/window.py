"""When a change is to be carried out, as a checklist tells it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from tui.importer.markdown import dates, times
from tui.importer.markdown.inline import has_blank, unmarked
from tui.importer.markdown.vocabulary import Label

LONGEST: Final = 14 * times.DAY


@dataclass(slots=True)
class WindowFacts:
    """`numbers`: the lines that tell it. `doubtful`: the name of a zone that several have. `opening`: what stands
    where the beginning belongs, when that is no time."""

    day: tuple[int, int, int] | None = None
    begins: tuple[int, int] | None = None
    ends: tuple[int, int] | None = None
    duration: float | None = None
    buffer: float | None = None
    zone: str | None = None
    doubtful: str = ""
    opening: str = ""
    numbers: list[int] = field(default_factory=list)

    @property
    def known(self) -> bool:
        """Whether anything is told of it."""
        return bool(self.numbers)

    @property
    def opens(self) -> str | None:
        """The opening as a plan has it."""
        if self.day is None or self.begins is None:
            return None
        return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}".format(*self.day, *self.begins)

    @property
    def length(self) -> float | None:
        """Seconds: as they are told, or from its beginning to its end."""
        if self.duration is not None:
            return self.duration
        if self.begins is not None and self.ends is not None:
            return times.between(self.begins, self.ends) or None
        return None

    def read(self, label: Label | None, text: str, number: int, language: str) -> bool:
        """Take from a line what it tells; whether it told something."""
        shown = unmarked(text)
        told = (
            self._span(label, shown)
            if label in (Label.DURATION, Label.BUFFER)
            else self._moment(label, shown, language)
        )
        if told:
            self.numbers.append(number)
        return told

    def _span(self, label: Label | None, text: str) -> bool:
        span = (
            times.duration(text)
            or times.duration(re.sub(r"\(.*?\)", "", text))
            or next(iter(times.durations(text)), None)
        )
        if span is None or span.seconds > LONGEST:
            return False
        if label is Label.BUFFER:
            self.buffer = span.seconds if self.buffer is None else self.buffer
        else:
            self.duration = span.seconds if self.duration is None else self.duration
        return True

    def _moment(self, label: Label | None, text: str, language: str) -> bool:
        zone, day = dates.zone(text), dates.day(text, language != "en")
        clocks = dates.clocks(text)
        span = next((one for one in times.durations(text) if not one.side), None)
        if label is Label.TIMEZONE and zone is None:
            return False
        self.zone = self.zone or zone
        self.doubtful = self.doubtful or dates.many_zones(text)
        if label is Label.ENDS:
            self.ends = clocks[0] if clocks else self.ends
            return bool(clocks)
        self.day = self.day or day
        if clocks and self.begins is None:
            self.begins = clocks[0]
            if len(clocks) > 1:
                self.ends = clocks[1]
        if span is not None and label is Label.WINDOW and self.duration is None and len(clocks) < 2:
            self.duration = span.seconds
        if (
            not clocks
            and day is None
            and not self.opening
            and label in (Label.BEGINS, Label.WINDOW)
            and has_blank(text)
        ):
            self.opening = text
            return True
        return bool(clocks or day or zone or (span and label is Label.WINDOW))
