"""A directory of Flyway's: versions compared as Flyway compares them, undo, repeatable ones, settings of a script."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.unit.importer.migrated import migrated
from tui.importer.imported import ImportFailed
from tui.importer.migrations.flyway import version_of

FILES: dict[str, str | bytes] = {
    "V1__create_users.sql": "create table users (id int primary key, name text);\n",
    "U1__create_users.sql": "drop table users;\n",
    "V1_2__Add_email.sql": "alter table users add email text;\n",
    "sub/V1.10__index.sql": "create index concurrently by_email on users (email);\n",
    "U1.10__index.sql": "drop index concurrently by_email;\n",
    "V1.9__enum.sql": "create type mood as enum ('ok');\nalter type mood add value 'sad';\n",
    "V1.9__enum.sql.conf": "# as Flyway has it\nexecuteInTransaction=false\n",
    "V2.sql": "select 1;\n",
    "R__view.sql": "create or replace view named as select name from users;\n",
}
ODD: dict[str, str | bytes] = {
    "V2.1__tenant.sql": "select 1;\ncreate schema ${tenant};\n",
    "V2.2__Java.java": "class V2_2__Java {}\n",
    "V3__latin.sql": b"select 1;\nselect '\xe9';\n",
    "V3.1__nothing.sql": "-- nothing\n",
    "V3.2__if.sql": "create index concurrently if not exists a on users (name);\n",
    "V3.3__off.sql": "select 1;\n",
    "V3.3__off.sql.conf": "shouldExecute=false\n",
    "B3__base.sql": "select 1;\n",
    "U9__nowhere.sql": "select 1;\n",
    "V4_one_underscore.sql": "select 1;\n",
    "afterMigrate__told.sql": "select 1;\n",
    "flyway.conf": "flyway.url=jdbc:postgresql://db/app\n",
    "notes.txt": "notes\n",
}


@pytest.mark.parametrize(
    "order",
    [
        ["1", "1.1", "1.2", "1.10", "2", "2.0.1", "10", "20240101120000"],
        ["0", "0.1", "01.5", "1_6", "001.7.0"],
    ],
)
def test_versions_are_compared_by_their_numbers(order: list[str]) -> None:
    assert all(version_of(one) < version_of(other) for one, other in pairwise(order))


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("1.0.0", "01"), ("1.2", "1_2"), ("0", "0.0")])
def test_versions_that_are_one(one: str, other: str) -> None:
    assert version_of(one) == version_of(other)


def test_a_whole_directory(tmp_path: Path) -> None:
    made = migrated(tmp_path, FILES)
    assert [step.id for step in made.steps] == [
        "v1-create_users", "v1_2-add_email", "v1-9-enum", "v1-10-index", "v2", "r-view", "record",
    ]  # fmt: skip
    undo = made.step("v1-create_users").undo
    assert undo is not None and undo.spec == {"file": "db/U1__create_users.sql"}
    index = made.step("v1-10-index")
    assert index.title == "1.10: index" and index.prove is not None and index.cleanup is not None
    assert index.undo is not None and index.undo.spec["transaction"] == "per_statement"
    assert made.step("v1-9-enum").spec["transaction"] == "per_statement"
    assert made.plan.phases[0].sections[1].title == "Repeatable migrations"
    told = "\n".join(made.told)
    assert "Flyway: 6 in all, 2 of them with a way back in the plan." in told
    assert "V1_2__Add_email.sql: there is no way back for it" in told
    assert "R__view.sql: a repeatable migration" in told
    assert "R__view.sql: there is no way back" not in told


def test_what_could_not_be_told_keeps_its_place_and_is_named(tmp_path: Path) -> None:
    made = migrated(tmp_path, FILES | ODD)
    by_hand = [step.id for step in made.steps if step.kind == "sign"]
    assert by_hand == [
        "v2-1-tenant", "v2-2-java", "v3-latin", "v3-1-nothing", "v3-2-if", "v3-3-off", "record",
    ]  # fmt: skip
    told = "\n".join(made.told)
    for line in (
        "V2.1__tenant.sql:2: Flyway puts in ${tenant}, and virada does not; write it out",
        "V2.2__Java.java:1: It is no SQL",
        "V3__latin.sql:2: It is not UTF-8; save it as UTF-8",
        "V3.1__nothing.sql:1: It has no statement",
        "V3.2__if.sql:1: CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid leftover",
        "V3.3__off.sql:1: Its settings say that it is not executed",
        "B3__base.sql: no part of the plan: a baseline",
        "U9__nowhere.sql: no part of the plan: it takes back a version that is not here.",
        "V4_one_underscore.sql: no part of the plan: Flyway does not know a script by such a name.",
        "afterMigrate__told.sql: no part of the plan: a callback",
        "notes.txt: no part of the plan: no migration names it.",
    ):
        assert line in told
    assert all(len(made.said_of(name)) == 1 for name in ODD if name.endswith((".sql", ".java", ".txt")))


def test_two_files_of_one_version_have_no_order(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"V1\.0__again\.sql and V1__create_users\.sql have the same version"):
        migrated(tmp_path, FILES | {"V1.0__again.sql": "select 1;\n"})


def test_its_own_settings_are_kept(tmp_path: Path) -> None:
    settings = "flyway.sqlMigrationPrefix=M\nflyway.sqlMigrationSeparator=--\nflyway.placeholderReplacement=false\n"
    files = {"flyway.conf": settings, "M1--one.sql": "select '${not}';\n", "V7__likely.sql": "select 1;\n"}
    made = migrated(tmp_path, dict(files))
    assert made.step("v1-one").kind == "sql"
    assert "V7__likely.sql: no part of the plan: Flyway does not know a script by such a name." in made.told
