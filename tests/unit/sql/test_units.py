"""A script as the transactions it consists of."""

from __future__ import annotations

import pytest

from tui.sql.script import read_script
from tui.sql.units import Unit, resume_at, units

OWN = "begin;\ninsert into t values (1);\ncommit;\ninsert into t values (2);\nbegin;\ndelete from t;\ncommit;\n"


def read(text: str, script: bool = True) -> tuple[Unit, ...]:
    statements = [s for s in read_script(text).statements if s.kind != "meta"]
    return units(statements, "script" if script else "per_statement")


def test_each_transaction_and_each_statement_beside_them() -> None:
    found = read(OWN)
    assert [(u.kind, u.first, u.last, len(u.inner)) for u in found] == [
        ("transaction", 0, 2, 1), ("transaction", 3, 3, 1), ("transaction", 4, 6, 1),
    ]  # fmt: skip
    assert [resume_at(found, done) for done in range(8)] == [0, 0, 0, 1, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("set a.b = 1; commit; listen x", ["session"] * 3),
        ("vacuum; create index concurrently i on t (a); commit prepared 'x'", ["outside"] * 3),
        ("call p(); do $$ begin commit; end $$; do $$ begin perform 1; end $$", ["outside", "outside", "transaction"]),
        ("create temp table t (a int); analyze t", ["transaction"] * 2),
    ],
)
def test_what_stands_alone(text: str, kinds: list[str]) -> None:
    assert [unit.kind for unit in read(text)] == kinds


def test_each_statement_by_itself() -> None:
    found = read(
        "set a.b = 1; call p(); vacuum; select 1; set default_transaction_read_only = on; select 2", script=False
    )
    assert [unit.kind for unit in found] == [
        "session",
        "transaction",
        "outside",
        "transaction",
        "session",
        "transaction",
    ]
    assert [unit.leaves_nothing for unit in found] == [True, False, False, False, True, True]


@pytest.mark.parametrize(
    ("text", "begin", "end", "ending"),
    [
        ("begin isolation level serializable; select 1; end", "begin isolation level serializable", "commit", "commit"),
        ("start transaction; select 1; commit work", "start transaction", "commit", "commit"),
        ("begin; select 1; abort", "begin", "rollback", "rollback"),
        ("begin; select 1; rollback and no chain", "begin", "rollback", "rollback"),
        ("begin; prepare transaction 'a''b'", "begin", "prepare transaction 'a''b'", "prepare"),
        ("begin; select 1", "begin", "rollback", "rollback"),
        ("begin; begin; select 1; commit", "begin", "commit", "commit"),
    ],
)
def test_how_it_begins_and_ends(text: str, begin: str, end: str, ending: str) -> None:
    (unit,) = read(text)
    assert (unit.begin, unit.end, unit.ending) == (begin, end, ending)
    assert unit.gid == ("a'b" if ending == "prepare" else "")


def test_a_chain_goes_on_with_a_transaction_of_the_same_kind() -> None:
    found = read("begin read write; set transaction isolation level serializable; set a.b = 1; select 1;"
                 "commit and chain; select 2; rollback and chain; select 3; commit; select 4")  # fmt: skip
    assert [(u.first, u.last, u.begin, u.end) for u in found] == [
        (0, 4, "begin read write", "commit"), (5, 6, "begin read write", "rollback"),
        (7, 8, "begin read write", "commit"), (9, 9, "begin", "commit"),
    ]  # fmt: skip
    level = "set transaction isolation level serializable"
    assert [s.text for u in found[1:3] for s in u.inner] == [level, "select 2", level, "select 3"]
    assert [u.evidence for u in found] == [2, 1, 1, 0]


@pytest.mark.parametrize(
    ("inner", "read_only", "evidence"),
    [
        ("begin read only; select 1", True, 0),
        ("begin read only; set transaction read write; delete from t", False, 1),
        ("begin read only; select 1; set transaction read write", True, 0),
        ("begin; set transaction read only; select 1", True, 1),
        ("begin; set local transaction_read_only = on; select 1", True, 1),
        ("begin; set transaction_read_only to off; select 1", False, 1),
        ("begin isolation level read committed, read only; select 1", True, 0),
        ("begin isolation level read committed; delete from t", False, 0),
        ("begin; lock table t; show a.b; reset a.b; delete from t; set a.b = 1", False, 3),
        ("begin; savepoint a; set a.b = 1", False, 0),
    ],
)
def test_where_its_evidence_is_written(inner: str, read_only: bool, evidence: int) -> None:
    (unit,) = read(inner + "; commit")
    assert (unit.read_only, unit.evidence, unit.leaves_nothing) == (read_only, evidence, read_only)


def test_read_only_by_default() -> None:
    found = read(
        "set session characteristics as transaction read only; begin; select 1; commit; begin read write;"
                 "delete from t; commit; begin; set default_transaction_read_only = off; commit; delete from t"
    )  # fmt: skip
    assert [unit.read_only for unit in found] == [False, True, False, True, False]
