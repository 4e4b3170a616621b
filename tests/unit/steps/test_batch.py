from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import BROKEN, LOCKED, Played, codes, committed, lint, play, refused
from tui.journal.codes import Fact, WaitReason
from tui.journal.events import StepProgress, StepWaiting
from tui.steps.batch import KIND
from tui.steps.batch.repeated import _changed
from tui.steps.effects import (
    Countable,
    Effect,
    Failed,
    Passed,
    Rows,
    RunQuery,
    RunTransaction,
    Sleep,
    TxDone,
    Watch,
    Watched,
)

SQL = "delete from t where id in (select id from t limit 10)"


class Server:
    """Answers with these batches (rows, or how it went wrong), and with these looks at the guards in between."""

    def __init__(
        self,
        *batches: Any,
        total: Any = None,
        looks: tuple[Watched, ...] = (),
        stop_at: int | None = None,
        counts: str = "tag",
    ) -> None:
        self.counts = counts
        self.batches = list(batches)
        self.total = total
        self.looks = list(looks)
        self.stop_at = stop_at
        self.sleeps = 0

    def __call__(self, effect: Effect) -> Any:
        if isinstance(effect, Countable):
            return self.counts
        if isinstance(effect, RunQuery):
            if isinstance(self.total, list):
                return self.total.pop(0) if len(self.total) > 1 else self.total[0]
            return self.total
        if isinstance(effect, RunTransaction):
            done = self.batches.pop(0)
            return committed(done) if isinstance(done, int) else done
        if isinstance(effect, Watch):
            return self.looks.pop(0) if self.looks else Watched()
        assert isinstance(effect, Sleep)
        self.sleeps += 1
        return self.sleeps == self.stop_at


def batch(server: Server, spec: dict[str, Any] | None = None, **more: Any) -> Played:
    return play(KIND, {"sql": SQL} | (spec or {}), server, **more)


def waits(played: Played) -> list[StepWaiting]:
    return [event for event in played.emitted if isinstance(event, StepWaiting)]


def test_it_goes_on_until_a_batch_changes_nothing() -> None:
    done = batch(Server(10, 10, 3, 0))
    assert isinstance(done.ended, Passed)
    assert done.ended.effect == "all"
    assert {"batches": 4, "rows": 23, "resumed_at": 0}.items() <= done.ended.evidence.items()
    assert [work.statement for work in done.of(RunTransaction)] == [0, 1, 2, 3]
    progress = [event.done for event in done.emitted if isinstance(event, StepProgress)]
    assert progress == [10.0, 20.0, 23.0]
    assert [sleep.seconds for sleep in done.of(Sleep)] == [0.1] * 3
    assert all(sleep.compressible for sleep in done.of(Sleep))


def test_nothing_to_do_leaves_nothing() -> None:
    done = batch(Server(0))
    assert isinstance(done.ended, Passed) and done.ended.effect == "none"


@pytest.mark.parametrize(
    ("answer", "total"),
    [(Rows(rows=((23,),), count=1), 23), (Rows(rows=(("23",),), count=1), 23), (Rows(rows=((None,),), count=1), None),
     (Rows(), None), (Rows(rows=(("many",),), count=1), None), (Rows(rows=((float("nan"),),), count=1), None)],
)  # fmt: skip
def test_the_total_is_known_or_it_is_not(answer: Rows, total: int | None) -> None:
    done = batch(Server(3, 0, total=[answer, Rows()]), {"total": "select count(*) from t"})
    (progress,) = [event for event in done.emitted if isinstance(event, StepProgress)]
    assert progress.total == total
    assert done.ended.evidence["total"] == total


COUNT = {"total": "select count(*) from t"}


def left(*counts: int) -> list[Rows]:
    return [Rows(rows=((count,),), count=1) for count in counts]


def test_what_is_left_at_the_end_is_asked_and_done() -> None:
    """Rows were added meanwhile: further batches do them."""
    done = batch(Server(10, 0, 2, 0, total=left(10, 2, 0)), COUNT)
    assert isinstance(done.ended, Passed)
    assert {"rows": 12, "total": 10, "left": 0, "batches": 4}.items() <= done.ended.evidence.items()


