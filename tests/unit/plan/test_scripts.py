"""What the scripts of a plan name is frozen and sealed with it; what cannot be is told at its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.plan.freeze import freeze, verify_seal
from tui.plan.loader import Loaded, load
from tui.steps.registry import KINDS

PLAN = """\
virada: 1
name: Scripts
targets: {t: {environment: development, dsn: dbname=x}}
phases:
  - title: P
    sections:
      - title: S
        steps:
          - id: a
            title: A
            STEP
            prove: {query: select 1, equals: 1}
            undo: {sql: select 1}
"""


def loaded(directory: Path, step: str, **files: str | bytes) -> Loaded:
    for name, content in files.items():
        path = directory / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    (directory / "plan.yaml").write_text(PLAN.replace("STEP", step))
    return load(directory / "plan.yaml", KINDS)


def problems(found: Loaded, directory: Path) -> list[tuple[str, int, str, str]]:
    return [(os.path.relpath(p.file, directory), p.line, p.level, p.code) for p in found.problems]


PSQL = "psql: {file: sub/m.sql}"


def test_what_a_script_includes_is_frozen_and_sealed(tmp_path: Path) -> None:
    directory = tmp_path / "plan"
    main = "\\ir more.sql\n\\i top.sql\n\\copy t from 'data/rows.csv' csv\n\\lo_import data/rows.csv\n"
    files: dict[str, str | bytes] = {
        "sub__m_sql": main, "sub__more_sql": "select 1;\n", "top_sql": "\\ir sub/more.sql\n",
        "data__rows_csv": b"\xff\xfe",
    }  # fmt: skip
    first = loaded(directory, PSQL, **files)
    assert problems(first, directory) == []
    assert first.files == ("data/rows.csv", "sub/m.sql", "sub/more.sql", "top.sql")
    frozen = freeze(first, directory / "plan.yaml", tmp_path / "frozen")
    assert (tmp_path / "frozen/data/rows.csv").read_bytes() == b"\xff\xfe"
    assert verify_seal(tmp_path / "frozen", frozen.seal) == []
    second = loaded(directory, PSQL, sub__more_sql="select 2;\n")
    assert freeze(second, directory / "plan.yaml", tmp_path / "other").seal != frozen.seal


def test_what_cannot_be_frozen_is_told_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "outside.sql").write_text("select 1;\n")
    directory = tmp_path / "plan"
    (directory / "sub").mkdir(parents=True)
    (directory / "link.sql").symlink_to("../outside.sql")
    (directory / "near.sql").symlink_to("sub/m.sql")
    named = [
        "\\i ../outside.sql",
        "\\i link.sql",
        "\\i nothing.sql",
        "\\ir ../../outside.sql",
        "\\i /etc/passwd",
        "\\i sub",
    ]
    main = "\n".join(["select 1;", *named, ""])
    found = loaded(directory, PSQL, sub__m_sql=main)
    assert problems(found, directory) == [
        ("sub/m.sql", 2, "error", "file-outside"), ("sub/m.sql", 3, "error", "file-outside"),
        ("sub/m.sql", 4, "error", "missing-file"), ("sub/m.sql", 5, "error", "file-outside"),
        ("sub/m.sql", 6, "error", "file-outside"), ("sub/m.sql", 7, "error", "unreadable-file"),
    ]  # fmt: skip
    assert found.plan is None
    assert (
        problems(loaded(directory, "psql: {file: top.sql}", sub__m_sql="", top_sql="\\i near.sql\n"), directory) == []
    )


@pytest.mark.parametrize(
    "step", ["psql: {file: m.txt}", "sql: {file: m.txt}", "sql: {file: m.sql}", "psql: {file: m.sql}"]
)
def test_a_script_that_is_not_utf8(tmp_path: Path, step: str) -> None:
    found = loaded(tmp_path, step, m_txt=b"select 1;\nselect '\xe9';\n", m_sql=b"select 1;\nselect '\xe9';\n")
    name = "m.txt" if "txt" in step else "m.sql"
    assert problems(found, tmp_path) == [(name, 2, "error", "not-utf8")]
    assert "'" + name + "'" in str(found.problems[0].message)


def test_an_included_script_that_is_not_utf8(tmp_path: Path) -> None:
    found = loaded(tmp_path, "psql: {file: m.sql}", m_sql="select 1;\n\\i n.txt\n", n_txt=b"\n\n\xe9;\n")
    assert problems(found, tmp_path) == [("n.txt", 3, "error", "not-utf8")]


def test_a_script_that_is_utf16(tmp_path: Path) -> None:
    found = loaded(tmp_path, "sql: {file: m.sql}", m_sql="select 1;".encode("utf-16"))
    assert problems(found, tmp_path) == [("m.sql", 1, "error", "not-utf8")]
    found = loaded(tmp_path, "sql: {file: m.sql}", m_sql="select 1;".encode("utf-16-le"))
    assert ("m.sql", 1, "error", "nul_byte") in problems(found, tmp_path)


def test_a_byte_order_mark_is_none_of_the_script(tmp_path: Path) -> None:
    for step in ("psql: {file: m.sql}", "sql: {file: m.sql}"):
        assert problems(loaded(tmp_path, step, m_sql="\ufeffselect 1;\n"), tmp_path) == []


def test_a_variable_that_would_let_psql_go_on(tmp_path: Path) -> None:
    step = "psql: {file: m.sql, variables: {ON_ERROR_STOP: '0', f: x.sql, g: '${F}'}}"
    found = loaded(tmp_path, step, m_sql="\\i :f\n\\i :g\n", x_sql="")
    assert problems(found, tmp_path) == [
        ("plan.yaml", 11, "error", "psql-variable"), ("m.sql", 2, "error", "unknown-name"),
    ]  # fmt: skip
    assert found.files == ("m.sql", "x.sql")
