"""A directory of Flyway's: versions compared as Flyway compares them, undo, repeatable ones, settings of a script."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.unit.importer.migrated import Migrated, migrated
from tui.importer.imported import ImportFailed
from tui.importer.migrations.flyway_names import version_of

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
    "U3.3__off.sql": "select 1;\n",
    "V3.4__where.sql": "select 1;\n",
    "V3.4__where.sql.conf": "shouldExecute=${flyway:defaultSchema}==A\n",
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
        "v2-1-tenant", "v2-2-java", "v3-latin", "v3-1-nothing", "v3-2-if", "v3-4-where", "record",
    ]  # fmt: skip
    told = "\n".join(made.told)
    for line in (
        "V2.1__tenant.sql:2: Flyway puts in ${tenant}, and virada does not; write it out",
        "V2.2__Java.java:1: It is no SQL",
        "V3__latin.sql:2: It is not UTF-8; save it as UTF-8",
        "V3.1__nothing.sql:1: It has no statement",
        "V3.2__if.sql:1: CREATE INDEX CONCURRENTLY IF NOT EXISTS reports success over an invalid leftover",
        "V3.3__off.sql: no part of the plan: its settings say shouldExecute=false, and Flyway does not execute it.",
        "U3.3__off.sql: no part of the plan: Flyway does not execute what it takes back.",
        "V3.4__where.sql:1: Flyway executes it only where ${flyway:defaultSchema}==A holds, and virada does not decide",
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


def ids(made: Migrated) -> list[str]:
    return [step.id for step in made.steps if step.id != "record"]


def test_repeatable_ones_stand_in_the_order_of_their_descriptions(tmp_path: Path) -> None:
    """Their underscores are blanks to Flyway, and a blank comes before every figure."""
    made = migrated(tmp_path, dict.fromkeys(["R__10_grants.sql", "R__1_base.sql", "R__2_views.sql", "R__a.sql"], VIEW))
    assert ids(made) == ["r-1_base", "r-10_grants", "r-2_views", "r-a"]
    with pytest.raises(ImportFailed, match=r"R__a b\.sql and R__a_b\.sql have the same description"):
        migrated(tmp_path / "twice", dict.fromkeys(["R__a_b.sql", "R__a b.sql"], VIEW))


VIEW = "create or replace view v as select 1;\n"
PLACES = dict.fromkeys(
    ["sql/V1__a.sql", "test/V2__testdata.sql", "sql/more/V3__b.sql", "src/main/resources/db/V4__c.sql"], VIEW
)


@pytest.mark.parametrize(
    ("file", "text", "found", "said"),
    [
        ("flyway.conf", "flyway.locations=filesystem:sql", ["v1-a", "v3-b"], []),
        ("flyway.conf", "flyway.locations = filesystem:./sql, filesystem:test", ["v1-a", "v2-testdata", "v3-b"], []),
        ("flyway.conf", "flyway.locations=filesystem:sql/*", ["v3-b"], []),
        ("flyway.conf", "flyway.locations=filesystem:sql/m?re", ["v3-b"], []),
        ("flyway.conf", "flyway.locations=filesystem:src/**/db", ["v4-c"], []),
        ("flyway.conf", "flyway.locations: filesystem:test", ["v2-testdata"], []),
        (
            "flyway.conf", "flyway.locations=filesystem:**/more,filesystem:sql/**,filesystem:s*,filesystem:test",
            ["v2-testdata"], [": filesystem:**/more, filesystem:sql/**, filesystem:s*."],
        ),
        ("flyway.conf", "flyway.locations=classpath:db", ["v4-c"], []),
        ("flyway.conf", "flyway.locations=\\\nfilesystem:test", ["v2-testdata"], []),
        ("flyway.toml", '[flyway]\nlocations = ["filesystem:sql"]', ["v1-a", "v3-b"], []),
        ("conf/flyway.conf", "flyway.locations=filesystem:test", ["v2-testdata"], []),
        (
            "flyway.conf", "flyway.url=jdbc:x", ["v1-a", "v3-b"],
            ["flyway.conf names no locations; Flyway's command line takes the scripts in sql alone, and so does the"],
        ),
        (
            "flyway.conf", "flyway.locations=filesystem:/flyway/sql,s3:bucket",
            ["v1-a", "v2-testdata", "v3-b", "v4-c"],
            ["flyway.conf: none of the locations filesystem:/flyway/sql, s3:bucket is known below "],
        ),
        (
            "flyway.conf", "flyway.locations=filesystem:sql,s3:bucket,filesystem:../other", ["v1-a", "v3-b"],
            ["flyway.conf: what these locations hold is no part of the plan", ": s3:bucket, filesystem:../other."],
        ),
    ],
)  # fmt: skip
def test_locations_are_kept_or_told(file: str, text: str, found: list[str], said: list[str], tmp_path: Path) -> None:
    made = migrated(tmp_path, {**PLACES, file: text})
    told = "\n".join(made.told)
    assert ids(made) == found
    assert all(one in told for one in said)
    if "v2-testdata" not in found:
        assert "test/V2__testdata.sql: no part of the plan: it lies outside of Flyway's locations." in made.told
    assert f"{file}: no part of the plan: Flyway's own settings, by which the plan goes." in made.told


def test_what_settings_say_of_texts_is_kept(tmp_path: Path) -> None:
    settings = (
        "[flyway]\nplaceholderPrefix = '#['\nplaceholderSuffix = ']'\nexecuteInTransaction = false\n"
        "encoding = 'ISO-8859-1'\ntable = 'history'\ndefaultSchema = 'app'\n[flyway.placeholders]\nx = 'secretive'\n"
        "[environments.default]\nurl = 'jdbc:postgresql://h/d'\nschemas = ['app']\n"
    )
    files: dict[str, str | bytes] = {
        "flyway.toml": settings,
        "flyway.conf": "flyway.placeholderPrefix=${\n",
        "V1__plain.sql": "select '${not}';\nselect 2;\n",
        "V2__open.sql": "select 1;\n\nselect '#[x]';\n",
        "V3__latin.sql": "select 1;\nselect 'é';\n",
        "V4__inside.sql": "select 1;\n",
        "V4__inside.sql.conf": "executeInTransaction=true\nplaceholderReplacement=false\n",
        "U4__inside.sql": "select '#['\n'two lines]';\n",
    }
    made = migrated(tmp_path, files)
    assert made.step("v1-plain").spec == {"file": "db/V1__plain.sql", "transaction": "per_statement"}
    assert made.step("v4-inside").spec == {"file": "db/V4__inside.sql"} and made.step("v4-inside").undo is None
    told = "\n".join(made.told)
    for line in (
        "V2__open.sql:3: Flyway puts in #[x], and virada does not; write it out.",
        "V3__latin.sql:2: Its settings say that it is in ISO-8859-1; save it as UTF-8, and say so there.",
        "U4__inside.sql:1: it cannot take v4-inside back, and a rollback leaves that. Flyway puts in #[', and virada",
        "flyway.toml: these settings count for Flyway and not for the plan; see what they mean for it: defaultSchema, "
        "environments.*.schemas.",
        "flyway.conf: no part of the plan: settings that are not read.",
        "history does not learn what virada applies",
    ):
        assert line in told
    assert "secretive" not in told + made.text


@pytest.mark.parametrize("expression", ["false", "FALSE"])
def test_what_flyway_does_not_execute_has_no_part(expression: str, tmp_path: Path) -> None:
    files = {"V1__a.sql": VIEW, "V3__off.sql": VIEW, "V3__off.sql.conf": f"shouldExecute={expression}\n"}
    made = migrated(tmp_path, dict(files))
    assert ids(made) == ["v1-a"]
    assert "V3__off.sql.conf: no part of the plan: the settings of V3__off.sql." in made.told


def test_a_suffix_is_read_in_either_case_and_the_first_separator_counts(tmp_path: Path) -> None:
    made = migrated(tmp_path, {"V1__a__b.sql": VIEW, "V2.1__x.SQL": VIEW, "v3__lower.sql": VIEW, "V4_x.sql": VIEW})
    assert ids(made) == ["v1-a__b", "v2-1-x"] and made.step("v1-a__b").title == "1: a  b"
    told = "\n".join(made.told)
    assert (
        "V2.1__x.SQL: Flyway takes it from version 9.2 on; an older one passes over a name that ends in .SQL." in told
    )
    for name in ("v3__lower.sql", "V4_x.sql"):
        assert f"{name}: no part of the plan: Flyway does not know a script by such a name." in told


def test_settings_that_were_not_read_are_told(tmp_path: Path) -> None:
    made = migrated(tmp_path / "a", {"V1__a.sql": VIEW})
    assert "Here is no flyway.conf or flyway.toml; what Flyway is told elsewhere the plan does not go by." in made.told
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "flyway.conf").write_text("flyway.placeholderPrefix=#[\n")
    made = migrated(tmp_path / "b", {"V1__a.sql": VIEW})
    above = (tmp_path / "b" / "flyway.conf").resolve()
    assert f"{above} lies above the directory and was not read; where its settings count" in "\n".join(made.told)
    with pytest.raises(ImportFailed, match=r"flyway\.toml:2:1: this is no TOML; mend the file\."):
        migrated(tmp_path / "c", {"V1__a.sql": VIEW, "flyway.toml": "[flyway]\n= 1\n"})
    with pytest.raises(ImportFailed, match="no file is named as Flyway's settings there say"):
        migrated(tmp_path / "d", {"V1__a.sql": VIEW, "flyway.conf": "flyway.sqlMigrationPrefix=M\n"})


@pytest.mark.parametrize(
    ("settings", "names", "found"),
    [
        (
            "",
            ["R__.sql", "R.sql", "Rfoo.sql", "V1.sql", "V1_.sql", "V2_1_.sql", "V3.__x.sql", "V1_2_3__.sql", "V__x.sql",
             "v4__l.sql", "V5__x.sql.sql", "V6-1__x.sql", "V7__a b.sql", "V10 __x.sql", "Vx__y.sql"],
            ["V1.sql", "V1_2_3__.sql", "V5__x.sql.sql", "V7__a b.sql", "R__.sql"],
        ),
        ("sqlMigrationSeparator=_", ["V1_2_x.sql", "V3__y.sql", "R_z.sql"], ["V1_2_x.sql", "V3__y.sql", "R_z.sql"]),
        (
            "sqlMigrationPrefix=Ver\nflyway.repeatableSqlMigrationPrefix=V",
            ["Ver1__x.sql", "V__y.sql", "V2__z.sql"], ["Ver1__x.sql", "V__y.sql"],
        ),
        (
            "sqlMigrationSuffixes=.sql,.pks",
            ["V3__c.txt", "V10__t.sql", "V9__z.Sql", "V2.1__x.PKS"], ["V2.1__x.PKS", "V9__z.Sql", "V10__t.sql"],
        ),
    ],
)  # fmt: skip
def test_names_are_read_as_flyway_reads_them(settings: str, names: list[str], found: list[str], tmp_path: Path) -> None:
    """As 9.22.3, built from its source, listed them with `info`."""
    made = migrated(tmp_path, {**dict.fromkeys(names, VIEW), "flyway.conf": f"flyway.{settings or 'x=y'}\n"})
    files = [step.spec["file"] for step in made.steps if step.id != "record"]
    assert files == [f"db/{name}" for name in found]
