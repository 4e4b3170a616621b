"""Metrics over time: charts of the run and of its change, and figures of before, during and after."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from tui.locale import _, ngettext
from tui.plan.metrics import METRICS, told_twice
from tui.report.affected import change
from tui.report.blocks import Cell, Chapter, Figure, GridColumn, Paragraph, ReportBlock, Row, Subtitle, row, table
from tui.report.chart import Bar, ChartFrame, Stone, chart, defined, is_near
from tui.report.reading import JournalReading
from tui.report.series import Span, inside, outside, total, union
from tui.report.times import Times
from tui.run.clock import Bounds, instant
from tui.run.projection import milestones
from tui.run.steps import changes
from tui.words.codes import metric_word, step_word
from tui.words.figures import figure, span, whole

CHARTS: Final = 24
"""Metrics that have charts; further ones have figures."""
_MARGIN: Final = 60.0
_WORTH: Final = 3.0
"""A chart of the change alone is drawn where the run is so many times longer."""


def shown(reading: JournalReading) -> list[str]:
    """The metrics of criteria first, then others as they stand in the table; of two names of one the first."""
    named = list(dict.fromkeys(guard.metric for guard in reading.state.guards if guard.metric in reading.series))
    places = {metric: place for place, metric in enumerate(METRICS)}
    twice = told_twice(named)
    others = [metric for metric in reading.series if metric not in named and metric not in twice]
    return [*named, *sorted(others, key=lambda metric: (places.get(metric, len(places)), metric))]


def section(reading: JournalReading) -> Chapter:
    """Charts, a figure each; then the criteria's breaches."""
    metrics = shown(reading)
    blocks: list[ReportBlock] = []
    if not metrics:
        blocks.append(Paragraph(text=_("Nothing was measured.")))
    else:
        text = _(
            "Each column of a chart goes from the lowest to the highest value in it, so that nothing that was "
            "measured is smoothed away; a gap is time in which nothing was measured. Red: over its limit, the dashed "
            "line. Diamonds: milestones, hollow as planned, full when reached. Below: the steps, dark those that "
            "changed something, red those that failed. Shaded: the maintenance window."
        )
        if reading.planned.target is not None and reading.planned.target.moved:
            text += " " + _("Paler: as amendments moved it.")
        blocks.append(Paragraph(text=text, style="dim"))
        frames = list(_frames(reading))
        blocks += [Figure(svg=defined(frame), caption="") for frame, _named in frames]
        still = _still(reading, metrics)
        moving = [metric for metric in metrics if metric not in still]
        for metric in moving[:CHARTS]:
            blocks += _charts(reading, metric, frames)
        if len(moving) > CHARTS:
            more = ngettext(
                "{n} further metric has no chart; its figures stand in the part on performance",
                "{n} further metrics have no chart; their figures stand in the part on performance",
                len(moving) - CHARTS,
            )
            blocks.append(Paragraph(text=more.format(n=whole(len(moving) - CHARTS)), style="warn"))
        if still:
            named = (GridColumn(_("metric"), loose=True), _("value"), GridColumn(_("samples"), right=True))
            rows = [row(metric_word(metric), *told) for metric, told in still.items()]
            blocks += [Subtitle(text=_("The same in every sample")), table(named, rows)]
    if reading.breaches:
        columns = (
            GridColumn(_("criterion"), loose=True), _("since"), _("lasted"),
            GridColumn(_("value when told"), right=True), GridColumn(_("measured on"), loose=True),
        )  # fmt: skip
        blocks += [Subtitle(text=_("Breaches")), table(columns, list(_breaches(reading)))]
    return Chapter(name="metrics", title=_("Metrics"), blocks=tuple(blocks))


def _still(reading: JournalReading, metrics: list[str]) -> dict[str, tuple[str, str]]:
    """The value and number of samples of those that no criterion names and that never changed: a chart of such a one
    says nothing more."""
    guarded = {guard.metric for guard in reading.state.guards}
    found: dict[str, tuple[str, str]] = {}
    for metric in metrics:
        of = reading.series[metric].figures((0.0, math.inf))
        if metric not in guarded and of is not None and of.least == of.most:
            found[metric] = figure(metric, of.most), whole(of.samples)
    return found


def _frames(reading: JournalReading) -> Iterator[tuple[ChartFrame, str]]:
    """The change alone where the run is much longer, and the whole run; each with what it is called."""
    end = reading.state.mono
    during = change(reading)
    times = Times(reading.state)
    if during is not None:
        margin = max(_MARGIN, 0.15 * (during[1] - during[0]))
        period = max(0.0, during[0] - margin), min(end, during[1] + margin)
        if (period[1] - period[0]) * _WORTH < end:
            yield _frame(reading, "change", period, times), _("while changes were made")
    yield _frame(reading, "run", (0.0, end), times), _("the whole run")


