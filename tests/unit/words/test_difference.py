"""What a comparison found, and what tests found, beside why their step failed."""

from __future__ import annotations

from typing import Any

import pytest

import tui.locale
from tui.words.difference import difference_rows
from tui.words.shortfall import findings


@pytest.fixture(autouse=True)
def english() -> None:
    tui.locale.use("en")


def one(change: str, object: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    return {"change": change, "family": "policies", "object": object, "before": before, "after": after}


def test_what_came_what_did_not_come_and_what_nobody_knows() -> None:
    found = {
        "unexpected": [
            one("added", "app.t: p"), one("changed", "app.t: q", {"using": "a"}, {"using": "b\x1b"}),
            one("changed", "app.v", "select 1", None),
        ],
        "unexpected_count": 3, "missing": ["added indexes app.i"], "missing_count": 1,
        "not_compared": [{"family": "rows", "object": "app.t", "why": "not_read", "sqlstate": "42501"}],
        "not_compared_count": 1,
    }  # fmt: skip
    assert list(difference_rows({"difference": found})) == [
        ("not expected", "added policies app.t: p"), ("", r"changed policies app.t: q (using: a -> b\x1b)"),
        ("", "changed policies app.v (select 1 -> -)"), ("expected, and not there", "added indexes app.i"),
        ("not compared", "rows app.t: it could not be read (SQLSTATE 42501)"),
    ]  # fmt: skip
    assert list(difference_rows({})) == [] == list(difference_rows({"difference": "nonsense"}))


def test_of_many_some_are_named_and_all_are_counted() -> None:
    many = {"unexpected": [one("added", f"app.t: p{n}") for n in range(50)], "unexpected_count": 312}
    rows = list(difference_rows({"difference": many}))
    assert len(rows) == 11 and rows[-1] == ("", "and 302 more")


def test_tests_that_failed_are_named() -> None:
    tests = {"passed": 4, "failed": 1, "skipped": 0, "names": ["there are three\x1b"], "cut": True}
    assert list(findings({"tests": tests}, "tests_failed")) == [
        ("tests", "1 failed, 4 passed, fewer ran than were planned"), ("failed", r"there are three\x1b"),
    ]  # fmt: skip
    both = list(findings({"tests": [tests, {"passed": 1, "failed": 0}]}, "tests_failed"))
    assert both[-1] == ("tests", "0 failed, 1 passed")
