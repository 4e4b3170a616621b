"""For how long the application was affected: seconds, by what told them, and what nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.report.journals import Story, reading, sample, watched
from tui.journal import events as e
from tui.report.affected import affected, change
from tui.report.lacking import Lacks, lacking
from tui.report.series import Series, inside, total


def test_over_its_limit_without_an_answer_and_closed_are_counted_once(tmp_path: Path) -> None:
    story = Story(watched())
    story.begin("migrate", after=0.0)
    for seconds in (0.01, 0.2, 0.3, 0.05):
        sample(story, seconds)
    sample(story, 10.0, canary="it is silent")
    sample(story, 10.0)
    sample(story, 0.02, canary=None)
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=1.0)
    found = reading(story, tmp_path)
    told = affected(found, (0.0, story.mono))
    assert told.limit == 0.1 and told.worst == 10.0
    assert told.over == pytest.approx(2.0) and told.unanswered == pytest.approx(2.0)
    assert told.affected == pytest.approx(4.0) and told.measured == pytest.approx(7.0)
    assert change(found) == (0.0, story.mono)


def test_what_nobody_measured_is_said(tmp_path: Path) -> None:
    story = Story(watched())
    sample(story, 0.01)
    story.begin("migrate")
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=60.0)
    found = reading(story, tmp_path)
    told = affected(found, (0.0, story.mono))
    assert told.measured == pytest.approx(3.0) and told.unmeasured == pytest.approx(story.mono - 3.0)
    codes = {lack.code for lack in lacking(found)}
    assert {Lacks.OPEN, Lacks.CHANGE_UNSEEN, Lacks.GAPS} <= codes


def test_a_change_between_two_samples(tmp_path: Path) -> None:
    story = sample(Story(watched()), 0.01)
    story.begin("migrate", after=0.2).add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=0.3)
    found = reading(sample(story, 0.01), tmp_path)
    assert {lack.code: lack.facts for lack in lacking(found)}[Lacks.CHANGE_BETWEEN] == {"span": pytest.approx(0.3)}


def test_without_a_canary_only_what_the_run_did_is_known(tmp_path: Path) -> None:
    found = reading(Story(), tmp_path)
    told = affected(found, (0.0, 100.0))
    assert (told.canary, told.over, told.unanswered) == (False, None, None)
    assert Lacks.NO_CANARY in {lack.code for lack in lacking(found)}


def test_while_the_run_kept_it_out(tmp_path: Path) -> None:
    story = Story(watched())
    story.begin("migrate", after=10.0)
    story.add(e.QuiesceBegun(step="migrate", attempt=1), after=0.0)
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=5.0)
    story.add(e.QuiesceReleased(of="migrate"), after=20.0)
    story.add(e.NoteAdded(text="open again"), after=30.0)
    assert affected(reading(story, tmp_path), (0.0, story.mono)).closed == pytest.approx(20.0)


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e6, 1e6)), min_size=1), st.integers(1, 800))
def test_no_column_hides_the_highest(samples: list[tuple[float, float]], count: int) -> None:
    series = Series()
    for mono, value in sorted(samples):
        series.add(mono, value)
    columns = list(series.columns((0.0, 1e4), count))
    assert max(column.high for column in columns) == max(value for _mono, value in samples)
    assert min(column.low for column in columns) == min(value for _mono, value in samples)
    assert len(columns) <= count


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda p: (min(p), max(p)))))
def test_spans_are_counted_once(spans: list[tuple[int, int]]) -> None:
    covered = {second for begin, end in spans for second in range(begin, end)}
    assert total([(float(a), float(b)) for a, b in spans]) == len(covered)
    within = inside([(float(a), float(b)) for a, b in spans], (10.0, 20.0))
    assert total(within) == len(covered & set(range(10, 20)))
