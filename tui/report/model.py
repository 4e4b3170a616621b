"""The report as data for other programs: neutral codes, seconds, times in RFC 3339. `report.schema.json` ships."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from tui.report.affected import Affected
from tui.report.lacking import NotKnown
from tui.report.series import PeriodFigures


class HeadOf(Struct, frozen=True, kw_only=True):
    """The journal's last line that went into the report."""

    seq: int
    digest: str


class WindowTold(Struct, frozen=True, kw_only=True):
    """From when to when; the buffer is the last part of it."""

    opens: str
    closes: str
    duration_s: float
    buffer_s: float


class WindowMoved(Struct, frozen=True, kw_only=True):
    """What an amendment made of a window; null: the phase has none of its own any more."""

    amendment: int
    at: str
    window: WindowTold | None


class WindowUse(Struct, frozen=True, kw_only=True):
    """A window, and from when to when something was changed in it, in seconds from the run's opening. `phase`: the
    number of the phase whose own it is; null for the target's. `planned`: as it held when the run was opened; null
    where there was none then. `unseen`: nobody saw the end of the last change, which was not later."""

    phase: str | None
    planned: WindowTold | None
    moved: tuple[WindowMoved, ...] = ()
    first: float | None = None
    last: float | None = None
    unseen: bool = False


class MetricTold(Struct, frozen=True, kw_only=True):
    """`periods`: figures of `before` the first change, `during` and `after`, and of the `run`; null where nothing was
    measured. `columns`: [second, lowest, highest] of stretches of equal length."""

    metric: str
    unit: str
    sources: tuple[str, ...]
    periods: dict[str, PeriodFigures | None]
    columns: tuple[tuple[float, float, float], ...]


class BreachTold(Struct, frozen=True, kw_only=True):
    """From when to when a criterion was over its limit, in seconds; `until` null: it did not end."""

    metric: str
    limit: float
    value: float
    source: str
    since: float
    until: float | None


class RemarkTold(Struct, frozen=True, kw_only=True):
    """What a person said: `kind` is `feedback`, `note`, `handover` or `signature`."""

    kind: str
    seq: int
    at: str
    by: str
    text: str
    step: str | None = None


class ResolutionTold(Struct, frozen=True, kw_only=True):
    """Who resolved an error, and how; the errors stand in `status`."""

    error: str
    seq: int
    at: str
    by: str
    text: str


class PictureTold(Struct, frozen=True, kw_only=True):
    """A moment whose picture the report has: `virada replay RUN --at SEQ` shows it."""

    why: str
    seq: int
    at: str
    step: str | None = None


class DecisionTold(Struct, frozen=True, kw_only=True):
    """An event that reviews look at, as it stands in the journal."""

    seq: int
    at: str
    mono: float
    type: str
    by: str
    data: Any


class ReportData(Struct, frozen=True, kw_only=True):
    """`mark`: what `virada verify --report` reads. `status`: as `virada status --json` at the report's line, with every
    step and its evidence. `affected`: by period (`run`, `change`). `further_decisions`: how many more the journal has.
    `unknown`: what is not known."""

    mark: str
    run: str
    plan: str
    head: HeadOf
    opened: str
    at: str
    mono: float
    closed: bool
    outcome: str
    stays: tuple[str, ...]
    people: dict[str, int]
    change: tuple[float, float] | None
    windows: tuple[WindowUse, ...]
    affected: dict[str, Affected]
    status: dict[str, Any]
    metrics: tuple[MetricTold, ...]
    breaches: tuple[BreachTold, ...]
    remarks: tuple[RemarkTold, ...]
    resolutions: tuple[ResolutionTold, ...]
    decisions: tuple[DecisionTold, ...]
    further_decisions: int
    pictures: tuple[PictureTold, ...]
    unknown: tuple[NotKnown, ...]


def report_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of what `virada report --format json` writes; further keys are allowed everywhere."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(ReportData)}
