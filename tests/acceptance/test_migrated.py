"""Migration scripts as others keep them: made a plan of, applied on a real server, taken back by their own way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.station import Station
from tests.postgres_server import Database
from tests.unit.importer.test_sqitch import FILES, PLAN, WHO

SQITCH = {
    name: str(content) for name, content in FILES.items() if name not in ("sqitch.plan", "sqitch.conf")
} | {"sqitch.plan": PLAN.replace(" other:thing", "") + f"widgets {WHO}\n"}  # fmt: skip
SQITCH |= {
    "deploy/widgets.sql": "\\set what widgets\nBEGIN;\nCREATE TABLE flipr.:what (id int);\nCOMMIT;\n",
    "revert/widgets.sql": "\\set what widgets\nDROP TABLE flipr.:what;\n",
    "verify/widgets.sql": "SELECT id FROM flipr.widgets WHERE false;\nSELECT 1/(1 - count(*)) FROM flipr.widgets;\n",
}
FLYWAY = {
    "V1__users.sql": "create table users (id int, name text);\n",
    "U1__users.sql": "drop table users;\n",
    "V1.10__index.sql": "create index concurrently by_name on users (name);\n",
    "U1.10__index.sql": "drop index concurrently by_name;\n",
    "V1.9__enum.sql": "create type mood as enum ('ok');\nalter type mood add value 'sad';\n",
    "V1.9__enum.sql.conf": "executeInTransaction=false\n",
    "U1.9__enum.sql": "drop type mood;\n",
}
NUMBERED = {
    "001_users.up.sql": "create table users (id int, name text);\n",
    "001_users.down.sql": "drop table users;\n",
    "002_index.sql": "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently by_name on users (name);\n"
    "-- +goose Down\ndrop index concurrently by_name;\n",
    "010_rows.sql": "insert into users values (1, 'a');\n",
    "rollback/010.sql": "delete from users where id = 1;\n",
    "9_column.sql": "alter table users add region text;\n",
    "9_column_down.sql": "alter table users drop region;\n",
}
PROJECTS = {
    "sqitch": (SQITCH, "select flipr.count() = 2 and to_regclass('flipr.by_name') is not null"),
    "flyway": (FLYWAY, "select enum_range(null::mood)::text = '{ok,sad}' and to_regclass('by_name') is not null"),
    "numbered": (NUMBERED, "select region is null and to_regclass('by_name') is not null from users where id = 1"),
}
THERE = "select count(*) from pg_class where relnamespace::regnamespace::text in ('public', 'flipr')"


@pytest.mark.parametrize("project", PROJECTS)
def test_applied_and_taken_back(project: str, station: Station, database: Database) -> None:
    files, applied = PROJECTS[project]
    for name, content in files.items():
        path = station.root / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    service = Path(station.root, "services")
    service.write_text("[app-staging]\n" + "\n".join(database.dsn.split()) + "\n")
    station.env["PGSERVICEFILE"] = str(service)
    station.virada("init", "--from", "db", "-o", "plan.yaml").expect()
    plan = (station.root / "plan.yaml").read_text()
    # A last step that only a person can do keeps the run open.
    wait = '      - title: Wait\n        steps: [{id: wait, title: Wait, sign: "All is well"}]\n\nrollback:\n'
    (station.root / "plan.yaml").write_text(plan.replace("\nrollback:\n", wait))
    station.virada("check", "plan.yaml", "--on", "staging").expect()
    station.virada("run", "plan.yaml", "--on", "staging", "--headless").expect(6)
    steps = {step["id"]: step["status"] for step in station.status()["steps"]}
    assert set(steps.values()) == {"passed", "pending"} and database.value(applied)
    answer = station.do("rollback", "--reason", "it was not good", "--confirm", "staging")
    assert (answer["status"], answer["stays"]) == ("rolled_back", [])
    assert database.value(THERE) == 0
