"""For how long the application was affected: seconds, by what told them, and what nobody knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.report.journals import Story, reading, sample, watched
from tui.journal import events as e
from tui.report.affected import affected, change
from tui.report.lacking import Lacks, lacking
from tui.report.make import made
from tui.report.parts.felt import felt
from tui.report.series import Series, inside, outside, total, union


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
    # From when the step began to close it, which is before it had ended the sessions that were there.
    assert affected(reading(story, tmp_path), (0.0, story.mono)).closed == pytest.approx(25.0)


def test_what_a_step_closed_and_gave_back_by_itself_was_closed(tmp_path: Path) -> None:
    story = Story(watched())
    story.begin("migrate", after=10.0)
    story.add(e.QuiesceBegun(step="migrate", attempt=1, database="app", oid=5), after=1.0)
    story.add(e.QuiesceReleased(of="migrate", by_step="migrate"), after=90.0)
    story.add(e.StepFailed(step="migrate", attempt=1, effect="none", reason="sessions_remain"))
    assert affected(reading(story, tmp_path), (0.0, story.mono)).closed == pytest.approx(90.0)


def recovered(story: Story, after: float) -> Story:
    """Another engine, so many seconds after the last word of the one before it."""
    return story.add(e.RunRecovered(engine={}, clock={}, end_known=True), after=after)


def test_where_no_engine_was_nobody_asked(tmp_path: Path) -> None:
    story = Story(watched())
    sample(story, 0.01)
    sample(story, 10.0, canary="it is silent")
    sample(story, 10.0)
    recovered(story, 3 * 86400.0).begin("migrate", after=0.0)
    for _tick in range(20):
        sample(story, 0.01)
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=1.0)
    found = reading(story, tmp_path)
    told = affected(found, (0.0, story.mono))
    assert told.unanswered == told.affected == pytest.approx(1.0)
    assert told.unmeasured == pytest.approx(3 * 86400.0 + 2.0), "the second before the first tick as well"
    during = change(found)
    assert during is not None
    assert affected(found, during).affected == 0 and affected(found, during).measured == pytest.approx(20.0)


def test_an_engine_that_is_back_at_once_was_away_all_the_same(tmp_path: Path) -> None:
    story = sample(sample(Story(watched()), 0.01), 0.3)
    recovered(story, 2.0)
    sample(story, 0.01)
    told = affected(reading(story, tmp_path), (0.0, story.mono))
    assert told.over == 0.0 and told.unmeasured == pytest.approx(4.0)


@pytest.mark.parametrize("end", ["gap", "end"])
def test_a_silence_lasts_no_longer_than_somebody_looks(end: str, tmp_path: Path) -> None:
    story = sample(sample(Story(watched()), 0.01), 10.0, canary="it is silent")
    if end == "gap":
        # The machine slept; the engine is the same.
        story.mono += 600.0
        sample(story, 10.0)
        sample(story, 0.01, canary=None)
        expected = 3.0 + 1.0
    else:
        story.add(e.NoteAdded(text="much later"), by="ana@jump1", after=600.0)
        expected = 3.0
    told = affected(reading(story, tmp_path), (0.0, story.mono))
    assert told.unanswered == pytest.approx(expected) and told.unmeasured >= 597.0


def test_a_breach_over_which_the_engine_died_is_not_measured_all_the_time(tmp_path: Path) -> None:
    story = sample(sample(Story(watched()), 0.3), 0.3)
    story.add(e.GuardBreached(metric="response_time", value=0.3, limit=0.1, source="db1", since=1.0))
    recovered(story, 86400.0)
    story.add(e.GuardCleared(metric="response_time", value=0.01, limit=0.1), after=1.0)
    found = reading(story, tmp_path)
    told = made(found, "md", ("metrics",))
    assert re.search(r"\| 24 h 00 min; not measured for 24 h 00 min of it \|", told)
    assert found.gaps == [(0.0, 1.0), (2.0, story.mono)]
    svg = made(found, "html", ("metrics",))
    assert svg.count('class="breach"') == 1 and 'class="breach" x="70" y="16" width="1"' in svg, "a second of a day"


def brief(story: Story, directory: Path) -> tuple[str, str]:
    fact = felt(reading(story, directory))
    return fact.text, fact.style


def changed(story: Story, seconds: float, after: float = 0.0) -> Story:
    """A change, sampled every second of it."""
    story.begin("migrate", after=0.0)
    for _tick in range(int(seconds)):
        sample(story, 0.01)
    return story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=after)


def test_not_at_all_is_said_where_it_was_measured_all_the_time(tmp_path: Path) -> None:
    text, style = brief(changed(sample(Story(watched()), 0.01), 30.0, 0.5), tmp_path)
    assert style == "ok" and text == ("not at all in the 30.5 s in which changes were made, as far as the canary tells")


def test_measured_for_seconds_of_an_hour(tmp_path: Path) -> None:
    text, style = brief(changed(sample(Story(watched()), 0.01), 0.0, 3600.0), tmp_path)
    assert style == "warn" and text.split("\n") == [
        "not affected while it was measured",
        "measured for 3.0 s of 1 h 00 min; how it fared for 59 min 57 s is not known",
    ]


def test_no_limit_says_nothing_of_how_long_answers_took(tmp_path: Path) -> None:
    story = changed(sample(Story(replace(watched(), success=())), 25.0), 30.0)
    found = reading(story, tmp_path)
    assert felt(found).style == "warn" and felt(found).text.split("\n") == [
        "never without an answer and never kept out, as far as the canary tells",
        "whether its answers took too long nobody can say: no criterion limits them",
    ]
    summary = made(found, "md", ("summary",))
    assert re.search(r"\| while changes were made \| \? \| 0 \| 0 \| \? \|", summary)


def test_no_sample_inside_a_change_is_no_good_news(tmp_path: Path) -> None:
    story = sample(Story(watched()), 0.01)
    story.begin("migrate", after=0.2).add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=0.3)
    text, style = brief(sample(story, 0.01), tmp_path)
    assert style == "warn" and text.endswith("no sample lies in that time; it is told by those around it")


def test_kept_out_is_said_where_the_canary_told_nothing(tmp_path: Path) -> None:
    story = Story(watched()).begin("migrate", after=10.0)
    story.add(e.QuiesceBegun(step="migrate", attempt=1))
    story.add(e.QuiesceReleased(of="migrate"), after=1200.0)
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"))
    text, style = brief(story, tmp_path)
    assert style == "bad" and text.startswith("kept out by the run for 20 min 00 s; the canary told nothing")


def test_what_was_found_in_a_part_is_the_least_of_it(tmp_path: Path) -> None:
    story = Story(watched()).begin("migrate", after=0.0)
    sample(sample(story, 0.3), 0.01)
    story.add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=600.0)
    text, style = brief(story, tmp_path)
    assert style == "bad" and text.startswith("for at least 1.0 s of the 10 min 02 s in which changes were made\n")


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e6, 1e6)), min_size=1), st.integers(1, 800))
def test_no_column_hides_the_highest(samples: list[tuple[float, float]], count: int) -> None:
    series = Series()
    for mono, value in sorted(samples):
        series.add(mono, value)
    columns = list(series.columns((0.0, 1e4), count))
    assert max(column.high for column in columns) == max(value for _mono, value in samples)
    assert min(column.low for column in columns) == min(value for _mono, value in samples)
    assert len(columns) <= count


_SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda p: (min(p), max(p))))


@given(_SPANS, _SPANS)
def test_what_is_left_outside(spans: list[tuple[int, int]], gone: list[tuple[int, int]]) -> None:
    apart: list[tuple[float, float]] = []
    for begin, end in sorted(gone):
        if begin < end and (not apart or begin >= apart[-1][1]):
            apart.append((float(begin), float(end)))
    left = list(outside(sorted((float(a), float(b)) for a, b in spans), apart))
    seconds = {second for a, b in spans for second in range(a, b)}
    without = {second for a, b in apart for second in range(int(a), int(b))}
    assert {second for a, b in left for second in range(int(a), int(b))} == seconds - without


@given(_SPANS)
def test_spans_are_counted_once(spans: list[tuple[int, int]]) -> None:
    covered = {second for begin, end in spans for second in range(begin, end)}
    assert total([(float(a), float(b)) for a, b in spans]) == len(covered)
    within = inside(union((float(a), float(b)) for a, b in spans), (10.0, 20.0))
    assert total(within) == len(covered & set(range(10, 20)))
