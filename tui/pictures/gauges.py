"""Success criteria with value, limit, history and source; then whatever else is sampled."""

from __future__ import annotations

import math

from tui.finite import share
from tui.locale import _
from tui.pictures.cells import cells, cut, wrapped
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import Line, Span, columns, sides, width_of
from tui.pictures.view import View
from tui.plan.metrics import METRICS, told_twice
from tui.run.attested import left_to_a_person
from tui.run.measured import fresh
from tui.run.quality import QualityState, qualities
from tui.run.state import GuardState, RunState
from tui.words.codes import GUARD_STATE, QUALITY, metric_word, word
from tui.words.figures import clock, figure
from tui.words.inert import visible

NAME, VALUE = 16, 9
LIMIT, LONGEST_LIMIT, LONGEST_SOURCE = 8, 14, 24
WORD_AT = NAME + VALUE + LONGEST_LIMIT + 3
"""The column, at most, at which the word behind a limit begins."""
_LEAST = 1e-12
"""The highest of a history at least; below it all is nothing."""
BAR = 60
"""Samples of a history at most: a minute."""
SOURCE_FROM = 70
"""Columns from which every line has room for the host it was measured on."""


def gauges(view: View, width: int) -> list[Line]:
    """One line a success criterion (more where it is over its limit), then one line a further metric. What is breached
    stands first, so that it is seen however many there are."""
    lines: list[Line] = []
    # The last sample told what was measured then, and it may be the last for long.
    state = fresh(view.state, view.present)
    for guard in sorted(state.guards, key=_urgency):
        lines.extend(_guard(view, state, guard, width))
    lines.extend(_quality(each, width) for each in qualities(state))
    named = {guard.metric for guard in state.guards}
    twice = told_twice(named)
    for metric in sorted((metric for metric in state.metrics if metric not in named | twice), key=_place):
        lines.append(_row(state, metric, state.metrics[metric], "", "", "text", None, width))
    if width < SOURCE_FROM:
        lines.extend(_sources(state, width))
    return lines or [((_("Nothing is measured yet."), "dim"),)]


