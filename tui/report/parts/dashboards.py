"""The console at the milestones, at failures and breaches, and at the end: its own pictures, from the states then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tui.locale import _, ngettext
from tui.pictures.checklist import Columns, columns_of, heading_row, step_row
from tui.pictures.checklist_order import ChecklistRow, ChecklistRows
from tui.pictures.clock import clock_lines
from tui.pictures.gauges import gauges
from tui.pictures.header import header
from tui.pictures.lines import Line, heading
from tui.pictures.now import now
from tui.pictures.palette import LIGHT
from tui.pictures.svg import picture
from tui.pictures.timeline import timeline
from tui.pictures.view import Playback, View, replayed
from tui.pictures.waits import waits
from tui.pictures.window_bar import window_lines
from tui.report.blocks import Chapter, Figure, Paragraph, ReportBlock
from tui.report.reading import JournalReading, Pictured
from tui.report.times import Times
from tui.run.clock import expected, instant
from tui.run.state import RunState
from tui.words.figures import whole
from tui.words.inert import visible

WIDTH: Final = 112
"""Columns of a picture."""
_ROWS, _ABOVE, _GAUGES, _WAITS = 12, 4, 12, 5
"""Lines of the checklist, of them above the step, and of the panes below."""
MOST: Final = 24


def section(reading: JournalReading, name: Callable[[str], str]) -> Chapter:
    """`name`: the class of a CSS rule."""
    times = Times(reading.state)
    blocks: list[ReportBlock] = [
        Paragraph(text=_("The console as it stood at these moments, drawn from the journal."), style="dim")
    ]
    chosen = _chosen(reading.pictured)
    left = len({each.state.seq for each in reading.pictured}) - len(chosen) + reading.unpictured
    if left:
        text = ngettext(
            "{n} further moment is not pictured: virada replay shows it.",
            "{n} further moments are not pictured: virada replay shows them.", left,
        )  # fmt: skip
        blocks.append(Paragraph(text=text.format(n=whole(left)), style="warn"))
    for each in chosen:
        title = _title(each, times)
        lines = list(_screen(each, reading.state))
        drawing = picture(lines, WIDTH, LIGHT, name, title)
        blocks.append(Figure(svg=drawing.svg, caption=title, lines=drawing.lines))
    return Chapter(name="dashboards", title=_("Dashboards at the milestones"), blocks=tuple(blocks))


def _chosen(pictured: list[Pictured]) -> list[Pictured]:
    """One of each moment; of too many those of milestones and the end stay."""
    by_line = {each.state.seq: each for each in reversed(pictured)}
    found = [by_line[seq] for seq in sorted(by_line)]
    if len(found) <= MOST:
        return found
    kept = [each for each in found if each.why in ("milestone", "end")][-MOST:]
    others = [each for each in found if each.why not in ("milestone", "end")][: MOST - len(kept)]
    return sorted([*kept, *others], key=lambda each: each.state.seq)


def _title(each: Pictured, times: Times) -> str:
    state = each.state
    at = None if each.step is None else state.steps.get(each.step)
    step = "" if at is None else f"{at.place.number} {at.step.title}"
    words = {
        "milestone": _("Milestone: {step}"), "failure": _("Failed: {step}"), "breach": _("A criterion is breached"),
        "rollback": _("Rollback"), "end": _("At the end of the journal"),
    }  # fmt: skip
    when = " ".join(filter(None, (times.at(state.at), times.t(instant(state.at)))))
    return f"{words[each.why].format(step=visible(step))} ({when})"


def _screen(each: Pictured, last: RunState) -> Iterator[Line]:
    state = each.state
    playback = Playback(position=state.mono, length=max(last.mono, state.mono), speed=1.0, playing=False)
    view = View(
        state=state, moment=replayed(state, playback), mode="replay", playback=playback, selected=each.step,
        following=False,
    )  # fmt: skip
    yield from header(view, WIDTH)
    yield from clock_lines(view, WIDTH)
    yield from window_lines(view, WIDTH)
    yield heading(WIDTH, _("Checklist"))
    yield from _checklist(view, each.step)
    yield heading(WIDTH, _("Metrics"))
    yield from gauges(view, WIDTH)[:_GAUGES]
    if any(at.waiting for at in state.running()):
        yield heading(WIDTH, _("Waits and locks"))
        yield from waits(view, WIDTH)[:_WAITS]
    yield heading(WIDTH, "")
    yield from now(view, WIDTH, 3)
    yield from timeline(view, WIDTH)


def _checklist(view: View, step: str | None) -> Iterator[Line]:
    """Some rows around the step, or around where the run stands."""
    state = view.state
    rows = ChecklistRows(state.steps)
    columns = columns_of(state.steps, dict.fromkeys(at.status for at in state.steps), partial(expected, state))
    current = state.steps.get(step or "") or next(iter(state.running()), None) or state.current()
    at = len(rows.rows) - 1 if current is None else rows.at.get(current.id, 0)
    first = max(0, min(at - _ABOVE, len(rows.rows) - _ROWS))
    for number in range(first, min(len(rows.rows), first + _ROWS)):
        yield _row(view, rows, number, rows.rows[number], columns)


def _row(view: View, rows: ChecklistRows, number: int, row: ChecklistRow, columns: Columns) -> Line:
    if row.kind == "step":
        return step_row(view.state.steps.at(row.position), view, WIDTH, columns)
    first, last = rows.spans[number]
    done = sum(view.state.steps.at(at).is_ended for at in range(first, last + 1))
    return heading_row(row, view, done, last - first + 1, WIDTH)
