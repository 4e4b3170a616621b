"""Engines and sessions killed while they carry out scripts of several transactions and concurrent commands: nothing is
executed twice, nothing is left out, and nothing half done stays."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.station import Station, await_condition
from tests.faults import counting
from tests.postgres_server import Database

PLANS = Path(__file__).parent / "plans"
FILES = ("own.sql", "indexes.sql", "rebuilt.sql")
_GO_ON = ("--headless", "--sign-off", "seen by the test")
EXPECTED = {
    *(f"own.{n}" for n in range(1, 10)), *(f"indexes.{n}" for n in range(1, 4)), *(f"rebuilt.{n}" for n in range(1, 4)),
}  # fmt: skip
AS_COUNTER = {"own.6", "own.7", "own.8"}
_SCHEMA = """
create schema app;
do $$ begin create role counter; exception when duplicate_object then null; end $$;
create table app.log (step text not null, who text not null default current_user);
create table app.slow (step text not null);
create table app.work (id int, note text);
insert into app.work select n, md5(n::text) from generate_series(1, 20000) n;
grant all on schema app to counter;
grant all on all tables in schema app to counter;
create function app.wait_at_commit() returns trigger language plpgsql as $$
begin perform pg_sleep(0.15); insert into app.log (step) values (new.step); return null; end $$;
create constraint trigger at_commit after insert on app.slow deferrable initially deferred
    for each row execute function app.wait_at_commit();
-- Of the same names, where a session without its search path would find them.
create table public.log (step text not null, who text);
create table public.work (id int, note text);
"""


def prepare(station: Station, database: Database, *, ledger: bool) -> Path:
    """The plan in a directory of its own, with a gid of its own; its tables, and the ledger through the command."""
    with database.connect() as connection:
        connection.execute(_SCHEMA.encode())
    directory = station.root / "plan"
    directory.mkdir()
    plan = directory / "plan.yaml"
    shutil.copy(PLANS / "scripts.yaml", plan)
    for name in FILES:
        text = (PLANS / name).read_text()
        (directory / name).write_text(text.replace("'GID'", f"'counted in {database.name}'"))
    station.env |= {"COUNTING_DSN": database.dsn}
    if ledger:
        station.virada("check", str(plan), "--on", "here", "--create-ledger").expect()
        assert database.value("select to_regclass('virada.ledger') is not null")
    return plan


@contextmanager
def written_to(database: Database) -> Iterator[None]:
    """An application that writes to the table that is indexed, in transactions of some length, one after the other."""
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(database.dsn, autocommit=True) as session:
            while not stop.is_set():
                session.execute("begin")
                session.execute("insert into app.work values (0, 'new')")
                stop.wait(0.15)
                session.execute("rollback")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def assert_once(database: Database) -> None:
    """Nothing ran twice, nothing was skipped, everything where its script's session said and as whom it said."""
    with database.connect() as connection:
        rows = connection.execute("select step, count(*) from app.log group by step").fetchall()
        who = connection.execute("select step from app.log where who = 'counter'").fetchall()
    found = {str(step): int(count) for step, count in rows}
    assert {step: n for step, n in found.items() if n != 1} == {}, "ran more than once"
    assert set(found) == EXPECTED
    assert {step for (step,) in who} == AS_COUNTER
    assert database.value("select count(*) from public.log") == 0
    assert database.value("select count(*) from pg_prepared_xacts where database = current_database()") == 0
    assert database.value("select count(*) from pg_index where not indisvalid") == 0
    names = database.value("select string_agg(indexrelid::regclass::text, ' ') from pg_index i"
                           " join pg_class c on c.oid = i.indexrelid where c.relname like 'work%'")  # fmt: skip
    assert names == "app.work_note"


def _again(database: Database) -> None:
    """The database as before the first run."""
    with database.connect() as connection:
        connection.execute("truncate app.log; truncate app.slow; drop index app.work_note")


