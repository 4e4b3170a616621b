"""What was changed in the plan while the run was open: each change with its difference, and what became void by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tui.journal import events as e
from tui.locale import _, ngettext
from tui.report.blocks import CodeLines, Fact, Facts, Paragraph, ReportBlock, Subtitle
from tui.report.reading import JournalReading
from tui.report.times import Times
from tui.said import N_
from tui.words.figures import whole
from tui.words.persons import person_words

HOW: Final = {"changed": N_("changed"), "added": N_("added"), "removed": N_("removed"), "moved": N_("moved")}
MOST: Final = 400
"""Lines of a difference."""


def amendments(reading: JournalReading) -> Iterator[ReportBlock]:
    """A heading, facts and differences for each; nothing of a plan that was left as it was."""
    times, number = Times(reading.state), 0
    for kept in reading.kept:
        if not isinstance(kept.event, e.RunAmended):
            continue
        event, number = kept.event, number + 1
        yield Subtitle(text=_("Amendment {n}").format(n=number))
        yield Facts(rows=tuple(_facts(event, times.at(kept.line.at), kept.line.by)))
        for step in event.steps:
            if step.difference:
                yield Paragraph(text=f"{step.step}: {_(HOW[step.how])}")
                yield from _difference(step.difference, step.more)
        for file in event.files:
            yield Paragraph(text=f"{file.name}\nSHA-256 {file.before or '-'} → {file.after or '-'}")
            yield from _difference(file.difference, file.more)


def _facts(event: e.RunAmended, at: str, by: str) -> Iterator[Fact]:
    yield Fact(_("amended"), _("{at} by {who}: {reason}").format(at=at, who=person_words(by), reason=event.reason))
    changed = [f"{step.step} ({_(HOW[step.how])})" for step in event.steps]
    yield Fact(_("steps"), ", ".join(changed) or _("none"))
    if event.files:
        yield Fact(_("files"), ", ".join(file.name for file in event.files))
    rehearsed = {
        True: _("exactly this work was rehearsed"), False: _("what changed was not rehearsed"),
        None: _("whether exactly this work was rehearsed is not known"),
    }  # fmt: skip
    yield Fact(_("rehearsal"), rehearsed[event.rehearsed], "ok" if event.rehearsed else "warn")
    if event.despite:
        yield Fact(_("in spite of"), ", ".join(event.despite), "warn")
    yield Fact(_("plan's seal"), event.seal)


def _difference(text: str, more: int) -> Iterator[ReportBlock]:
    lines = text.split("\n")
    if text:
        yield CodeLines(lines=tuple(lines[:MOST]))
    left = more + max(0, len(lines) - MOST)
    if left:
        told = ngettext("{n} line of it is left out", "{n} lines of it are left out", left).format(n=whole(left))
        yield Paragraph(text=told, style="warn")
