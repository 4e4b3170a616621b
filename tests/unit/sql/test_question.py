"""Questions: what must not stand in a query, a proof, a total or a canary."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.plan.loader import load
from tui.sql.question import review_question
from tui.steps.registry import KINDS


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("copy t to stdout", "copy_in_question"), ("select 1;\ncopy (select 1) to stdout", "copy_in_question"),
        ("copy t from stdin;\n\\.\n", "copy_in_question"), ("commit; delete from t", "ends_question"),
        ("rollback", "ends_question"), ("do $$ begin commit; end $$", "ends_question"),
        ("set transaction read write; delete from t", "writing_question"),
        ("set transaction_read_only = off; delete from t", "writing_question"),
        ("select :n", "psql_variable"), ("\\dt", "meta_command"), ("select 'x", "unterminated_string"),
        ("", "question_empty"), ("-- nothing", "question_empty"),
    ],
)  # fmt: skip
def test_what_is_no_question(sql: str, code: str) -> None:
    assert [(found.code, found.level) for found in review_question(sql)] == [(code, "error")]


@pytest.mark.parametrize(
    "sql",
    ["select 1;", "set local enable_seqscan = off; select count(*) from t", "copy t to '/tmp/x'", "table t", "show all",
     "select a[1:2], ':n' from t", "explain select 1", "savepoint a; select 1; rollback to a; select 2"],
)  # fmt: skip
def test_what_is_one(sql: str) -> None:
    assert review_question(sql) == []


def test_it_is_said_wherever_a_plan_asks(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("""\
virada: 1
name: Questions
targets: {t: {environment: development, dsn: dbname=x}}
canary: {sql: copy t to stdout, every: 1s}
phases:
  - title: P
    sections:
      - title: S
        steps:
          - id: a
            title: A
            query: {sql: copy t to stdout, not_empty: true}
          - id: b
            title: B
            batch: {sql: delete from t, total: copy t to stdout}
            undo: {sql: select 1}
            prove: {query: commit, equals: 1}
""")
    found = [(problem.line, problem.code) for problem in load(plan, KINDS).problems]
    assert found == [(4, "copy-in-question"), (12, "copy-in-question"), (15, "copy-in-question"), (17, "ends-question")]
