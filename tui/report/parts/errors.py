"""Errors and their resolutions: each with where, what was said, who resolved it and how."""

from __future__ import annotations

from typing import Final

from tui.journal import events as e
from tui.locale import _, ngettext
from tui.report.blocks import Cell, Chapter, GridColumn, Paragraph, ReportBlock, Row, Subtitle, row, table
from tui.report.reading import JournalReading
from tui.report.times import Times
from tui.run.clock import rfc3339
from tui.run.errors import RecordedError
from tui.words.errors import error_words
from tui.words.events import told
from tui.words.figures import whole
from tui.words.persons import person_words
from tui.words.trouble import place, told_rows, trouble

MOST: Final = 500


def section(reading: JournalReading) -> Chapter:
    """All of them, the first first; then what proposed a rollback."""
    state = reading.state
    times = Times(state)
    errors = list(state.errors)
    resolved = {
        kept.event.id: (kept.line.by, kept.line.at, kept.event.text)
        for kept in reading.kept
        if isinstance(kept.event, e.ErrorResolved)
    }
    blocks: list[ReportBlock] = []
    if not errors:
        blocks.append(Paragraph(text=_("No error was recorded."), style="ok"))
    else:
        columns = (_("error"), _("when"), _("step"), GridColumn(_("what was said, and its resolution"), wide=True))
        blocks.append(table(columns, [_error(error, reading, times, resolved) for error in errors[:MOST]]))
    if len(errors) > MOST:
        more = ngettext(
            "and {n} further error, in the journal", "and {n} further errors, in the journal", len(errors) - MOST
        )
        blocks.append(Paragraph(text=more.format(n=whole(len(errors) - MOST)), style="warn"))
    fired = [kept for kept in reading.kept if isinstance(kept.event, e.TriggerFired)]
    if fired:
        rows = [
            row(times.short(kept.line.at), sentence.sentence)
            for kept in fired
            if (sentence := told(kept.event, kept.line, state)) is not None
        ]
        blocks += [
            Subtitle(text=_("What proposed a rollback")),
            table((_("when"), GridColumn(_("trigger"), wide=True)), rows, MOST),
        ]
    return Chapter(name="errors", title=_("Errors and resolutions"), blocks=tuple(blocks))


def _error(
    error: RecordedError, reading: JournalReading, times: Times, resolved: dict[str, tuple[str, str, str]]
) -> Row:
    state = reading.state
    at = state.steps.get(error.step or "")
    where = place({"file": error.file, "line": error.line})
    code = f"SQLSTATE {error.sqlstate}" if error.sqlstate else ""
    said = "\n".join(filter(None, (error_words(error), " ".join(filter(None, (code, where))))))
    style = "warn" if error.level != "error" else "bad"
    found = trouble(at) if at is not None and error.source == "step" else []
    more = [Cell("\n".join(told_rows(found)), "dim")] if found else []
    below = Cell(_("no resolution was recorded"), style)
    if error.resolved is not None:
        by, when, text = resolved.get(error.id, ("", "", error.resolved))
        sentence = _("resolved: {text}") if not by else _("resolved {at} by {who}: {text}")
        below = Cell(sentence.format(text=text, who=person_words(by), at=times.at(when)), "ok")
    return row(
        Cell(error.id, "" if error.resolved is not None else style), times.short(rfc3339(times.wall(error.mono))),
        at.place.number if at is not None else "", said, below=(*more, below),
    )  # fmt: skip
