from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.steps.drive import BROKEN, LOCKED, Played, codes, lint, play
from tui.plan.scalars import disk_need
from tui.steps.check import KIND
from tui.steps.check.server import version_holds
from tui.steps.effects import Effect, Failed, Passed, Probe, Rows, RunQuery, Sleep, SqlError
from tui.words.checks import check_short

GOOD: dict[str, Any] = {
    "identity": {"server_version": 150018, "in_recovery": False},
    "disk": {"need": "2x", "free_bytes": 10, "enough": True},
    "connections": {"usable": 97, "used": 7, "free": 90},
    "tools": {"found": {}, "missing": [], "too_old": []},
    "role": Rows(rows=((True,),), count=1),
    "privilege": Rows(rows=((True, True),), count=1),
}
ALL: dict[str, Any] = {
    "connect": True, "version": ">=14", "disk_free": "2x", "connections_free": 5, "role": "app_owner",
    "writable": True, "tools": ["pg_dump", "psql"],
    "privilege": {"table": "app.orders", "privileges": ["SELECT", "UPDATE"]},
}  # fmt: skip


def check(spec: dict[str, Any], **found: Any) -> Played:
    given = GOOD | found

    def answer(effect: Effect) -> Any:
        if isinstance(effect, Sleep):
            return False
        if isinstance(effect, Probe):
            return given[effect.name]
        assert isinstance(effect, RunQuery)
        return given["role" if "pg_has_role" in effect.sql else "privilege"]

    return play(KIND, spec, answer)


def failed(played: Played) -> list[str]:
    assert isinstance(played.ended, Failed)
    assert (played.ended.reason, played.ended.effect) == ("check_failed", "none")
    found: list[str] = played.ended.evidence["failed"]
    return found


def unanswered(played: Played) -> list[str]:
    assert isinstance(played.ended, Failed) and "failed" not in played.ended.evidence
    assert (played.ended.reason, played.ended.effect) == ("not_answered", "none")
    found: list[str] = played.ended.evidence["unanswered"]
    return found


def test_all_that_is_asked_holds() -> None:
    done = check(ALL)
    assert isinstance(done.ended, Passed)
    assert set(done.ended.evidence) == {"identity", "disk", "connections", "tools", "role", "privilege", "checks"}
    checks = {check["name"]: check for check in done.ended.evidence["checks"]}
    assert list(checks) == [
        "connect", "version", "writable", "disk_free", "connections_free", "tools", "role", "privilege"
    ]  # fmt: skip
    assert all(check["holds"] is True for check in checks.values())
    assert (checks["version"]["expected"], checks["version"]["found"]) == (">=14", "15.18")


def test_only_what_is_asked_is_looked_at() -> None:
    assert [p.name for p in check({"disk_free": "50GB"}).of(Probe)] == ["disk"]
    assert check({"disk_free": "50GB"}).of(Probe)[0].arguments == {"need": "50GB"}
    assert check({"tools": ["psql"]}).of(Probe)[0].arguments == {"names": ["psql"]}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    done = check(
        ALL,
        identity={"server_version": 130010, "in_recovery": True}, disk={"enough": False}, connections={"free": 4},
        tools={"missing": ["pg_dump"], "too_old": []}, role=Rows(), privilege=Rows(rows=((True, False),), count=1),
    )  # fmt: skip
    assert failed(done) == ["version", "writable", "disk_free", "connections_free", "tools", "role", "privilege"]
    assert KIND.facts is not None and isinstance(done.ended, Failed)
    told = [(name, check_short(row)) for name, row in KIND.facts(done.ended.evidence)]
    assert told[:2] == [("version", "13.10 (>=14)"), ("writable", "no (yes)")]
    assert told[3:] == [
        ("connections_free", "4 (5)"), ("tools", "psql (pg_dump, psql)"), ("role", "it does not exist (app_owner)"),
        ("privilege", "SELECT (SELECT, UPDATE)"), ("connect", "13.10"),
    ]  # fmt: skip


def test_what_is_wrong_is_told_beside_what_nobody_knows() -> None:
    done = check(ALL, disk={"error": "nobody measures it"}, connections={"free": 4})
    assert failed(done) == ["connections_free"]
    assert isinstance(done.ended, Failed) and done.ended.evidence["unanswered"] == ["disk_free"]


def test_without_a_connection_there_is_nothing_further_to_ask() -> None:
    done = check(ALL, identity={"error": "connection refused", "sqlstate": None})
    assert unanswered(done) == ["connect"]
    # Asked again as long as it may pass, and nothing else.
    assert {effect.name for effect in done.of(Probe)} == {"identity"} and len(done.of(Probe)) > 3
    assert [event.reason for event in done.emitted[-2:]] == ["unanswered", ""]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("disk", {"error": "?"}), ("connections", {"error": "?", "sqlstate": "57014"}), ("tools", {"error": "?"})],
)
def test_what_is_not_known_is_neither_held_nor_failed(name: str, wrong: dict[str, Any]) -> None:
    key = {"disk": "disk_free", "connections": "connections_free", "tools": "tools"}[name]
    done = check({key: ALL[key]}, **{name: wrong})
    assert unanswered(done) == [key]
    assert isinstance(done.ended, Failed) and done.ended.evidence["checks"][0]["error"] == "?"


