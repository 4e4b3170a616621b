"""A walk's commits in any order, any of them missing: what is done, and what is still to be done."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tui.steps.walk import Key, Walk, gaps, reached


def key(number: int) -> Key:
    return (f"{number:05}",)


def reach(after: int | None, upto: int, end: int = 99, number: int = 0, order: int = 0) -> dict[str, Any]:
    return {
        "after": None if after is None else list(key(after)), "upto": list(key(upto)), "end": list(key(end)),
        "keys": upto - (after or 0), "total": end, "number": number,
        "order": order,
    }  # fmt: skip


@given(st.integers(1, 6), st.data())
def test_a_round_of_which_any_part_is_missing_is_gone_on_with(ranges: int, data: st.DataObject) -> None:
    """Ranges of one round are committed in any order; what is not is found between them, and nothing else."""
    bounds = [None, *range(10, 10 * (ranges + 1), 10)]
    parts = [(after, upto) for after, upto in pairwise(bounds) if upto is not None]
    drawn = data.draw(st.permutations(parts))
    done = drawn[: data.draw(st.integers(0, len(drawn)))]
    walk: Walk | None = None
    for after, upto in done:
        walk = reached(walk, reach(after, upto, order=parts.index((after, upto))), 3)
    if walk is None:
        return
    assert walk.rows == 3 * len(done) and walk.keys == sum(upto - (after or 0) for after, upto in done)
    missing = {(after, upto) for after, upto in parts if (after, upto) not in done}
    covered: set[int] = set()
    for behind, until in gaps(walk):
        begins = 0 if behind is None else int(behind[0])
        covered |= set(range(begins, int(until[0]), 10))
    last = max((upto for _after, upto in done), default=0)
    wanted = {after or 0 for after, upto in missing if upto <= last}
    assert covered == wanted, "a gap is what is missing before something that is done"
    # The gaps are done in any order as well, and again any of them is missing at first.
    order = ranges
    while left := gaps(walk):
        for behind, until in data.draw(st.permutations(left))[: data.draw(st.integers(1, len(left)))]:
            order += 1
            walk = reached(walk, reach(None if behind is None else int(behind[0]), int(until[0]), order=order), 0)
            assert walk is not None
    assert walk.at == key(last) and walk.beyond == () and gaps(walk) == ()


def test_a_further_walk_begins_anew() -> None:
    first = reached(None, reach(None, 99), 5)
    assert first is not None and first.whole and first.rows == 5
    second = reached(first, reach(None, 40, number=1), 2)
    assert second is not None and not second.whole and (second.number, second.at, second.rows) == (1, key(40), 2)


def test_what_says_nothing_of_a_walk_changes_none() -> None:
    first = reached(None, reach(None, 10), 1)
    for nothing in ({}, {"after": None}, {"after": 3, "upto": [1], "end": [1], "keys": 1, "total": 1}, {"upto": None}):
        assert reached(first, nothing, 7) == first
