"""Keys that do nothing where they stand are errors there, and the same keys are none where they do something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.plan.loader import load
from tui.steps.registry import KINDS

HEAD = """
virada: 1
name: Idle
targets: {here: {environment: staging, dsn: x, window: {opens: "+1m", duration: 45m}}}
"""
ASK = "query: {sql: select 1, equals: 1}"
CHANGE = "sql: create table t ()"


def found(path: Path, text: str) -> list[tuple[str, str]]:
    """Level and code of everything that is said of it."""
    (path / "plan.yaml").write_text(HEAD + text)
    return [(problem.level, problem.code) for problem in load(path / "plan.yaml", KINDS).problems]


def checklist(*steps: str, phase: str = "", section: str = "") -> str:
    listed = "".join(f"          - {{id: s{n}, title: S, {step}}}\n" for n, step in enumerate(steps))
    return f"phases:\n  - title: P{phase}\n    sections:\n      - title: S{section}\n        steps:\n{listed}"


def rolled_back(*steps: str, **more: str) -> str:
    inner = checklist(*steps, **more).replace("id: s", "id: r").replace("\n", "\n  ").rstrip(" ")
    return checklist(CHANGE + ", undo: {sql: drop table t}") + "rollback:\n  " + inner


@pytest.mark.parametrize(
    "step",
    [
        *(f"sign: true, {key}" for key in ("timeout: 1s", "tolerate: 5s", "repeat: never", "on_failure: continue")),
        *(f"sign: true, {key}" for key in ("cleanup: {sql: select 1}", "undo: {sql: select 1}", "as: app_owner")),
        *(f"{ASK}, {key}" for key in ("repeat: never", "cleanup: {sql: select 1}", "undo: {sql: select 1}")),
        "check: {connect: true}, as: app_owner",
        "monitor: {log: server, for: 1s}, as: app_owner",
        "backup: {directory: /b}, undo: {command: [rm, /b]}",
        "command: [pg_isready], changes: false, undo: {sql: select 1}",
    ],
)
def test_of_a_step(tmp_path: Path, step: str) -> None:
    assert found(tmp_path, checklist(step)) == [("error", "does-nothing")]


@pytest.mark.parametrize(
    "step",
    [
        f"{ASK}, as: app_owner, timeout: 1s, tolerate: 5s, on_failure: propose_rollback",
        "check: {connect: true}, as: app_owner, prove: {query: select 1, equals: 1}",
        "command: [x], undo: {sql: select 1}, repeat: never, prove: {query: select 1, equals: 1}",
        "backup: {directory: /b}, as: app_owner, repeat: never, cleanup: {command: [rm, /b]}",
        f"{CHANGE}, undo: {{sql: drop table t}}, as: app_owner, timeout: 1s",
    ],
)
def test_where_they_do_something(tmp_path: Path, step: str) -> None:
    assert found(tmp_path, checklist(step)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rolled_back(ASK, phase="\n    starts: T+1m"), "error"),
        (rolled_back(ASK, section="\n        parallel: true"), "error"),
        (rolled_back(f"{CHANGE}, undo: {{sql: drop table t}}"), "error"),
        (rolled_back(f"{ASK}, on_failure: propose_rollback"), "error"),
        (rolled_back(f"{ASK}, on_failure: continue"), None),
        (
            checklist(ASK, CHANGE + ", undo: {sql: drop table t}", "with: s1, needs: [s0], monitor: {log: server}"),
            "error",
        ),
        (checklist(ASK) + "rollback:\n  triggers: [{title: Users complain}]\n", "warning"),
        (checklist(ASK) + "rollback:\n  triggers: [{title: Errors, errors: 3}]\n", None),
        (checklist(ASK) + "rollback:\n  triggers: [{title: Errors, errors: {from: application}}]\n", None),
        (checklist(ASK) + "rollback:\n  triggers: [{title: Broken, steps: [s0], for: 2m}]\n", "error"),
    ],
)
def test_of_a_rollback_and_of_a_companion(tmp_path: Path, text: str, said: str | None) -> None:
    assert found(tmp_path, text) == ([] if said is None else [(said, "does-nothing")])


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("backup: {directory: /b, jobs: 4}", "backup-jobs"),
        ("backup: {directory: /b, jobs: 4, format: directory}", None),
        *((f"verify_backup: {{of: b, {key}}}", "verify-level") for key in (
            "jobs: 2", "database: other", "no_owner: true", "no_privileges: false", "no_tablespaces: true",
            "compare: false",
        )),
        ("verify_backup: {of: b, level: restore, jobs: 2, compare: false}", None),
    ],
)  # fmt: skip
def test_of_backups(tmp_path: Path, step: str, code: str | None) -> None:
    text = checklist("backup: {directory: /b}", step).replace("of: b,", "of: s0,")
    assert [said for _level, said in found(tmp_path, text)] == ([] if code is None else [code])
