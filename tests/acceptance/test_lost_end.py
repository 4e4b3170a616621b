"""A closed run whose journal was cut at a line's end is not open again: whoever asks, by whatever command."""

from __future__ import annotations

import shutil

from tests.acceptance.station import Station, await_condition
from tests.postgres_server import Database

PLAN = """
virada: 1
name: two words
targets: {dev: {environment: development, dsn: "${LOST_DSN}", server_log: none}}
phases:
  - title: All
    sections:
      - title: All
        steps:
          - {id: one, title: One, sql: {text: "create table t (n integer)"}, undo: {sql: "drop table t"}}
          - {id: two, title: Two, sign: {}}
"""


def test_a_closed_run_cut_at_a_line_s_end_is_refused_by_every_command(station: Station, database: Database) -> None:
    plan = station.root / "plan.yaml"
    plan.write_text(PLAN)
    station.env["LOST_DSN"] = database.dsn
    station.virada("run", str(plan), "--headless", "--sign-off", "agreed").expect(0)
    run, journal = station.directory().name, station.directory() / "journal.jsonl"
    await_condition(lambda: station.engine() is None, "its engine has ended")
    whole = journal.read_bytes().splitlines(keepends=True)
    types = [event["type"] for event in station.events()]
    assert "run.closed" in types
    started = types.index("step.started")
    journal.write_bytes(b"".join(whole[:started]))
    for arguments in (("continue", run, "--headless", "--sign-off", "again"), ("do", run, "execute", "one")):
        told = station.virada(*arguments).expect(5)
        assert "has lost its end" in told.err and "Put the whole journal back" in told.err
    assert journal.read_bytes() == b"".join(whole[:started]), "nothing was written"
    # Where nobody knows better, that is what is said, and the run goes on.
    shutil.rmtree(station.env["XDG_STATE_HOME"])
    journal.write_bytes(b"".join(whole[: types.index("run.closed")]))
    told = station.virada("continue", run, "--headless").expect(0)
    assert "cannot be known here" in told.err
