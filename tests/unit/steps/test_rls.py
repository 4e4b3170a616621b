from __future__ import annotations

import pytest

from tests.unit.steps.drive import BROKEN, answers, codes, lint, play
from tui.journal.codes import FailReason
from tui.steps.effects import Failed, Passed, Rows, RunQuery
from tui.steps.persona import AsPersona, StatementTried, Tried
from tui.steps.rls import KIND

TABLE = Rows(rows=((1, "app.t", True, True, "owner"),), count=1)
NONE = Rows()


def policy(using: str | None, roles: tuple[str, ...] = ("public",)) -> Rows:
    return Rows(rows=(("app.t", "p", "all", True, list(roles), using, None),), count=1)


@pytest.mark.parametrize(
    ("planned", "there", "same"),
    [
        ("tenant = 1", "(tenant = 1)", True), ("((tenant = 1))", "(tenant = 1)", True),
        ("tenant  =\n 1", "(tenant = 1)", True), ("(a = 1) or (b = 2)", "((a = 1) or (b = 2))", True),
        ("(a = 1) or (b = 2)", "(a = 1) and (b = 2)", False), ("note = 'a  b'", "(note = 'a b')", False),
        ("note = 'a  b'", "(note = 'a  b')", True), ("true", None, False), ("a = 1", "a = 2", False),
    ],
)  # fmt: skip
def test_an_expression_is_compared_but_for_blanks_and_parentheses_around_it(
    planned: str, there: str | None, same: bool
) -> None:
    spec = {"tables": ["app.t"], "policies": {"app.t": [{"name": "p", "using": planned}]}}
    ended = play(KIND, spec, answers(TABLE, policy(there))).ended
    assert isinstance(ended, Passed) is same


def test_roles_count_and_a_policy_that_is_not_there_is_named() -> None:
    spec = {"tables": ["app.t"], "policies": {"app.t": [{"name": "p", "using": "true", "to": ["b", "a"]}]}}
    assert isinstance(play(KIND, spec, answers(TABLE, policy("true", ("a", "b")))).ended, Passed)
    for there in (policy("true", ("a",)), NONE):
        ended = play(KIND, spec, answers(TABLE, there)).ended
        assert isinstance(ended, Failed) and ended.reason == FailReason.CHECK_FAILED


def test_what_was_not_answered_is_no_verdict() -> None:
    ended = play(KIND, {"tables": ["app.t"]}, answers(Rows(error=BROKEN))).ended
    assert isinstance(ended, Failed) and ended.reason == FailReason.NOT_ANSWERED
    assert [row["holds"] for row in ended.evidence["checks"]] == [None]
    # Nor is what is said of no table at all.
    ended = play(KIND, {"tables": ["app.*"]}, answers(NONE)).ended
    assert isinstance(ended, Failed) and ended.reason == FailReason.CHECK_FAILED
    ended = play(KIND, {}, answers(NONE)).ended
    assert isinstance(ended, Failed) and ended.reason == FailReason.NOT_ANSWERED


def test_each_persona_is_tried_on_a_fresh_and_on_a_used_connection() -> None:
    personas = [
        {"name": "one", "role": "r", "claims": {"app.tenant": "1"}, "sees": {"app.t": {"only": "tenant = 1"}}},
        {"name": "nobody", "role": "r", "sees": {"app.t": "nothing"}},
    ]
    seen = Tried(answers=(StatementTried(row=(0, 0, 0)),))
    bypass = Rows(rows=(("r", False, []),), count=1)
    played = play(KIND, {"tables": ["app.t"], "personas": personas}, answers(TABLE, NONE, bypass, *[seen] * 4))
    assert isinstance(played.ended, Passed)
    asked = played.of(AsPersona)
    # Settings that others had are empty for whoever comes after them, also for somebody without any.
    assert [(one.settings, one.used) for one in asked] == [
        ({"app.tenant": "1"}, None), ({"app.tenant": "1"}, ("app.tenant",)), ({}, None), ({}, ("app.tenant",)),
    ]  # fmt: skip
    assert all(one.reads for one in asked)
    assert [one.named for one in played.of(RunQuery)] == ["rls_tables", "rls_exposed", "rls_bypass"]


def test_lint() -> None:
    assert lint(KIND, {}) == []
    persona = {"name": "a", "role": "r"}
    assert codes(lint(KIND, {"personas": [persona]})) == ["rls-persona"]
    for condition, single in (("tenant = 1", []), ("1); drop table t; select (1", ["rls-condition"])):
        assert codes(lint(KIND, {"personas": [persona | {"sees": {"t": {"some": condition}}}]})) == single
    for attempt in ({"insert": "values (1)"}, {"update": "set a = 1"}, {"delete": ""}):
        assert lint(KIND, {"personas": [persona | {"may": [{"table": "a.t"} | attempt]}]}) == []
    for attempt in ({}, {"insert": "values (1)", "delete": ""}, {"delete": "; drop table t"}):
        assert codes(lint(KIND, {"personas": [persona | {"may": [{"table": "a.t"} | attempt]}]})) == ["rls-attempt"]
