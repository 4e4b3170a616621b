"""A window that is over, from the command line: nothing is changed in it without a typed confirmation and a reason."""

from __future__ import annotations

from tests.acceptance.station import Station
from tests.postgres_server import Database

_PLAN = """
virada: 1
name: Six days late
targets:
  here:
    environment: production
    dsn: "${THE_DSN}"
    server_log: none
    window: {opens: "2026-01-05T22:00", timezone: UTC, duration: 45m, buffer: 15m}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: ask, title: A question, query: {sql: select 1, equals: 1}}
          - {id: table, title: A table, sql: "create table made (n int)", undo: {sql: drop table made}}
          - {id: agreed, title: Agreed, sign: {sign_off: true}}
          - {id: seen, title: Seen, sign: true}
"""


def test_a_past_window_is_an_error_and_every_change_in_it_is_confirmed(station: Station, database: Database) -> None:
    file = station.root / "plan.yaml"
    file.write_text(_PLAN)
    station.env["THE_DSN"] = database.dsn
    told = station.virada("check", str(file), "--on", "here").expect(2).out
    assert told.count("window-past") == 1 and f"{file}:9:" in told
    assert "error window-past" in told and "2026-01-05 23:00 UTC" in told
    refused = station.virada("run", str(file), "--headless").expect(5)
    assert "--despite window-past" in refused.err and not station.has_run()
    stands = station.virada("run", str(file), "--headless", "--sign-off", "all", "--despite", "window-past").expect(6)
    assert "1.1.2 table: the window is over" in stands.err
    assert database.value("select to_regclass('made') is null")
    refused = station.virada("do", "last", "execute", "table").expect(5)
    assert "The window is over" in refused.err and "--confirm TARGET --reason TEXT" in refused.err
    paid = ("--confirm", "here", "--reason", "the CAB moved it to now")
    done = station.do("execute", "table", *paid, "--keep-driving")
    assert done["status"] == "passed" and station.step("table")["confirmed"]["reason"] == "the CAB moved it to now"
    # Going on by itself it signs what the plan leaves to it, and nothing else on production.
    station.wait_for("step.signed")
    assert (station.step("agreed")["status"], station.step("seen")["status"]) == ("signed", "pending")
    station.do("close", "--reason", "tomorrow", "--confirm", "here")
