from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.steps.drive import BROKEN, answers, codes, lint, play, step
from tui.journal.codes import FailReason
from tui.journal.line import encode_data
from tui.plan.model import Proof
from tui.steps.effects import Failed, Passed, Rows, RunQuery
from tui.steps.query import KIND, evidence_of, holds, same


def one(value: Any) -> Rows:
    return Rows(columns=("n",), rows=((value,),), count=1, seconds=0.5)


SQL = {"sql": "select 1"}


def ask(spec: dict[str, Any], rows: Rows) -> bool:
    return isinstance(play(KIND, SQL | spec, answers(rows)).ended, Passed)


@pytest.mark.parametrize(
    ("value", "wanted", "equal"),
    [
        (0, 0, True), (1, 0, False), (1.0, 1, True), (Decimal("1.00"), 1, True), (Decimal("0.1"), 0.1, True),
        (Decimal("0.10"), 0.1, True), (Decimal("0.11"), 0.1, False), (0.1, 0.1, True), (2**62 + 1, 2**62 + 1, True),
        ("a", "a", True), ("a", "A", False), ("1", 1, True), (1, "1", True), (Decimal("1.50"), "1.50", True),
        (True, True, True), (True, "true", True), (True, False, False), (1, True, False), (False, 0, False),
        (datetime.date(2026, 12, 5), "2026-12-05", True), (Decimal("NaN"), 1, False), (Decimal("NaN"), 1.5, False),
    ],
)  # fmt: skip
def test_numbers_are_compared_as_numbers_and_the_rest_as_text(value: Any, wanted: Any, equal: bool) -> None:
    assert same(value, wanted) is equal
    assert ask({"equals": wanted}, one(value)) is equal


@pytest.mark.parametrize(
    ("spec", "value", "held"),
    [
        ({"below": 10.0}, 9, True), ({"below": 10.0}, 10, False), ({"below": 10.0}, Decimal("9.999"), True),
        ({"below": 10.0}, "9", True), ({"below": 10.0}, "many", False), ({"below": 10.0}, float("nan"), False),
        ({"above": 39999.0}, 40000, True), ({"above": 39999.0}, 39999, False), ({"above": 0.0}, float("inf"), True),
        ({"below": 10.0}, datetime.timedelta(1), False), ({"above": 0.0}, b"x", False),
    ],
)  # fmt: skip
def test_below_and_above_are_strict(spec: dict[str, Any], value: Any, held: bool) -> None:
    assert ask(spec, one(value)) is held


@pytest.mark.parametrize("spec", [{"equals": 0}, {"below": 1.0}, {"above": -1.0}, {"equals": "None"}])
def test_null_and_no_row_are_nothing_that_was_expected(spec: dict[str, Any]) -> None:
    assert not ask(spec, one(None))
    assert not ask(spec, Rows())


@pytest.mark.parametrize(
    ("spec", "count", "held"),
    [
        ({"empty": True}, 0, True), ({"empty": True}, 1, False), ({"empty": False}, 1, True),
        ({"not_empty": True}, 1, True), ({"not_empty": True}, 0, False), ({"not_empty": False}, 0, True),
    ],
)  # fmt: skip
def test_rows_are_counted(spec: dict[str, Any], count: int, held: bool) -> None:
    rows = Rows(columns=("n",), rows=((None,),) * count, count=count)
    assert ask(spec, rows) is held
    assert holds(Proof(query="select", **spec), rows) is held


def test_a_proof_compares_the_same_way() -> None:
    assert holds(Proof(query="select", equals=1), one(Decimal("1")))
    assert not holds(Proof(query="select", equals=1), one(None))


def test_the_answer_is_evidence() -> None:
    done = play(KIND, SQL | {"equals": 2}, answers(one(1)))
    assert done.ended == Failed(
        reason=FailReason.NOT_AS_EXPECTED,
        evidence={"columns": ["n"], "rows": [[1]], "count": 1, "seconds": 0.5, "expected": {"equals": 2}},
    )


def test_evidence_is_what_a_journal_can_hold() -> None:
    row = (float("nan"), float("inf"), 1.5, Decimal("1.50"), b"\x00", datetime.date(2026, 1, 1), None, True, "x", 2**62)
    evidence = evidence_of(Rows(columns=("c",) * len(row), rows=(row,) * 50, count=50))
    assert len(evidence["rows"]) == 10
    assert json.loads(bytes(encode_data(evidence)))["rows"][0][:4] == ["nan", "inf", 1.5, "1.50"]
    assert evidence["rows"][0][6:9] == [None, True, "x"]


def test_it_is_asked_as_the_steps_role_with_row_security() -> None:
    spec = SQL | {"equals": 1, "timeout": 5.0}
    (asked,) = play(KIND, spec, answers(one(1)), of=step("query", spec, as_="app_user")).asked
    assert asked == RunQuery(sql="select 1", role="app_user", row_security=True, timeout=5.0)
    (off,) = play(KIND, spec | {"row_security": "off"}, answers(one(1))).asked
    assert isinstance(off, RunQuery) and off.row_security is False


def test_an_error_of_the_server_is_a_failure() -> None:
    done = play(KIND, SQL | {"equals": 1}, answers(Rows(error=BROKEN)))
    assert isinstance(done.ended, Failed)
    assert (done.ended.reason, done.ended.error) == ("sql_error", BROKEN)


def test_lint_wants_one_comparison() -> None:
    assert lint(KIND, SQL | {"equals": 0}) == []
    assert codes(lint(KIND, SQL)) == ["query-comparison"]
    assert codes(lint(KIND, SQL | {"equals": 0, "below": 1.0})) == ["query-comparison"]


def test_what_it_is() -> None:
    assert (KIND.changes, KIND.fence) == (False, "none")
    assert KIND.facts is not None
    assert KIND.facts({"rows": [[3]], "expected": {"equals": 3}}) == [("value", "3"), ("expected", "{'equals': 3}")]
    assert KIND.facts({"rows": []}) == [("value", "None"), ("expected", "")]
