"""Secrets written down in a plan and its files: each is named at its line and column, and never repeated."""

from __future__ import annotations

from pathlib import Path

from tui.plan.freeze import freeze
from tui.plan.loader import Loaded, load
from tui.steps.registry import KINDS

HEAD = """\
virada: 1
name: secrets
targets: {dev: {environment: production, dsn: "${DSN}"}}
phases:
  - title: A
    sections:
      - title: A
        steps:
"""
PLAN = """\
          - {id: one, title: "Set the password 'of ana'", sql: "create role x password 'hunter1'"}
          - id: two
            title: B
            sql: |
              select 1;
              alter role x
                password 'hunter2';
          - {id: three, title: C, sql: {file: s.sql}}
          - {id: four, title: D, psql: {file: p.sql, variables: {v: hunter5, other: "${ENV_ONE}"}}}
          - {id: five, title: E, command: {run: [sh, run.sh], files: [run.sh], environment: {PGPASSWORD: "${ENV_TWO}"}}}
          - {id: six, title: F, sql: {file: fine.sql}}
"""
FILES = {
    "s.sql": "select 1;\ncreate user mapping for x server y\n  options (user 'u', password 'hunter4');\n",
    "p.sql": "\\set w 'hunter7'\nalter role x password :'v';\nalter role x password :'w';\n"
    "\\getenv e ENV_THREE\nalter role x password :'e';\nalter role x password :'other';\n",
    "run.sh": "#!/bin/sh\nPGPASSWORD=hunter9 psql\n",
    "fine.sql": "alter role x password 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy';\n",
}


def _load(directory: Path, plan: str, files: dict[str, str]) -> Loaded:
    for name, text in files.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755 if name.endswith(".sh") else 0o644)
    (directory / "plan.yaml").write_text(HEAD + plan)
    return load(directory / "plan.yaml", KINDS)


def test_each_is_named_at_its_place_and_never_repeated(tmp_path: Path) -> None:
    loaded = _load(tmp_path, PLAN, FILES)
    found = [p for p in loaded.problems if p.code == "secret-in-plan"]
    assert [(Path(p.file).name, p.line, p.column, p.level) for p in found] == [
        ("plan.yaml", 9, 88, "warning"), ("plan.yaml", 15, 26, "warning"), ("plan.yaml", 17, 69, "warning"),
        ("p.sql", 1, 1, "warning"), ("run.sh", 2, 12, "warning"), ("s.sql", 3, 31, "warning"),
    ]  # fmt: skip
    assert "hunter" not in "".join(map(str, loaded.problems)) and "SCRAM" in str(found[0].message)
    assert loaded.plan is not None, "a warning stops nothing"
    assert set(loaded.secrets.files) == {"plan.yaml", "s.sql", "p.sql", "run.sh"}
    assert set(loaded.secrets.values) == {f"hunter{n}" for n in (1, 2, 4, 5, 7, 9)}
    assert loaded.secrets.variables == ("ENV_ONE", "ENV_THREE", "ENV_TWO")
    frozen = tmp_path / "frozen"
    freeze(loaded, tmp_path / "plan.yaml", frozen)
    modes = {path.name: path.stat().st_mode & 0o777 for path in frozen.iterdir()}
    assert modes == {
        "plan.yaml": 0o600, "s.sql": 0o600, "p.sql": 0o600, "run.sh": 0o700, "fine.sql": 0o640, "SEAL": 0o640,
    }  # fmt: skip


def test_a_secret_in_arguments_is_refused(tmp_path: Path) -> None:
    plan = """\
          - {id: a, title: A, command: [psql, -c, "alter role x password 'hunter1'"]}
          - {id: b, title: B, command: {run: [tool, --token, hunter2]}}
          - {id: c, title: C, command: {run: [tool, -v, pw=hunter3]}}
          - {id: d, title: D, command: {run: [tool, --token, "${TOOL_WORD}", --no-password, --password-file, x]}}
          - {id: e, title: E, command: {run: [tool], environment: {DB_PASS: hunter4}}}
"""
    loaded = _load(tmp_path, plan, {})
    assert [(p.line, p.code) for p in loaded.errors] == [(n, "secret-in-plan") for n in (9, 10, 11, 13)]
    assert "hunter" not in "".join(map(str, loaded.problems))


def test_what_a_message_shows_of_a_statement_is_without_it(tmp_path: Path) -> None:
    plan = "          - {id: a, title: A, sql: \"create role x password 'hunter-1'; vacuum\"}\n"
    # A statement is shown up to its sixtieth character: here that is in the midst of one.
    plan += (
        "          - {id: c, title: C, sql: \"create database xxxxxxxxxxxxxxxxxxxxxxxxx password 'hunter-secret'\"}\n"
    )
    script = "\\set ON_ERROR_STOP 'hunter-1'\ncreate role x password :'ON_ERROR_STOP';\n"
    plan += "          - {id: b, title: B, psql: {file: a.sql}}\n"
    loaded = _load(tmp_path, plan, {"a.sql": script})
    assert any("[redacted]" in str(p.message) for p in loaded.problems)
    assert "hunt" not in "".join(map(str, loaded.problems))


def test_a_secret_of_a_command_that_tells_the_password_is_refused(tmp_path: Path) -> None:
    head = HEAD.replace('"${DSN}"', '"${DSN}", password_command: "vault -token=hunter1 read"')
    (tmp_path / "plan.yaml").write_text(head + "          - {id: a, title: A, sql: select 1}\n")
    errors = load(tmp_path / "plan.yaml", KINDS).errors
    assert [(p.line, p.code) for p in errors] == [(3, "secret-in-plan")]
    (tmp_path / "plan.yaml").write_text(
        head.replace("hunter1", "${TOKEN}") + "          - {id: a, title: A, sql: select 1}\n"
    )
    assert load(tmp_path / "plan.yaml", KINDS).errors == []


def test_a_variable_may_come_by_another_or_by_a_query(tmp_path: Path) -> None:
    script = (
        "\\set first 'hunter1'\n\\set second :first\nalter role x password :'second';\n"
        "select 1, 'hunter2' as third, 'other' as fourth \\gset\nalter role x password :'third';\n"
    )
    plan = "          - {id: a, title: A, psql: {file: a.sql}, prove: {query: select 1, equals: 1}}\n"
    loaded = _load(tmp_path, plan, {"a.sql": script})
    assert set(loaded.secrets.values) == {"hunter1", "hunter2"}
    places = [(p.line, p.column) for p in loaded.problems if p.code == "secret-in-plan"]
    assert places == [(1, 1), (4, 11)]
