"""Consoles in real terminals: killed, hung up or closed, they take nothing with them and leave nothing behind."""

from __future__ import annotations

import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.station import VIRADA, Station
from tests.acceptance.terminal import Terminal, hangup, kill, vanish
from tests.postgres_server import Database, alive

PLAN = Path(__file__).parent / "plans" / "watched.yaml"
_ENDS: dict[str, Callable[[Terminal], None]] = {"kill": kill, "hangup": hangup, "vanish": vanish}


@pytest.fixture
def watched(station: Station, database: Database) -> str:
    """A run whose backup waits for a table and whose backfill stops half-way."""
    with database.connect() as connection:
        connection.execute("create table gate (closed boolean); insert into gate values (true)")
        connection.execute("create table things (id int primary key, name text)")
        connection.execute("insert into things select generate_series(1, 30)")
    backup = station.root / "backup"
    backup.mkdir()
    station.env["PATH"] = f"{database.server.binaries.bindir}:{station.env['PATH']}"
    return station.open(PLAN, WATCHED_DSN=database.dsn, WATCHED_BACKUP=str(backup))


@contextmanager
def _locked(database: Database) -> Iterator[psycopg.Connection]:
    """pg_dump waits as long as this lasts."""
    with database.connect() as connection:
        connection.execute("begin")
        connection.execute("lock table things in access exclusive mode")
        yield connection
        connection.execute("rollback")


def _virada(station: Station, *arguments: str, columns: int = 120, lines: int = 40) -> Terminal:
    return Terminal([str(VIRADA), *arguments], station.env, columns, lines)


@pytest.mark.parametrize("plain", [False, True], ids=["screen", "plain"])
def test_consoles_end_in_the_middle_and_the_engine_finishes_the_step(
    station: Station, database: Database, watched: str, plain: bool
) -> None:
    options = ("attach", watched, *(["--plain"] if plain else []))
    with ExitStack() as stack:
        consoles = {name: stack.enter_context(_virada(station, *options)) for name in _ENDS}
        for console in consoles.values():
            console.wait_text("scheduled" if plain else "Back everything up")
        engine = station.engine()
        assert engine is not None
        with _locked(database):
            station.do("execute", "backup", "--no-wait")
            station.wait_for(lambda e: e["type"] == "step.child")
            for console in consoles.values():
                console.wait_text("running" if not plain else "backup started")
            for name, console in consoles.items():
                _ENDS[name](console)
            for console in consoles.values():
                console.wait()
                assert console.gone(), "a process of the console is still there"
        passed = station.wait_for(lambda e: e["type"] == "step.passed")
        assert passed["data"]["step"] == "backup" and passed["data"]["evidence"]["sha256"]
        assert station.engine() == engine and alive(engine)

    station.do("execute", "backfill", "--no-wait")
    with ExitStack() as stack:
        consoles = {name: stack.enter_context(_virada(station, *options)) for name in _ENDS}
        # What has happened is what a new console shows: the backup is done, the backfill runs.
        for console in consoles.values():
            shown = console.wait_text("backfill" if plain else "Fill what is empty", "running")
            assert "passed" in shown
        for name, console in consoles.items():
            _ENDS[name](console)
        for console in consoles.values():
            console.wait()
            assert console.gone()
    with database.connect() as connection:
        connection.execute("delete from gate")
    station.wait_for(lambda e: e["type"] == "step.passed" and e["data"]["step"] == "backfill")
    assert station.engine() == engine
    assert database.value("select count(*) from things where name = 'filled'") == 30
    assert station.status()["helm"] is None, "the helm went with the last console"
    with _virada(station, *options) as console:
        console.wait_text("2 passed" if plain else "Everybody agrees")
        console.send("quit\n" if plain else "q")
        assert console.wait() == 0


@pytest.mark.parametrize("how", ["q", "SIGTERM", "SIGINT", "SIGHUP"])
def test_the_terminal_is_left_as_it_was(station: Station, watched: str, how: str) -> None:
    with _virada(station, "attach", watched, columns=80, lines=24) as console:
        before = termios.tcgetattr(console.descriptor)
        console.wait_text("OPERATOR", "Back everything up")
        assert termios.tcgetattr(console.descriptor)[3] != before[3], "it reads keys, not lines"
        if how == "q":
            console.send("q")
        else:
            console.signal(getattr(signal, how))
        code = console.wait()
        assert code == 0 if how == "q" else code != 0 or how in ("SIGINT",)
        assert termios.tcgetattr(console.descriptor) == before
        raw = bytes(console.raw)
        for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h")):
            assert on not in raw or raw.rindex(off) > raw.rindex(on)
        assert b"Traceback" not in raw
    assert station.engine() is not None


def test_bytes_that_are_no_utf_8_do_no_harm(station: Station, watched: str) -> None:
    with _virada(station, "attach", watched) as console:
        console.wait_text("OPERATOR", "Back everything up")
        console.send_bytes(b"\xff\xfe\x80j\x1b[999zk")
        console.send("?")
        console.wait_text("Commands to the engine")
        console.send("\x1b")
        console.wait_gone("Commands to the engine")
        console.send("q")
        assert console.wait() == 0


def test_the_demo_opens_in_its_console(station: Station) -> None:
    with _virada(station, "demo", "--autopilot", "--compress", "40") as console:
        console.wait_text("DEVELOPMENT", "OPERATOR", "demo", "live")
        station.wait_for("run.closed")
        console.wait_text("completed")
        console.send("q")
        assert console.wait() == 0
    assert station.status()["status"] == "completed"


def test_without_a_terminal_there_is_no_console(station: Station, watched: str) -> None:
    for arguments in (("attach", watched), ("watch", watched), ("replay", watched), ("demo",)):
        done = station.virada(*arguments).expect(2)
        assert "--plain" in done.err or arguments == ("demo",)
