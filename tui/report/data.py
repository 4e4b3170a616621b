"""From what was read of a journal to the report's data."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tui.journal import events as e
from tui.plan.metrics import unit_of
from tui.report.affected import Affected, affected, change
from tui.report.lacking import lacking
from tui.report.mark import Mark
from tui.report.model import (
    BreachTold,
    DecisionTold,
    HeadOf,
    MetricTold,
    PictureTold,
    RemarkTold,
    ReportData,
    ResolutionTold,
    WindowMoved,
    WindowTold,
    WindowUse,
)
from tui.report.parts.metrics import shown
from tui.report.people import people
from tui.report.reading import JournalReading, Kept
from tui.run.clock import Bounds, rfc3339
from tui.run.rollback import stays
from tui.run.status import status

COLUMNS = 200
DECISIONS = 2_000


def data(reading: JournalReading, mark: Mark) -> ReportData:
    """Everything. Raises ValueError without a run."""
    state = reading.state
    told = status(state)
    assert state.opened is not None
    decisions = [kept for kept in reading.kept if _is_decision(kept)]
    return ReportData(
        mark=str(mark), run=state.opened.id, plan=state.opened.plan.name,
        head=HeadOf(seq=reading.head.seq or 0, digest=reading.head.digest), opened=state.opened_at, at=state.at,
        mono=state.mono, closed=state.closed is not None, outcome=state.status, stays=stays(state),
        people=people(reading),
        change=change(reading), windows=tuple(_windows(reading)), affected=dict(_affected(reading)), status=told,
        metrics=tuple(_metrics(reading)),
        breaches=tuple(
            BreachTold(metric=b.metric, limit=b.limit, value=b.value, source=b.source, since=b.since, until=b.until)
            for b in reading.breaches
        ),
        remarks=tuple(_remarks(reading)), resolutions=tuple(_resolutions(reading)),
        decisions=tuple(map(_decision, decisions[:DECISIONS])), further_decisions=max(0, len(decisions) - DECISIONS),
        pictures=tuple(
            PictureTold(why=each.why, seq=each.state.seq, at=each.state.at, step=each.step) for each in reading.pictured
        ),
        unknown=tuple(lacking(reading)),
    )  # fmt: skip


def _affected(reading: JournalReading) -> Iterator[tuple[str, Affected]]:
    during = change(reading)
    if during is not None:
        yield "change", affected(reading, during)
    yield "run", affected(reading, (0.0, reading.state.mono))


def _windows(reading: JournalReading) -> Iterator[WindowUse]:
    for key, window in reading.planned.windows():
        planned, used = window.planned, reading.used.get(key)
        yield WindowUse(
            phase=window.phase or None, planned=None if planned is None else _bounds(planned),
            moved=tuple(
                WindowMoved(amendment=one.number, at=one.at, window=None if one.bounds is None else _bounds(one.bounds))
                for one in window.moved
            ),
            first=None if used is None else used.first, last=None if used is None else used.last,
            unseen=used is not None and used.unseen,
        )  # fmt: skip


def _bounds(of: Bounds) -> WindowTold:
    return WindowTold(
        opens=rfc3339(of.opens), closes=rfc3339(of.closes), duration_s=of.duration_s, buffer_s=of.buffer_s
    )


def _metrics(reading: JournalReading) -> Iterator[MetricTold]:
    end, during = reading.state.mono, change(reading)
    periods = {"run": (0.0, end)}
    if during is not None:
        periods |= {"before": (0.0, during[0]), "during": during, "after": (during[1], end)}
    for metric in shown(reading):
        series = reading.series[metric]
        yield MetricTold(
            metric=metric, unit=unit_of(metric).value, sources=tuple(reading.sources.get(metric, ())),
            periods={name: series.figures(period) for name, period in periods.items()},
            columns=tuple(
                (round(column.at, 3), column.low, column.high) for column in series.columns((0.0, end), COLUMNS)
            ),
        )  # fmt: skip


def _remarks(reading: JournalReading) -> Iterator[RemarkTold]:
    for kept in reading.kept:
        line, event = kept.line, kept.event
        known = {"seq": line.seq, "at": line.at, "by": line.by}
        if isinstance(event, e.FeedbackAdded):
            yield RemarkTold(kind="feedback", text=event.text, **known)  # type: ignore[arg-type]
        elif isinstance(event, e.NoteAdded):
            yield RemarkTold(kind="note", text=event.text, step=event.step, **known)  # type: ignore[arg-type]
        elif isinstance(event, e.HelmReleased) and event.note:
            yield RemarkTold(kind="handover", text=event.note, **known)  # type: ignore[arg-type]
        elif isinstance(event, e.StepSigned | e.StepByHand):
            known["by"] = event.person or line.by
            yield RemarkTold(kind="signature", text=event.note, step=event.step, **known)  # type: ignore[arg-type]


def _resolutions(reading: JournalReading) -> Iterator[ResolutionTold]:
    for kept in reading.kept:
        if isinstance(kept.event, e.ErrorResolved):
            line = kept.line
            yield ResolutionTold(error=kept.event.id, seq=line.seq, at=line.at, by=line.by, text=kept.event.text)


def _is_decision(kept: Kept) -> bool:
    class_ = e.class_of(kept.line.type)
    return class_.INCIDENT or class_.FAILURE


def _decision(kept: Kept) -> DecisionTold:
    line = kept.line
    return DecisionTold(
        seq=line.seq, at=line.at, mono=line.mono, type=line.type, by=line.by, data=msgspec.json.decode(line.data)
    )
