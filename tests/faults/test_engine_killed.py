"""The engine killed with SIGKILL, at chosen points and at random: what was applied is known and never applied again."""

from __future__ import annotations

import os
import random
import shutil
import time

import pytest

from tests.acceptance.station import Station, await_condition
from tests.faults import counting
from tests.postgres_server import Database, alive

KILLS = counting.KILLS
_GO_ON = ("--headless", "--sign-off", "seen by the test")


def _crash(station: Station, point: str) -> None:
    """A run whose engine dies at `point`; returns when it is dead."""
    done = station.virada("run", str(counting.PLAN), *_GO_ON, env=counting.crashing(point))
    assert done.code == 4, f"the engine did not die at {point}: exit {done.code}\n{done.err}"
    assert "Go on with: virada" in done.err
    assert station.engine() is None
    assert station.status()["engine"]["alive"] is False


def _finish(station: Station) -> None:
    station.virada("continue", "last", *_GO_ON).expect(0)


# What the fate of the interrupted attempt must be: a COMMIT that the server got is applied, whatever we saw of it.
# A program that outlives the engine may get its work done before another engine ends it: "either" is right then.
POINTS = [
    ("step.started@single:1:before", None),
    ("step.started@single:1:after", ("single", "not_applied")),
    ("tx.begin@single:1:before", ("single", "not_applied")),
    ("tx.begin@single:1:torn", ("single", "not_applied")),
    ("tx.begin@single:1:after", ("single", "not_applied")),
    ("tx.commit_sent@single:1:after", ("single", "not_applied")),
    ("tx.committed@single:1:before", ("single", "applied")),
    ("tx.committed@single:1:after", ("single", "applied")),
    ("step.passed@single:1:before", ("single", "applied")),
    ("step.passed@single:1:after", None),
    ("COMMIT:2:flying", ("slow-commit", "applied")),
    ("COMMIT:4:after", ("each", "applied")),
    ("tx.committed@each:2:after", ("each", "not_applied")),
    ("tx.commit_sent@batch:3:after", ("batch", "not_applied")),
    ("tx.committed@batch:3:before", ("batch", "applied")),
    ("step.child@backup:1:after", ("backup", "not_applied")),
    ("tx.begin@index:2:after", ("index", "not_applied")),
    ("tx.committed@index:2:before", ("index", "applied")),
    ("tx.committed@index:3:before", ("index", "applied")),
    ("step.started@psql:1:after", ("psql", "not_applied")),
    ("step.child@psql:1:before", ("psql", "either")),
    ("step.child@psql:1:after", ("psql", "either")),
    ("step.passed@psql:1:before", ("psql", "applied")),
    ("step.child@program:1:after", ("program", "either")),
    ("step.passed@program:1:before", ("program", "applied")),
    ("step.signed@attested:1:before", None),
]
_ALWAYS = {
    "tx.begin@single:1:after", "COMMIT:2:flying", "tx.committed@single:1:before", "tx.commit_sent@batch:3:after",
    "tx.committed@index:2:before", "step.child@psql:1:after", "step.child@program:1:after", "step.child@backup:1:after",
    "tx.begin@single:1:torn", "COMMIT:4:after",
}  # fmt: skip


@pytest.mark.parametrize(
    ("point", "fate"),
    [pytest.param(point, fate, id=point) for point, fate in POINTS if counting.EVERY or point in _ALWAYS],
)
def test_killed_at_a_point(station: Station, database: Database, point: str, fate: tuple[str, str] | None) -> None:
    # Both protections take turns over the points, the other way round in the next run of all of them.
    counting.prepare(station, database, ledger=bool(POINTS.index((point, fate)) % 2))
    _crash(station, point)
    _finish(station)
    counting.assert_once(database)
    counting.assert_sound(station)
    found = [(step, word) for step, attempt, word in counting.fates(station.events()) if word != "still_running"]
    if fate is not None and fate[1] == "either":
        assert found in ([(fate[0], "applied")], [(fate[0], "not_applied")])
    else:
        assert found == ([] if fate is None else [fate])
    status = station.status()
    assert status["status"] == "completed"
    if ":torn" in point:
        recovered = station.wait_for("run.recovered")
        assert recovered["data"]["cut_bytes"] > 0


