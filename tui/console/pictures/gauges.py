"""Success criteria with value, limit, history and source; then whatever else is sampled."""

from __future__ import annotations

from tui.console.glyphs import glyphs
from tui.console.pieces import Line, columns, sides
from tui.console.view import View
from tui.console.visible import visible
from tui.console.words import GUARD_STYLE, clock, figure, guard_word, relation_sign
from tui.locale import _
from tui.run.state import GuardState, RunState

HISTORY_WIDTH = 12


def gauges(view: View, width: int) -> list[Line]:
    """One line a success criterion (two where it is over its limit), then one line a further metric."""
    lines: list[Line] = []
    for guard in view.state.guards:
        lines.extend(_guard(view, guard, width))
    named = {guard.metric for guard in view.state.guards}
    others = sorted(metric for metric in view.state.metrics if metric not in named)
    for metric in others:
        lines.append(_sampled(view.state, metric, width))
    if not lines:
        lines.append(((_("Nothing is measured yet."), "dim"),))
    return lines


def rows_needed(state: RunState) -> int:
    """How many lines `gauges` will want, with room for one criterion over its limit."""
    return len(state.guards) + len(set(state.metrics) - {guard.metric for guard in state.guards}) + 1


def _guard(view: View, guard: GuardState, width: int) -> list[Line]:
    style = GUARD_STYLE.get(guard.state, "text")
    value = "?" if guard.value is None else figure(guard.metric, guard.value)
    limit = f"{relation_sign(guard.relation)} {figure(guard.metric, guard.limit)}"
    bar = history(view.state, guard.metric, HISTORY_WIDTH, guard.limit if guard.relation == "below" else None)
    host = [(visible(guard.source or ""), "dim")] if guard.source else []
    left = columns(
        (visible(guard.metric), 16, "text"), (value, -8, "bold" if guard.state == "ok" else style), (limit, 9, "dim"),
        (bar, HISTORY_WIDTH, "bar.bad" if guard.state in ("over", "breached") else "bar"),
        (guard_word(guard.state), 8, style),
    )  # fmt: skip
    lines = [sides(width, left, host if width >= 70 else [])]
    since = guard.over_since
    if since is not None or guard.breached:
        text = _("measured on {source}").format(source=visible(guard.source or "?"))
        if since is not None:
            over = clock(max(0.0, view.moment.mono - since))
            text = _("over its limit for {span}").format(span=over) + f", {text}"
        lines.append(((f"  {text}", style),))
    return lines


def _sampled(state: RunState, metric: str, width: int) -> Line:
    left = columns(
        (visible(metric), 16, "text"), (figure(metric, state.metrics[metric]), -8, "text"), ("", 9, "dim"),
        (history(state, metric, HISTORY_WIDTH, None), HISTORY_WIDTH, "bar"),
    )  # fmt: skip
    source = state.sources.get(metric)
    return sides(width, left, [(visible(source), "dim")] if source and width >= 70 else [])


def history(state: RunState, metric: str, width: int, limit: float | None) -> str:
    """The last samples as a bar a sample, scaled to the limit where there is one, else to their own highest."""
    values = [sample.values[metric] for sample in state.samples[-width:] if metric in sample.values]
    if not values:
        return ""
    top = max(max(values), limit or 0.0, 1e-12)
    levels = glyphs().levels
    return "".join(levels[max(0, min(len(levels) - 1, int(v / top * (len(levels) - 1) + 0.5)))] for v in values)
