"""The engine killed with SIGKILL while a database is closed, restored, renamed and opened again: one database bears the
name, it is the right one, and everybody may do with it what they might before."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.station import Station, await_condition
from tests.faults import counting
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "restoring.yaml"
_HEADLESS = ("--headless", "--sign-off", "seen by the test")
_WAITS, _UNDECIDED = 6, 4
_STATE = """select d.datconnlimit || coalesce(shobj_description(d.oid, 'pg_database'), '')
|| coalesce((select string_agg(a::text, ',' order by a::text) from unnest(d.datacl) a), '')
|| coalesce((select string_agg(s.setconfig::text, ',') from pg_db_role_setting s where s.setdatabase = d.oid), '')
from pg_database d where d.datname = current_database()"""
CLOSING = (
    "quiesce.begun:1:before", "quiesce.begun:1:after", "step.passed@close:1:before", "step.passed@close:1:after",
)  # fmt: skip
RESTORING = (
    "step.started@restore:1:after", "step.child@restore:1:after", "swap.begun@restore:1:before",
    "swap.begun@restore:1:after", "COMMIT:1:flying", "COMMIT:1:after", "swap.done@restore:1:before",
    "swap.done@restore:1:torn", "swap.done@restore:1:after", "step.passed@restore:1:before",
    "step.passed@restore:1:after", "quiesce.released:1:before", "quiesce.released:1:after", "step.passed@open:1:before",
)  # fmt: skip
_ALWAYS = {"quiesce.begun:1:after", "swap.begun@restore:1:after", "COMMIT:1:after", "quiesce.released:1:before"}


@pytest.fixture
def closed_off(station: Station, database: Database) -> Iterator[Database]:
    """A database with what belongs to one, and a role that may connect; the plan's variables."""
    name, role = database.name, f"shop_{database.name}_{os.getpid()}"
    with database.connect() as session:
        for text in (
            f"create role {role} login", "create table kept as select generate_series(1, 5) as id",
            f"alter database {name} set app.tenant = 'seven'", f"comment on database {name} is 'the shop''s'",
            f"alter database {name} connection limit 70", f"revoke connect on database {name} from public",
            f"grant connect on database {name} to {role} with grant option",
        ):  # fmt: skip
            session.execute(text.encode())
    path = f"{database.server.binaries.bindir}:{station.env['PATH']}"
    station.env |= {"RESTORING_DSN": database.dsn, "RESTORING_BACKUP": str(station.root / "backup"), "PATH": path}
    try:
        yield database
    finally:
        station.close()
        with psycopg.connect(database.server.dsn(), autocommit=True) as session:
            found = session.execute("select datname from pg_database where datname like %s", (f"{name}%",)).fetchall()
            for (each,) in found:
                session.execute(f'drop database "{each}" with (force)'.encode())
            session.execute(f"create database {name}".encode())
            session.execute(f"drop role {role}".encode())


def _go_on(station: Station) -> None:
    """Until the run is completed: a restore is executed by a person, as often as it takes."""
    for _attempt in range(4):
        done = station.virada("continue", "last", *_HEADLESS)
        if done.code == 0:
            return
        assert done.code == _WAITS, done.err
        station.virada("do", "last", "execute", "restore", "--confirm", "here").expect()
    raise AssertionError("it does not come to its end")


def _until_restore(station: Station) -> None:
    """It stands there; whoever goes on starts an engine of their own."""
    station.virada("run", str(PLAN), *_HEADLESS).expect(_WAITS)
    _ended(station)


def _ended(station: Station) -> None:
    if station.engine() is not None:
        station.kill_engine()
    await_condition(lambda: station.engine() is None, "the engine has ended")


def _sound(station: Station, database: Database, before: object) -> None:
    counting.assert_sound(station)
    assert database.value("select array_agg(id order by id) from kept") == [1, 2, 3, 4, 5]
    assert database.value("select to_regclass('more')") is None
    assert database.value(_STATE) == before
    state = station.status()
    assert state["status"] == "completed" and state["quiesced"] == []
    oid = database.value("select oid::int from pg_database where datname = current_database()")
    assert state["identity"]["database_oid"] == oid


@pytest.mark.parametrize("point", [p for p in CLOSING if counting.EVERY or p in _ALWAYS])
def test_killed_while_it_is_closed(station: Station, closed_off: Database, point: str) -> None:
    before = closed_off.value(_STATE)
    done = station.virada("run", str(PLAN), *_HEADLESS, env=counting.crashing(point))
    # Behind its outcome the run stands where a person is wanted, with or without an engine.
    assert done.code in (_UNDECIDED, _WAITS), done.err
    await_condition(lambda: station.engine() is None, "it died there")
    _go_on(station)
    _sound(station, closed_off, before)


@pytest.mark.parametrize("point", [p for p in RESTORING if counting.EVERY or p in _ALWAYS])
def test_killed_while_it_is_restored(station: Station, closed_off: Database, point: str) -> None:
    before = closed_off.value(_STATE)
    _until_restore(station)
    command = ("do", "last", "execute", "restore", "--confirm", "here")
    if "quiesce" in point or "open" in point:
        station.virada(*command).expect()
        _ended(station)
        station.virada("continue", "last", *_HEADLESS, env=counting.crashing(point))
    else:
        station.virada(*command, env=counting.crashing(point))
    assert station.engine() is None, "it died there"
    _go_on(station)
    _sound(station, closed_off, before)


@pytest.mark.parametrize("seed", range(counting.KILLS if counting.EVERY else 1))
def test_killed_at_a_random_moment(station: Station, closed_off: Database, seed: int) -> None:
    before, chance = closed_off.value(_STATE), random.Random(seed)
    _until_restore(station)
    running = station.start("do", "last", "execute", "restore", "--confirm", "here")
    station.wait_for(lambda event: event["type"] == "step.started" and event["data"]["step"] == "restore")
    try:
        running.wait(chance.uniform(0.0, 1.5))
    except Exception:
        station.kill_engine()
    running.communicate()
    _go_on(station)
    _sound(station, closed_off, before)
