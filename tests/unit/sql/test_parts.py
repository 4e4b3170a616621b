"""Files of migration tools: the up part is taken as the tool takes it, and nothing else is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sql.parts import Part, part_text, parts_of
from tui.sql.script import read_script

GOOSE = """\
-- +goose Up
-- +goose StatementBegin
create function f() returns void language plpgsql as $$
begin
  perform 1;
end $$;
-- +goose StatementEnd
create table a (x int);

-- +goose Down
drop table a;
drop function f();
"""
DBMATE = "-- migrate:up\ncreate table a (x int);\n\n-- migrate:down\ndrop table a;\n"
SQL_MIGRATE = "-- +migrate Up\ncreate table a (x int);\n-- +migrate Down\ndrop table a;\n"
NODE = "-- Up Migration\ncreate table a (x int);\n-- Down Migration\ndrop table a;\n"
TERN = "create table a (x int);\n---- create above / drop below ----\ndrop table a;\n"


def executed(text: str, part: Part | None = None) -> list[tuple[int, str]]:
    return [(s.line, s.text) for s in read_script(part_text(text, part)).statements]


def faults(text: str) -> list[tuple[int, str]]:
    parts = parts_of(text)
    return [] if parts is None else [(error.line, error.code) for error in parts.errors]


@pytest.mark.parametrize(
    ("text", "tool"),
    [(DBMATE, "dbmate"), (SQL_MIGRATE, "sql-migrate"), (NODE, "node-pg-migrate"), (TERN, "tern")],
)
def test_each_tools_parts(text: str, tool: str) -> None:
    parts = parts_of(text)
    assert parts is not None
    assert (parts.tool, parts.errors) == (tool, ())
    lines = text.splitlines()
    up, down = lines.index("create table a (x int);") + 1, lines.index("drop table a;") + 1
    assert executed(text) == executed(text, "up") == [(up, "create table a (x int)")]
    assert executed(text, "down") == [(down, "drop table a")]
    assert executed(text, "whole") == [(up, "create table a (x int)"), (down, "drop table a")]


def test_goose() -> None:
    parts = parts_of(GOOSE)
    assert parts is not None
    assert [(span.line, span.end_line) for span in (*parts.up, *parts.down)] == [(1, 9), (10, 12)]
    assert [line for line, _ in executed(GOOSE)] == [3, 8]
    assert executed(GOOSE, "down") == [(11, "drop table a"), (12, "drop function f()")]
    assert executed(GOOSE.replace("\n", "\r\n"))[-1] == (8, "create table a (x int)")
    assert executed("\ufeff" + GOOSE)[-1] == (8, "create table a (x int)")


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("-- +goose Up", "-- +goose Down"),
        ("-- +goose up", "-- +GOOSE DOWN".replace("GOOSE", "goose")),
        ("--+goose UP", "--   +goose   down   "),
        ("-- migrate:up", "-- migrate:down"),
        ("--migrate:up transaction:false", "--\tmigrate:down transaction:false"),
        ("-- +migrate Up", "-- +migrate Down"),
        ("-- +migrate Up notransaction", "-- +migrate   Down notransaction"),
        ("-- Up Migration", "-- Down Migration"),
        (" -- - up Migration to do Up migration", "  -- -- -- Down    migration to bring DB down"),
        ("--up migration", "--down migration"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_markers_as_the_tools_read_them(up: str, down: str, end: str) -> None:
    text = end.join([up, "select 1;", down, "select 2;", ""])
    assert faults(text) == []
    assert executed(text) == [(2, "select 1")]
    assert executed(text, "down") == [(4, "select 2")]


@pytest.mark.parametrize(
    "text",
    [
        "-- +goose notes: up and down\nselect 1;\n",
        "-- what a later -- +goose Down would do is not here\nselect 1;\n",
        "select $$\n-- +goose Down\n$$;\nselect 2;\n",
        "/*\n-- migrate:down\n*/\nselect 2;\n",
        "select '\n-- +migrate Down\n';\nselect 2;\n",
        "copy t from stdin;\n-- +migrate Down\n\\.\nselect 2;\n",
        "select 1; -- +migrate Down\nselect 2;\n",
        "-- migrate:downwards we go\nselect 1;\n",
        "-- Down migration: see rollback.sql\nselect 1;\n",
        "-- Up migration of the shop\nselect 1;\n",
        "-- The up migration and the down migration of the shop\nselect 1;\n",
        "select 1;\n-- Down Migration\n-- there is none\n",
        "-- scale down\nselect 1;\n-- scale up\nselect 2;\n",
        "select 1;\n-- down\n-- drop table a;\n",
        "-- Up\nselect 1;\n",
        "begin;\n-- rollback\nrollback;\n",
        "-- apply\nselect 1;\n",
        "-- revert\nselect 1;\n",
    ],
)
def test_what_is_no_marker_cuts_nothing(text: str) -> None:
    assert parts_of(text) is None
    assert part_text(text, None) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  -- +goose Up\nselect 1;\n  -- +goose Down\nselect 2;\n", [(3, "almost_marker")]),
        ("-- +goose Up\nselect 1;\n -- +goose Down\nselect 2;\n", [(3, "almost_marker")]),
        ("-- +goose Up;\nselect 1;\n-- +goose Down;\nselect 2;\n", [(3, "almost_marker")]),
        ("-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n-- +goose Down;\n", [(5, "almost_marker")]),
        ("-- Migrate:Up\nselect 1;\n-- Migrate:Down\nselect 2;\n", [(3, "almost_marker")]),
        (" -- migrate:up\nselect 1;\n -- migrate:down\nselect 2;\n", [(3, "almost_marker")]),
        ("-- +migrate up\nselect 1;\n-- +migrate down\nselect 2;\n", [(3, "almost_marker")]),
        ("--+migrate Up\nselect 1;\n--+migrate Down\nselect 2;\n", [(3, "almost_marker")]),
        ("select 1;\n-- +goose Down\nselect 2;\n", [(1, "outside_parts"), (2, "missing_up")]),
        ("select 1;\n-- Down Migration\nselect 2;\n", [(1, "outside_parts"), (2, "missing_up")]),
        ("-- +goose Down\nselect 2;\n-- +goose Up\nselect 1;\n", [(1, "parts_out_of_order")]),
        ("-- +goose Up\nselect 1;\n-- +goose Down\n-- +goose Up\n", [(4, "parts_out_of_order")]),
        ("-- migrate:up\n-- migrate:down\n-- migrate:down\n", [(3, "parts_out_of_order")]),
        ("select 0;\n-- migrate:up\nselect 1;\n-- migrate:down\n", [(1, "outside_parts")]),
        ("select 0;\n-- +migrate Up\nselect 1;\n-- +migrate Down\n", [(1, "outside_parts")]),
        ("-- +goose Up\n-- +goose ENVSUB ON\nselect 1;\n-- +goose Down\n", [(2, "substitution")]),
        ("-- +goose Up\n-- +goose ENVSUB ON\nselect 1;\n", [(2, "substitution")]),
        ("-- rambler up\nselect 1;\n-- rambler down\nselect 2;\n", [(3, "unclear_parts")]),
        ("-- +micrate Up\nselect 1;\n-- +micrate Down\nselect 2;\n", [(3, "unclear_parts")]),
        ("-- !Ups\nselect 1;\n-- !Downs\nselect 2;\n", [(3, "unclear_parts")]),
        ("select 1;\n-- //@UNDO\nselect 2;\n", [(2, "unclear_parts")]),
        ("-- ==== UP ====\nselect 1;\n-- ==== DOWN ====\nselect 2;\n", [(3, "unclear_parts")]),
        ("-- Up\nselect 1;\n-- Down\nselect 2;\n", [(3, "unclear_parts")]),
        ("-- [up]\nselect 1;\n-- [down]\nselect 2;\n", [(3, "unclear_parts")]),
        ("-- DEPLOY\nselect 1;\n-- REVERT:\nselect 2;\n", [(3, "unclear_parts")]),
        ("-- apply\nselect 1;\n-- rollback\nselect 2;\n", [(3, "unclear_parts")]),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_said(text: str, expected: list[tuple[int, str]]) -> None:
    assert faults(text) == expected
    parts = parts_of(text)
    assert parts is not None
    assert all(error.message for error in parts.errors)


@pytest.mark.parametrize(
    "text",
    ["-- rambler up\nselect 1;\n-- rambler down\nselect 2;\n", "select 1;\n-- //@UNDO\nselect 2;\n",
     " -- migrate:up\nselect 1;\n -- migrate:down\nselect 2;\n"],
)  # fmt: skip
def test_a_part_that_is_named_is_taken(text: str) -> None:
    assert [statement for _, statement in executed(text, "up")] == ["select 1"]
    assert [statement for _, statement in executed(text, "down")] == ["select 2"]
    assert len(executed(text, "whole")) == len(executed(text)) == 2


def test_parts_may_alternate() -> None:
    text = (
        "-- migrate:up\nselect 1;\n-- migrate:down\nselect -1;\n-- migrate:up\nselect 2;\n-- migrate:down\nselect -2;\n"
    )
    assert executed(text) == [(2, "select 1"), (6, "select 2")]
    assert executed(text, "down") == [(4, "select -1"), (8, "select -2")]
    assert faults(text) == []
    assert executed(text.replace("-- migrate:up", "-- +migrate Up").replace("-- migrate:down", "-- +migrate Down")) == [
        (2, "select 1"), (6, "select 2"),
    ]  # fmt: skip


def test_node_pg_migrate_takes_the_first_of_each_in_any_order() -> None:
    text = "-- Down Migration\nselect 2;\n-- Up Migration\nselect 1;\n-- Down Migration\nselect 3;\n"
    assert executed(text) == [(4, "select 1"), (6, "select 3")]
    assert executed(text, "down") == [(2, "select 2")]


def test_no_transaction_is_asked_for() -> None:
    assert parts_of("-- +goose NO TRANSACTION\n" + GOOSE).untransacted == {"up": 1, "down": 1}  # type: ignore[union-attr]
    assert parts_of("-- +goose no transaction\n-- +goose Up\nselect 1;\n").untransacted["up"] == 1  # type: ignore[union-attr]
    text = "-- migrate:up transaction:false\nselect 1;\n-- migrate:down\n"
    assert parts_of(text).untransacted == {"up": 1}  # type: ignore[union-attr]
    text = "-- +migrate Up\nselect 1;\n-- +migrate Down notransaction\n"
    assert parts_of(text).untransacted == {"down": 3}  # type: ignore[union-attr]


STATEMENTS = st.lists(
    st.sampled_from(
        ["select 1;", "select '\n-- +goose Down\n';", "do $$\nbegin\n-- migrate:down\nend $$;", "-- about +goose",
         "copy t from stdin;\n-- migrate:down\n\\.", "/* -- +migrate Down\n*/ select 2;", ""]
    ),
    max_size=5,
)  # fmt: skip
TOOLS = st.sampled_from(
    [("-- +goose Up", "-- +goose Down"), ("-- migrate:up", "-- migrate:down"), ("-- +migrate Up", "-- +migrate Down"),
     ("-- Up Migration", "-- Down Migration")]
)  # fmt: skip


@given(up=STATEMENTS, down=STATEMENTS, tool=TOOLS)
def test_parts_are_what_stands_between_the_markers(up: list[str], down: list[str], tool: tuple[str, str]) -> None:
    head, tail = "\n".join([tool[0], *up, ""]), "\n".join([tool[1], *down, ""])
    if tool[0] == "-- Up Migration" and not down:
        down = ["select 1;"]
    whole = executed(head + tail, "whole")
    assert executed(head + tail) == executed(head, "whole")
    assert executed(head + tail, "down") == whole[len(executed(head, "whole")) :]