def test_a_program_that_is_too_old_does_not_do() -> None:
    assert failed(check({"tools": ["pg_dump"]}, tools={"missing": [], "too_old": ["pg_dump"]})) == ["tools"]


LOST = SqlError(sqlstate=None, message="no connection", lost=True)


@pytest.mark.parametrize("error", [LOST, LOCKED, SqlError(sqlstate="42501", message="permission denied")])
def test_a_question_without_an_answer_is_not_answered_by_no(error: SqlError) -> None:
    for key in ("role", "privilege"):
        assert unanswered(check({key: ALL[key]}, **{key: Rows(error=error)})) == [key]


def test_exactly_as_many_connections_as_needed_are_enough() -> None:
    assert isinstance(check({"connections_free": 5}, connections={"free": 5}).ended, Passed)


@pytest.mark.parametrize(
    ("writable", "in_recovery", "held"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_a_standby_may_be_what_is_wanted(writable: bool, in_recovery: bool, held: bool) -> None:
    done = check({"writable": writable}, identity={"server_version": 150000, "in_recovery": in_recovery})
    assert isinstance(done.ended, Passed) is held


@pytest.mark.parametrize("answer", [Rows(), Rows(rows=((False,),), count=1), Rows(error=BROKEN)])
def test_a_role_exists_and_is_ours(answer: Rows) -> None:
    done = check({"role": "app_owner"}, role=answer)
    assert failed(done) == ["role"]
    if answer.error is not None:
        assert done.ended.evidence["role"] == {"name": "app_owner", "error": BROKEN.message}
    else:
        assert done.ended.evidence["role"] == {"name": "app_owner", "exists": answer.count > 0, "member": False}


def test_privileges_are_asked_of_their_role_else_of_the_checks_else_of_ours() -> None:
    wanted = {"table": "t", "privileges": ["SELECT"]}
    answer = Rows(rows=((True,),), count=1)
    own = check({"privilege": wanted}, privilege=answer)
    assert "has_table_privilege(current_user, 't', 'SELECT')" in own.of(RunQuery)[0].sql
    outer = check({"role": "r", "privilege": wanted}, privilege=answer)
    assert "has_table_privilege('r', " in outer.of(RunQuery)[1].sql
    inner = check({"role": "r", "privilege": wanted | {"role": "s"}}, privilege=answer)
    assert "has_table_privilege('s', " in inner.of(RunQuery)[1].sql
    assert inner.ended.evidence["privilege"]["granted"] == {"SELECT": True}


def test_names_are_quoted() -> None:
    done = check({"role": "o'brien", "privilege": {"table": "t'; drop", "privileges": ["SELECT"]}},
                 privilege=Rows(rows=((True,),), count=1))  # fmt: skip
    assert "rolname = 'o''brien'" in done.of(RunQuery)[0].sql
    assert "'t''; drop'" in done.of(RunQuery)[1].sql


def test_an_error_about_a_privilege_is_kept() -> None:
    done = check({"privilege": {"table": "t", "privileges": ["SELECT"]}}, privilege=Rows(error=BROKEN))
    assert failed(done) == ["privilege"]
    assert done.ended.evidence["privilege"]["error"] == BROKEN.message


@pytest.mark.parametrize(
    ("wanted", "version", "held"),
    [
        (">=14", 140000, True), (">=14", 130099, False), ("<18", 170004, True), ("<18", 180000, False),
        ("<=15", 150018, True), (">15", 150018, False), ("16", 160002, True), ("=16", 160002, True),
        ("==15.18", 150018, True), ("15.17", 150018, False), (">=15.18", 150018, True), (">15.17", 150018, True),
        (">=14,<18", 150000, True), (">=14, <15", 150000, False), ("about 15", 150000, False), ("", 150000, False),
    ],
)  # fmt: skip
def test_versions(wanted: str, version: int, held: bool) -> None:
    assert version_holds(wanted, version) is held


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("2x", 2000), ("1.5x", 1500), (" 2 x ", 2000), ("50GB", 50 * 10**9), ("1GiB", 2**30), ("512kB", 512000),
        ("1000", 1000), ("10 MB", 10**7), ("70%", None), ("5s", None), ("10m", None), ("x", None), ("", None),
        ("-1GB", None), ("lots", None), ("1kiB", None),
    ],
)  # fmt: skip
def test_needs(text: str, need: int | None) -> None:
    assert disk_need(text, 1000) == need


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    need = disk_need(text, 1000)
    assert need is None or need >= 0
    assert version_holds(text, 150000) in (True, False)


def test_lint() -> None:
    assert lint(KIND, ALL) == []
    assert codes(lint(KIND, {})) == ["check-empty"]
    assert codes(lint(KIND, {"version": "fifteen"})) == ["check-version"]
    assert codes(lint(KIND, {"disk_free": "70%"})) == ["check-disk"]
    assert lint(KIND, {"tools": ["psql"]}) == []


def test_what_it_is() -> None:
    assert (KIND.changes, KIND.fence, KIND.repeat) == (False, "none", "always")
    assert KIND.facts is not None
    assert KIND.facts({"disk": {"enough": True}}) == [("disk", {"enough": True})]
