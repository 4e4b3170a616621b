"""What a restore takes away, and what it says where nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.steps.drive import answers, codes, context, lint, play, step
from tui.journal.codes import FailReason
from tui.steps.effects import Failed, Probe, SqlError
from tui.steps.registry import KINDS
from tui.steps.restore import KIND, named
from tui.steps.restore.loss import foretell, since
from tui.steps.restore.properties import differing, finished
from tui.steps.restore.properties import present as restored_as
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
        ({"reset": ["a", "b"], "rows": None}, (None, None)),  # the server counts nothing
        (None, (None, None)),
    ],
)
def test_rows_are_counted_only_where_the_statistics_went_on(now: Any, lost: tuple[int | None, int | None]) -> None:
    assert since(THEN, now) == lost and since(None, now) == (None, None)


@pytest.mark.parametrize(
    ("then", "now", "closed", "late"),
    [
        (False, False, True, None),
        (False, True, True, "more"),
        (True, True, True, "either"),
        (True, False, True, "fewer"),
        (False, False, False, "more"),  # whoever comes yet writes
        (True, False, False, "either"),
    ],
)
def test_a_figure_that_may_be_another_is_told_as_such(then: bool, now: bool, closed: bool, late: str | None) -> None:
    recorded = {"dump": {"sampled": "dump.1.database"}}
    closing = (("shut", 1, True),) if closed else ()
    about = context(step("restore", {"of": "dump"}), evidence=recorded, closing=closing)
    asked = foretell(about, KIND.typed({"of": "dump"}))
    next(asked)
    asked.send(json.dumps({"written": THEN | {"late": then}}))
    asked.send(THEN | {"at": "22:40:00", "late": now})
    with pytest.raises(StopIteration) as end:
        asked.send({"slots": [], "subscriptions": []})
    assert (end.value.value["rows"], end.value.value["late"], end.value.value["by"]) == (0, late, "22:40:00")


def test_what_is_unknown_is_said_to_be() -> None:
    told = " ".join(foretold_words({"since": "22:04:31", "rows": None, "tables": None, "slots": None}))
    assert "how many rows that is nobody knows" in told and "Whom it strands was not answered." in told
    counted: dict[str, Any] = {"since": "22:04:31", "by": "22:40:00", "rows": 0, "tables": 0}
    assert "(rows: about 0, tables: 0)" in foretold_words(counted)[0]
    assert "(rows: at most about 0, tables: at most 0)" in foretold_words(counted | {"late": "fewer"})[0]
    (told, _) = foretold_words(counted | {"late": "more"})
    assert "about" not in told and "(rows counted until 22:40:00: 0, tables: 0; what open sessions wrote last" in told
    (told, _) = foretold_words(counted | {"late": "either"})
    assert "so it may be more or fewer)" in told
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
    before: Any = {"shut": (KINDS["quiesce"], {})}
    assert codes(lint(KIND, {"of": "dump"}, kinds=kinds, earlier=before)) == []
    assert codes(lint(KIND, {"back": "again"}, kinds=kinds)) == []
    assert codes(lint(KIND, {"of": "ask"}, kinds=kinds, earlier=before)) == ["restore-of"]
    assert codes(lint(KIND, {"of": "dump", "back": "again"}, kinds=kinds)) == ["restore-of"]
    assert codes(lint(KIND, {"of": "dump"}, kinds=kinds, is_undo=True)) == ["restore-undo"]


def test_others_are_kept_out_before_it_begins() -> None:
    kinds = {"dump": KINDS["backup"]}
    shut: Any = {"shut": (KINDS["quiesce"], {})}
    opened = shut | {"open": (KINDS["release"], {"of": "shut"})}
    found = lint(KIND, {"of": "dump"}, kinds=kinds)
    assert [(one.code, one.level) for one in found] == [("restore-quiesce", "error")]
    found = lint(KIND, {"of": "dump"}, kinds=kinds, earlier=opened)
    assert [(one.text, one.level) for one in found] == [("restore-released", "warning")]
    again = opened | {"shut-again": (KINDS["quiesce"], {})}
    assert lint(KIND, {"of": "dump"}, kinds=kinds, earlier=again) == []
    assert codes(lint(KIND, {"of": "dump", "quiesced": False}, kinds=kinds)) == ["restore-open"]


def test_a_part_of_a_database_is_not_restored_in_its_place() -> None:
    before: Any = {"dump": (KINDS["backup"], {"directory": "/b", "tables": ["a.b"]}), "shut": (KINDS["quiesce"], {})}
    assert codes(lint(KIND, {"of": "dump"}, earlier=before)) == ["restore-part"]


@pytest.mark.unsaid(FailReason.NOT_QUIESCED)
def test_the_step_asks_once_more_whether_they_are() -> None:
    recorded = {"dump": {"path": "/b/x.dump", "sha256": "ab", "whole": True, "format": "custom"}}
    done = play(KIND, {"of": "dump"}, answers(), evidence=recorded)
    assert isinstance(done.ended, Failed) and done.ended.reason == FailReason.NOT_QUIESCED and not done.asked
    about = context(step("restore", {"of": "dump"}), evidence=recorded, closing=(("shut", 1, True),))
    assert next(KIND.execute(about, KIND.typed({"of": "dump"}))) is not None, "it goes on, and asks the server"


def test_what_the_server_did_not_tell_of_the_new_database_is_no_difference() -> None:
    """Where it has gone silent behind the restore, nothing is wrong with the database itself."""
    silent = {"error": "the connection is lost", "sqlstate": None}
    about = context(step("restore", {"of": "dump"}))
    for asks in (finished(about, "new", {"owner": "ana"}), restored_as(about)):
        effect = next(asks)
        answer: Any = None
        with pytest.raises(StopIteration) as end:
            while True:
                answer = silent if isinstance(effect, Probe) else None
                effect = asks.send(answer)
        assert isinstance(end.value.value, SqlError) and end.value.value.lost
