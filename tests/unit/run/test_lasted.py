"""How long a step took is known where somebody saw it end: nothing learns from hours in which no engine was there."""

from __future__ import annotations

import pytest

from tests.unit.run.runs import Driven, listed, phase, query, rollback, section, sql
from tui import locale
from tui.journal import events as e
from tui.plain.narrator import narrate
from tui.run import commands as c
from tui.run.lasted import Lasted, duration, lasted
from tui.run.rehearsed import compared, past_of
from tui.run.status import status
from tui.run.unknown import Unknown, expected_lack
from tui.words.lasting import lasted_words
from tui.words.unknown import lack_words, remedy

NIGHT = 10 * 3600.0
STEP = {"step": "a", "attempt": 1}


def begun() -> Driven:
    run = Driven(listed(sql("a"), sql("b"), back=(phase(section(query("r"))),)))
    run.tick = 0.0
    run.append(e.StepStarted(**STEP))  # type: ignore[arg-type]
    run.sleep(5.0)
    return run


def fate(word: str) -> e.StepFate:
    return e.StepFate(**STEP, fate=word, reason="ledger")  # type: ignore[arg-type]


def passed(attempt: int = 1) -> e.StepPassed:
    return e.StepPassed(step="a", attempt=attempt, effect="all")


def away(run: Driven, seconds: float = NIGHT) -> Driven:
    run.sleep(seconds)
    run.append(e.RunRecovered())
    return run


def test_what_is_found_committed_after_a_night_has_not_taken_all_night() -> None:
    run = away(begun())
    run.append(fate("applied"), passed())
    assert lasted(run.at("a")) == Lasted(NIGHT + 5.0, "unseen") and duration(run.at("a")) is None
    assert lasted_words(run.at("a")) == "at most 10 h 00 min: nobody saw its end"
    past = past_of(run.state)
    assert past is not None and past.durations == {} and past.untimed == ("a",)
    assert status(run.state)["steps"][0]["duration_unsure"] == "unseen"
    run.append(e.StepUndone(step="a", attempt=1, by_step="undo.a"))
    assert duration(run.at("a")) is None


def test_nor_what_a_server_that_came_back_tells_of_a_connection_that_was_lost() -> None:
    run = begun()
    run.sleep(1200.0)
    run.append(fate("applied"), passed())
    assert duration(run.at("a")) is None


def test_what_is_found_at_work_is_looked_at_until_it_ends() -> None:
    run = away(begun(), 60.0)
    run.append(fate("still_running"))
    run.sleep(30.0)
    run.append(fate("applied"), passed())
    assert duration(run.at("a")) == 95.0
    # But not where that engine goes away as well.
    run = away(begun(), 60.0)
    run.append(fate("still_running"))
    away(run).append(fate("applied"), passed())
    assert duration(run.at("a")) is None


def test_a_further_attempt_is_timed_unless_it_goes_on_where_the_one_before_had_come_to() -> None:
    for resume, known in ((0, 3.0), (7, None)):
        run = away(begun())
        run.append(fate("not_applied"), e.StepCancelled(**STEP, reason="interrupted", effect="none"))  # type: ignore[arg-type]
        run.append(e.StepStarted(step="a", attempt=2, resume_from=resume))
        run.sleep(3.0)
        run.append(passed(2))
        assert duration(run.at("a")) == known
    assert lasted_words(run.at("a")) == "3.0 s for the rest of it"


def test_the_next_run_reckons_with_nothing_of_it_and_says_so() -> None:
    run = away(begun())
    run.append(fate("applied"), passed())
    past = past_of(run.state)
    assert past is not None and run.state.opened is not None
    opened = compared(run.state.opened, [past], {})
    assert (opened.durations, opened.untimed) == ({}, ("a",))
    following = Driven(listed(sql("a"), sql("b")))
    following.append(opened)
    lack = expected_lack(following.state, following.at("a"))
    assert lack is not None and lack.code == Unknown.NOT_TIMED
    assert lack_words(lack.code) == "rehearsed without being timed, and not estimated" and remedy(lack.code)
    other = expected_lack(following.state, following.at("b"))
    assert other is not None and other.code == Unknown.NEVER_REHEARSED
    # An earlier run that saw its end says more.
    seen = begun()
    seen.append(passed())
    older = past_of(seen.state)
    assert older is not None
    opened = compared(run.state.opened, [past, older], {})
    assert (opened.durations, opened.untimed) == ({"a": 5.0}, ())


def test_a_rollback_takes_at_least_what_it_took_while_an_engine_was_there() -> None:
    run = begun()
    run.append(passed())
    run.do(rollback())
    run.sleep(20.0)
    run.append(e.NoteAdded(text="it goes on"))
    run.sleep(NIGHT)
    run.crash()
    run.passed("undo.a")
    run.passed("r")
    past = past_of(run.state)
    assert past is not None and run.state.rollback is not None and run.state.rollback.status == "rolled_back"
    assert past.part and past.rollback_s == pytest.approx(20.0, abs=1.0)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "took at most 10 h 00 min: nobody saw its end"), ("pt_BR", "10 h 00 min")]
)
def test_the_narration_claims_no_more(language: str, told: str) -> None:
    run = away(begun())
    before = run.state
    run.append(fate("applied"), passed())
    locale.use(language)
    try:
        text = "\n".join(narrate(before, run.state, run.lines[-1]))
    finally:
        locale.use("en")
    assert told in text


def test_a_run_that_nobody_left_is_timed_as_ever() -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.sleep(4.0)
    run.passed("a")
    assert 4.0 <= (duration(run.at("a")) or 0.0) < 9.0
