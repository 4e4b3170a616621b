"""What is told of an import: how much became what, what was recognised, what a person should look at."""

from __future__ import annotations

from typing import Final

from tui.importer.draft import Draft
from tui.importer.markdown.build import Built
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.reading import ChecklistReading
from tui.said import N_, Joined, Said, several

MOST: Final = 40
"""Things to be looked at that are listed."""


def summary(reading: ChecklistReading, draft: Draft, built: Built) -> list[str | Said]:
    """The lines for one checklist, each a sentence."""
    return [of_lines(reading), *comments(reading), of_plan(draft), *recognised(reading, draft, built), *look(reading)]


def of_lines(reading: ChecklistReading) -> Said:
    """What its lines became."""
    fates = reading.fates
    count = sum(fate is not Fate.MARK for fate in fates.of.values())
    became = (
        several("{count} heading", "{count} headings", fates.count(Fate.HEADING)),
        several("{count} of a step", "{count} of steps", fates.count(Fate.STEP)),
        several("{count} detail", "{count} details", fates.count(Fate.DETAIL)),
        several("{count} comment", "{count} comments", fates.count(Fate.COMMENT)),
    )
    name = reading.source.name
    lines = several("{file}: {count} line with text", "{file}: {count} lines with text", count, file=name)
    return Joined((lines, Joined(became)), ": ")


def comments(reading: ChecklistReading) -> list[str | Said]:
    """Which lines are nothing but comments in the plan."""
    numbers = [number for number, fate in reading.fates.of.items() if fate is Fate.COMMENT]
    if not numbers:
        return []
    lines = several("line {lines}", "lines {lines}", len(numbers), lines=_ranges(numbers))
    return [Joined((Said("nothing but comments"), lines), ": ")]


def of_plan(draft: Draft) -> Said:
    """What the plan has."""
    sections = [section for phase in draft.phases for section in phase.sections]
    back = sum(len(section.steps) for phase in draft.rollback for section in phase.sections)
    return Joined((
        several("{count} phase", "{count} phases", len(draft.phases)),
        several("{count} section", "{count} sections", len(sections)),
        several("{count} step", "{count} steps", sum(len(section.steps) for section in sections)),
        several("{count} step of the rollback", "{count} steps of the rollback", back),
    ))  # fmt: skip


def recognised(reading: ChecklistReading, draft: Draft, built: Built) -> list[str | Said]:
    """What was taken out of sentences."""
    steps = [step for phase in draft.phases for section in phase.sections for step in section.steps]
    timed = sum("milestone" in step.keys for step in steps)
    counted = (
        (built.estimates, several("{count} duration", "{count} durations", built.estimates)),
        (timed, several("{count} milestone", "{count} milestones", timed)),
        (roles := len(reading.team.members), several("{count} role", "{count} roles", roles)),
        (limits := len(reading.limits), several("{count} metric", "{count} metrics", limits)),
        (triggers := len(draft.triggers), several("{count} trigger", "{count} triggers", triggers)),
        (proposals := built.proposals,
         several("{count} proposal in a comment", "{count} proposals in comments", proposals)),
    )  # fmt: skip
    known = [said for count, said in counted if count]
    if reading.window.known:
        known.append(Said("the window"))
    return [Joined((Said("recognised"), Joined(known)), ": ")] if known else []


def look(reading: ChecklistReading) -> list[str | Said]:
    """What a person should look at, with the line that it is about."""
    found = [*reading.source.remarks, *reading.look]
    for numbers, text in (
        (reading.done, N_("ticked, done before as the checklist has it; they are steps all the same")),
        (reading.struck, N_("struck out; they are comments")),
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
