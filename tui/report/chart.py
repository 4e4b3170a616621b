"""A metric over time as a few lines of SVG: its lowest and highest in each column, its limit and breaches, the steps
and milestones of the run. No script, nothing fetched; ids and classes are our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Final

from msgspec import Struct

from tui.finite import local
from tui.pictures.svg import xml_text
from tui.report.series import Series, Span, Stretch
from tui.report.times import Times
from tui.run.measured import STALE
from tui.words.figures import figure
from tui.words.inert import visible

LEFT, PLOT, HEIGHT, LANE = 70, 680, 112, 14
"""Room for the values, columns of the plot, its height, and of the steps below it, in pixels."""
_TOP: Final = 16
_WIDTH: Final = LEFT + PLOT + 8
_TICKS: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800),
)
_DAY: Final = 86400
_FAR: Final = 10.0


class Stone(Struct, frozen=True):
    """A milestone: when it was planned and when it was reached, in seconds from the run's opening."""

    title: str
    planned: float | None
    actual: float | None


class Bar(Struct, frozen=True):
    """An attempt of a step; `style`: `change` of one that changes something, `bad` of one that failed, else empty."""

    title: str
    span: Span
    style: str


class ChartFrame(Struct, frozen=True, kw_only=True):
    """A period with what happened in it, drawn once for all charts of it."""

    name: str
    period: Span
    times: Times
    bars: tuple[Bar, ...] = ()
    stones: tuple[Stone, ...] = ()
    window: Span | None = None
    """As it was planned when the run was opened."""
    amended: Span | None = None
    """As it was at the end, where amendments moved it."""

    def x(self, mono: float) -> float:
        begin, end = self.period
        share = (mono - begin) / max(end - begin, 1e-9)
        return round(LEFT + PLOT * min(1.0, max(0.0, share)), 1)

    def has(self, mono: float | None) -> bool:
        return mono is not None and self.period[0] <= mono <= self.period[1]

    @property
    def seconds(self) -> float:
        return max(self.period[1] - self.period[0], 1e-9)


def defined(frame: ChartFrame) -> str:
    """What lies behind every chart of the frame: the window, the time's ticks, steps and milestones."""
    parts = [*_window(frame), *_ticks(frame), *_bars(frame), *_stones(frame)]
    group = f'<g id="{frame.name}">{"".join(parts)}</g>'
    return f'<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{group}</defs></svg>'


def _window(frame: ChartFrame) -> Iterator[str]:
    for kind, window in (("window amended", frame.amended), ("window", frame.window)):
        if window is None:
            continue
        left, right = frame.x(window[0]), frame.x(window[1])
        if right > left:
            yield f'<rect class="{kind}" x="{left:g}" y="{_TOP}" width="{right - left:g}" height="{HEIGHT}"/>'


