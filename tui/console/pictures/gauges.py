"""Success criteria with value, limit, history and source; then whatever else is sampled."""

from __future__ import annotations

from tui.console.glyphs import glyphs
from tui.console.pieces import Line, Piece, columns, sides, width_of
from tui.console.view import View
from tui.console.visible import cells, visible
from tui.console.words import GUARD_STYLE, clock, figure, guard_word, relation_sign
from tui.locale import _
from tui.run.state import GuardState, RunState

NAME, VALUE, LIMIT, STATE = 15, 8, 8, 8
SOURCE_FROM = 70
"""Columns from which every line has room for the host it was measured on."""


def gauges(view: View, width: int) -> list[Line]:
    """One line a success criterion (two where it is over its limit), then one line a further metric."""
    lines: list[Line] = []
    for guard in view.state.guards:
        lines.extend(_guard(view, guard, width))
    named = {guard.metric for guard in view.state.guards}
    for metric in sorted(metric for metric in view.state.metrics if metric not in named):
        lines.append(_row(view.state, metric, view.state.metrics[metric], "", "", "text", None, width))
    sources = sorted({visible(source) for source in view.state.sources.values() if source})
    if sources and width < SOURCE_FROM:
        lines.append(((_("measured on {source}").format(source=", ".join(sources)), "dim"),))
    return lines or [((_("Nothing is measured yet."), "dim"),)]


def rows_needed(state: RunState) -> int:
    """How many lines `gauges` will want, with room for one criterion over its limit."""
    return len(state.guards) + len(set(state.metrics) - {guard.metric for guard in state.guards}) + 2


def _guard(view: View, guard: GuardState, width: int) -> list[Line]:
    style = GUARD_STYLE.get(guard.state, "text")
    limit = f"{relation_sign(guard.relation)} {figure(guard.metric, guard.limit)}"
    scale = guard.limit if guard.relation == "below" else None
    lines = [_row(view.state, guard.metric, guard.value, limit, guard_word(guard.state), style, scale, width)]
    since = guard.over_since
    if since is not None or guard.breached:
        text = _("measured on {source}").format(source=visible(guard.source or "?"))
        if since is not None:
            over = clock(max(0.0, view.moment.mono - since))
            text = _("over its limit for {span}").format(span=over) + f", {text}"
        lines.append(((f"  {text}", style),))
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
    source = visible(state.sources.get(metric, "")) if width >= SOURCE_FROM else ""
    left = columns(
        (visible(metric), NAME, "text"),
        ("?" if value is None else figure(metric, value), -VALUE, "bold" if style in ("ok", "text") else style),
        (limit, LIMIT, "dim"),
        (word, STATE, style),
    )
    room = width - width_of(left) - (cells(source) + 1 if source else 0)
    bar = history(state, metric, max(0, min(40, room)), scale)
    tail: list[Piece] = [(source, "dim")] if source else []
    return sides(width, [*left, (bar, "bar.bad" if style in ("warn", "bad") else "bar")], tail)


def history(state: RunState, metric: str, width: int, limit: float | None) -> str:
    """The last samples as a bar a sample, scaled to the limit where there is one, else to their own highest."""
    values = [s.values[metric] for s in state.samples[-width:] if metric in s.values] if width > 0 else []
    if not values:
        return ""
    top = max(max(values), limit or 0.0, 1e-12)
    levels = glyphs().levels
    return "".join(levels[max(0, min(len(levels) - 1, int(v / top * (len(levels) - 1) + 0.5)))] for v in values)