POINTS = [
    "tx.begin@own:1:after", "tx.commit_sent@own:1:after", "tx.committed@own:1:before", "tx.committed@own:1:after",
    "tx.committed@own:2:before", "tx.begin@own:3:before", "tx.committed@own:3:before", "tx.committed@own:4:before",
    "tx.commit_sent@own:5:after", "tx.committed@own:5:before", "tx.commit_sent@own:6:after",
    "tx.committed@own:6:before", "tx.begin@own:7:after", "tx.committed@own:7:before", "tx.committed@own:8:before",
    "COMMIT:1:after", "COMMIT:3:after", "COMMIT:4:after", "COMMIT:5:flying",
    "tx.begin@indexes:2:before", "tx.begin@indexes:2:after", "tx.committed@indexes:2:before",
    "tx.begin@indexes:4:after", "tx.committed@indexes:4:before", "tx.begin@indexes:5:after",
    "tx.begin@rebuilt:2:after", "tx.committed@rebuilt:2:before", "tx.begin@rebuilt:4:after",
    "tx.committed@rebuilt:4:before", "step.passed@rebuilt:1:before",
]  # fmt: skip
_ALWAYS = {
    "tx.committed@own:1:before", "COMMIT:5:flying", "tx.begin@indexes:4:after", "tx.begin@rebuilt:2:after",
}  # fmt: skip


@pytest.mark.parametrize("point", [point for point in POINTS if counting.EVERY or point in _ALWAYS])
def test_killed_at_a_point(station: Station, database: Database, point: str) -> None:
    plan = prepare(station, database, ledger=bool(POINTS.index(point) % 2))
    with written_to(database):
        done = station.virada("run", str(plan), *_GO_ON, env=counting.crashing(point))
        assert done.code == 4, f"the engine did not die at {point}: exit {done.code}\n{done.err}"
        station.virada("continue", "last", *_GO_ON).expect(0)
    assert_once(database)
    counting.assert_sound(station)


def test_killed_at_random_moments(station: Station, database: Database) -> None:
    seed = int(os.environ.get("VIRADA_SEED", str(random.randrange(1 << 32))))
    print(f"VIRADA_SEED={seed}")
    chance = random.Random(seed)
    plan = prepare(station, database, ledger=bool(seed % 2))
    struck, rounds = Counter[str](), 0
    while struck.total() < counting.KILLS:
        if rounds:
            _again(database)
        rounds += 1
        with written_to(database):
            station.virada("run", str(plan), *_GO_ON, "--detach").expect()
            while struck.total() < counting.KILLS and _later(station, chance.uniform(0.0, 1.6)):
                struck[_strike(station, database, chance)] += 1
                _asked(station)
            await_condition(lambda: not _asked(station) and _closed(station), "the run is closed", 120)
        assert station.status()["status"] == "completed", station.status()["undecided"]
        assert_once(database)
        counting.assert_sound(station)
    print(f"{rounds} runs: {dict(struck)}")


def _closed(station: Station) -> bool:
    return bool(station.events()[-1]["type"] == "run.closed")


def _asked(station: Station) -> bool:
    """Whether a step whose session was ended asked a person, who has it begun again."""
    ends = [e for e in station.events() if e["type"] in ("step.failed", "step.started", "run.closed")]
    if not ends or ends[-1]["type"] != "step.failed":
        return False
    assert ends[-1]["data"]["reason"] == "terminated", ends[-1]["data"]
    station.do("retry", ends[-1]["data"]["step"], "--reason", "it was this test", "--no-wait", "--keep-driving")
    return True


def _later(station: Station, seconds: float) -> bool:
    """So long after now; False when the run is over by then."""
    moment = time.monotonic() + seconds
    while time.monotonic() < moment:
        if station.events()[-1]["type"] == "run.closed":
            return False
        time.sleep(0.01)
    return bool(station.events()[-1]["type"] != "run.closed")


def _strike(station: Station, database: Database, chance: random.Random) -> str:
    """Kill the engine and have another one go on, or end a session of the run's on the server."""
    if chance.random() < 0.7:
        if station.engine() is None:
            return "none"
        station.kill_engine()
        if station.events()[-1]["type"] != "run.closed":
            station.virada("continue", "last", *_GO_ON, "--detach").expect()
        return "engine"
    with database.connect() as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where application_name like 'virada%' and datname = current_database()"
            " and application_name not like '%monitor' and application_name not like '%control'"
        ).fetchall()
        if not rows:
            return "none"
        connection.execute("select pg_terminate_backend(%s)", chance.choice(sorted(rows)))
    return "session"
