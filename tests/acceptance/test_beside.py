"""Two runs on one target, by the commands: one of two that open at the same moment, and what the other is told."""

from __future__ import annotations

from tests.acceptance.station import Station
from tests.postgres_server import Database

_PLAN = """
virada: 1
name: Something changes
targets:
  TARGET: {environment: development, dsn: "${THE_DSN}", server_log: none}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: agree, title: Agree, sign: {expect: Who}}
          - {id: table, title: A table, sql: "create table if not exists made (n int)"}
"""


def test_one_of_two_that_open_at_the_same_moment(station: Station, database: Database) -> None:
    station.env["THE_DSN"] = database.dsn
    plans = []
    for target in ("here", "there"):
        # Whatever a plan calls it.
        plans.append(station.root / f"{target}.yaml")
        plans[-1].write_text(_PLAN.replace("TARGET", target))
    both = [station.start("run", str(plans[0]), "--detach"), station.start("run", str(plans[1]), "--headless")]
    told = [process.communicate(timeout=60) for process in both]
    codes = [process.returncode for process in both]
    assert codes in ([0, 5], [5, 6]), (codes, told)
    first = told[codes.index(5) - 1][0].strip()
    out, err = told[codes.index(5)]
    assert out == "" and first in err and "--beside REASON" in err and "1.1.2 table" in err
    assert "changing steps ahead: 1" in err and "Runs that other hosts keep" in told[codes.index(5) - 1][1]
    assert [p.name for p in (station.home / "runs").iterdir()] == [first]
    checked = station.virada("check", str(plans[1]), "--on", "there").expect(2)
    assert "error other-run" in checked.out and first in checked.out and "Runs that other hosts keep" in checked.err
    station.virada("run", str(plans[1]), "--detach", "--beside", "  ").expect(2)
    second = station.virada("run", str(plans[1]), "--detach", "--beside", "agreed").expect()
    assert first in second.err
    other = second.out.strip()
    opened = station.events(other)[0]["data"]
    assert (opened["beside"], [run["run"] for run in opened["others"]]) == ("agreed", [first])
    listed = station.virada("runs").expect().out
    assert f"in the way on the same database as {other}" in listed
    assert f"in the way on the same database as {first}" in listed
    assert "agreed" in station.virada("status", other).expect().out
