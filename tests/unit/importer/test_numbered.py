"""Numbered scripts of every habit: the way back beside it, in a directory, in the same file; nothing is lost."""

from __future__ import annotations

import os
import posixpath
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.importer.migrated import Migrated, migrated
from tui.importer.imported import ImportFailed
from tui.importer.migrations.numbered import read_numbered
from tui.importer.migrations.numbers import number_of
from tui.importer.migrations.scripts import Scripts

PAIRS = [
    ("001_users.up.sql", "001_users.down.sql"),
    ("1_users.sql", "1_users_down.sql"),
    ("001_users.sql", "001_users_rollback.sql"),
    ("001_users.sql", "001_users.undo.sql"),
    ("001_users.sql", "rollback/001_users.sql"),
    ("001_users.sql", "rollback/001.sql"),
    ("001_users.sql", "rollback/001_drop_users.sql"),
    ("up/001_users.sql", "down/001_users.sql"),
    ("deploy/001_users.sql", "revert/001_users.sql"),
    ("001_users/up.sql", "001_users/down.sql"),
    ("20240102030405_users/migration.sql", "20240102030405_users/rollback.sql"),
    ("v1.2_users.sql", "rollback_v1.2_users.sql"),
    ("001-users-up.sql", "001-users-down.sql"),
    ("migration.sql", "rollback.sql"),
    ("up.sql", "down.sql"),
]
UP, DOWN = "create table users (id int);\n", "drop table users;\n"


@pytest.mark.parametrize(("up", "down"), PAIRS)
def test_a_way_back_is_found(up: str, down: str, tmp_path: Path) -> None:
    made = migrated(tmp_path, {up: UP, down: DOWN})
    (step,) = made.steps
    assert step.spec == {"file": f"db/{up}"}
    assert step.undo is not None and step.undo.spec == {"file": f"db/{down}"}
    same = posixpath.basename(down) in ("001.sql", "001_drop_users.sql")
    said = f"{down} takes {up} back in the plan: the same directory and the same number; see that it does."
    assert made.told == [
        "numbered scripts: 1 in all, 1 of them with a way back in the plan.",
        *([said] if same else []),
        "A tool that keeps a record of what is applied does not learn what virada applies.",
    ]


def backs(made: Migrated) -> dict[str, str | None]:
    """What takes each script back."""
    return {
        step.spec["file"].removeprefix("db/"): None if step.undo is None else step.undo.spec["file"].removeprefix("db/")
        for step in made.steps
    }


def test_directories_are_not_mixed(tmp_path: Path) -> None:
    """A release's scripts are all applied before those of the next one, whatever their numbers."""
    names = ["v10/001_a.sql", "v2/002_b.sql", "v2/001_dropb.sql", "v1/010_c.sql", "v1/9_d.sql", "3_top.sql"]
    made = migrated(tmp_path / "a", dict.fromkeys(names, UP))
    assert list(backs(made)) == [
        "3_top.sql", "v1/9_d.sql", "v1/010_c.sql", "v2/001_dropb.sql", "v2/002_b.sql", "v10/001_a.sql",
    ]  # fmt: skip
    assert [section.title for section in made.plan.phases[0].sections] == ["Migrations", "v1", "v2", "v10"]
    assert (
        "The directories come one after the other, each in the order of its numbers: ., v1, v2, v10; where a script "
        "belongs elsewhere, move its step."
    ) in made.told
    assert "same number" not in "\n".join(made.told)
    # Nor are those whose directories are called for going forward.
    names = ["apply/002_b.sql", "migrate/001_a.sql", "apply/001_c.sql", "migrate/002_d.sql"]
    made = migrated(tmp_path / "b", dict.fromkeys(names, UP))
    assert list(backs(made)) == ["apply/001_c.sql", "apply/002_b.sql", "migrate/001_a.sql", "migrate/002_d.sql"]