def _frame(reading: JournalReading, name: str, period: Span, times: Times) -> ChartFrame:
    state = reading.state
    bars = tuple(
        Bar(
            title=f"{at.place.number} {at.step.title}: {step_word(at.status)}", span=taken,
            style="bad" if at.status in ("failed", "undecided") else "change" if changes(at.step) else "",
        )
        for at, taken in reading.bars
    )  # fmt: skip
    stones: tuple[Stone, ...] = ()
    window = reading.planned.target
    planned, amended = (None, None) if window is None else (window.planned, window.last if window.moved else None)
    if times.window is not None:
        zero = times.mono(instant(times.window.opens))
        stones = tuple(
            Stone(one.title, zero + one.planned, None if one.actual is None else zero + one.actual)
            for one in milestones(state, instant(state.at))
        )
    return ChartFrame(name=name, period=period, times=times, bars=bars, stones=stones,
                      window=_shaded(planned, times), amended=_shaded(amended, times))  # fmt: skip


def _shaded(window: Bounds | None, times: Times) -> Span | None:
    return None if window is None else (times.mono(window.opens), times.mono(window.closes))


def _charts(reading: JournalReading, metric: str, frames: list[tuple[ChartFrame, str]]) -> Iterator[ReportBlock]:
    limits = sorted({guard.limit for guard in reading.state.guards if guard.metric == metric})
    end = reading.state.mono
    over = ((b.since, end if b.until is None else b.until) for b in reading.breaches if b.metric == metric)
    breaches = list(outside(union(over), reading.gaps))
    series = reading.series[metric]
    for frame, named in frames:
        name = f"{metric_word(metric)}, {named}"
        svg = chart(metric, series, frame, limits, breaches, name)
        if not svg:
            continue
        found = series.figures(frame.period)
        caption = name
        if found is not None:
            caption = _("{name}: median {median}, 95 % of them up to {p95}, at most {most}").format(
                name=name, median=figure(metric, found.median), p95=figure(metric, found.p95),
                most=figure(metric, found.most),
            )  # fmt: skip
            for limit in limits:
                if not is_near(limit, found.most):
                    far = _("; the limit, {limit}, lies far above").format(limit=figure(metric, limit, exact=True))
                    caption += far
            if len(limits) > 1:
                both = ", ".join(figure(metric, limit, exact=True) for limit in limits)
                caption += _("; limits: {limits}").format(limits=both)
        yield Figure(svg=svg, caption=caption, lines=())


def _breaches(reading: JournalReading) -> Iterator[Row]:
    times = Times(reading.state)
    for breach in reading.breaches:
        until = reading.state.mono if breach.until is None else breach.until
        lasted = _("not over") if breach.until is None else span(until - breach.since)
        unseen = total(inside(reading.gaps, (breach.since, until)))
        if unseen >= 1:
            lasted = _("{lasted}; not measured for {unseen} of it").format(lasted=lasted, unseen=span(unseen))
        yield row(
            f"{metric_word(breach.metric)} ({figure(breach.metric, breach.limit, exact=True)})",
            times.moment(times.wall(breach.since)), Cell(lasted, "bad" if breach.until is None else ""),
            figure(breach.metric, breach.value), breach.source,
        )  # fmt: skip


def periods(reading: JournalReading) -> list[tuple[str, Span]]:
    """Before the change, while it was made, and after it; the whole run where nothing changed."""
    end, during = reading.state.mono, change(reading)
    if during is None:
        return [(_("the whole run"), (0.0, end))]
    # A sample of the moment itself belongs to the change.
    return [
        (_("before"), (0.0, max(0.0, during[0] - 1e-6))), (_("during the change"), during),
        (_("after"), (during[1] + 1e-6, end)),
    ]  # fmt: skip


def figures_table(reading: JournalReading) -> ReportBlock:
    """Median, 95th percentile and highest of every metric, in each period."""
    named = periods(reading)
    columns = (
        GridColumn(_("metric"), loose=True),
        *(GridColumn(name, right=True) for name, _span in named),
        GridColumn(_("samples"), right=True),
    )
    rows = []
    for metric in shown(reading):
        series = reading.series[metric]
        cells = []
        for _name, period in named:
            found = series.figures(period)
            told = "-" if found is None else " / ".join(
                figure(metric, value) for value in (found.median, found.p95, found.most)
            )  # fmt: skip
            cells.append(told)
        rows.append(row(metric_word(metric), *cells, whole(len(series.times))))
    return table(columns, rows)
