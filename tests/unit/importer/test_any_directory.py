"""Whatever lies in a directory: its plan has no error, nothing but a sentence is raised, and no file is lost."""

from __future__ import annotations

import shutil
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.importer.migrated import migrated
from tui.importer.imported import ImportFailed

WHO = "2020-01-01T00:00:00Z A <a@b>"
NAMES = [
    "V1__a.sql", "V1.0__b.sql", "V2_1__c.sql", "U1__a.sql", "R__v.sql", "B1__x.sql", "V1__a.sql.conf", "flyway.conf",
    "001_a.up.sql", "001_a.down.sql", "1_b.sql", "1_b_down.sql", "rollback/1.sql", "2_c/up.sql", "2_c/down.sql",
    "odd.sql", "4_x.py", "deploy/a.sql", "revert/a.sql", "verify/a.sql", "deploy/a@t.sql", "sqitch.conf", "down.sql",
    "7_'q'.sql", "sqitch.plan", "flyway.toml", "sql/V5__c.SQL", "sql/V5__c.SQL.conf", "sql/001_a.sql", "down/1_b.py",
]  # fmt: skip
PIECES = [
    "create table t (id int);", "BEGIN;", "COMMIT;", "ROLLBACK;", "create index concurrently i on t(a);", "vacuum;",
    "\\set x 1", "\\i odd.sql", "\\ir ../x.sql", ":x", "-- +goose Up", "-- +goose Down", "-- migrate:up",
    "-- migrate:down", "-- +migrate Up", "'", '"', "$$", "/*", "copy t from stdin;\n1\n\\.", "\0", "select 1;",
    "do $$ begin commit; end $$;", "call p();", "${x}", "[[name]]", "reindex table concurrently t;", "\\gexec",
    "drop index concurrently a,b;", "create index concurrently if not exists z on t(a);",
    "---- create above / drop below ----",
    "prepare transaction 'a';", "create subscription s connection 'x' publication p;", "executeInTransaction=false",
    "flyway.locations=filesystem:sql", "[flyway]\nlocations = ['filesystem:sql', 'filesystem:**']",
    "shouldExecute=false",
    "shouldExecute=${a}==b", "flyway.placeholderPrefix=#[", "flyway.encoding=latin1", "flyway.sqlMigrationSeparator=_",
    f"%project=x\n\na {WHO}\n@t {WHO}\na [a@t b:c] {WHO} # \x1b[31m & * !", "[core]\n\ttop_dir = sql",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("\n".join) | st.binary(max_size=20)


@given(st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=9), st.sampled_from(["en", "pt_BR"]))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_directory(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str | bytes], language: str) -> None:
    directory = tmp_path_factory.mktemp("any")
    (directory / "db").mkdir()
    with suppress(ImportFailed):
        migrated(directory, files, language)
    shutil.rmtree(directory)
