"""What a restore takes away, and what it says where nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import codes, lint
from tui.steps.registry import KINDS
from tui.steps.restore import KIND, named
from tui.steps.restore.loss import since
from tui.steps.restore.properties import differing
from tui.words.confirmations import foretold_words

THEN = {"reset": ["a", "b"], "rows": {"1": 5, "2": 7}}


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        ({"reset": ["a", "b"], "rows": {"1": 5, "2": 17, "3": 3}}, (13, 2)),
        ({"reset": ["a", "b"], "rows": {"1": 5, "2": 7}}, (0, 0)),
        ({"reset": ["a", "c"], "rows": {"1": 5, "2": 17}}, (None, None)),  # begun anew after a crash
        ({"reset": ["a", "b"], "rows": {"1": 4, "2": 17}}, (None, None)),  # one table's alone begun anew
        ({"reset": ["a", "b"], "rows": {"1": 5}}, (None, None)),  # a table is gone, and its count with it
        (None, (None, None)),
    ],
)
def test_rows_are_counted_only_where_the_statistics_went_on(now: Any, lost: tuple[int | None, int | None]) -> None:
    assert since(THEN, now) == lost and since(None, now) == (None, None)


def test_what_is_unknown_is_said_to_be() -> None:
    told = " ".join(foretold_words({"since": "22:04:31", "rows": None, "tables": None, "slots": None}))
    assert "how many rows that is nobody knows" in told and "Whom it strands was not answered." in told
    assert foretold_words({}) == [] and foretold_words(None) == []


def test_a_setting_that_differs_is_named_and_its_value_is_not() -> None:
    of: dict[str, Any] = {"grants": [["own", "", "CONNECT", False]], "settings": [[None, ["app.key=secret"]]]}
    other = of | {"settings": [[None, ["app.key=other"]], ["bob", ["work_mem=1MB"]]], "grants": []}
    assert differing(of, other) == ["grant CONNECT to PUBLIC by own", "setting app.key", "setting work_mem (bob)"]
    assert differing(of, of) == []


def test_names_are_within_what_the_server_allows() -> None:
    assert named("shop", "before", "20261122T060300Z-7f3a") == "shop_before_7f3a"
    assert len(named("é" * 40, "restored", "20261122T060300Z-7f3a").encode()) <= 63


def test_it_needs_a_backup_and_undoes_nothing_by_itself() -> None:
    kinds = {"dump": KINDS["backup"], "ask": KINDS["query"], "again": KIND}
    assert codes(lint(KIND, {"of": "dump"}, kinds=kinds)) == []
    assert codes(lint(KIND, {"back": "again"}, kinds=kinds)) == []
    assert codes(lint(KIND, {"of": "ask"}, kinds=kinds)) == ["restore-of"]
    assert codes(lint(KIND, {"of": "dump", "back": "again"}, kinds=kinds)) == ["restore-of"]
    assert codes(lint(KIND, {"of": "dump"}, kinds=kinds, is_undo=True)) == ["restore-undo"]
