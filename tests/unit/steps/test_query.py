from __future__ import annotations

from typing import Any

import pytest

from tests.unit.steps.drive import BROKEN, answers, codes, lint, play, step
from tui.journal.codes import FailReason
from tui.plan.model import Proof
from tui.steps.effects import Failed, Passed, Rows, RunQuery
from tui.steps.query import KIND, evidence_of, holds
from tui.steps.values import BOOL, INTERVAL

INT, NUMERIC, FLOAT, TEXT, DATE, BYTEA, ARRAY, RECORD = 20, 1700, 701, 25, 1082, 17, 1007, 2249


def one(value: str | None, type_: int = TEXT) -> Rows:
    return Rows(columns=("n",), types=(type_,), rows=((value,),), count=1, seconds=0.5)


SQL = {"sql": "select 1"}


def ask(spec: dict[str, Any], rows: Rows) -> bool:
    return isinstance(play(KIND, SQL | spec, answers(rows)).ended, Passed)


@pytest.mark.parametrize(
    ("value", "type_", "wanted", "equal"),
    [
        ("0", INT, 0, True), ("1", INT, 0, False), ("1", INT, 1.0, True), ("1.00", NUMERIC, 1, True),
        ("0.1", NUMERIC, 0.1, True), ("0.10", NUMERIC, 0.1, True), ("0.11", NUMERIC, 0.1, False),
        ("0.1", FLOAT, 0.1, True), ("9007199254740993", INT, 9007199254740993, True),
        ("9007199254740993", INT, 9007199254740992, False),
        ("0.1000000000000000055511151231257827", NUMERIC, 0.1, False), ("1e+20", FLOAT, 100000000000000000000, True),
        ("a", TEXT, "a", True), ("a", TEXT, "A", False), ("1", TEXT, 1, True), ("1", INT, "1", True),
        ("007", TEXT, 7, False), ("1.50", NUMERIC, "1.50", True), ("1.50", NUMERIC, "1.5", False),
        ("1_0", TEXT, 10, False), ("1", NUMERIC, "a", False), ("t", BOOL, True, True), ("t", BOOL, "true", True),
        ("t", BOOL, "t", True), ("t", BOOL, False, False), ("f", BOOL, "f", True), ("f", BOOL, False, True),
        ("f", BOOL, 0, False), ("t", BOOL, 1, False), ("t", BOOL, "x", False), ("true", TEXT, True, True),
        ("t", TEXT, True, False), ("1", INT, True, False), ("t", TEXT, "t", True),
        ("2026-12-05", DATE, "2026-12-05", True), ("NaN", NUMERIC, 1, False), ("NaN", FLOAT, 1.5, False),
        ("NaN", FLOAT, "NaN", True), ("NaN", NUMERIC, float("nan"), True), ("Infinity", FLOAT, float("inf"), True),
        ("{1,2}", ARRAY, "{1,2}", True), ("{1,2}", ARRAY, "[1, 2]", False), ("\\x00ff", BYTEA, "\\x00ff", True),
        ("(1,a)", RECORD, "(1,a)", True), ("(1,a)", RECORD, "('1', 'a')", False), ("", TEXT, "", True),
    ],
)  # fmt: skip
def test_numbers_are_compared_as_numbers_and_the_rest_as_the_server_prints_it(
    value: str, type_: int, wanted: Any, equal: bool
) -> None:
    assert ask({"equals": wanted}, one(value, type_)) is equal
    assert holds(Proof(query="select", equals=wanted), one(value, type_)) is equal