def _quality(quality: QualityState, width: int) -> Line:
    """What steps tell, and which of them deny it or have yet to."""
    told = word(QUALITY, quality.state)
    steps = cut(visible(", ".join(quality.steps)), width // 3) if width >= SOURCE_FROM else ""
    title = cut(visible(quality.title), max(0, width - cells(told) - cells(steps) - 3))
    return sides(width, ((title, "text"), (" " + told, QUALITY_STYLE[quality.state])), ((steps, "dim"),))


def _urgency(guard: GuardState) -> int:
    return 0 if guard.breached else 1 if guard.over_since is not None else 2


def _place(metric: str) -> tuple[int, str]:
    """Known metrics in the order of their table, others behind them by name."""
    return _ORDER.get(metric, len(_ORDER)), metric


GUARD_STYLE = {"ok": "ok", "over": "warn", "breached": "bad", "unknown": "dim"}
QUALITY_STYLE = {"met": "ok", "not_met": "bad", "open": "dim"}
_RELATION = {"below": "<", "above": ">", "equals": "="}
_ORDER = {metric: place for place, metric in enumerate(METRICS)}


def _sources(state: RunState, width: int) -> list[Line]:
    """Where the figures come from, where a line has no room for it: one host, or each host with its metrics."""
    by: dict[str, list[str]] = {}
    twice = told_twice({guard.metric for guard in state.guards})
    for metric in sorted(set(state.sources) - twice, key=_place):
        if state.sources[metric] and metric in state.metrics:
            by.setdefault(visible(state.sources[metric]), []).append(metric_word(metric))
    if len(by) <= 1:
        return [((_("measured on {source}").format(source=source), "dim"),) for source in by]
    # The host with the most of them is told without its list.
    most = max(by, key=lambda source: len(by[source]))
    lines: list[Line] = []
    for source, metrics in by.items():
        if source != most:
            text = _("{metrics}: measured on {source}").format(metrics=", ".join(metrics), source=source)
            lines.extend(((part, "dim"),) for part in wrapped(text, width))
    return [*lines, ((_("all others: measured on {source}").format(source=most), "dim"),)]


def rows_needed(state: RunState) -> int:
    """How many lines `gauges` will want, with room for one criterion over its limit."""
    hosts = len({source for metric, source in state.sources.items() if source and metric in state.metrics})
    criteria = len(state.guards) + len(qualities(state))
    return criteria + len(set(state.metrics) - {guard.metric for guard in state.guards}) + 1 + max(1, hosts)


def _guard(view: View, state: RunState, guard: GuardState, width: int) -> list[Line]:
    style = GUARD_STYLE.get(guard.state, "text")
    limit = f"{_RELATION.get(guard.relation, '?')} {figure(guard.metric, guard.limit, exact=True)}"
    scale = guard.limit if guard.relation == "below" else None
    lost = None
    if guard.value is None and guard.sampled is not None:
        lost = clock(max(0.0, view.present - guard.sampled))
    told = word(GUARD_STATE, guard.state)
    signs = left_to_a_person(state).get((guard.metric, guard.limit)) if guard.sampled is None else None
    if signs is not None:
        told = _("signed") if signs.status == "signed" else _("to sign")
    if lost is not None and guard.state == "unknown":
        known_since = _("no data for {span}").format(span=lost)
        # A narrow pane says that there are none, not since when.
        told = known_since if cells(known_since) <= width - WORD_AT else told
    lines = [_row(state, guard.metric, guard.value, limit, told, style, scale, width)]
    since = guard.over_since
    if since is not None or guard.breached:
        text = _("measured on {source}").format(source=visible(guard.source or "?"))
        if since is not None:
            over = clock(max(0.0, view.present - since))
            text = _("over its limit for {span}").format(span=over) + f", {text}"
        elif lost is not None:
            # Nobody knows whether the breach lasts.
            text = _("not measured for {span}, before that on {source}")
            text = text.format(span=lost, source=visible(guard.source or "?"))
        lines.extend(((f"  {part}", style),) for part in wrapped(text, width - 2))
    return lines


def _row(
    state: RunState,
    metric: str,
    value: float | None,
    limit: str,
    word: str,
    style: str,
    scale: float | None,
    width: int,
) -> Line:
    """Name, value, limit and word in columns; history takes the room that is left, in one colour."""
    source = cut(visible(state.sources.get(metric, "")), LONGEST_SOURCE) if width >= SOURCE_FROM else ""
    left = columns(
        (metric_word(metric), NAME, "text"),
        ("?" if value is None else figure(metric, value), -VALUE, "bold" if style in ("ok", "text") else style),
    )
    if limit:
        left = (*left, *columns((limit, max(LIMIT, min(cells(limit), LONGEST_LIMIT)), "dim")), (word, style))
    # The histories end where the pane ends; what a word leaves free is theirs.
    room = width - width_of(left) - 1 - (cells(source) + 1 if source else 0)
    if not limit and not source:
        # What has no limit has no more than a third of a narrow pane: histories of one length read easier.
        room = min(room, width // 3)
    bar = history(state, metric, max(0, min(BAR, room)), scale)
    tail: list[Span] = [(bar, "bar.bad" if style in ("warn", "bad") else "bar")]
    if source:
        tail.append((f" {source}", "dim"))
    return sides(width, left, tail)


def history(state: RunState, metric: str, width: int, limit: float | None) -> str:
    """The last samples as a bar a sample, scaled to the limit where there is one, else to their own highest."""
    values = [s.values[metric] for s in state.samples[-width:] if metric in s.values] if width > 0 else []
    if not values:
        return ""
    top = max((value for value in (*values, limit or 0.0) if math.isfinite(value)), default=0.0)
    levels = glyphs().levels
    return "".join(levels[int(share(value, max(top, _LEAST)) * (len(levels) - 1) + 0.5)] for value in values)
