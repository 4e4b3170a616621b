"""Performance before and after: every metric's figures, what was compared with a baseline, the locks taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui.locale import _
from tui.report.blocks import Cell, Chapter, GridColumn, Paragraph, ReportBlock, Row, Subtitle, row, table
from tui.report.parts.metrics import figures_table, periods
from tui.report.reading import JournalReading
from tui.run.steps import StepState
from tui.words.codes import metric_word
from tui.words.figures import figure
from tui.words.locks import lock_lines, strong
from tui.words.values import value_words

LOCKS = 20
"""Locks of a step that are listed."""


def section(reading: JournalReading) -> Chapter:
    """Figures of each period, comparisons, statements, locks."""
    blocks: list[ReportBlock] = []
    if reading.series:
        text = _("Median, 95th percentile and highest of each metric.")
        if len(periods(reading)) > 1:
            text = _(
                "Median, 95th percentile and highest of each metric, before the first change began, until the last one "
                "had ended, and from then on."
            )
        blocks += [Paragraph(text=text, style="dim"), figures_table(reading)]
    else:
        blocks.append(Paragraph(text=_("Nothing was measured.")))
    compared = [line for at in reading.state.steps for line in _compared(at)]
    if compared:
        columns = (
            GridColumn(_("step"), loose=True), GridColumn(_("metric"), loose=True),
            GridColumn(_("before: median / p95"), right=True),
            GridColumn(_("now: median / p95"), right=True), _("judged"),
        )  # fmt: skip
        blocks += [Subtitle(text=_("Held against a baseline")), table(columns, compared)]
    statements = [line for at in reading.state.steps for line in _statements(at)]
    if statements:
        blocks += [
            Subtitle(text=_("Statements")),
            table((GridColumn(_("step"), loose=True), GridColumn(_("what was found"), wide=True)), statements),
        ]
    blocks += [Subtitle(text=_("Locks that were taken")), *_locks(reading)]
    return Chapter(name="performance", title=_("Performance before and after"), blocks=tuple(blocks))


def _rows(evidence: Any) -> list[dict[str, Any]]:
    return [one for one in evidence if isinstance(one, dict)] if isinstance(evidence, list | tuple) else []


def _compared(at: StepState) -> Iterator[Row]:
    for found in _rows(at.evidence.get("against")):
        metric = str(found.get("metric"))
        name = metric_word(metric)
        if isinstance(found.get("hour"), int):
            name = _("{metric}, {hour}:00 UTC").format(metric=name, hour=found["hour"])
        judged = Cell(_("worse"), "bad") if found.get("worse") else Cell(_("not worse"), "ok")
        yield row(_name(at), name, _pair(metric, found.get("before")), _pair(metric, found.get("now")), judged)


def _pair(metric: str, figures: Any) -> str:
    if not isinstance(figures, dict):
        return "?"
    known = [figures.get(key) for key in ("median", "p95")]
    return " / ".join(figure(metric, float(one)) if isinstance(one, int | float) else "?" for one in known)


def _statements(at: StepState) -> Iterator[Row]:
    for key in ("slower", "top_statements"):
        found = at.evidence.get(key)
        if found:
            for one in _rows(found) or [found]:
                yield row(_name(at), Cell(value_words(key, one), "bad" if key == "slower" else ""))


def _locks(reading: JournalReading) -> Iterator[ReportBlock]:
    """The strongest of each step first; those under which others cannot write, or not even read, stand out."""
    rows = []
    for at in reading.state.steps:
        locks = at.evidence.get("locks")
        lines = lock_lines(locks, LOCKS)
        hard = len(strong(locks).get("taken") or ())
        cells = tuple(Cell(line, "warn" if place < hard else "") for place, line in enumerate(lines))
        if lines:
            rows.append(row(_name(at), cells[0], below=cells[1:]))
    if rows:
        yield table((GridColumn(_("step"), loose=True), GridColumn(_("lock"), wide=True)), rows)
    else:
        yield Paragraph(text=_("No step has recorded a lock on a table."))


def _name(at: StepState) -> str:
    return f"{at.place.number} {at.step.title}"
