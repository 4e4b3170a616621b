"""What a template left open is found wherever it stands, and what only looks like it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.engine.preflight.findings import Findings
from tui.engine.preflight.placeholders import placeholders, written_problems
from tui.plan.loader import load
from tui.steps.registry import KINDS

PLAN = """
virada: 1
name: %(name)s
targets:
  here: {environment: %(environment)s, service: %(service)s, window: {opens: "%(opens)s", duration: 1h}}
  there: {environment: staging, service: elsewhere}
team: [{role: DBA, contact: "%(contact)s"}]
phases:
  - title: Change
    sections:
      - title: %(section)s
        steps:
          - {id: a, title: A, %(step)s}
"""
FINE = {
    "environment": "production",
    "opens": "2031-12-06T22:00",
    "name": "n",
    "service": "app",
    "contact": "ana@x",
    "section": "S",
    "step": "sign: true",
}
SQL = "sql: {file: a.sql}, undo: {sql: drop table t}"


def said(path: Path, script: str = "", target: str = "here", **parts: str) -> list[tuple[int, str]]:
    """Line and code of what is found wrong."""
    plan = path / "plan.yaml"
    plan.write_text(PLAN % (FINE | parts))
    (path / "a.sql").write_text(script)
    loaded = load(plan, KINDS)
    assert loaded.plan is not None, loaded.problems
    found = Findings(str(plan), loaded.positions, target)
    files = {name: (path / name).read_bytes for name in loaded.files}
    written_problems(found, loaded.plan.targets[target], loaded.plan, files, {"SET": ""})
    return [(problem.line, problem.code) for problem in found.errors]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"name": "TODO"}, 5),
        ({"service": "CHANGEME"}, 5),
        ({"service": "app-change-me"}, 5),
        ({"contact": "..."}, 7),
        ({"contact": "<telephone>"}, 7),
        ({"contact": "[Nome e contato]"}, 7),
        ({"contact": "DBA: [Nome e contato], 24 h"}, 7),
        ({"opens": "[Data e hora]"}, 5),
        ({"section": "'[Preencher]'"}, 5),
        ({"step": "sign: '[Quem avisa quem?]'"}, 13),
        ({"section": "'TBD: verification'"}, 5),
        ({"step": "sign: '…'"}, 13),
        ({"step": 'sign: "{{ what }}"'}, 13),
        ({"step": "query: {sql: select 1, equals: '???'}"}, 13),
        ({"step": "command: [deploy, '<version>']"}, 13),
        ({"step": "sql: 'alter table REPLACE_ME add c int', undo: {sql: select 1}"}, 13),
        ({"step": "sql: create table t (), undo: {sql: 'FIXME'}"}, 13),
    ],
)
def test_a_placeholder_is_named_at_its_place(tmp_path: Path, parts: dict[str, str], line: int) -> None:
    assert said(tmp_path, **parts) == [(line, "placeholder")]


@pytest.mark.parametrize(
    "script",
    ["alter table {{ table }} add c int;", "alter table <TABLE_NAME> add c int;", "drop table CHANGE_ME;"],
)
def test_in_a_script(tmp_path: Path, script: str) -> None:
    assert said(tmp_path, script, step=SQL) == [(13, "placeholder")]


@pytest.mark.parametrize(
    "script",
    [
        "-- TODO: drop it later, see <TABLE_NAME> and {{ x }}\ncreate table t (c int);",
        "/* CHANGE_ME */ select 1 where 1 <2 and 3> 2;",
        "insert into t values ('{{a}}', '<NO_NAME>', 'CHANGEME');",
        "select '{{1,2},{3,4}}'::int[];",
    ],
)
def test_what_only_looks_like_one_is_none(tmp_path: Path, script: str) -> None:
    assert said(tmp_path, script, step=SQL) == []


@pytest.mark.parametrize(
    "text",
    [
        "Drop what is to do...",
        "a < b and c > d",
        "todos os usuários",
        "xterm",
        "[a]",
        "[link da sala](https://x)",
        "[active]",
        "Atualizar [app.orders]",
        "[1, 10)",
    ],
)
def test_sentences_are_none(tmp_path: Path, text: str) -> None:
    assert said(tmp_path, section=f"'{text}'") == []


def test_a_rehearsal_is_only_told_what_production_will_lack(tmp_path: Path) -> None:
    open_ones = {"contact": "[Nome e contato]", "step": SQL}
    assert said(tmp_path, "drop table CHANGE_ME;", environment="staging", **open_ones) == [(13, "placeholder")]
    assert said(tmp_path, "select 1;", environment="staging", **open_ones) == []
    assert said(tmp_path, "select 1;", **open_ones) == [(7, "placeholder")]
    assert said(tmp_path, "select 1;", environment="staging", opens="[Data e hora]", step=SQL) == [(5, "placeholder")]


def test_what_belongs_to_another_target_is_not_in_the_way(tmp_path: Path) -> None:
    assert said(tmp_path, target="there", service="CHANGEME") == []
    loaded = load(tmp_path / "plan.yaml", KINDS)
    assert loaded.plan is not None and len(list(placeholders(loaded.plan, None, {}))) == 1, "of all targets together"


@pytest.mark.parametrize(
    ("step", "lacks"),
    [
        ('backup: {directory: "${NOT_SET}/b"}', True),
        ('backup: {directory: "${NOT_SET:-/b}"}', False),
        ('backup: {directory: "/b${SET}"}', False),
        ('command: {run: [x], environment: {A: "${NOT_SET}"}}', True),
        ('command: [sh, -c, "echo ${NOT_SET}"]', False),
        ('psql: {file: a.sql, variables: {v: "${NOT_SET}"}}', True),
        ('sql: select 1, undo: {command: {run: [x], environment: {A: "${NOT_SET}"}}}', True),
        ('check: {space: [{path: "${NOT_SET}", free: 1GB}]}', True),
        ('check: {space: [{path: "${NOT_SET}", free: 1GB, on: database}]}', False),
    ],
)
def test_a_variable_that_the_run_needs(tmp_path: Path, step: str, lacks: bool) -> None:
    assert said(tmp_path, "select 1;", step=step) == ([(13, "no-variable")] if lacks else [])