@pytest.mark.parametrize("ledger", [True, False], ids=["ledger", "xid"])
@pytest.mark.parametrize("point", ["tx.commit_sent@single:1:after", "tx.committed@single:1:before"])
def test_the_fate_is_what_the_database_says_when_it_is_decided(
    station: Station, database: Database, point: str, ledger: bool
) -> None:
    counting.prepare(station, database, ledger=ledger)
    _crash(station, point)
    await_condition(
        lambda: database.value("select count(*) from pg_stat_activity where application_name like 'virada%'") == 0,
        "the dead engine's backends end",
    )
    there = counting.executed(database)["single.1"]
    assert there == (0 if "commit_sent" in point else 1)
    # The engine is taken up by a command that executes nothing, so that the fate alone is what it records.
    station.env |= {"VIRADA_TEST_CRASH": "step.started:1:before", "PYTHONPATH": str(counting.CRASH)}
    station.virada("continue", "last", "--detach").expect()
    fate = station.wait_for("step.fate")["data"]
    assert fate["fate"] == ("applied" if there else "not_applied")
    assert fate["facts"]["ledger_used"] is ledger
    assert counting.executed(database)["single.1"] == there


def test_killed_between_a_fate_and_its_outcome(station: Station, database: Database) -> None:
    """They are written together, but a power cut may keep the first of two lines: the fate is then decided again."""
    counting.prepare(station, database, ledger=True)
    _crash(station, "tx.committed@single:1:before")
    done = station.virada("continue", "last", *_GO_ON, env=counting.crashing("step.passed@single:1:after"))
    assert done.code == 4, done.err
    journal = station.directory() / "journal.jsonl"
    data = journal.read_bytes()
    outcome = data.index(b'"type":"step.passed"')
    journal.write_bytes(data[: data.rindex(b"\n", 0, outcome) + 1])
    # A line that was never written is known to nobody.
    shutil.rmtree(station.env["XDG_STATE_HOME"])
    assert station.events()[-1]["type"] == "step.fate"
    _finish(station)
    counting.assert_once(database)
    counting.assert_sound(station)


def test_killed_at_random_moments(station: Station, database: Database) -> None:
    seed = int(os.environ.get("VIRADA_SEED", str(random.randrange(1 << 32))))
    print(f"VIRADA_SEED={seed}")
    chance = random.Random(seed)
    counting.prepare(station, database, ledger=bool(seed % 2))
    killed, runs = 0, 0
    while killed < KILLS:
        if runs:
            _again(database)
        runs += 1
        station.virada("run", str(counting.PLAN), *_GO_ON, "--detach").expect()
        while killed < KILLS and _killed_after(station, chance.uniform(0.0, 2.5)):
            killed += 1
            station.virada("continue", "last", *_GO_ON, "--detach").expect()
        station.wait_for("run.closed")
        assert station.status()["status"] == "completed", station.status()["undecided"]
        counting.assert_once(database)
        counting.assert_sound(station)


def _killed_after(station: Station, seconds: float) -> bool:
    """Kill the engine so long after now; False when the run was over by then."""
    engine = station.engine()
    moment = time.monotonic() + seconds
    while engine is not None and time.monotonic() < moment:
        if station.events()[-1]["type"] == "run.closed" or not alive(engine):
            return False
        time.sleep(0.005)
    if engine is None or station.events()[-1]["type"] == "run.closed":
        return False
    station.kill_engine()
    return bool(station.events()[-1]["type"] != "run.closed")


def _again(database: Database) -> None:
    """The database as before the first run."""
    with database.connect() as connection:
        connection.execute("truncate log; truncate slow; drop table made_by_single; drop index work_note")
        connection.execute(f"update work set done = false where id <= {counting.ROWS}".encode())
