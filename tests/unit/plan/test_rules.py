"""One test for every rule: the sound plan with one mistake has one error, at its own line and column."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .desk import KINDS, PLAN, Desk
from .mistakes import KIND, MEANING, SHAPE


@pytest.mark.parametrize(("code", "old", "new"), [*SHAPE, *MEANING], ids=lambda text: text.strip()[:40])
def test_one_mistake_is_one_error_in_its_place(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, code: str, old: str, new: str
) -> None:
    (desk.directory / "sub").mkdir()
    os.mkfifo(desk.directory / "fifo.sql")
    outside = tmp_path_factory.mktemp("outside") / "secret.sql"
    outside.write_text("select 1;\n")
    (desk.directory / "out.sql").symlink_to(outside)
    text, place = desk.changed(old, new)
    assert desk.errors(text) == [(*place, code)]
    assert desk.load(text).plan is None


@pytest.mark.parametrize(
    ("opens", "zone", "why"),
    [
        ("2026-10-25T02:30", "Europe/Lisbon", "change"),
        ("2026-10-25T01:30", "Europe/Lisbon", "twice"),
        ("2026-03-29T01:30", "Europe/Lisbon", "does not exist"),
        ("2026-03-29T00:30", "Europe/Lisbon", "change"),
        ("2026-10-24T23:30", "Europe/Lisbon", "change"),
    ],
)
def test_clock_changes_in_a_window_are_refused(desk: Desk, opens: str, zone: str, why: str) -> None:
    text = PLAN.replace("2026-12-05T22:00", opens).replace("America/Sao_Paulo", zone)
    text = text.replace("duration: 45m", "duration: 3h" if opens.endswith("23:30") else "duration: 45m")
    errors = desk.load(text).errors
    if opens == "2026-10-25T02:30":
        assert errors == []
    else:
        (problem,) = errors
        assert problem.code == "clock-change" and why in str(problem.message)
        assert PLAN.split("\n")[problem.line - 1].strip().startswith("window:")


def test_a_window_may_open_relative_to_the_run(desk: Desk) -> None:
    assert desk.load(PLAN.replace("2026-12-05T22:00", "+1m")).problems == []


def test_a_circle_of_parallel_steps(desk: Desk) -> None:
    text, place = desk.changed("needs: [tell]", "needs: [«tell]")
    text = text.replace("            title: Informar usuários\n", "            title: I\n            needs: [read]\n")
    (problem,) = desk.load(text).errors
    assert problem.code == "step-cycle" and (problem.line, problem.column) == (place[0] + 1, place[1])
    assert "tell > read > tell" in str(problem.message)


def test_parallel_siblings_may_need_a_later_one(desk: Desk) -> None:
    text = PLAN.replace("            needs: [tell]\n", "")
    text = text.replace("            title: Informar usuários\n", "            title: I\n            needs: [read]\n")
    assert desk.load(text).problems == []


def test_a_milestone_beyond_some_windows_only_warns(desk: Desk) -> None:
    text = PLAN.replace("milestone: T+10m", "milestone: T+50m").replace(
        '    dsn: "${STAGING_URL}"', '    dsn: "${STAGING_URL}"\n    window: {opens: "+0", duration: 10m}'
    )
    assert [(p.level, p.code) for p in desk.load(text).problems] == [("warning", "milestone-outside")]


def test_what_a_kind_finds_in_a_file_stands_in_that_file(desk: Desk) -> None:
    desk.write("migration.sql", "begin;\nselect 1;\ncommit;\n")
    (problem,) = desk.load().errors
    assert str(problem) == f"{desk.directory / 'migration.sql'}:3:1: error sql-commit No transaction control."
    desk.write("migration.sql", "select 1;\n")
    desk.write("rollback.sql", "commit;\n")
    assert desk.load().errors == []


def test_an_sql_file_that_is_not_utf8(desk: Desk) -> None:
    desk.write("migration.sql", b"select 1;\nselect '\xe9';\n")
    (problem,) = desk.load().errors
    assert (Path(problem.file).name, problem.line, problem.code) == ("migration.sql", 2, "not-utf8")


def test_a_file_of_another_kind_need_not_be_utf8(desk: Desk) -> None:
    desk.write("data.bin", b"\xff\xfe\x00")
    loaded = desk.load(PLAN.replace("[pg_dump, -Fc]", "{run: x, inputs: [data.bin]}"))
    assert loaded.problems == [] and "data.bin" in loaded.files


def test_a_link_inside_the_directory_is_fine(desk: Desk) -> None:
    (desk.directory / "link.sql").symlink_to("migration.sql")
    assert desk.load(PLAN.replace("{file: migration.sql", "{file: ./link.sql")).files == ("link.sql", "rollback.sql")


def test_a_change_without_proof_warns_where_no_transaction_proves_it(desk: Desk) -> None:
    step = "          - {id: p, title: P, psql: {file: migration.sql}, undo: {sql: select 1}}\n          - id: follow"
    loaded = desk.load(PLAN.replace("          - id: follow", step))
    assert [(p.level, p.code) for p in loaded.problems] == [("warning", "no-prove")]


def test_a_locale_without_texts_warns(desk: Desk) -> None:
    loaded = desk.load(PLAN.replace("locale: pt_BR", "locale: de"))
    assert [(p.line, p.level, p.code) for p in loaded.problems] == [(3, "warning", "unknown-locale")]


@pytest.mark.parametrize("written", ["targets: {}", "phases: []"])
def test_a_plan_without_targets_or_phases_is_refused(desk: Desk, written: str) -> None:
    key = written.split(":")[0]
    blocks = PLAN.replace(", except: [dump]", "").replace("    - {title: Migração falhou, step: migrate}\n", "")
    start = blocks.index(f"\n{key}:\n") + 1
    end = blocks.index({"targets": "\nteam:", "phases": "\nrollback:"}[key]) + 1
    text = blocks[:start] + written + "\n" + blocks[end:]
    (problem,) = desk.load(text).errors
    assert problem.code == {"targets": "no-target", "phases": "no-steps"}[key]


def test_messages_help(desk: Desk) -> None:
    def message(old: str, new: str) -> str:
        (problem,) = desk.load(PLAN.replace(old, new, 1)).errors
        return str(problem.message)

    assert message("        estimate: 3m", "        estimat: 3m") == "unknown key 'estimat'; did you mean 'estimate'?"
    assert message("        estimate: 3m", "        estimate: 30").endswith("; write 30ms, or 30s for seconds")
    assert message("id: follow\n            ", "").endswith("; write id: monitorar-logs")
    assert "did you mean 'production'?" in message("environment: production", "environment: productin")
    assert "did you mean 'migration.sql'?" in message("{file: migration.sql", "{file: migraton.sql")
    assert message("below: 70%", "below: 70").endswith("write 70%.")
    assert message("name: Plano de Execução em Produção", "name: 42").endswith('write it in quotes: "42"')
    for word, meant in (("yes", "true"), ("Off", "false")):
        assert message("parallel: true", f"parallel: {word}").endswith(f"not a text; write {meant}")
    assert message("parallel: true", "parallel: maybe").endswith("not a text")
    assert all(kind in message(KIND, "") for kind in KINDS)
    assert "needs" not in message("needs: [dump]", "needs: dump") and "write [dump]" in message(
        "needs: [dump]", "needs: dump"
    )


def test_secrets_are_never_repeated(desk: Desk) -> None:
    for text in ("postgresql://app:hunter2@db1/app", "password=hunter2"):
        loaded = desk.load(PLAN.replace("${STAGING_URL}", text))
        assert loaded.errors and all("hunter2" not in str(problem) for problem in loaded.problems)


def test_what_may_be_a_password_elsewhere_is_refused_too(desk: Desk) -> None:
    loaded = desk.load(PLAN.replace("[pg_dump, -Fc]", "[curl, 'https://x/?password=abc']"))
    assert [(p.level, p.code) for p in loaded.problems] == [("error", "secret-in-plan")]


def test_server_log_may_be_written_as_a_mapping(desk: Desk) -> None:
    plan = desk.load(PLAN.replace("server_log: auto", "server_log: {file: /var/log/postgresql.log}")).plan
    assert plan is not None and plan.targets["production"].server_log == "file:/var/log/postgresql.log"
