"""Migration scripts as others keep them, through the command: applied on a real server, and taken back."""

from __future__ import annotations

from pathlib import Path

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
APPLIED = "select flipr.count() = 2 and to_regclass('flipr.by_name') is not null"
THERE = "select count(*) from pg_class where relnamespace::regnamespace::text in ('public', 'flipr')"


def test_a_project_of_sqitchs_is_applied_and_taken_back(station: Station, database: Database) -> None:
    for name, content in SQITCH.items():
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
    assert set(steps.values()) == {"passed", "pending"} and database.value(APPLIED)
    answer = station.do("rollback", "--reason", "it was not good", "--confirm", "staging")
    assert (answer["status"], answer["stays"]) == ("rolled_back", [])
    assert database.value(THERE) == 0