@pytest.mark.parametrize(
    "order",
    [
        ["2024-1-2_z.sql", "2024-1-9_y.sql", "2024-1-10_x.sql", "2024-10-1_a.sql"],
        ["1_2_b.sql", "1_10_a.sql"],
        ["001_a.sql", "001a_hot.sql", "002_b.sql"],
        ["20240101T000000_q.sql", "20240101T093000_a.sql", "20240102T000000_0.sql"],
        ["9.1.9_a.sql", "9.1.10_a.sql", "9.2_a.sql"],
    ],
)
def test_numbers_are_compared_as_people_read_them(order: list[str], tmp_path: Path) -> None:
    made = migrated(tmp_path, dict.fromkeys(sorted(order), UP))
    assert list(backs(made)) == order


def test_dates_are_not_the_same_number(tmp_path: Path) -> None:
    made = migrated(tmp_path / "a", dict.fromkeys(["2024-1-2_z.sql", "2024-1-10_x.sql"], UP))
    assert "same number" not in "\n".join(made.told)
    made = migrated(tmp_path / "b", dict.fromkeys(["003_2024_report.sql", "003_add.sql", "12factor.sql"], UP))
    assert "003_2024_report and 003_add have the same number; they stand in the order of their names." in made.told
    assert "12factor.sql: no part of the plan: its name begins with no number" in "\n".join(made.told)


@pytest.mark.parametrize(
    ("names", "found", "told"),
    [
        (
            ["orders/002_o.sql", "orders/rollback/003.sql", "billing/003_tax.sql"],
            {"orders/002_o.sql": None, "billing/003_tax.sql": None},
            "orders/rollback/003.sql: no part of the plan: it reads as if it took something back, and what that is is "
            "not here",
        ),
        (
            ["003_add_users.sql", "003_add_users.down.sql", "003_add_users_old.down.sql", "003_seed_orders.sql"],
            {"003_add_users.sql": "003_add_users.down.sql", "003_seed_orders.sql": None},
            "003_add_users_old.down.sql: no part of the plan: it reads as if it took something back, and its name does "
            "not say for certain which script: 003_add_users.sql, 003_seed_orders.sql.",
        ),
        (
            ["003_a.sql", "003_b.sql", "003_b.down.sql", "rollback/003.sql"],
            {"003_a.sql": None, "003_b.sql": "003_b.down.sql"},
            "rollback/003.sql: no part of the plan: it reads as if it took something back, and its name does not say",
        ),
        (
            ["007_orders.sql", "007_create_undo.sql"],
            {"007_orders.sql": None},
            "007_create_undo.sql: no part of the plan: it reads as if it took something back, and its name does not",
        ),
        (
            ["003_users.sql", "003_users_up.sql", "003_users_down.sql"],
            {"003_users.sql": None, "003_users_up.sql": None},
            "003_users_down.sql: no part of the plan: it reads as if it took something back, and its name does not say",
        ),
        (
            ["2024-1-2_a.sql", "2024-1-10_b.sql", "rollback/2024-1-10.sql"],
            {"2024-1-2_a.sql": None, "2024-1-10_b.sql": "rollback/2024-1-10.sql"},
            "rollback/2024-1-10.sql takes 2024-1-10_b.sql back in the plan: the same directory and the same number",
        ),
        (
            ["a/1_x.sql", "a/rollback/1.sql", "b/1_y.sql"],
            {"a/1_x.sql": "a/rollback/1.sql", "b/1_y.sql": None},
            "a/rollback/1.sql takes a/1_x.sql back in the plan: the same directory and the same number",
        ),
        (
            ["1_x.sql", "down/1_x.py"],
            {"1_x.sql": None},
            "down/1_x.py: no part of the plan: it reads as if it took something back, and it is no SQL.",
        ),
    ],
)
def test_a_way_back_belongs_to_one_script_or_to_none(
    names: list[str], found: dict[str, str | None], told: str, tmp_path: Path
) -> None:
    made = migrated(tmp_path, dict.fromkeys(names, UP))
    assert backs(made) == found
    assert told in "\n".join(made.told)


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("goose", f"-- +goose Up\n{UP}-- +goose Down\n{DOWN}"),
        ("dbmate", f"-- migrate:up\n{UP}-- migrate:down\n{DOWN}"),
        ("sql-migrate", f"-- +migrate Up\n{UP}-- +migrate Down\n{DOWN}"),
        ("tern", f"{UP}---- create above / drop below ----\n{DOWN}"),
    ],
)
def test_both_parts_in_one_file(tool: str, text: str, tmp_path: Path) -> None:
    made = migrated(tmp_path, {"001_users.sql": text})
    step = made.steps[0]
    assert step.spec == {"file": "db/001_users.sql", "part": "up"}
    assert step.undo is not None and step.undo.spec == {"file": "db/001_users.sql", "part": "down"}
    assert made.told[0].startswith(tool) and made.steps[-1].id == "record"


