"""One list of grants on a database becomes another by statements, each as the role whose grant it is."""

from __future__ import annotations

from tui.sql.database_acl import Grant, closed, connecting, grants, statements

BEFORE = grants([
    ["own", "", "CONNECT", False], ["own", "", "TEMPORARY", False], ["own", "own", "CONNECT", False],
    ["own", "lead", "CONNECT", True], ["lead", "batch", "CONNECT", False],
])  # fmt: skip


def test_closing_takes_connect_alone_and_leaves_a_way_in() -> None:
    after = closed(BEFORE, "own", ("run",))
    assert connecting(BEFORE) == ("", "batch", "lead", "own") and connecting(after) == ("run",)
    assert {grant.privilege for grant in after} == {"CONNECT", "TEMPORARY"}


def test_what_rests_on_another_grant_is_taken_first_and_given_last() -> None:
    after = closed(BEFORE, "own", ())
    taken, given = statements("a b", "own", BEFORE, after), statements("a b", "own", after, BEFORE)
    assert taken[:3] == ('set local role "lead"', 'revoke CONNECT on database "a b" from "batch"', "reset role")
    assert given[-3:] == ('set local role "lead"', 'grant CONNECT on database "a b" to "batch"', "reset role")
    assert 'grant CONNECT on database "a b" to "lead" with grant option' in given
    assert 'grant CONNECT on database "a b" to public' in given
    assert statements("a b", "own", BEFORE, BEFORE) == ()


def test_the_right_to_give_it_on_is_taken_alone_and_the_step_s_own_role_is_put_back() -> None:
    had, want = [Grant("own", "lead", "CONNECT", True)], [Grant("own", "lead", "CONNECT", False)]
    assert statements("d", "own", had, want) == ('revoke grant option for CONNECT on database "d" from "lead"',)
    assert statements("d", "own", [], [Grant("lead", "x", "CONNECT")], role="dba")[-1] == 'set local role "dba"'
