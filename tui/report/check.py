"""Does a report belong to a journal? What can be known of it, and no more.

Whoever has the journal makes the report anew from the lines up to the one that it names. The same bytes are what the
journal gives, whatever made them. Other bytes of the same build were changed; another build may word things
differently, or know other characters and time zones: then the report's own digest alone tells, which shows accidents
and no forger.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from tui.locale import language, use
from tui.pictures.timezone import zone
from tui.report.build import made_by
from tui.report.make import made
from tui.report.mark import Mark, is_whole, mark_of
from tui.report.reading import JournalReading


class Verdict(StrEnum):
    """`same`: it is what this journal gives, to the last byte. `other_build`: another build made it, and this one gives
    other bytes: whether it is as that build made it its own digest alone tells, and that fits."""

    SAME = "same"
    OTHER_BUILD = "other_build"
    NO_REPORT = "no_report"
    OTHER_RUN = "other_run"
    JOURNAL_SHORTER = "journal_shorter"
    JOURNAL_CHANGED = "journal_changed"
    CHANGED = "changed"


class Checked(Struct, frozen=True, kw_only=True):
    """`line` of the report is the first that differs, `found` what it says there and `expected` what the journal gives;
    None of one that another build made, whose own digest does not fit.
    `since`: so many lines came into the journal after the report was made. `own`: the build that looked."""

    verdict: Verdict
    mark: Mark | None = None
    since: int = 0
    line: int | None = None
    found: str = ""
    expected: str = ""
    own: str = ""


def checked(text: str, read: Callable[[int | None], JournalReading]) -> Checked:
    """`text`: the file's bytes, read as `mark.BYTES` says. `read`: the journal up to a line, or all of it. Raises
    JournalError and OSError for a journal that is none."""
    mark = mark_of(text)
    if mark is None or mark.head.seq is None:
        return Checked(verdict=Verdict.NO_REPORT)
    reading = read(mark.head.seq)
    opened = reading.state.opened
    if reading.head.seq is None or reading.head.seq < 0:
        return Checked(verdict=Verdict.JOURNAL_SHORTER, mark=mark)
    if opened is None or opened.id != mark.run:
        return Checked(verdict=Verdict.OTHER_RUN, mark=mark)
    if reading.head.seq < mark.head.seq:
        return Checked(verdict=Verdict.JOURNAL_SHORTER, mark=mark)
    if reading.head != mark.head or not _as_broken(reading, mark):
        return Checked(verdict=Verdict.JOURNAL_CHANGED, mark=mark)
    # It lay behind the last line then, and is in no line: it may be gone, or a line by now.
    reading.torn_bytes = mark.torn
    again = _again(reading, mark)
    since = 0 if reading.is_whole else (read(None).head.seq or 0) - mark.head.seq
    own = made_by(zone(reading.state))
    known: dict[str, Any] = {"mark": mark, "since": since, "own": own}
    if again == text:
        return Checked(verdict=Verdict.SAME, **known)
    if mark.made_by != own:
        # Which line was changed this build cannot tell: others may differ because it is another one.
        whole = is_whole(text, mark)
        return Checked(verdict=Verdict.OTHER_BUILD if whole else Verdict.CHANGED, **known)
    line, found, expected = _difference(text, again)
    return Checked(verdict=Verdict.CHANGED, line=line, found=found, expected=expected, **known)


def _as_broken(reading: JournalReading, mark: Mark) -> bool:
    """Whether the journal is broken where it was when the report was made. What is broken behind the report's last line
    was not there then, or is nothing that the report tells of."""
    assert mark.head.seq is not None
    if reading.broken is not None and reading.broken.seq > mark.head.seq and mark.broken is None:
        reading.broken = None
    return (None if reading.broken is None else reading.broken.seq) == mark.broken


def _again(reading: JournalReading, mark: Mark) -> str:
    spoken = language()
    try:
        use(mark.language)
        return made(reading, mark.format, mark.parts, mark.cast, mark.made_by)
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