def test_what_stays_left_is_no_pass() -> None:
    done = batch(Server(10, 0, 0, 0, total=left(1000, 990)), COUNT)
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.effect) == ("rows_left", "some")
    assert {"rows": 10, "total": 1000, "left": 990}.items() <= done.ended.evidence.items()


def test_what_never_becomes_less_does_not_go_on_for_ever() -> None:
    done = batch(Server(*[100] * 99, total=left(1000)), COUNT)
    assert isinstance(done.ended, Failed) and done.ended.reason == "rows_left"
    assert done.ended.evidence["rows"] == 3300
    assert done.ended.evidence["left"] == 1000


@pytest.mark.parametrize(
    ("counts", "done", "rows"),
    [
        ("tag", committed(7), 7),
        ("server", committed(0, changed=7, claimed=7), 7),
        ("server", committed(0, changed=7, claimed=0), 7),
        ("server", committed(0, changed=14, claimed=7), 7),
        ("server", committed(0, changed=1, claimed=4711, returned=1), 1),
        ("server", committed(0, changed=7, returned=7), 7),
        ("server", committed(0, changed=0, claimed=4711, returned=1), 0),
        ("server", committed(0, claimed=7), 7),
        ("own", committed(0, changed=9, claimed=7), 7),
        ("own", committed(0, changed=1, claimed=0), 0),
        ("own", committed(0, changed=7, returned=1), 7),
        ("own", committed(0, changed=7), 7),
        ("own", committed(0, changed=0, returned=1), 0),
        ("own", committed(0, changed=0, claimed=7), None),
        ("own", committed(0), None),
    ],
)
def test_what_a_batch_changed(counts: Any, done: TxDone, rows: int | None) -> None:
    assert _changed(done, counts) == rows


def test_what_cannot_be_counted_is_no_pass() -> None:
    done = batch(Server(committed(0, changed=0, claimed=7), counts="own"))
    assert isinstance(done.ended, Failed) and done.ended.reason == "rows_uncounted"
    (work,) = done.of(RunTransaction)
    assert work.counted
    counted = batch(Server(*[committed(0, changed=0, claimed=7)] * 3, counts="own", total=left(14, 7, 0)), COUNT)
    assert isinstance(counted.ended, Passed)


def test_a_total_that_cannot_be_asked_for_fails_before_anything_is_done() -> None:
    done = batch(Server(total=Rows(error=BROKEN)), {"total": "select count(*) from gone"})
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.effect, done.ended.error) == ("total_error", "none", BROKEN)
    later = batch(Server(total=Rows(error=BROKEN)), {"total": "select 1"}, done=2)
    assert later.ended.effect == "some"


def test_it_is_taken_up_where_it_was() -> None:
    done = batch(Server(5, 0), done=7, attempt=2)
    assert [work.statement for work in done.of(RunTransaction)] == [7, 8]
    assert {"batches": 2, "rows": 5, "resumed_at": 7}.items() <= done.ended.evidence.items()
    empty = batch(Server(0), done=7, attempt=2)
    assert empty.ended.effect == "all", "earlier attempts did it"


@pytest.mark.parametrize(("batches", "effect"), [((), "none"), ((10,), "some")])
def test_a_failure_leaves_earlier_batches_in_place_and_says_so(batches: tuple[int, ...], effect: str) -> None:
    done = batch(Server(*batches, refused()))
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.effect) == ("sql_error", effect)
    assert done.ended.evidence["batches"] == len(batches)


def test_locks_are_tried_again() -> None:
    done = batch(Server(refused(LOCKED), 5, 0))
    assert isinstance(done.ended, Passed)
    assert [wait.reason for wait in waits(done)] == ["lock_retry", ""]


def test_a_breached_guard_makes_it_wait_and_say_why() -> None:
    breach = {"metric": "cpu", "value": 0.9, "limit": 0.7}
    looks = (Watched(breached=(breach,)), Watched(breached=(breach,)), Watched())
    done = batch(Server(5, 0, looks=looks))
    assert [(wait.reason, wait.facts) for wait in waits(done)] == [("throttled_by_guard", breach), ("", {})]
    assert [sleep.seconds for sleep in done.of(Sleep)] == [0.1, 1.0, 1.0]
    assert [sleep.compressible for sleep in done.of(Sleep)] == [True, False, False]


