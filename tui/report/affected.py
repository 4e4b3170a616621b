"""For how long the application was affected, as far as its canary and the run's own steps tell. Pure."""

from __future__ import annotations

from msgspec import Struct

from tui.plan.metrics import Origin, told_by
from tui.report.planned import TARGET
from tui.report.reading import JournalReading
from tui.report.series import Series, Span, inside, outside, total

METRIC = "response_time"


class Affected(Struct, frozen=True, kw_only=True):
    """Seconds of one period. `unanswered`: the canary had no answer; `over`: its answers took longer than `limit`
    allows; `closed`: the run kept others out of the database; `affected`: any of these. `measured`: for so long the
    canary told anything; `samples`: how often. None where nothing could tell it: without a canary, or without a limit.
    """

    period: Span
    canary: bool
    limit: float | None = None
    measured: float = 0.0
    over: float | None = None
    unanswered: float | None = None
    closed: float = 0.0
    affected: float = 0.0
    worst: float | None = None
    samples: int = 0

    @property
    def seconds(self) -> float:
        return self.period[1] - self.period[0]

    @property
    def unmeasured(self) -> float:
        """Seconds of which the canary told nothing."""
        return max(0.0, self.seconds - self.measured)

    @property
    def is_whole(self) -> bool:
        """Whether the canary told of all of it, but for what lies between two of its samples."""
        return self.unmeasured <= min(1.0, 0.02 * self.seconds)


def affected(reading: JournalReading, period: Span) -> Affected:
    """What is known of the period. It is asked for again and again."""
    found = reading.known.get(period)
    if not isinstance(found, Affected):
        found = reading.known[period] = _affected(reading, period)
    return found


def _affected(reading: JournalReading, period: Span) -> Affected:
    opened = reading.state.opened
    limit = _limit(reading)
    closed = inside(reading.closed_to_others, period)
    told = {"period": period, "limit": limit, "closed": total(closed)}
    if opened is None or opened.plan.canary is None:
        return Affected(**told, canary=False, affected=total(closed))  # type: ignore[arg-type]
    series = reading.series.get(METRIC, Series())
    held = list(series.held(period))
    known = list(outside(((since, until) for _value, since, until in held), reading.away))
    # What is down is called as slow as it was waited for: that is no answer that came late.
    silent = inside(reading.unanswered, period)
    slow = () if limit is None else ((since, until) for value, since, until in held if value >= limit)
    over = list(outside(slow, reading.away))
    return Affected(
        **told, canary=True, measured=total([*known, *silent]),  # type: ignore[arg-type]
        over=None if limit is None else total([*over, *silent]) - total(silent), unanswered=total(silent),
        affected=total([*over, *silent, *closed]), worst=max((value for value, _since, _until in held), default=None),
        samples=0 if (found := series.figures(period)) is None else found.samples,
    )  # fmt: skip


def _limit(reading: JournalReading) -> float | None:
    """The lowest that the plan's criteria set to the canary's answers."""
    names = told_by(Origin.CANARY)
    limits = [g.limit for g in reading.state.guards if g.metric in names and g.relation == "below"]
    return min(limits, default=None)


def change(reading: JournalReading) -> Span | None:
    """From the first beginning to the last end of what changed something in the target's own window."""
    used = reading.used.get(TARGET)
    return None if used is None else (used.first, used.last)