def test_a_part_outside_of_a_transaction(tmp_path: Path) -> None:
    text = "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently x on t (i);\n-- +goose Down\n"
    (step, _record) = migrated(tmp_path, {"1_x.sql": f"{text}drop index concurrently x;\n"}).steps
    assert step.spec["transaction"] == "per_statement" and step.prove is not None
    assert step.undo is not None and step.undo.spec == {
        "file": "db/1_x.sql", "part": "down", "transaction": "per_statement",
    }  # fmt: skip


def test_the_order_is_that_of_the_numbers(tmp_path: Path) -> None:
    names = ["10_j.sql", "9_i.sql", "002_b.sql", "1_a.sql", "20240101_z.sql", "9_h.sql", "1.5_c.sql"]
    made = migrated(tmp_path, {name: f"select {number};\n" for number, name in enumerate(names)})
    assert [step.id for step in made.steps] == ["1_a", "1-5_c", "002_b", "9_h", "9_i", "10_j", "20240101_z"]
    assert "9_h and 9_i have the same number; they stand in the order of their names." in made.told


def test_dbmate_compares_its_numbers_as_texts(tmp_path: Path) -> None:
    """As dbmate 2.36 applied files of these names; the order of the others is told where a sort would give another."""
    names = ["10_j.sql", "9_i.sql", "002_b.sql", "1_a.sql", "20240101_z.sql"]
    text = "-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n"
    made = migrated(tmp_path / "a", dict.fromkeys(names, text))
    assert [step.id for step in made.steps][:-1] == ["002_b", "10_j", "1_a", "20240101_z", "9_i"]
    others = migrated(tmp_path / "b", dict.fromkeys(names, "select 1;\n"))
    said = "The order is that of the numbers, 1_a before 002_b; sorted as texts they stand otherwise."
    assert said in others.told and said not in made.told


def test_a_word_in_a_name_is_no_direction(tmp_path: Path) -> None:
    names = ["1_clean_up.sql", "2_scale_down.sql", "3_roll.sql", "4_add_undo.sql"]
    made = migrated(tmp_path, dict.fromkeys(names, "select 1;\n"))
    assert [step.id for step in made.steps][:3] == ["1_clean_up", "2_scale_down", "3_roll"]
    # What reads for certain like a way back is never executed forwards.
    assert "4_add_undo.sql: no part of the plan: it reads as if it took something back" in "\n".join(made.told)


