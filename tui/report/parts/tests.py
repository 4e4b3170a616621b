"""What programs of tests have found: JUnit, TAP, pg_prove, as their steps read it; and what load and checks told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tui.locale import _
from tui.report.blocks import Cell, Chapter, GridColumn, Paragraph, ReportBlock, Row, Subtitle, row, table
from tui.report.parts.summary import STEP_STYLE
from tui.report.reading import JournalReading
from tui.run.steps import StepState
from tui.words.checks import about, check_words, rows_of
from tui.words.codes import step_word
from tui.words.facts import fact_word
from tui.words.figures import whole
from tui.words.steps import evidence_words
from tui.words.values import value_words

_TOLD: Final = ("clients", "transactions", "failed_transactions", "tps", "latency_s", "above_limit", "breached")
"""What of a level of a load test is told, in this order."""


def section(reading: JournalReading) -> Chapter:
    """Results by step; then every row of every check."""
    steps = [at for at in reading.state.steps if at.attempt]
    results = [line for at in steps for line in _results(at)]
    blocks: list[ReportBlock] = []
    if results:
        counted = (GridColumn(title, right=True) for title in (_("passed"), _("failed"), _("left out")))
        blocks.append(table((GridColumn(_("step"), wide=True), _("outcome"), *counted), results))
    else:
        blocks.append(Paragraph(text=_("No step has run a program of tests whose results it reads (JUnit, TAP).")))
    levels = [block for at in steps for block in _levels(at)]
    if levels:
        blocks += [Subtitle(text=_("Load")), *levels]
    checks = [line for at in steps for line in _checks(at)]
    if checks:
        columns = (
            _("step"),
            GridColumn(_("what was checked"), wide=True),
            GridColumn(_("found"), wide=True),
            _("fulfilled"),
        )
        blocks += [Subtitle(text=_("Checks")), table(columns, checks)]
    return Chapter(name="tests", title=_("Test reports"), blocks=tuple(blocks))


def _results(at: StepState) -> Iterator[Row]:
    told = at.evidence.get("tests")
    for one in told if isinstance(told, list | tuple) else [told]:
        if not isinstance(one, dict):
            continue
        below = [Cell("\n".join(str(name) for name in one["names"]), "bad")] if _named(one) else []
        if one.get("cut"):
            below.append(Cell(_("fewer tests ran than were planned, or nobody knows how many"), "warn"))
        style = STEP_STYLE.get(at.status, "")
        yield row(
            f"{at.place.number} {at.step.title}", Cell(step_word(at.status), style),
            *(_count(one.get(key)) for key in ("passed", "failed", "skipped")), below=tuple(below),
        )  # fmt: skip


def _levels(at: StepState) -> Iterator[ReportBlock]:
    """The levels of a load test: a row each, with what was measured of it."""
    levels = at.evidence.get("levels")
    rows = [one for one in levels if isinstance(one, dict)] if isinstance(levels, list | tuple) else []
    keys = [key for key in _TOLD if any(key in one for one in rows)]
    if not rows:
        return
    yield Paragraph(text=f"{at.place.number} {at.step.title}: {evidence_words(at)}")
    columns = tuple(GridColumn(fact_word(key), right=key != "breached", loose=key == "breached") for key in keys)
    yield table(columns, [row(*(_level(key, one.get(key)) for key in keys)) for one in rows])


def _level(key: str, value: Any) -> Cell:
    if value is None:
        return Cell("")
    return Cell(
        value_words(key, value, short=True), "bad" if key in ("breached", "failed_transactions") and value else ""
    )


def _named(one: dict[str, Any]) -> bool:
    return isinstance(one.get("names"), list | tuple) and bool(one["names"])


def _count(value: Any) -> str:
    return whole(value) if isinstance(value, int) else "?"


def _checks(at: StepState) -> Iterator[Row]:
    words = {True: (_("yes"), "ok"), False: (_("NO"), "bad"), None: (_("not known"), "warn")}
    for check in rows_of(at.evidence.get("checks")):
        holds = check.get("holds")
        text, style = words[holds if isinstance(holds, bool) else None]
        yield row(at.place.number, about(check) or at.step.title, check_words(check), Cell(text, style))
