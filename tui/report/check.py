"""Does a report belong to a journal? What can be known of it, and no more.

Whoever has the journal makes the report anew from the lines up to the one that it names. The same code makes the same
bytes: what differs was changed. Other code may word things differently; then the report's own digest alone tells, which
shows accidents and no forger.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from tui.locale import language, use
from tui.report.make import made
from tui.report.mark import Mark, is_whole, made_by, mark_of
from tui.report.reading import JournalReading


class Verdict(StrEnum):
    """`same`: it is what this journal gives, to the last byte. `other_version`: it was made by other code, and is as
    that made it as far as its own digest tells."""

    SAME = "same"
    OTHER_VERSION = "other_version"
    NO_REPORT = "no_report"
    OTHER_RUN = "other_run"
    JOURNAL_SHORTER = "journal_shorter"
    JOURNAL_CHANGED = "journal_changed"
    CHANGED = "changed"

    @property
    def belongs(self) -> bool:
        return self in (Verdict.SAME, Verdict.OTHER_VERSION)


class Checked(Struct, frozen=True, kw_only=True):
    """`line` of the report is the first that differs, `found` what it says there and `expected` what the journal gives;
    `since`: so many lines came into the journal after the report was made."""

    verdict: Verdict
    mark: Mark | None = None
    since: int = 0
    line: int | None = None
    found: str = ""
    expected: str = ""


def checked(text: str, read: Callable[[int | None], JournalReading]) -> Checked:
    """`read`: the journal up to a line, or all of it. Raises JournalError and OSError for a journal that is none."""
    mark = mark_of(text)
    if mark is None or mark.head.seq is None:
        return Checked(verdict=Verdict.NO_REPORT)
    reading = read(mark.head.seq)
    opened = reading.state.opened
    if opened is None or opened.id != mark.run:
        return Checked(verdict=Verdict.OTHER_RUN, mark=mark)
    if (reading.head.seq or 0) < mark.head.seq:
        return Checked(verdict=Verdict.JOURNAL_SHORTER, mark=mark)
    if reading.head != mark.head or reading.broken is not None:
        return Checked(verdict=Verdict.JOURNAL_CHANGED, mark=mark)
    again = _again(reading, mark)
    since = 0 if reading.is_whole else (read(None).head.seq or 0) - mark.head.seq
    known: dict[str, Any] = {"mark": mark, "since": since}
    if again == text:
        return Checked(verdict=Verdict.SAME, **known)
    if mark.made_by == made_by() or not is_whole(text, mark):
        line, found, expected = _difference(text, again)
        return Checked(verdict=Verdict.CHANGED, line=line, found=found, expected=expected, **known)
    return Checked(verdict=Verdict.OTHER_VERSION, **known)


def _again(reading: JournalReading, mark: Mark) -> str:
    spoken = language()
    try:
        use(mark.language)
        return made(reading, mark.format, mark.parts, mark.cast)
    finally:
        use(spoken)


def _difference(text: str, again: str) -> tuple[int, str, str]:
    """The first line that differs, behind the mark's own."""
    ours, theirs = again.split("\n"), text.split("\n")
    shorter = min(len(ours), len(theirs))
    places = (n for n in range(shorter) if ours[n] != theirs[n] and "virada-report/1 " not in theirs[n])
    place = next(places, shorter if len(ours) != len(theirs) else 0)
    found = theirs[place] if place < len(theirs) else ""
    expected = ours[place] if place < len(ours) else ""
    return place + 1, found, expected
