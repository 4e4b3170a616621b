"""How many rows a walk's batches have, by what they take and by what is seen between them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.steps.drive import Played, committed, play, refused
from tui.steps.batch import KIND
from tui.steps.effects import Effect, Failed, Rows, RunQuery, RunTransaction, Sleep, SqlError, Watch, Watched

END = 400_000
COLUMN = ("1", 1, 1, "id", "id", "pg_catalog.int8", True, True, True, True)
TIMED_OUT = SqlError(sqlstate="57014", message="canceling statement due to statement timeout")


def walked(seen: Watched, *, a_row: float = 1e-5, limit: float = 60.0, **spec: Any) -> Played:
    """A walk over dense keys, of which each row takes `a_row` seconds; a batch that takes longer than `limit` is
    cancelled."""

    def answer(effect: Effect) -> Any:
        match effect:
            case RunQuery(beside="look") | Sleep():
                return None
            case RunQuery(named="batch_key"):
                return Rows(rows=(COLUMN,))
            case RunQuery(sql=sql) if sql.startswith("with"):
                found = re.search(r"id > '(\d+)'", sql), re.search(r"offset (\d+)", sql)
                upto = (int(found[0][1]) if found[0] else 0) + (int(found[1][1]) if found[1] else 0) + 1
                return Rows(rows=((1, str(upto)),) if upto <= END else ())
            case RunQuery():
                return Rows(rows=((str(END),),))
            case RunTransaction(reach=reach):
                took = a_row * (int(reach["upto"][0]) - int((reach["after"] or ["0"])[0]))
                return committed(1, seconds=took) if took < limit else refused(TIMED_OUT, seconds=limit)
            case Watch():
                return seen
        raise AssertionError(effect)

    given = {"table": "t", "set": "v = 1", "lock_timeout": 0, "statement_timeout": limit} | spec
    return play(KIND, given, answer)


def sizes(done: Played) -> list[int]:
    work = [effect.reach for effect in done.of(RunTransaction)]
    return [int(reach["upto"][0]) - int((reach["after"] or ["0"])[0]) for reach in work]


def test_a_batch_takes_the_time_that_is_wanted() -> None:
    assert sizes(walked(Watched()))[:4] == [2000, 8000, 20000, 20000]
    assert sizes(walked(Watched(), target=0.1))[3] == 10000


@pytest.mark.parametrize(
    ("seen", "more"),
    [(Watched(strained=True), {}), (Watched(lag=6.0), {}), (Watched(lag=1.5), {"max_lag": 2.0})],
    ids=["strained", "lag", "max_lag"],
)
def test_it_takes_a_quarter_where_somebody_suffers(seen: Watched, more: dict[str, Any]) -> None:
    assert sizes(walked(seen, **more))[5] == 5000


def test_a_lag_that_is_small_is_none() -> None:
    assert sizes(walked(Watched(lag=0.5), max_lag=2.0))[5] == 20000


def test_what_is_cancelled_for_its_time_is_done_in_smaller_parts() -> None:
    done = walked(Watched(), a_row=0.01, limit=1.0, target=0.5)
    assert sizes(done)[:4] == [2000, 500, 125, 31] and done.outcome is None


def test_one_row_that_takes_too_long_is_a_failure() -> None:
    done = walked(Watched(), a_row=2.0, limit=1.0)
    assert isinstance(done.ended, Failed) and done.ended.error == TIMED_OUT and sizes(done)[-1] == 1
