"""What no source measures, and in spite of what a run was opened, is on the screen."""

from __future__ import annotations

from msgspec.structs import replace

from tests.console.journals import KEYS, Story
from tui.pictures.checklist_order import ChecklistRows
from tui.pictures.details import StepFiles, details
from tui.pictures.gauges import gauges
from tui.pictures.header import header
from tui.pictures.lines import plain, width_of
from tui.pictures.log import log_lines
from tui.pictures.view import View, moment
from tui.run.clock import instant
from tui.run.state import RunState

CODES = ("no-rehearsal", "no-room", "placeholder")


def view(**opened: object) -> View:
    return shown(Story(**opened).state())  # type: ignore[arg-type]


def shown(state: RunState) -> View:
    return View(state=state, moment=moment(state, instant(state.at)), mode="operator", keys=KEYS)


def test_a_criterion_that_a_person_signs_is_a_line_of_its_own() -> None:
    looked = view(unmeasured=(1, 0))
    rows = ChecklistRows(looked.state.steps).rows
    assert [(row.kind, row.number, row.title) for row in rows[-3:]] == [
        ("phase", "C", "Success criteria that nothing measures here"),
        ("step", "C.1.1", "cpu < 70%"),
        ("step", "C.1.2", "response_time < 100 ms"),
    ]
    told = "\n".join(map(plain, details(looked, looked.state.steps["criterion.cpu"], StepFiles(), 80)))
    assert "Nothing measures this on this target" in told
    assert not [row for row in ChecklistRows(view().state.steps).rows if row.number.startswith("C")]


def test_its_gauge_says_who_knows() -> None:
    story = Story(unmeasured=(1,))
    story.sample()
    unknown = story.state().guards[3].metric
    state = replace(story.state(), guards=tuple(replace(g, value=None, sampled=None) for g in story.state().guards))
    lines = [plain(line) for line in gauges(shown(state), 80)]
    found = {metric: next(line for line in lines if metric in line) for metric in ("CPU", "critical")}
    assert "to sign" in found["CPU"] and "no data" in found["critical"] and unknown == "critical_errors"


def test_in_spite_of_what_it_was_opened_is_in_the_header_and_the_log() -> None:
    for width, told in ((80, "in spite of 3 errors"), (160, f"in spite of: {', '.join(CODES)}")):
        line = header(view(despite=CODES), width)[0]
        assert told in plain(line) and width_of(line) <= width
    assert "in spite of: no-room" in plain(header(view(despite=("no-room",)), 80)[0])
    assert "in spite of" not in plain(header(view(), 80)[0])
    story = Story(despite=CODES)
    (first, *_rest) = log_lines(story.lines, story.state())
    assert f"in spite of: {', '.join(CODES)}" in first.text and first.severity == "warning"
