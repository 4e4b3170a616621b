from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import LOCKED, play
from tui.journal.codes import FailReason
from tui.steps.answers import answers, denies, failing, passes
from tui.steps.effects import Effect, Failed, Passed, Rows, RunQuery, Sleep, SqlError
from tui.steps.query import KIND

LOST = SqlError(sqlstate=None, message="the server closed the connection", lost=True)
ONE = Rows(columns=("n",), types=(23,), rows=(("1",),), count=1)


def error(sqlstate: str | None, lost: bool = False) -> SqlError:
    return SqlError(sqlstate=sqlstate, message="?", lost=lost)


@pytest.mark.parametrize("sqlstate", ["42P01", "42703", "42883", "42704", "3F000"])
def test_what_does_not_exist_is_an_answer(sqlstate: str) -> None:
    assert denies(error(sqlstate)) and answers(error(sqlstate)) and not passes(error(sqlstate))
    # A role that is not there keeps the session from being opened; nothing was asked.
    assert not denies(error(sqlstate, lost=True)) and not answers(error(sqlstate, lost=True))


@pytest.mark.parametrize("sqlstate", ["P0001", "22012", "22P02", "21000"])
def test_what_comes_of_the_data_answers_a_query_and_no_proof(sqlstate: str) -> None:
    assert answers(error(sqlstate)) and not denies(error(sqlstate)) and not passes(error(sqlstate))


@pytest.mark.parametrize("sqlstate", ["42501", "42601", "42P18", "25006", "0A000", "28000", "3D000"])
def test_what_cannot_be_asked_is_no_answer_and_does_not_pass(sqlstate: str) -> None:
    assert not answers(error(sqlstate)) and not denies(error(sqlstate)) and not passes(error(sqlstate))


@pytest.mark.parametrize(
    "sqlstate",
    ["55P03", "57014", "57P01", "57P03", "53300", "53200", "08006", "40001", "40P01", "58030", "XX000", "25P04"],
)  # fmt: skip
def test_what_passes_is_no_answer(sqlstate: str) -> None:
    assert passes(error(sqlstate)) and passes(error(sqlstate, lost=True))
    assert not answers(error(sqlstate)) and not denies(error(sqlstate))


def test_a_connection_that_is_not_to_be_had_passes_and_an_error_of_the_driver_does_not() -> None:
    assert passes(LOST) and not answers(LOST) and not denies(LOST)
    assert not passes(error(None)) and not answers(error(None))


class Asked:
    """Answers from a list, the last one again and again; stopped in the pause of this number."""

    def __init__(self, *found: Rows, stop_at: int | None = None) -> None:
        self.found, self.stop_at, self.slept = list(found), stop_at, 0

    def __call__(self, effect: Effect) -> Any:
        if isinstance(effect, Sleep):
            self.slept += 1
            return self.slept == self.stop_at
        assert isinstance(effect, RunQuery)
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]


SPEC = {"sql": "select 1", "equals": 1}


def test_it_is_asked_again_until_there_is_an_answer() -> None:
    done = play(KIND, SPEC, Asked(Rows(error=LOCKED), Rows(error=LOST), ONE))
    assert isinstance(done.ended, Passed)
    assert [event.reason for event in done.emitted] == ["unanswered", "unanswered", ""]
    assert done.emitted[0].facts["sqlstate"] == "55P03" and done.emitted[1].facts["tries"] == 2
    pauses = [effect.seconds for effect in done.of(Sleep)]
    assert pauses == sorted(pauses) and len(pauses) == 2


def test_it_is_not_asked_for_ever() -> None:
    done = play(KIND, SPEC, Asked(Rows(error=LOCKED)))
    assert done.ended == Failed(reason=FailReason.NOT_ANSWERED, evidence={"expected": {"equals": 1}}, error=LOCKED)
    assert 20 < sum(effect.seconds for effect in done.of(Sleep)) < 60
    assert done.emitted[-1].reason == ""


def test_who_gives_up_is_not_asked_to_wait() -> None:
    done = play(KIND, SPEC, Asked(Rows(error=LOCKED), stop_at=2))
    assert isinstance(done.ended, Failed) and len(done.of(RunQuery)) == 2


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [("42P01", "sql_error"), ("P0001", "sql_error"), ("42501", "not_answered"), ("42601", "not_answered"),
     ("57014", "not_answered")],
)  # fmt: skip
def test_what_does_not_pass_is_asked_once(sqlstate: str, reason: str) -> None:
    done = play(KIND, SPEC, Asked(Rows(error=error(sqlstate))))
    assert isinstance(done.ended, Failed) and done.ended.reason == reason
    assert len(done.of(RunQuery)) == 1 and not done.emitted


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, FailReason.SQL_ERROR),
        (SqlError(sqlstate="42501", message="permission denied"), FailReason.SQL_ERROR),
        (SqlError(sqlstate="42P04", message="exists"), FailReason.SQL_ERROR),
        (SqlError(sqlstate="55006", message="is being accessed by other users"), FailReason.SQL_ERROR),
        (SqlError(sqlstate=None, message="server closed the connection", lost=True), FailReason.NOT_ANSWERED),
        (SqlError(sqlstate="57P03", message="starting up"), FailReason.NOT_ANSWERED),
    ],
)
def test_of_what_was_never_heard_no_step_says_that_the_server_refused_it(
    error: SqlError | None, reason: FailReason
) -> None:
    assert failing(error) is reason
