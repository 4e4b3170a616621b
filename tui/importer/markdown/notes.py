"""Lines that are no steps but tell of all of their part: its owner, how long it takes, the window, why it is
abandoned."""

from __future__ import annotations

from tui.importer.markdown import dates, times
from tui.importer.markdown.abort import reasons
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import FoundComment, Part
from tui.importer.markdown.inline import unmarked
from tui.importer.markdown.items import labelled, window_labels
from tui.importer.markdown.people import clean
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.vocabulary import WINDOW_LABELS, Label, label_of


def said_of_all(reading: ChecklistReading, part: Part, text: str, number: int) -> bool:
    """Whether a line such as `**Timeline:** 30-60 min`, `Owner: DBA` says something of all of its part; it is taken."""
    told = labelled(text)
    label = None if told is None else label_of(told[0])
    whole = not reading.window.known and dates.tells_window(text, reading.language)
    if not part.steps and (whole or len(list(window_labels(text))) > 1):
        for one, value in window_labels(text):
            reading.window.read(one, value, number, reading.language)
    elif told is None or not told[1]:
        return False
    elif label is Label.OWNER and part.owner is None and not part.steps and len(told[1]) <= 60:
        part.owner = reading.team.add(clean(told[1]), number)
    elif label is Label.DURATION and part.estimate is None:
        span = times.duration(unmarked(told[1])) or next(iter(times.durations(told[1])), None)
        if span is None or span.side:
            return False
        part.estimate = span.seconds
    elif label not in WINDOW_LABELS or not reading.window.read(label, told[1], number, reading.language):
        return False
    part.entries.append(FoundComment([reading.raw(number).strip()]))
    reading.fates.tell(number, Fate.DETAIL)
    return True


def reasons_to_go_back(
    reading: ChecklistReading, part: Part, text: str, numbers: list[int], *, measured: bool = False
) -> bool:
    """Whether a sentence says when it is abandoned; its reasons are triggers, and it stays as a comment."""
    told = reasons(text, measured=measured)
    if not told:
        return False
    reading.add_reasons(numbers[0], told)
    part.entries.append(FoundComment([reading.shown(number) for number in numbers]))
    reading.fates.tell(numbers, Fate.DETAIL)
    return True
