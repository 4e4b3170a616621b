"""Whatever numbers a journal has, of a figure, a limit, a span, an instant: everything that shows a run shows it."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.console.journals import KEYS, Story, failed, migrating, rolled_back
from tests.console.twin import shown as screen
from tui.console.export.asciicast import export
from tui.console.export.frames import ExportOptions
from tui.console.input.keymap import Keymap
from tui.console.screens import help
from tui.console.widgets import footer
from tui.journal.line import Line, digest, encode
from tui.pictures import checklist, clock, details, gauges, header, milestones, now, waits, window_bar
from tui.pictures.details import StepFiles
from tui.pictures.log import log_lines
from tui.pictures.view import Moment, View
from tui.plain.narrator import end_lines, narrate
from tui.run.fold import fold
from tui.run.state import RunState
from tui.run.status import status
from tui.words import figures
from tui.words.figures import ago, figure, number, size

FINITE = st.one_of(
    st.sampled_from(
        [-1e308, 1e308, -1.7976931348623157e308, 1e300, 5e-324, -5e-324, 0.0, -0.0, 1e15, -1e15, 1e22, 1e11]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
)
ANY = st.one_of(FINITE, st.sampled_from([math.inf, -math.inf, math.nan]))
METRICS = ("response_time", "cpu", "wal_rate", "tps", "disk_free_bytes", "replication_lag", "critical_errors", "of_app")
KEPT = frozenset(("virada", "attempt", "seq", "statement", "resume_from"))
"""Numbers that name something."""


def changed(value: Any, numbers: list[float], key: str = "") -> Any:
    """With every number in the place of which another could stand replaced, one after the other in turn."""
    if isinstance(value, dict):
        return {name: changed(part, numbers, name) for name, part in value.items()}
    if isinstance(value, list):
        return [changed(part, numbers, key) for part in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or key in KEPT:
        return value
    numbers.append(numbers.pop(0))
    return int(numbers[-1]) if isinstance(value, int) else numbers[-1]


def strange(story: Story, numbers: list[float]) -> list[Line]:
    """The story's lines with other numbers."""
    data = (changed(msgspec.json.decode(line.data), numbers) for line in story.lines)
    return [
        msgspec.structs.replace(line, data=msgspec.Raw(msgspec.json.encode(other)))
        for line, other in zip(story.lines, data, strict=True)
    ]


def shown(lines: list[Line]) -> RunState:
    """Everything that is drawn and said of a run, for its last state; what is told of each line on the way."""
    state = RunState()
    for line in lines:
        before, state = state, fold(state, line)
        if state.opened is not None:
            narrate(before, state, line)
    list(log_lines(lines, state))
    end_lines(state)
    msgspec.json.encode(status(state))
    for wall in (0.0, 1.0e9):
        view = View(state=state, moment=Moment(wall, state.mono, 0.0), mode="operator", keys=KEYS)
        for width in (20, 120):
            for drawn in (
                gauges.gauges(view, width), now.now(view, width), clock.clock_lines(view, width),
                milestones.milestone_lines(view, width), waits.waits(view, width), window_bar.window_lines(view, width),
                help.team_lines(view, width), [footer.footer(view, Keymap(), width)], header.header(view, width),
            ):  # fmt: skip
                assert isinstance(drawn, list)
            for at in state.steps:
                details.details(view, at, StepFiles(), width)
                checklist.step_row(at, view, width, checklist.Columns())
    return state


@pytest.mark.parametrize("told", [failed, migrating, rolled_back])
@settings(max_examples=3, deadline=None)
@given(numbers=st.lists(FINITE, min_size=1, max_size=7))
@example(numbers=[-1e308])
@example(numbers=[1e308, -1e308, 0.0])
def test_no_number_of_a_journal_ends_what_shows_it(told: Any, numbers: list[float]) -> None:
    assert shown(strange(told(), numbers)).seq > 0


@given(value=ANY)
@example(value=math.inf)
@example(value=-math.inf)
@example(value=math.nan)
@example(value=-1e308)
def test_every_number_has_a_short_text(value: float) -> None:
    for metric in METRICS:
        assert 0 < len(figure(metric, value)) <= 24, figure(metric, value)
    for say in (number, size, figures.size, figures.span, figures.hours, figures.amount, clock_of, ago):
        assert 0 < len(say(value)) < 40, (say, say(value))


def clock_of(value: float) -> str:
    from tui.words.figures import clock as counted

    return counted(value)


@given(values=st.lists(ANY, max_size=80), limit=st.one_of(st.none(), ANY), width=st.integers(0, 70))
@example(values=[-1e308], limit=None, width=9)
@example(values=[math.nan, math.inf, -math.inf, 1.0], limit=math.nan, width=9)
def test_a_history_is_a_bar_a_sample_whatever_the_samples_are(
    values: list[float], limit: float | None, width: int
) -> None:
    from tui.run.state import MetricsSample

    samples = tuple(MetricsSample(mono=float(n), values={"m": value}) for n, value in enumerate(values))
    bar = gauges.history(RunState(samples=samples), "m", width, limit)
    assert len(bar) == min(width, len(values))


def chained(story: Story, numbers: list[float]) -> Story:
    """The story with other numbers, in a chain that holds."""
    raw: list[bytes] = []
    for place, line in enumerate(strange(story, numbers)):
        story.lines[place] = msgspec.structs.replace(line, prev=digest(raw[-1]) if raw else line.prev)
        raw.append(encode(story.lines[place]))
    story.raw[:] = raw
    return story


STRANGE = pytest.mark.parametrize("numbers", [[-1e308, 1e308, 5e-324]])


@STRANGE
def test_an_export_goes_through_such_a_journal(numbers: list[float], tmp_path: Path) -> None:
    story, into = chained(rolled_back(), numbers), io.BytesIO()
    export(story.save(tmp_path / "20261205T235500Z-7f3a"), into, ExportOptions(size=(80, 24)))
    assert into.getvalue().count(b"\n") > 5


@STRANGE
async def test_a_console_shows_such_a_journal(numbers: list[float], tmp_path: Path) -> None:
    async with screen(chained(migrating(), numbers), tmp_path, size=(80, 24)) as seen:
        for keys in ("1", "2", "3", "4", "m", "escape", "t", "escape"):
            await seen.press(keys)
        assert "migra" in seen.text().lower()
