"""Who had a hand in a run."""

from __future__ import annotations

from collections import Counter

from tui.journal import events as e
from tui.report.reading import JournalReading


def people(reading: JournalReading) -> dict[str, int]:
    """Who commanded or signed, and how often, behind the opening; behind a signature that the engine wrote stands its
    person. Labels as the journal has them."""
    found = Counter[str]()
    for kept in reading.kept:
        by = kept.line.by
        if isinstance(kept.event, e.StepSigned | e.StepByHand) and kept.event.person:
            by = kept.event.person
        if by != "engine" and kept.line.seq > 0:
            found[by] += 1
    return dict(found.most_common())
