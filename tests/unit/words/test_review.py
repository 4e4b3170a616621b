"""What a person sees who signs a step of the review, and what stands at the head of the next run."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

import tui.locale
from tests.unit.run.runs import OPENED, Driven, listed, opening, query, sign
from tui.journal import events as e
from tui.pictures.log import log_lines
from tui.plain.narrator import narrate
from tui.plan.model import Guard
from tui.run import commands as c
from tui.run.fold import fold
from tui.run.state import RunState
from tui.words.review import overdue_lines
from tui.words.shown import shown_lines


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    tui.locale.use("en")
    yield
    tui.locale.use("en")


def measured() -> Driven:
    of = listed(query("base"), sign("review", spec={"show": ["metrics", "errors"]}),
                success=(Guard(metric="response_time", below=0.1), Guard(metric="cpu", below=0.7)))  # fmt: skip
    run = Driven(of)
    run.append(e.StepStarted(step="base", attempt=1))
    baseline = {"response_time": {"median": 0.012, "p95": 0.02, "max": 0.03, "samples": 60}}
    run.append(e.StepPassed(step="base", attempt=1, evidence={"baseline": baseline}))
    return run


def test_criteria_before_and_now_are_shown_to_who_signs() -> None:
    run = measured()
    run.append(e.GuardBreached(metric="response_time", value=0.4, limit=0.1, relation="below"))
    for value in (0.010, 0.014, 0.5):
        run.append(e.MetricsSampled(values={"response_time": value}))
    assert shown_lines(run.state, ("metrics",), run.wall) == [
        "response time < 100 ms: before 12 ms, now 14 ms; breached 1 time",
        "CPU < 70 %: before: not known, now: not known; breached 0 times",
    ]
    # Seven days on nothing of then is of now.
    run.sleep(7 * 86400)
    run.append(e.NoteAdded(text="here we are"))
    assert "before 12 ms, now: not known" in shown_lines(run.state, ("metrics",), run.wall)[0]


def test_errors_feedback_lessons_and_improvements_are_shown() -> None:
    run = measured()
    nothing = shown_lines(run.state, ("errors", "feedback", "lessons", "improvements"), run.wall)
    assert nothing == ["No error was recorded.", "No feedback was recorded.", "No lesson stands in this run yet.",
                       "No improvement stands in this run yet."]  # fmt: skip
    run.append(
        e.ErrorRecorded(id="E1", text="no\x1b[2J table", sqlstate="42P01"), e.ErrorRecorded(id="E2", text="slow")
    )
    for command in (c.Resolve(error="E2", text="restarted"), c.Feedback(text="faster\x07"), c.Lesson(text="ask first"),
                    c.Improve(text="shorter", owner="bruno", due="2026-12-31")):  # fmt: skip
        run.ask(command)
    lines = shown_lines(run.state, ("errors", "feedback", "lessons", "improvements"), run.wall)
    assert lines[0].startswith("E1: no\\x1b[2J table") and lines[0].endswith("UNRESOLVED")
    assert lines[1] == "E2: slow; resolved: restarted"
    assert lines[2].endswith("ana@jump1: faster\\x07")
    assert lines[3:] == ["L1: ask first", "I1: shorter (bruno, until 2026-12-31)"]
    late = shown_lines(run.state, ("improvements",), OPENED + 60 * 86400)
    assert late == ["I1: shorter (bruno, until 2026-12-31), OVERDUE"]
    run.ask(c.Improved(improvement="I1", text="it is"))
    assert shown_lines(run.state, ("improvements",), OPENED + 60 * 86400)[0].endswith("done: it is")


def test_of_many_the_first_are_told_and_the_others_counted() -> None:
    run = measured()
    for number in range(40):
        run.ask(c.Feedback(text=f"{number}"))
    lines = shown_lines(run.state, ("feedback",), run.wall)
    assert len(lines) == 31 and lines[-1] == "and 10 more"


def test_what_earlier_runs_left_stands_at_the_head_of_log_and_narration() -> None:
    of = msgspec.structs.replace(
        opening(listed(query("a"))), lessons=(e.PastLesson(run="r0", id="L1", text="ask\x1b first"),),
        improvements=(e.PastImprovement(run="r0", id="I1", text="shorter", owner="bruno", due="2020-01-01"),),
    )  # fmt: skip
    run = Driven(of.plan)
    run.append(of)
    line = run.lines[-1]
    wanted = ["left by an earlier run, r0:I1: shorter (bruno, until 2020-01-01), OVERDUE",
              "learnt in an earlier run, r0:L1: ask\\x1b first"]  # fmt: skip
    assert [entry.text for entry in log_lines([line], run.state)][1:] == wanted
    told = narrate(RunState(), fold(RunState(), line), line)
    assert [text for text in told if any(text.endswith(part) for part in wanted)]


def test_a_row_of_runs_names_what_is_due_and_overdue() -> None:
    row = {
        "due": {"phase": "Review", "since": "2026-12-12T22:00:00.000000Z"},
        "improvements": [
            {"id": "I1", "text": "shorter", "owner": "bruno", "due": "2026-12-31", "overdue": True},
            {"id": "I2", "text": "longer", "owner": "ana", "due": "2031-12-31", "overdue": False},
        ],
    }
    assert overdue_lines(row) == [
        "DUE since 2026-12-12 22:00 UTC, and not begun: Review", "OVERDUE since 2026-12-31, bruno: I1 shorter",
    ]  # fmt: skip
    assert overdue_lines({"due": None, "improvements": None}) == []
