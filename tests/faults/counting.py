"""The plan that counts what is executed: its database, and the judgement over a run of it that was interrupted."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from tests.acceptance.station import Event, Station
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "counting.yaml"
CRASH = Path(__file__).parent / "crash"
KILLS = int(os.environ.get("VIRADA_KILLS", "3"))
"""At how many random moments the engine is killed."""
EVERY = KILLS >= 50
"""Whether every chosen point is tried, or those that tell most."""
ROWS = 60
OUTCOMES = {
    "step.passed", "step.failed", "step.skipped", "step.signed", "step.by_hand", "step.cancelled",
}  # fmt: skip
EXPECTED = {
    *(f"single.{n}" for n in (1, 2, 3)), "slow-commit", *(f"each.{n}" for n in (1, 2, 3, 4)),
    *(f"batch.{n}" for n in range(1, ROWS + 1)), "index.before", "index.after", "psql.1", "psql.2", "program",
}  # fmt: skip
_SCHEMA = f"""
create table log (step text not null, at timestamptz not null default clock_timestamp());
create table slow (step text not null);
create function wait_at_commit() returns trigger language plpgsql as $$
begin perform pg_sleep(0.4); insert into log (step) values (new.step); return null; end $$;
create constraint trigger at_commit after insert on slow deferrable initially deferred
    for each row execute function wait_at_commit();
create table work (id int primary key, done boolean not null default false, note text);
insert into work select n, false, repeat('x', 200) || n from generate_series(1, {ROWS}) n;
-- Enough for an index build to take a while.
insert into work select n, true, md5(n::text) from generate_series(1000, 60000) n;
"""


def prepare(station: Station, database: Database, *, ledger: bool) -> None:
    """The plan's tables, its variables in the station's environment, and the ledger through the command for it."""
    with database.connect() as connection:
        connection.execute(_SCHEMA.encode())
    backup = station.root / "backup"
    backup.mkdir()
    path = f"{database.server.binaries.bindir}:{station.env['PATH']}"
    station.env |= {"COUNTING_DSN": database.dsn, "COUNTING_BACKUP": str(backup), "PATH": path}
    if ledger:
        station.virada("check", str(PLAN), "--on", "here", "--create-ledger").expect()
        assert database.value("select to_regclass('virada.ledger') is not null")


def crashing(point: str) -> dict[str, str]:
    """Variables under which an engine dies at this point (see crash/sitecustomize.py)."""
    return {"VIRADA_TEST_CRASH": point, "PYTHONPATH": str(CRASH)}


def executed(database: Database) -> Counter[str]:
    """How often each statement was executed, and stayed."""
    with database.connect() as connection:
        rows = connection.execute("select step, count(*) from log group by step").fetchall()
    return Counter({str(step): int(count) for step, count in rows})


def assert_once(database: Database) -> None:
    """Nothing ran twice, nothing was skipped."""
    found = executed(database)
    assert {step: n for step, n in found.items() if n != 1} == {}, "ran more than once"
    assert set(found) == EXPECTED
    assert database.value("select count(*) from pg_index where not indisvalid") == 0
    assert database.value("select count(*) from pg_index where indexrelid = to_regclass('work_note')") == 1


def assert_sound(station: Station, run: str = "last") -> None:
    """The journal: whole, one outcome for each attempt, exactly one after each fate, no fate after an outcome."""
    station.virada("verify", run).expect()
    open_attempts: dict[tuple[str, int], bool] = {}
    undecided: set[tuple[str, int]] = set()
    last_attempt: Counter[str] = Counter()
    for event in station.events(run):
        data = event["data"]
        key = (data.get("step", ""), data.get("attempt", 0))
        if event["type"] == "step.started":
            assert key not in open_attempts, f"{key} began twice"
            assert data["attempt"] == last_attempt[data["step"]] + 1
            last_attempt[data["step"]] = data["attempt"]
            open_attempts[key] = True
        elif event["type"] in OUTCOMES:
            assert open_attempts.get(key, event["type"] != "step.passed"), f"a second outcome of {key}"
            open_attempts[key] = False
        elif event["type"] == "step.fate":
            assert open_attempts.get(key), f"a fate of {key}, which has its outcome"
            undecided |= {key} if data["fate"] == "undecided" else set()
    # What a person says of one whose fate is undecided may begin another one.
    assert not [key for key, is_open in open_attempts.items() if is_open and key not in undecided]


def fates(events: list[Event]) -> list[tuple[str, int, str]]:
    """Step, attempt and fate, as they were decided."""
    return [(e["data"]["step"], e["data"]["attempt"], e["data"]["fate"]) for e in events if e["type"] == "step.fate"]
