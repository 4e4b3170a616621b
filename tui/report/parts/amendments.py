"""What was changed in the plan while the run was open: each change with its difference, and what became void by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tui.journal import events as e
from tui.locale import _, ngettext
from tui.report.blocks import CodeLines, Fact, Facts, Paragraph, ReportBlock, Subtitle
from tui.report.parts.windows import bounds, moved
from tui.report.reading import JournalReading
from tui.report.times import Times
from tui.said import N_
from tui.words.amendments import part_words
from tui.words.figures import whole
from tui.words.persons import person_words

HOW: Final = {"changed": N_("changed"), "added": N_("added"), "removed": N_("removed"), "moved": N_("moved")}
MOST: Final = 400
"""Lines of a difference."""


def amendments(reading: JournalReading) -> Iterator[ReportBlock]:
    """A heading, facts and differences for each; nothing of a plan that was left as it was."""
    times = Times(reading.state)
    for number, kept in reading.amendments:
        event = kept.event
        assert isinstance(event, e.RunAmended)
        yield Subtitle(text=_("Amendment {n}").format(n=number))
        facts = [*_facts(event, times.at(kept.line.at), kept.line.by), *_windows(reading, number, times)]
        yield Facts(rows=tuple(facts))
        for step in event.steps:
            if step.difference:
                yield Paragraph(text=f"{step.step}: {_(HOW[step.how])}")
                yield from _difference(step.difference, step.more)
        for file in event.files:
            yield Paragraph(text=f"{file.name}\nSHA-256 {file.before or '-'} → {file.after or '-'}")
            yield from _difference(file.difference, file.more)
        for part in event.parts:
            yield Paragraph(text=part_words(part.part))
            yield from _difference(part.difference, part.more)


def _facts(event: e.RunAmended, at: str, by: str) -> Iterator[Fact]:
    yield Fact(_("amended"), _("{at} by {who}: {reason}").format(at=at, who=person_words(by), reason=event.reason))
    changed = [f"{step.step} ({_(HOW[step.how])})" for step in event.steps]
    yield Fact(_("steps"), ", ".join(changed) or _("none"))
    if event.files:
        yield Fact(_("files"), ", ".join(file.name for file in event.files))
    if event.parts:
        yield Fact(_("other parts"), ", ".join(part_words(part.part) for part in event.parts))
    rehearsed = {
        True: _("exactly this work was rehearsed"), False: _("what changed was not rehearsed"),
        None: _("whether exactly this work was rehearsed is not known"),
    }  # fmt: skip
    yield Fact(_("rehearsal"), rehearsed[event.rehearsed], "ok" if event.rehearsed else "warn")
    if event.despite:
        yield Fact(_("in spite of"), ", ".join(event.despite), "warn")
    yield Fact(_("plan's seal"), event.seal)


def _windows(reading: JournalReading, number: int, times: Times) -> Iterator[Fact]:
    """What it made of windows, each with what held before."""
    for _key, window in reading.planned.windows():
        before = window.planned
        for one in window.moved:
            if one.number == number:
                name = _("window of phase {number}").format(number=window.phase) if window.phase else _("window")
                was = _("before: {window}").format(window="-" if before is None else bounds(before, times))
                yield Fact(name, f"{moved(one, times)}\n{was}", "warn")
            before = one.bounds


def _difference(text: str, more: int) -> Iterator[ReportBlock]:
    lines = text.split("\n")
    if text:
        yield CodeLines(lines=tuple(lines[:MOST]))
    left = more + max(0, len(lines) - MOST)
    if left:
        told = ngettext("{n} line of it is left out", "{n} lines of it are left out", left).format(n=whole(left))
        yield Paragraph(text=told, style="warn")
