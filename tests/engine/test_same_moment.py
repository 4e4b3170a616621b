"""A trial restore is held against the fingerprint of the backup's own moment, whatever the source has become."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.test_trial_restore import programs, source, verified
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.journal.codes import FailReason

pytestmark = pytest.mark.postgres
__all__ = ["programs"]
BACKUP = "format: directory, compress: 0, fingerprint: true"
ONE_DIGIT = """sed -i 's/^\\(7\\t.*\\)a/\\1b/' "$file"/[0-9]*.dat"""


@pytest.mark.unsaid(FailReason.DIFFERS)
@awaited
async def test_what_was_restored_is_what_the_moment_had(each_database: Database, programs: str, tmp_path: Path) -> None:
    """The sample application, written to since; a role that came meanwhile is the server's, and in no dump."""
    role = f"meanwhile_{each_database.name}"
    between = (
        "update app.customers set email = 'later' || id || '@example.com'; create table app.later as select 1 as i; "
        f"create role {role}"
    )
    try:
        event = await verified(
            tmp_path, each_database, programs, backup=BACKUP, verify="fingerprint: true", between=between
        )
    finally:
        with each_database.connect() as connection:
            connection.execute(f"drop role if exists {role}".encode())
    assert event["type"] == "step.passed", event["data"]
    told = event["data"]["evidence"]["difference"]
    assert told["count"] == 0 and told["tables_count"] > 0 and told["objects"] > told["tables_count"]


@pytest.mark.parametrize("backup", [BACKUP, "format: directory, compress: 0"])
@awaited
async def test_rows_that_are_as_many_and_others_are_found(
    server: Server, programs: str, tmp_path: Path, backup: str
) -> None:
    """Written into the dump before it was hashed: neither hash nor counts tell of it."""
    made = "create table t as select g as a, md5(g::text) as b from generate_series(1, 100) g; create table u (i int)"
    with source(server, sql=made) as database:
        event = await verified(
            tmp_path, database, programs, backup=backup, verify="fingerprint: true", damage=ONE_DIGIT
        )
    evidence = event["data"]["evidence"]
    if backup == BACKUP:
        assert event["data"]["reason"] == FailReason.DIFFERS, event["data"]
        assert evidence["difference"]["names"] == ["changed rows public.t"] and evidence["rows"] == 100
    else:
        assert event["data"]["reason"] == FailReason.NOT_COMPARED, "there is nothing to compare it with"
