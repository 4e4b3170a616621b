"""For how long the application was affected: in one sentence, and as a table. What was not measured is no good news."""

from __future__ import annotations

from collections.abc import Iterator

from tui.locale import _
from tui.report.affected import Affected, affected, change
from tui.report.blocks import Cell, Fact, GridColumn, Paragraph, ReportBlock, Row, row, table
from tui.report.reading import JournalReading
from tui.words.figures import figure, span


def felt(reading: JournalReading) -> Fact:
    """In one sentence; green where it was measured all the time, against a limit, and nothing was found."""
    during = change(reading)
    told = affected(reading, (0.0, reading.state.mono) if during is None else during)
    label, of = _("application affected"), span(told.seconds)
    if not told.canary:
        text = _("kept out by the run for {closed}; nothing tells how it fared otherwise")
        return Fact(label, text.format(closed=span(told.closed)), "warn")
    if not told.measured:
        text = _("not known: the canary told nothing in that time")
        if told.closed:
            text = _("kept out by the run for {closed}; the canary told nothing in that time")
        return Fact(label, text.format(closed=span(told.closed)), "bad" if told.closed else "warn")
    lines = [_found(told, during is not None).format(span=span(told.affected), of=of)]
    if told.limit is None:
        lines.append(_("whether its answers took too long nobody can say: no criterion limits them"))
    if not told.is_whole:
        text = _("measured for {measured} of {of}; how it fared for {unseen} is not known")
        lines.append(text.format(measured=span(told.measured), of=of, unseen=span(told.unmeasured)))
    elif not told.samples:
        lines.append(_("no sample lies in that time; it is told by those around it"))
    style = "bad" if told.affected else "ok" if len(lines) == 1 else "warn"
    return Fact(label, "\n".join(lines), style)


def _found(told: Affected, changes: bool) -> str:
    known = told.limit is not None and told.is_whole
    if told.affected and known:
        return _("for {span} of the {of} in which changes were made") if changes else _("for {span} of {of}")
    if told.affected:
        text = _("for at least {span} of the {of} in which changes were made")
        return text if changes else _("for at least {span} of {of}")
    if told.limit is None:
        return _("never without an answer and never kept out, as far as the canary tells")
    if not known:
        return _("not affected while it was measured")
    if changes:
        return _("not at all in the {of} in which changes were made, as far as the canary tells")
    return _("not at all in {of}, as far as the canary tells")


def felt_table(reading: JournalReading) -> Iterator[ReportBlock]:
    """While changes were made, and in the whole run."""
    rows = [(_("the whole run"), affected(reading, (0.0, reading.state.mono)))]
    during = change(reading)
    if during is not None:
        rows.insert(0, (_("while changes were made"), affected(reading, during)))
    whole = rows[-1][1]
    said = rows[0][1]
    if not said.canary:
        text = _("Not known beyond what the run itself did: it kept the application out for {closed}.")
        yield Paragraph(text=text.format(closed=span(said.closed)))
        return
    if not whole.measured:
        text = _("Not known: the canary told nothing.")
        if whole.closed:
            text = _("Not known beyond what the run itself did: it kept the application out for {closed}.")
        yield Paragraph(text=text.format(closed=span(whole.closed)), style="warn")
        return
    columns = (
        "", GridColumn(_("answers over the limit"), right=True), GridColumn(_("no answer"), right=True),
        GridColumn(_("kept out by the run"), right=True), GridColumn(_("together"), right=True),
        GridColumn(_("slowest answer"), right=True), GridColumn(_("not measured"), right=True),
    )  # fmt: skip
    yield table(columns, [_period(name, told) for name, told in rows])
    if whole.limit is not None:
        source = next(iter(reading.sources.get("response_time", {})), None)
        text = _("By the canary, which asks what the application asks; its limit is {limit}.")
        if source and not source.startswith("/"):
            text = _("By the canary, which asks what the application asks; its limit is {limit}, measured on {source}.")
        yield Paragraph(text=text.format(limit=figure("response_time", whole.limit), source=source), style="dim")


def _period(name: str, told: Affected) -> Row:
    def seconds(value: float | None) -> str:
        return "?" if value is None or not told.measured else span(value) if value else "0"

    worst = "?" if told.worst is None else figure("response_time", told.worst)
    unseen = span(told.unmeasured) if told.unmeasured >= 1 else "0"
    together = seconds(told.affected)
    if told.limit is None or not told.is_whole:
        together = f"≥ {span(told.affected)}" if told.affected else "?"
    return row(
        name, seconds(told.over), seconds(told.unanswered), span(told.closed) if told.closed else "0",
        Cell(together, "bad" if told.affected else ""), worst, unseen,
    )  # fmt: skip
