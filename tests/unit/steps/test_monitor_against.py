"""A monitor beside a baseline: what became worse is named, what cannot be compared is no pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import codes, lint, play
from tui.journal.codes import FailReason, Unmeasured
from tui.steps.effects import (
    Effect,
    Failed,
    Now,
    Outcome,
    Passed,
    Probe,
    Rows,
    RunQuery,
    Sleep,
    SqlError,
    Watch,
    Watched,
)
from tui.steps.monitor import KIND
from tui.steps.monitor.against import Hours, compared
from tui.steps.monitor.spec import AgainstSpec
from tui.steps.monitor.statements import MOST, meanwhile

FIGURES = {"median": 0.010, "p95": 0.020, "max": 0.05, "samples": 100}
THERE = Rows(rows=(("public",),), count=1)


def counted(*rows: tuple[str, int, float, str]) -> Rows:
    return Rows(rows=rows, count=len(rows))


def outcome(
    spec: dict[str, Any], answer: float, before: dict[str, Any], questions: tuple[Rows, ...] = ()
) -> Outcome | None:
    """Watched for two seconds in which every answer took `answer`; `before`: the evidence of the step of before."""
    asked = iter(questions)

    def answers(effect: Effect) -> Any:
        match effect:
            case Probe():
                return {"epoch": ["a"]}
            case Now():
                return 0.0
            case Sleep():
                return False
            case RunQuery():
                return next(asked)
        assert isinstance(effect, Watch)
        return Watched(samples=3, criteria=1, figures=({"response_time": answer, "response_time_p95": answer},))

    done = play(KIND, {"for": 2.0} | spec, answers, evidence={"before": before})
    return done.ended


AGAINST = {"against": {"baseline": "before"}}


def test_what_is_no_worse_passes_with_both_figures() -> None:
    done = outcome(AGAINST, 0.014, {"baseline": {"response_time": FIGURES}})
    assert isinstance(done, Passed)
    (row,) = done.evidence["against"]
    assert row["metric"] == "response_time" and row["before"]["median"] == 0.010 and row["now"]["p95"] == 0.014


@pytest.mark.unsaid(Unmeasured.NO_BASELINE)
def test_what_became_worse_fails_by_name() -> None:
    done = outcome(AGAINST, 0.2, {"baseline": {"response_time": FIGURES}})
    assert isinstance(done, Failed) and done.reason == FailReason.WORSE_THAN_BASELINE
    assert done.evidence["worse"] == ["response_time"]


@pytest.mark.unsaid(FailReason.WORSE_THAN_BASELINE)
@pytest.mark.parametrize("before", [{}, {"baseline": {"cpu": FIGURES}}])
def test_without_a_baseline_nothing_is_said_to_be_no_worse(before: dict[str, Any]) -> None:
    done = outcome(AGAINST, 0.2, before)
    assert isinstance(done, Failed) and done.reason == FailReason.NOT_MEASURED
    assert [(one["what"], one["why"]) for one in done.evidence["not_measured"]] == [("baseline", "no_baseline")]


def test_a_difference_that_nobody_feels_is_none() -> None:
    tiny = {"median": 0.001, "p95": 0.001, "max": 0.001, "samples": 100}
    assert isinstance(outcome(AGAINST, 0.004, {"baseline": {"response_time": tiny}}), Passed)


def test_the_same_hour_of_the_day_counts_where_the_baseline_has_it() -> None:
    slow = {"median": 0.4, "p95": 0.5, "max": 0.6, "samples": 3600}
    few = slow | {"samples": 5}
    spec = AgainstSpec(baseline="before")
    now = {"response_time": {"median": 0.4, "p95": 0.5, "max": 0.5, "samples": 3600}}
    told = {"response_time": FIGURES}
    (row,) = compared(spec, told, now, {"2": now}, {"2": {"response_time": slow}})
    assert (row["hour"], row["worse"]) == (2, False), "at two o'clock it was as slow before"
    (row,) = compared(spec, told, now, {"2": now}, {"3": {"response_time": slow}})
    assert "hour" not in row and row["worse"]
    (row,) = compared(spec, told, now, {"2": now}, {"2": {"response_time": few}})
    assert "hour" not in row, "five answers make no hour"


def test_hours_are_those_of_the_day() -> None:
    hours = Hours(began=86_400.0 * 3 + 23.5 * 3600)
    hours.add(0.0, [{"response_time": 1.0, "cpu": 0.5}])
    hours.add(3600.0, [{"response_time": 2.0}])
    told = hours.told()
    assert sorted(told) == ["0", "23"] and sorted(told["23"]) == ["response_time"]


SELECT = "select $1"
BEFORE = {"baseline": {"response_time": FIGURES}, "top_statements": [
    {"id": "1/7", "calls": 50, "seconds": 0.5, "mean_s": 0.01, "statement": SELECT}]}  # fmt: skip


def test_statements_that_became_slower_are_named() -> None:
    questions = (THERE, counted(("1/7", 100, 1.0, SELECT)), THERE, counted(("1/7", 150, 6.0, SELECT)))
    done = outcome(AGAINST | {"statements": "required"}, 0.01, BEFORE, questions)
    assert isinstance(done, Failed) and done.reason == FailReason.WORSE_THAN_BASELINE
    (row,) = done.evidence["slower"]
    assert (row["calls"], row["mean_s"], row["before_s"]) == (50, 0.1, 0.01) and done.evidence["worse"] == [SELECT]


def test_few_calls_say_nothing() -> None:
    questions = (THERE, counted(("1/7", 100, 1.0, SELECT)), THERE, counted(("1/7", 110, 6.0, SELECT)))
    assert isinstance(outcome(AGAINST | {"statements": "required"}, 0.01, BEFORE, questions), Passed)


def test_counts_that_began_anew_are_left_out() -> None:
    assert meanwhile({"1": (100, 5.0, "a")}, {"1": (10, 0.5, "a"), "2": (3, 0.3, "b")}) == [
        {"id": "2", "calls": 3, "seconds": 0.3, "mean_s": pytest.approx(0.1), "statement": "b"}
    ]


def test_what_was_beyond_those_looked_at_before_did_not_take_all_of_it_meanwhile() -> None:
    many = {str(n): (1, 2.0, "a") for n in range(MOST)}
    after = many | {"0": (3, 2.5, "a"), "new": (900, 50.0, "b")}
    assert [row["id"] for row in meanwhile(many, after)] == ["0"]
    few = {"0": many["0"]}
    assert [row["id"] for row in meanwhile(few, {"0": after["0"], "new": after["new"]})] == ["new", "0"]


@pytest.mark.unsaid(Unmeasured.NOT_ANSWERED)
def test_without_the_extension_that_is_said() -> None:
    nothing = Rows()
    done = outcome({"statements": "required"}, 0.01, {}, (nothing, nothing))
    assert isinstance(done, Failed) and done.reason == FailReason.NOT_MEASURED
    assert [(one["what"], one["why"]) for one in done.evidence["not_measured"]] == [("statements", "no_statements")]


def test_where_it_is_only_wanted_that_is_told_and_no_more() -> None:
    nothing = Rows()
    done = outcome({"statements": "if_there"}, 0.01, {}, (nothing, nothing))
    assert isinstance(done, Passed) and done.evidence["statements_unknown"] == {"why": "no_statements"}


@pytest.mark.unsaid(Unmeasured.NO_STATEMENTS)
def test_a_role_that_may_not_ask_has_no_answer() -> None:
    refused = Rows(error=SqlError(sqlstate="42501", message="permission denied"))
    done = outcome({"statements": "required"}, 0.01, {}, (THERE, refused))
    assert isinstance(done, Failed)
    assert [(one["what"], one["why"]) for one in done.evidence["not_measured"]] == [("statements", "not_answered")]


def test_a_step_that_is_not_there_kept_no_baseline() -> None:
    assert codes(lint(KIND, AGAINST | {"for": 5.0})) == ["monitor-against"]
    assert codes(lint(KIND, AGAINST | {"for": 5.0}, kinds={"before": KIND})) == []


def test_an_hour_of_an_earlier_run_counts_where_the_baseline_has_none() -> None:
    was = {"response_time": {"median": 0.1, "p95": 0.2, "max": 0.3, "samples": 3600}}
    now = {"response_time": {"median": 0.5, "p95": 0.6, "max": 0.7, "samples": 3600}}
    all_day = {"response_time": {"median": 0.5, "p95": 0.6, "max": 0.7, "samples": 90}}
    (row,) = compared(AgainstSpec(baseline="b"), all_day, now, {"22": now}, {"22": was | {"run": "R0"}})
    assert (row["run"], row["hour"], row["worse"], row["before"]) == ("R0", 22, True, {"median": 0.1, "p95": 0.2})
    (row,) = compared(AgainstSpec(baseline="b"), all_day, now, {"22": now}, {})
    assert "run" not in row and not row["worse"]