@pytest.mark.parametrize(
    ("spec", "value", "type_", "held"),
    [
        ({"below": 10.0}, "9", INT, True), ({"below": 10.0}, "10", INT, False),
        ({"below": 10.0}, "9.999", NUMERIC, True), ({"below": 10.0}, "9", TEXT, True),
        ({"below": 10.0}, "many", TEXT, False), ({"below": 10.0}, "NaN", FLOAT, False),
        ({"above": 39999.0}, "40000", INT, True), ({"above": 39999.0}, "39999", INT, False),
        ({"above": 0.0}, "NaN", FLOAT, False), ({"above": 0.0}, "Infinity", FLOAT, True),
        ({"below": 0.7}, "0.7", NUMERIC, False), ({"below": 0.7}, "0.69", FLOAT, True),
        ({"above": 2.0**53}, "9007199254740993", INT, True), ({"above": 0.0}, "\\x01", BYTEA, False),
        ({"below": 5.0}, "00:00:04.999", INTERVAL, True), ({"below": 5.0}, "00:00:05", INTERVAL, False),
        ({"below": 5.0}, "1 day", INTERVAL, False), ({"below": 5.0}, "-1 days", INTERVAL, True),
        ({"below": 5.0}, "infinity", INTERVAL, False), ({"above": 5.0}, "infinity", INTERVAL, True),
        ({"below": 5.0}, "-infinity", INTERVAL, True), ({"above": 86400.0}, "1 day 00:00:01", INTERVAL, True),
        ({"below": 86400.0}, "1 day -00:00:01", INTERVAL, True), ({"below": 5.0}, "-00:00:01", INTERVAL, True),
        ({"above": 31103999.0}, "1 year", INTERVAL, True), ({"below": 31104000.0}, "1 year", INTERVAL, False),
        ({"above": 3600.0}, "2 mons -59 days -22:59:59", INTERVAL, True), ({"below": 5.0}, "5", INTERVAL, False),
        ({"below": 5.0}, "100:00:00", INTERVAL, False), ({"below": 5.0}, "", INTERVAL, False),
    ],
)  # fmt: skip
def test_below_and_above_are_strict(spec: dict[str, Any], value: str, type_: int, held: bool) -> None:
    assert ask(spec, one(value, type_)) is held


@pytest.mark.parametrize("spec", [{"equals": 0}, {"below": 1.0}, {"above": -1.0}, {"equals": "None"}, {"equals": ""}])
def test_null_and_no_row_are_nothing_that_was_expected(spec: dict[str, Any]) -> None:
    assert not ask(spec, one(None))
    assert not ask(spec, Rows())
    assert not ask(spec, Rows(rows=((),), count=1))


@pytest.mark.parametrize(
    ("spec", "count", "held"),
    [
        ({"empty": True}, 0, True), ({"empty": True}, 1, False), ({"empty": False}, 1, True),
        ({"not_empty": True}, 1, True), ({"not_empty": True}, 0, False), ({"not_empty": False}, 0, True),
    ],
)  # fmt: skip
def test_rows_are_counted(spec: dict[str, Any], count: int, held: bool) -> None:
    rows = Rows(columns=("n",), types=(TEXT,), rows=((None,),) * count, count=count)
    assert ask(spec, rows) is held
    assert holds(Proof(query="select", **spec), rows) is held


def test_the_answer_is_evidence() -> None:
    done = play(KIND, SQL | {"equals": 2}, answers(one("1", INT)))
    assert done.ended == Failed(
        reason=FailReason.NOT_AS_EXPECTED,
        evidence={"columns": ["n"], "rows": [["1"]], "count": 1, "seconds": 0.5, "expected": {"equals": 2}},
    )


def test_evidence_is_short() -> None:
    evidence = evidence_of(Rows(columns=("a", "b"), types=(25, 25), rows=(("x" * 5000, None),) * 50, count=50))
    assert len(evidence["rows"]) == 10 and evidence["count"] == 50
    assert evidence["rows"][0] == ["x" * 4000 + "…[4000/5000 bytes]", None]


def test_it_is_asked_as_the_steps_role_with_row_security() -> None:
    spec = SQL | {"equals": 1, "timeout": 5.0}
    (asked,) = play(KIND, spec, answers(one("1")), of=step("query", spec, as_="app_user")).asked
    assert asked == RunQuery(sql="select 1", role="app_user", row_security=True, timeout=5.0, printed=True)
    (off,) = play(KIND, spec | {"row_security": "off"}, answers(one("1"))).asked
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
    assert KIND.facts({"rows": [["3"]], "count": 1, "expected": {"equals": 3}}) == [
        ("value", "3"), ("expected", {"equals": 3}), ("rows", 1),
    ]  # fmt: skip
    assert KIND.facts({"rows": [], "count": 0}) == [("rows", 0)]
