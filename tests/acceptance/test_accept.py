"""A failover in the middle of a run, with the installed command: held with 6, accepted, and on to its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.station import Station
from tests.engine.clusters import Address, address
from tests.engine.postgres.pgserver import Server
from tests.postgres_server import binaries_of

_PLAN = """
virada: 1
name: Two tables
targets: {here: {environment: production, dsn: "${THE_DSN}", server_log: none}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {id: one, title: One, sql: "create table one (n int)"}
          - {id: two, title: Two, sql: "create table two (n int)"}
"""
_THERE = "select count(*) from pg_class where relname in ('one', 'two')"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Address]:
    fresh = Server(binaries_of().bindir)
    try:
        with address(binaries_of().bindir, fresh.data) as made:
            yield made
    finally:
        fresh.remove()


def test_a_failover_is_held_accepted_and_gone_on_with(station: Station, place: Address) -> None:
    standby = place.standby()
    plan = station.root / "plan.yaml"
    plan.write_text(_PLAN)
    station.env["THE_DSN"] = place.dsn
    station.virada("run", str(plan), "--detach", "--reason", "a test").expect()
    station.do("execute", "one")
    place.promote(standby)
    done = station.virada("do", "last", "execute", "two", "--json")
    # An engine that has looked meanwhile refuses it; else the step is what meets the other timeline.
    if done.code == 5:
        assert done.json["refused"]["facts"]["held"] == "other_timeline"
    else:
        answer = done.expect(6).json
        assert (answer["status"], answer["waiting"]) == ("cancelled", "held")
    status = station.status()
    assert (status["status"], status["held"]) == ("held", "other_timeline")
    facts = status["held_facts"]
    assert (facts["expected"]["timeline"], facts["found"]["timeline"], facts["evidence"]) == (1, 2, "xid_committed")
    told = " ".join(station.virada("status", "last").expect().out.split())
    assert "timeline 2, not 1" in told and "accept --confirm here --reason TEXT" in told
    assert station.do("execute", "two", code=5)["refused"]["code"] == "other-target"
    assert station.do("accept", "--confirm", "there", "--reason", "x", code=5)["refused"]["code"] == "confirm"
    station.virada("do", "last", "accept", "--confirm", "here").expect(2)
    assert place.value(_THERE) == 1
    station.do("accept", "--confirm", "here", "--reason", "failover to db2")
    # What was accepted is the run's target for the next engine, too.
    station.kill_engine()
    assert station.virada("continue", "last", "--headless").expect(0)
    assert place.value(_THERE) == 2
    assert station.status()["identity"]["timeline"] == 2
    station.virada("verify", "last").expect()


def test_an_old_copy_is_held_headless_and_nothing_is_done_there(station: Station, place: Address) -> None:
    copied = place.copy()
    plan = station.root / "plan.yaml"
    plan.write_text(_PLAN)
    station.env["THE_DSN"] = place.dsn
    station.virada("run", str(plan), "--detach").expect()
    station.do("execute", "one")
    station.kill_engine()
    place.start(copied)
    station.virada("continue", "last", "--headless").expect(6)
    status = station.status()
    assert (status["status"], status["held"]) == ("held", "evidence_lost")
    assert place.value(_THERE) == 0
    assert station.do("accept", "--confirm", "here", "--reason", "x", code=5)["refused"]["code"] == "not-acceptable"
    place.start()
    station.do("resume")
    # It drives as it did before it was held.
    station.await_status("completed")
    assert place.value(_THERE) == 2