def _ticks(frame: ChartFrame) -> Iterator[str]:
    wanted = frame.seconds / 6
    every = next((tick for tick in _TICKS if tick >= wanted), _TICKS[-1])
    offset = local(frame.times.wall(frame.period[0]), frame.times.where).utcoffset()
    shift = 0.0 if offset is None else offset.total_seconds()
    first = frame.times.wall(frame.period[0]) + shift
    at = (first // every + 1) * every - shift
    form = "%H:%M:%S" if every < 60 else "%H:%M" if frame.seconds < _DAY else "%m-%d %H:%M"
    while frame.times.mono(at) < frame.period[1]:
        x = frame.x(frame.times.mono(at))
        label = format(local(at, frame.times.where), form)
        yield f'<path class="tick" d="M{x:g} {_TOP}v{HEIGHT}"/>'
        if LEFT + 20 < x < LEFT + PLOT - 20:
            yield f'<text class="t" x="{x:g}" y="{_TOP + HEIGHT + LANE + 12}" text-anchor="middle">{label}</text>'
        at += every


def _bars(frame: ChartFrame) -> Iterator[str]:
    y = _TOP + HEIGHT + 2
    behind: dict[str, float] = {}
    for bar in sorted(frame.bars, key=lambda bar: (bar.style != "", bar.span)):
        if bar.span[1] < frame.period[0] or bar.span[0] > frame.period[1]:
            continue
        left, right = frame.x(bar.span[0]), frame.x(bar.span[1])
        if right <= behind.get(bar.style, -1.0):
            # Nothing of it would be seen.
            continue
        behind[bar.style] = max(right, left + 1)
        kind = f"bar {bar.style}".strip()
        title = escape(xml_text(visible(bar.title)))
        yield (
            f'<rect class="{kind}" x="{left:g}" y="{y}" width="{max(1.0, right - left):g}" height="{LANE - 6}">'
            f"<title>{title}</title></rect>"
        )


def _stones(frame: ChartFrame) -> Iterator[str]:
    for stone in frame.stones:
        title = escape(xml_text(visible(stone.title)))
        for at, kind in ((stone.planned, "planned"), (stone.actual, "actual")):
            if at is not None and frame.has(at):
                x = frame.x(at)
                yield (
                    f'<path class="stone {kind}" d="M{x:g} {_TOP}v{HEIGHT}M{x:g} {_TOP - 11}l4 5l-4 5l-4-5z">'
                    f"<title>{title}</title></path>"
                )


def chart(
    metric: str, series: Series, frame: ChartFrame, limits: Sequence[float], breaches: Iterable[Span], label: str
) -> str:
    """The SVG; empty where nothing was measured in the period. `limits`: those that stand in it are drawn. `breaches`:
    from when to when, as far as it was measured. `label`: what it shows, for who does not see it."""
    columns = list(series.columns(frame.period, PLOT))
    if not columns:
        return ""
    highest = max(column.high for column in columns)
    drawn = sorted({limit for limit in limits if is_near(limit, highest)})
    top = max(highest, *drawn, 0.0) * 1.05 or 1.0
    least = min(0.0, *drawn, min(column.low for column in columns))

    def y(value: float) -> int:
        return round(_TOP + HEIGHT * (1 - (value - least) / (top - least)))

    parts = [f'<use href="#{frame.name}"/>']
    parts += _breached(frame, breaches)
    parts += [f'<path class="line" d="{_run(frame, run, y)}"/>' for run in _runs(columns, frame)]
    parts.append(f'<path class="axis" d="M{LEFT} {_TOP}v{HEIGHT}h{PLOT}"/>')
    marks = {y(highest): figure(metric, highest), y(least): figure(metric, least)}
    told: list[int] = []
    for limit in drawn:
        at = y(limit)
        parts.append(f'<path class="limit" d="M{LEFT} {at}h{PLOT}"/>')
        if all(abs(place - at) > 11 for place in told):
            # Of two that lie on each other in the picture the caption has both.
            told.append(at)
            parts.append(_value(at, figure(metric, limit, exact=True), "l"))
    marks = {place: text for place, text in marks.items() if all(abs(place - at) > 11 for at in told)}
    parts += [_value(place, text, "v") for place, text in marks.items()]
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_TOP + HEIGHT + LANE + 16}" role="img" '
        f'aria-label="{escape(xml_text(label))}">{"".join(parts)}</svg>'
    )


def is_near(limit: float, highest: float) -> bool:
    """Whether a limit stands in the chart: one that is far above would leave of the values a flat line."""
    return highest <= 0 or limit <= _FAR * highest


def _value(y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{LEFT - 5}" y="{y + 4}" text-anchor="end">{escape(text)}</text>'


def _breached(frame: ChartFrame, breaches: Iterable[Span]) -> Iterator[str]:
    for since, until in breaches:
        if until < frame.period[0] or since > frame.period[1]:
            continue
        left, right = frame.x(since), frame.x(until)
        yield f'<rect class="breach" x="{left:g}" y="{_TOP}" width="{max(1.0, right - left):g}" height="{HEIGHT}"/>'


def _runs(columns: list[Stretch], frame: ChartFrame) -> Iterator[list[Stretch]]:
    """Columns between which nothing is missing: a line over a gap would say what nobody measured."""
    gap = max(STALE, 2.1 * frame.seconds / PLOT)
    run: list[Stretch] = []
    for column in columns:
        if run and column.at - run[-1].at > gap:
            yield run
            run = []
        run.append(column)
    yield run


def _run(frame: ChartFrame, run: list[Stretch], y: Callable[[float], int]) -> str:
    """A band from the lowest to the highest of each column."""
    there = [(round(frame.x(column.at)), y(column.high)) for column in run]
    back = [(round(frame.x(column.at)), y(column.low)) for column in reversed(run)]
    if len(run) == 1:
        (x, high), low = there[0], back[0][1]
        return f"M{x} {high}v{max(1, low - high)}"
    x, top = there[0]
    text = [f"M{x} {top}"]
    for px, py in [*there[1:], *back]:
        text.append(f"l{px - x} {py - top}" if py >= top else f"l{px - x}{py - top}")
        x, top = px, py
    return "".join(text) + "z"
