"""A lock that was taken, in words."""

from __future__ import annotations

from typing import Any

import pytest

import tui.locale
from tui.words.locks import held_words, lock_lines, strong, there_lines

LOCK: dict[str, Any] = {
    "mode": "ACCESS EXCLUSIVE", "relation": "app.orders", "line": 3, "held_s": 0.04, "rewritten": False
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "ACCESS EXCLUSIVE on app.orders for 40 ms, not rewritten (line 3)"),
        ({"rewritten": True}, "ACCESS EXCLUSIVE on app.orders for 40 ms, REWRITTEN (line 3)"),
        ({"rewritten": None, "sampled": True, "line": None},
         "ACCESS EXCLUSIVE on app.orders, seen for 40 ms, whether it was rewritten is not known"),
        ({"held_s": None, "last_line": 9},
         "ACCESS EXCLUSIVE on app.orders, kept by a prepared transaction, not rewritten (lines 3 to 9)"),
        ({"dropped": True}, "ACCESS EXCLUSIVE on app.orders for 40 ms, dropped (line 3)"),
        ({"mode": "SHARE", "relation": "a\x1b[2J"}, "SHARE on a\\x1b[2J for 40 ms (line 3)"),
    ],
)  # fmt: skip
def test_one(changed: dict[str, Any], said: str) -> None:
    tui.locale.use("en")
    assert held_words(LOCK | changed) == said


def test_many_are_counted_and_what_nobody_saw_is_said() -> None:
    tui.locale.use("en")
    taken = [LOCK, LOCK | {"mode": "ROW EXCLUSIVE"}]
    lines = lock_lines({"taken": taken, "count": 70, "not_looked": 1}, 1)
    assert lines[1:] == ["and 69 more", "behind 1 transaction nobody could look"]
    assert [lock["mode"] for lock in strong({"taken": taken})["taken"]] == ["ACCESS EXCLUSIVE"]
    basis = {"target": "staging", "environment": "staging", "server_version": 150018, "same_server": False}
    assert there_lines([LOCK], 1, basis, 5)[0].startswith("on staging (staging, PostgreSQL 15, another server): ACCESS")
    assert there_lines([], 0, basis, 5) == ["no lock on a table on staging (staging, PostgreSQL 15, another server)"]
