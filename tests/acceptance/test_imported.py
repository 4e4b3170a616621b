"""The execution plan of the seed as a checklist: imported, checked, and rehearsed to its end on a real server."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.station import Station
from tests.postgres_server import Database

DOCUMENT = Path(__file__).parents[1] / "documents" / "plano-de-execucao-em-producao.md"


def test_the_execution_plan_is_imported_and_rehearsed_to_its_end(station: Station, database: Database) -> None:
    service = station.root / "services"
    service.write_text("[app-staging]\n" + "\n".join(database.dsn.split()) + "\n")
    station.env["PGSERVICEFILE"] = str(service)
    made = station.virada("init", "--from", str(DOCUMENT), "-o", "plano.yaml").expect()
    assert made.out.split() == ["plano.yaml"]
    assert "66 of steps" in made.err and "Next: virada check plano.yaml" in made.err
    assert " error " not in station.virada("check", "plano.yaml").expect().out
    drives = ("--headless", "--sign-off", "ensaio", "--compress", "100000")
    station.virada("run", "plano.yaml", "--on", "staging", *drives).expect()
    status = station.status()
    assert status["status"] == "completed"
    steps = [step for step in status["steps"] if not step["id"].startswith("success.")]
    assert len(steps) >= 60 and {step["status"] for step in steps} == {"signed"}
