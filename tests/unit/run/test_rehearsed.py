"""What was rehearsed is compared by the relations of the step alone, and never where sizes are not known."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.run.runs import OPENED, Driven, listed, opening, phase, query, section, sql
from tui.journal import events as e
from tui.journal.codes import Fact, Incomparable
from tui.run import commands as c
from tui.run.clock import rollback_at_least, rollback_seconds, window_clock
from tui.run.rehearsed import FACTOR, FLOOR, Past, compared, factor, past_of
from tui.run.state import RunState
from tui.run.unknown import Unknown, end_lack, expected_lack, safe_lack
from tui.sql.touched import WHOLE, Touches
from tui.words.locks import lock_lines, strong

MB = 1_000_000
PLAN = listed(sql("a"), sql("b"), back=(phase(section(query("rb"))),))
ABOUT = {"a": Touches(names=("big",), otherwise=True), "b": Touches(names=("small",), otherwise=True),
         "undo.a": Touches(names=("big",), otherwise=True)}  # fmt: skip


def past(run: str = "r", **relations: int | None) -> Past:
    database = sum(size or 0 for size in relations.values())
    return Past(
        run=run, target="staging", environment="staging", identity={"server_version": 150018, "system_identifier": "7"},
        sizes=e.Sizes(relations=dict(relations), database=database), durations={"a": 10.0, "b": 1.0, "undo.a": 4.0},
        rollback_s=5.0,
    )  # fmt: skip


def opened(*earlier: Past, about: dict[str, Touches] | None = None, **relations: int | None) -> e.RunOpened:
    database = sum(size or 0 for size in relations.values())
    base = replace(
        opening(PLAN, window=True), sizes=e.Sizes(relations=dict(relations), database=database),
        identity={"server_version": 160003, "system_identifier": "8"},
    )  # fmt: skip
    return compared(base, earlier, ABOUT if about is None else about, ("own",))


def state_of(event: e.RunOpened) -> RunState:
    return replace(Driven(PLAN, window=True).state, opened=event)


@pytest.mark.parametrize(
    ("then", "now", "times"),
    [(MB, 2 * MB, 2.0), (2 * MB, MB, 2.0), (0, 0, 1.0), (0, FLOOR, 1.0), (0, 4 * FLOOR, 4.0), (None, 1, None)],
)
def test_how_many_times_one_size_is_the_other(then: int | None, now: int | None, times: float | None) -> None:
    assert factor(then, now) == times


@pytest.mark.parametrize(
    ("now", "comparable"), [(2 * MB, True), (2 * MB + 1, False), (MB // 2, True), (MB // 3, False)]
)
def test_twice_as_much_is_still_comparable_and_more_is_not(now: int, comparable: bool) -> None:
    found = opened(past(big=MB, small=MB), big=now, small=MB)
    assert ("a" in found.durations) is comparable and found.durations["b"] == 1.0
    assert (found.rollback_s == 5.0) is comparable
    basis = found.bases[found.rehearsed["a"].basis]
    assert (basis.sizes, basis.comparable, basis.same_server) == ({"big": (MB, now)}, comparable, False)
    assert basis.why == (None if comparable else Incomparable.SIZES_DIFFER) and FACTOR == 2.0


def test_where_no_relation_is_known_the_whole_database_is_compared() -> None:
    for about, whole in (
        (WHOLE, True), (Touches(names=("nosuch",), otherwise=True), True), (Touches(names=("nosuch",)), False),
        (Touches(names=("big",), calls=("own",)), True), (Touches(names=("big",), calls=("count",)), False),
        (Touches(), False),
    ):  # fmt: skip
        found = opened(past(big=MB, small=1), about={"a": about}, big=MB, small=90 * MB)
        assert ("a" not in found.durations) is whole, about


@pytest.mark.parametrize("then", [None, e.Sizes(), e.Sizes(relations={"big": None}, database=1)])
def test_sizes_that_nobody_knows_are_not_taken_for_equal(then: e.Sizes | None) -> None:
    earlier = replace(past(big=MB), sizes=then)
    found = opened(earlier, big=MB)
    assert "a" not in found.durations and found.rollback_s is None
    assert found.bases[found.rehearsed["a"].basis].why == Incomparable.SIZES_UNKNOWN


def test_an_older_rehearsal_that_can_be_compared_says_more_than_the_latest() -> None:
    like, tiny = replace(past("like", big=MB, small=1), rollback_s=3.0), past("tiny", big=MB // 100, small=1)
    found = opened(tiny, like, big=MB, small=1)
    assert found.bases[found.rehearsed["a"].basis].run == "like" and found.rollback_s == 3.0
    # The worst of those that can be compared; one that took back a part alone says no more than at least.
    longer = replace(past("longer", big=MB, small=1), rollback_s=9.0, part=True)
    assert (opened(like, longer, big=MB).rollback_s, opened(like, longer, big=MB).rollback_part) == (9.0, False)
    assert (opened(longer, big=MB).rollback_s, opened(longer, big=MB).rollback_part) == (9.0, True)
    assert rollback_at_least(state_of(opened(longer, big=MB)))


def test_what_is_not_comparable_is_said_and_nothing_is_reckoned_with_it() -> None:
    state = state_of(opened(past(big=MB, small=1), big=100 * MB, small=1))
    clock = window_clock(state, OPENED + 60)
    assert clock is not None and clock.last_safe_rollback_s is None and rollback_seconds(state) is None
    lack, end = safe_lack(state), end_lack(state, OPENED + 60)
    assert lack is not None and lack.code == Unknown.NOT_COMPARABLE and lack.basis is not None
    assert end is not None and (end.code, end.steps) == (Unknown.NOT_COMPARABLE, ("a",))
    at = expected_lack(state, state.steps["a"])
    assert at is not None and at.code == Unknown.NOT_COMPARABLE
    assert expected_lack(state, state.steps["b"]) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, Unknown.NEVER_ROLLED_BACK), ({"window": None}, Unknown.NEVER_ROLLED_BACK),
        ({"window": None, "rollback_s": 3.0}, Unknown.NO_WINDOW), ({"rollback_s": 3.0}, None),
        ({"plan": listed(query("a"))}, Unknown.NO_WAY_BACK),
    ],
)  # fmt: skip
def test_what_would_make_it_known(changes: dict[str, Any], code: Unknown | None) -> None:
    state = state_of(replace(opening(PLAN, window=True), **changes))
    lack = safe_lack(state)
    assert (None if lack is None else lack.code) == code


def test_a_run_teaches_how_much_it_took_back() -> None:
    run = Driven(listed(sql("a"), sql("b")))
    assert past_of(run.state) is None
    run.ran(["a"])
    found = past_of(run.state)
    assert found is not None and set(found.durations) == {"a"} and found.rollback_s is None
    run.append(e.RollbackStarted(reason="r", undo=("a",)))
    run.append(e.RollbackFinished(outcome="rolled_back", duration_s=1.0))
    found = past_of(run.state)
    assert found is not None and found.rollback_s == 1.0 and found.part


@pytest.mark.unsaid(Fact.COMPRESSED)
def test_where_time_passed_faster_only_what_does_not_wait_teaches_how_long_it_takes() -> None:
    locks = {"count": 1, "taken": [{"mode": "SHARE", "relation": "public.a", "line": 1, "held_s": 0.1}]}
    run = Driven(listed(sql("a"), sql("b"), query("c")), compress=60.0)
    run.ran(["a"])
    run.do(c.Execute(step="b"))
    run.passed("b", compressed=True, locks=locks)
    found = past_of(run.state)
    assert found is not None and set(found.durations) == {"a"} and found.locks == {"b": locks}
    run.append(e.RollbackStarted(reason="r", undo=("a", "b")))
    for step in ("b", "a"):
        run.append(
            e.StepStarted(step=f"undo.{step}", attempt=1, undoes=step), e.StepPassed(step=f"undo.{step}", attempt=1)
        )
        run.append(e.StepUndone(step=step, attempt=1, by_step=f"undo.{step}"))
    run.append(e.RollbackFinished(outcome="rolled_back", duration_s=1.0))
    found = past_of(run.state)
    assert found is not None and found.rollback_s is not None and found.locks == {"b": locks}
    here = compared(opening(PLAN), [found], {}, ())
    assert here.rehearsed_locks["b"].taken[0]["relation"] == "public.a" and "b" not in here.durations


@pytest.mark.parametrize("locks", ["x", {"taken": "x"}, {"taken": ["x"], "count": "many"}, {}])
def test_whatever_a_journal_says_of_locks(locks: Any) -> None:
    run = Driven(listed(sql("a")))
    run.do(c.Execute(step="a"))
    run.passed("a", locks=locks)
    found = past_of(run.state)
    assert found is not None
    here = compared(opening(PLAN), [found], {}, ())
    assert all(not known.taken for known in here.rehearsed_locks.values())
    assert lock_lines(locks, 5) == [] and not strong(locks).get("taken")