@pytest.mark.unsaid(WaitReason.REPLICATION_LAG, Fact.LAG_S, Fact.LIMIT_S)
def test_a_standby_that_lags_makes_it_wait_only_when_the_plan_says_so() -> None:
    for lag, limit in ((12.0, 10.0), (9.0, 4.0)):
        done = batch(Server(5, 0, looks=(Watched(lag=lag), Watched(lag=3.0))), {"max_lag": limit})
        assert [(wait.reason, wait.facts) for wait in waits(done)] == [
            ("replication_lag", {"lag_s": lag, "limit_s": limit}), ("", {}),
        ]  # fmt: skip
    assert waits(batch(Server(5, 0, looks=(Watched(lag=12.0),)))) == []
    assert waits(batch(Server(5, 0, looks=(Watched(lag=None),)), {"max_lag": 10.0})) == []


@pytest.mark.parametrize("stop_at", [1, 2])
def test_asked_to_stop_between_batches_it_stops(stop_at: int) -> None:
    breach = {"metric": "cpu"}
    done = batch(Server(5, looks=(Watched(breached=(breach,)),), stop_at=stop_at))
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.effect) == ("cancelled", "some")
    assert {"rows": 5, "batches": 1}.items() <= done.ended.evidence.items()


def test_without_a_pause_it_still_looks_at_the_guards() -> None:
    done = batch(Server(5, 5, 0), {"pause": 0.0})
    assert done.of(Sleep) == []
    assert len(done.of(Watch)) == 2


def test_lint() -> None:
    assert lint(KIND, {"sql": SQL}) == []
    assert "batch-statement" in codes(lint(KIND, {"sql": "select 1; select 2"}))
    assert "batch-statement" in codes(lint(KIND, {"sql": "vacuum t"}))
    assert codes(lint(KIND, {"sql": ""})) == ["batch-either"]
    walk = {"table": "app.t", "set": "a = 1", "where": "a is null"}
    assert lint(KIND, walk) == [] and lint(KIND, walk | {"key": ["b", "c"], "workers": 2}) == []
    assert codes(lint(KIND, walk | {"key": ["b", "A"], "set": "(b, c) = (f(1, 2), 3), x = y"})) == ["batch-key"]
    assert {"batch-set", "batch-where"} <= {*codes(lint(KIND, walk | {"set": "a = 1 where b", "where": "(a"}))}
    assert codes(lint(KIND, walk | {"sql": SQL})) == ["batch-either"]
    assert codes(lint(KIND, {"table": "t"})) == ["batch-either"]
    assert codes(lint(KIND, {"sql": SQL, "workers": 2})) == ["batch-table"]
    assert codes(lint(KIND, walk | {"workers": 0, "target": 0.0, "total": "select 1"})) == [
        "batch-workers", "batch-target", "batch-counts",
    ]  # fmt: skip
    assert "batch-statement" in codes(lint(KIND, walk | {"set": "a = 1; drop table t"}))


def test_what_grows_with_the_square_of_the_table_is_warned_of() -> None:
    again = "update t set a = 1 where id in (select id from t where a is null order by id limit 100)"
    assert [(f.code, f.level) for f in lint(KIND, {"sql": again})] == [("batch-quadratic", "warning")]


def test_what_it_is() -> None:
    assert (KIND.short, KIND.changes, KIND.fence, KIND.repeat) == ("sql", True, "statements", "always")
    assert KIND.facts is not None
    assert KIND.facts({"batches": 4, "rows": 23, "commit": {}}) == [("batches", 4), ("rows", 23)]


def test_a_warning_stays_a_warning() -> None:
    found = lint(KIND, {"sql": "with x as (select set_config('lock_timeout', '0', true)) delete from t"})
    assert [(finding.code, finding.level) for finding in found] == [("overrules_setting", "warning")]
