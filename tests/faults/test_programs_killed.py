"""Programs, their keepers, their backends and their engine struck at random moments: nothing ran twice, nothing that is
said of it is wrong, and what nobody can know is left to a person, who looks."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.acceptance.station import Event, Station, await_condition
from tests.faults import counting
from tests.postgres_server import Database

PLAN = Path(__file__).parent / "plans" / "programs.yaml"
PARTS = {
    "script": {"script.1", "script.2"}, "slow": {"slow.1"}, "several": {"several.1", "several.2"},
    "unproved": {"unproved.1", "unproved.2"}, "program": {"program"}, "bare": {"bare"},
}  # fmt: skip
"""What each step leaves in the log: all of it, or nothing."""
WITNESSED = {"script", "slow"}
"""Steps of one transaction whose fate is always known: they have a witness."""
AT_ONCE = 8
"""Strikes in one run at most."""


def _child(station: Station) -> psutil.Process | None:
    """The keeper of the program that was started last, if it lives."""
    children = [e["data"]["child"] for e in station.events() if e["type"] == "step.child"]
    try:
        return psutil.Process(children[-1]["pid"]) if children else None
    except psutil.NoSuchProcess:
        return None


def _engine(station: Station, database: Database, chance: random.Random) -> None:
    if station.engine() is not None:
        station.kill_engine()
        # It may have closed the run just before.
        if station.events()[-1]["type"] != "run.closed":
            station.virada("continue", "last", "--headless", "--detach").expect()


def _keeper(station: Station, database: Database, chance: random.Random) -> None:
    keeper = _child(station)
    if keeper is not None:
        keeper.kill()


def _program(station: Station, database: Database, chance: random.Random) -> None:
    keeper = _child(station)
    for process in [] if keeper is None else keeper.children(recursive=True):
        process.kill()


def _backend(station: Station, database: Database, chance: random.Random) -> None:
    """Any session of the run's, on the server's side."""
    with database.connect() as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where application_name like 'virada%' and datname = current_database()"
        ).fetchall()
        if rows:
            connection.execute("select pg_terminate_backend(%s)", chance.choice(sorted(rows)))


STRIKES: list[Callable[[Station, Database, random.Random], None]] = [_engine, _keeper, _program, _backend]


def _there(database: Database, step: str) -> bool:
    """Whether the step's work is in the database; it is there once, or not at all."""
    found = {part: n for part, n in counting.executed(database).items() if part in PARTS[step]}
    assert set(found.values()) <= {1}, f"{found} ran more than once"
    assert not found or set(found) == PARTS[step], f"half of {step} is there: {found}"
    return bool(found)


def _settle(station: Station, database: Database) -> bool:
    """Where the run has stopped at a step: what is said of it is held against the database, and it goes on."""
    status = station.status()
    stopped: list[Any] = [s for s in status["steps"] if s["status"] in ("failed", "undecided", "cancelled")]
    if not stopped or any(s["status"] == "running" for s in status["steps"]):
        return False
    (at,) = stopped
    step = at["id"]
    if at["status"] == "cancelled":
        return False
    said = _last(station, step)
    # What nobody can know is looked at when nothing works any more.
    await_condition(lambda: not _busy(database), "its sessions end")
    there = _there(database, step)
    if said["type"] == "step.fate":
        assert step not in WITNESSED, f"the fate of {step} is known: {said['data']}"
    else:
        effect = said["data"]["effect"]
        assert effect != ("none" if there else "all"), f"{step} is {'there' if there else 'not there'}: {said['data']}"
        assert effect != "unknown" or step not in WITNESSED, said["data"]
    if there:
        station.virada("do", "last", "by-hand", step, "--note", "it is there", "--no-wait", "--keep-driving").expect()
    else:
        station.virada(
            "do", "last", "retry", step, "--reason", "it is not there", "--no-wait", "--keep-driving"
        ).expect()
    return True


def _last(station: Station, step: str) -> Event:
    """The outcome of the step's latest attempt, or its undecided fate."""
    kinds = {"step.failed", "step.fate"}
    return [e for e in station.events() if e["type"] in kinds and e["data"]["step"] == step][-1]


def _busy(database: Database) -> bool:
    found = database.value("select count(*) from pg_stat_activity where wait_event = 'PgSleep' and state = 'active'")
    return bool(found)


def _closed(station: Station) -> bool:
    return bool(station.events()[-1]["type"] == "run.closed")


def test_programs_struck_at_random_moments(station: Station, database: Database) -> None:
    seed = int(os.environ.get("VIRADA_SEED", str(random.randrange(1 << 32))))
    print(f"VIRADA_SEED={seed}")
    chance = random.Random(seed)
    counting.prepare(station, database, ledger=bool(seed % 2))
    struck, rounds = Counter[str](), 0
    while struck.total() < counting.KILLS:
        if rounds:
            with database.connect() as connection:
                connection.execute("truncate log; truncate slow")
        rounds += 1
        station.virada("run", str(PLAN), "--headless", "--detach").expect()
        station.wait_for("step.child")
        left = min(AT_ONCE, counting.KILLS - struck.total())
        deadline = time.monotonic() + 120
        while not _closed(station):
            assert time.monotonic() < deadline, station.status()
            if left and not _settle(station, database):
                time.sleep(chance.uniform(0.0, 0.4))
                strike = chance.choice(STRIKES)
                if not _closed(station):
                    strike(station, database, chance)
                    struck[strike.__name__] += 1
                    left -= 1
            elif not left:
                _settle(station, database)
                time.sleep(0.02)
        assert station.status()["status"] == "completed", station.status()["undecided"]
        found = counting.executed(database)
        assert {part: n for part, n in found.items() if n != 1} == {}, "ran more than once"
        assert set(found) == set().union(*PARTS.values())
        counting.assert_sound(station)
    print(f"{rounds} runs: {dict(struck)}")
