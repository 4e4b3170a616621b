"""The way of a backup and back, tried with the schema alone: on the target's server, and on another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import postgres_server
from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.demo.server import Server
from tui.journal.codes import Hindrance
from tui.words.said import told

pytestmark = pytest.mark.postgres
ROLES = "select string_agg(rolname, ' ') from pg_roles where rolname !~ '^pg_' and rolname <> current_user"
SCRATCH = "virada_procedure_check"


async def procedure(
    path: Path, target: Database | str, spec: str = "true", backup: str = "", user: str = "", **others: Server
) -> list[dict[str, Any]]:
    """The rows of the check. `backup`: a directory that the plan's backup writes into; `others`: services."""
    path.mkdir(parents=True, exist_ok=True)
    services = path / "services"
    services.write_text("".join(f"[{name}]\n{_lines(server)}" for name, server in others.items()))
    steps = f"""
          - {{id: ready, title: Ready, check: {{backup_procedure: {spec}}}}}
"""
    if backup:
        steps += f"          - {{id: dump, title: Dump, backup: {{directory: {backup}}}}}\n"
    dsn = target.dsn if isinstance(target, Database) else target
    wanted = dsn.replace("user=postgres", f"user={user}") if user else target
    async with Rig(path, wanted, steps, PGSERVICEFILE=str(services)) as rig:
        event = await rig.execute("ready")
        assert not list(rig.paths.artifacts.glob("*.dump")), "nothing of the schema stays"
    rows: list[dict[str, Any]] = event["data"]["evidence"]["checks"]
    holds = [row["holds"] for row in rows]
    reason = "check_failed" if False in holds else "not_answered" if None in holds else None
    assert event["data"].get("reason") == reason, event
    return rows


def _lines(server: Server) -> str:
    given = dict(part.split("=", 1) for part in server.dsn("postgres").split())
    return "".join(f"{key}={value}\n" for key, value in given.items())


def of(rows: list[dict[str, Any]], what: str) -> dict[str, Any]:
    (row,) = [row for row in rows if row["what"] == what]
    return row


def codes(row: dict[str, Any]) -> list[str]:
    return [one["code"] for one in row.get("why", ())]


def scratch_databases(server: Server) -> int:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as session:
        row = session.execute("select count(*) from pg_database where datname = %s", [SCRATCH]).fetchone()
    return 0 if row is None else int(row[0])


@pytest.fixture
def alone() -> Any:
    with postgres_server.own_server() as server:
        yield server


@awaited
async def test_on_the_targets_own_server(database: Database, tmp_path: Path) -> None:
    name = f"{{database: {SCRATCH}_{database.name}}}"
    rows = await procedure(tmp_path / "1", database, name, backup=str(tmp_path / "backups"))
    assert [(row["what"], row["holds"], codes(row)) for row in rows] == [
        ("tools", True, []), ("place", True, []), ("restore", True, [])
    ]  # fmt: skip
    place, restore = of(rows, "place"), of(rows, "restore")
    assert place["step"] == "dump" and place["found"] >= place["need_bytes"] > 0
    tables = "select count(*) from pg_stat_user_tables"
    assert restore["tables"] == database.value(tables)
    assert restore["scratch_dropped"] is True and "virada" not in str(list((tmp_path / "backups").iterdir()))


@pytest.mark.unsaid(Hindrance.NOT_WRITABLE, Hindrance.NO_ROOM)
@awaited
async def test_a_place_that_cannot_take_the_backup(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    rows = await procedure(tmp_path / "1", database, backup=f"{file}/backups")
    place = of(rows, "place")
    assert place["holds"] is False and codes(place) == ["not_writable"]
    assert told(place["why"][0]).startswith(f"nothing can be written into {file}/backups")
    (tmp_path / "good").mkdir()
    rows = await procedure(tmp_path / "2", database, backup=f"{tmp_path}/good, space: 900000GB")
    place = of(rows, "place")
    assert place["holds"] is False and codes(place) == ["no_room"]


@pytest.mark.unsaid(Hindrance.TRIAL_FAILED, Hindrance.TRIAL_UNREACHED)
@awaited
async def test_on_a_named_server(database: Database, alone: Server, tmp_path: Path) -> None:
    elsewhere = "{server: elsewhere}"
    rows = await procedure(tmp_path / "1", database, elsewhere, elsewhere=alone)
    restore = of(rows, "restore")
    assert restore["holds"] is False and codes(restore) == ["trial_failed"] and scratch_databases(alone) == 0
    # Whichever role stands first in the dump: globals come first.
    missing = [
        role for role in str(database.value(ROLES)).split() if f'role "{role}" does not' in told(restore["why"][0])
    ]
    assert len(missing) == 1, told(restore["why"][0])
    with psycopg.connect(alone.dsn("postgres"), autocommit=True) as session:
        for role in str(database.value(ROLES)).split():
            session.execute(f'create role "{role}"'.encode())
        rows = await procedure(tmp_path / "2", database, elsewhere, elsewhere=alone)
        restore = of(rows, "restore")
        assert not codes(restore), told(restore["why"][0])
        assert restore["holds"] is True and (restore["server"], restore["no_owner"]) == ("elsewhere", True)
        assert scratch_databases(alone) == 0
        # What a killed attempt has left is known by its mark; what is somebody else's is not touched.
        session.execute(f"create database {SCRATCH}".encode())
        rows = await procedure(tmp_path / "3", database, elsewhere, elsewhere=alone)
        assert of(rows, "restore")["holds"] is False and of(rows, "restore")["reason"] == "scratch_exists"
        session.execute(f"comment on database {SCRATCH} is 'virada trial restore'".encode())
        rows = await procedure(tmp_path / "4", database, elsewhere, elsewhere=alone)
        assert of(rows, "restore")["holds"] is True and scratch_databases(alone) == 0
    rows = await procedure(tmp_path / "5", database, "{server: nowhere}", elsewhere=alone)
    restore = of(rows, "restore")
    assert restore["holds"] is None and codes(restore) == ["trial_unreached"]


@pytest.mark.unsaid(Hindrance.DUMP_FAILED)
@awaited
async def test_a_role_that_may_not_lock_every_table_cannot_dump(database: Database, tmp_path: Path) -> None:
    with database.connect() as session:
        session.execute("drop role if exists reads_little")
        session.execute("create role reads_little login")
        session.execute("create table closed (id int)")
        session.execute("revoke all on closed from public")
    try:
        rows = await procedure(tmp_path / "1", database, user="reads_little")
        restore = of(rows, "restore")
        assert restore["holds"] is False and codes(restore) == ["dump_failed"]
        assert "permission denied" in told(restore["why"][0])
    finally:
        with database.connect() as session:
            session.execute("drop table closed")
            session.execute("drop role reads_little")