def test_what_has_no_place_is_named(tmp_path: Path) -> None:
    files = {
        "1_a.sql": UP, "2_code.py": "print()\n", "odd.sql": "select 1;\n", "3_gone.down.sql": DOWN, "README": "read\n",
        "4_b.sql": "-- only a comment\n", "5_c.sql": "\\copy t from 'data.csv'\nselect 1;\n", "data.csv": "1\n",
        "6_d.sql": "\\! rm -rf /\n", "7_e.sql": "vacuum;\n", "8_f.sql": "call p();\nvacuum;\n",
        "9_g.sql": "select (1;\n", "10_h.sql": "begin;\ncreate table h ();\ncommit;\nvacuum h;\n",
    }  # fmt: skip
    made = migrated(tmp_path, dict(files))
    kinds = {step.id: step.kind for step in made.steps}
    assert kinds == {
        "1_a": "sql", "2_code": "sign", "4_b": "sign", "5_c": "sign", "6_d": "sign", "7_e": "psql", "8_f": "psql",
        "9_g": "sign", "10_h": "psql",
    }  # fmt: skip
    told = "\n".join(made.told)
    for line in (
        "2_code.py:1: It is no SQL",
        "odd.sql: no part of the plan: its name begins with no number, so that its place is not known.",
        "3_gone.down.sql: no part of the plan: it reads as if it took something back",
        "README: no part of the plan: no migration names it.",
        "5_c.sql:1: There is no file data.csv in the plan's directory",
        "6_d.sql:1: \\! rm -rf / runs a program on this host",
        "9_g.sql:1: The parenthesis that opens here is not closed",
    ):
        assert line in told
    assert made.step("7_e").repeat == "always"
    assert made.step("10_h").repeat is None, "what it commits is not there twice"
    assert '# prove: {query: "[a question that tells whether it is there]", not_empty: true}' in made.text


def test_a_script_of_psqls_comes_with_what_it_includes(tmp_path: Path) -> None:
    files = {"1_a.sql": "\\ir parts/tables.sql\n", "parts/tables.sql": "\\set n 1\nselect :n;\n"}
    made = migrated(tmp_path, dict(files))
    assert made.step("1_a").kind == "psql"
    assert not any(line.startswith("parts/tables.sql") for line in made.told)


def test_what_is_hidden_or_leads_elsewhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "db" / ".git").mkdir(parents=True)
    (tmp_path / "db" / "2_out.sql").symlink_to("/etc/hostname")
    (tmp_path / "db" / "3_in.sql").symlink_to("1_a.sql")
    os.mkfifo(tmp_path / "db" / "4_pipe.sql")
    made = migrated(tmp_path, {"1_a.sql": "select 1;\n"})
    assert [step.id for step in made.steps] == ["1_a", "3_in"]
    why = "not looked at: it is hidden, leads out of the directory, or is no regular file."
    assert {f"{name}: {why}" for name in (".git", "2_out.sql", "4_pipe.sql")} < set(made.told)


def test_a_name_without_a_word_is_its_own_title(tmp_path: Path) -> None:
    made = migrated(tmp_path, {"_.sql": UP})
    assert [step.title for step in made.steps] == ["_.sql"]


def test_a_directory_without_migrations(tmp_path: Path) -> None:
    for files in ({}, {"a.sql": UP, "b.sql": UP, "c.sql": UP}, {"README.md": "x"}):
        with pytest.raises(ImportFailed, match="holds no migration scripts that are known"):
            (tmp_path / "db").mkdir(exist_ok=True)
            migrated(tmp_path, dict(files))


NAMES = st.from_regex(
    r"(up/|down/|sub/)?[0-9a-z]{1,3}[._-]?(users|up|down|undo)?(\.up|\.down|_rollback)?\.sql", fullmatch=True
)


@given(st.sets(NAMES, max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_file_is_lost_and_none_stands_twice(tmp_path_factory: pytest.TempPathFactory, names: set[str]) -> None:
    directory = tmp_path_factory.mktemp("numbered")
    for name in names:
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text("select 1;\n")
    scripts = Scripts(directory)
    try:
        project = read_numbered(scripts)
    except ImportFailed:
        return
    migrations = [one for group in project.groups for one in group.migrations]
    downs = [(one.up, one.down) for one in migrations if one.up is not None and one.down is not None]
    for up, down in downs:
        of, back = number_of(up.name), number_of(down.name)
        assert of is None or back is None or of.first == back.first
    places = [posixpath.dirname(one.up.name) for one in migrations if one.up is not None]
    assert len([place for place, _group in groupby(places)]) == len(set(places)), "no directory is begun twice"
    used = [source.name for one in migrations for source in (one.up, one.down) if source is not None]
    assert len(used) == len(set(used))
    assert set(used) | set(scripts.left) == names and not set(used) & set(scripts.left)
