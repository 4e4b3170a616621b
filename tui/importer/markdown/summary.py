"""What is told of an import: how much became what, what was recognised, what a person should look at."""

from __future__ import annotations

from typing import Final

from tui.importer.draft import Draft
from tui.importer.markdown.build import Built
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.reading import ChecklistReading
from tui.said import Joined, Said, several

MOST: Final = 40
"""Things to be looked at that are listed."""


def summary(reading: ChecklistReading, draft: Draft, built: Built) -> list[str | Said]:
    """The lines, each a sentence."""
    steps = sum(len(section.steps) for phase in draft.phases for section in phase.sections)
    back = sum(len(section.steps) for phase in draft.rollback for section in phase.sections)
    timed = sum(
        "milestone" in step.keys for phase in draft.phases for section in phase.sections for step in section.steps
    )
    sections = sum(len(phase.sections) for phase in draft.phases)
    fates = reading.fates
    told: list[str | Said] = [
        Joined((
            several("{file}: {count} line with text", "{file}: {count} lines with text",
                    sum(fate is not Fate.MARK for fate in fates.of.values()), file=reading.source.name),
            Joined((
                several("{count} heading", "{count} headings", fates.count(Fate.HEADING)),
                several("{count} of a step", "{count} of steps", fates.count(Fate.STEP)),
                several("{count} detail", "{count} details", fates.count(Fate.DETAIL)),
                several("{count} comment", "{count} comments", fates.count(Fate.COMMENT)),
            )),
        ), ": "),
        Joined((
            several("{count} phase", "{count} phases", len(draft.phases)),
            several("{count} section", "{count} sections", sections),
            several("{count} step", "{count} steps", steps),
            several("{count} step of the rollback", "{count} steps of the rollback", back),
        )),
    ]  # fmt: skip
    recognised = [
        several("{count} duration", "{count} durations", built.estimates) if built.estimates else None,
        several("{count} milestone", "{count} milestones", timed) if timed else None,
        Said("the window") if reading.window.known else None,
        several("{count} role", "{count} roles", len(reading.team.members)) if reading.team.members else None,
        several("{count} metric", "{count} metrics", len(reading.limits)) if reading.limits else None,
        several("{count} trigger", "{count} triggers", len(reading.triggers)) if reading.triggers else None,
        several("{count} proposal in a comment",
        "{count} proposals in comments", built.proposals) if built.proposals else None,
    ]  # fmt: skip
    known = [one for one in recognised if one is not None]
    if known:
        told.append(Joined((Said("recognised"), Joined(known)), ": "))
    return told + look(reading)


def look(reading: ChecklistReading) -> list[str | Said]:
    """What a person should look at, with the line that it is about."""
    found = [*reading.source.remarks, *reading.look]
    for numbers, text in (
        (reading.done, "ticked, done before as the checklist has it; they are steps all the same"),
        (reading.struck, "struck out; they are comments"),
    ):
        if numbers:
            found.append(
                (
                    0,
                    Joined(
                        (several("line {lines}", "lines {lines}", len(numbers), lines=_ranges(numbers)), Said(text)),
                        ": ",
                    ),
                )
            )
    lines: list[str | Said] = [
        Joined((Said("line {line}", line=number), said), ": ") if number else said
        for number, said in sorted(found, key=lambda one: one[0])[:MOST]
    ]
    if len(found) > MOST:
        lines.append(
            several("{count} further thing is not listed.", "{count} further things are not listed.", len(found) - MOST)
        )
    if lines:
        lines.insert(0, Said("Look at:"))
    return lines


def _ranges(numbers: list[int]) -> str:
    """Numbers, those that follow each other as a range."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    shown = [f"{first}" if first == last else f"{first}-{last}" for first, last in parts]
    return ", ".join(shown[:30]) + (" …" if len(shown) > 30 else "")
