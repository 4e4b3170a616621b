"""The demo that is rolled back, as the README promises it; its server, which lives as long as its run is open. The one
that completes is looked at in `test_contract_journal.py`."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import psycopg

from tests import postgres_server
from tests.acceptance.shape import assert_status
from tests.acceptance.station import Station, await_condition
from tui.demo import watchdog
from tui.demo.server import DATABASE, Server
from tui.postgres.connect import open_session
from tui.postgres.fingerprint import fingerprint
from tui.steps.difference import Fingerprint, compared


def _fingerprint(server: Server) -> Fingerprint:
    async def taken() -> Fingerprint:
        session = await open_session(server.dsn(DATABASE), purpose="monitor", run="test")
        try:
            return await fingerprint(session)
        finally:
            await session.close()

    return asyncio.run(taken())


def _paused(server: Server) -> Any:
    with psycopg.connect(server.dsn(DATABASE)) as connection:
        return connection.execute("select load_paused from app.maintenance").fetchone()


def test_fail_is_rolled_back_and_the_database_is_as_before(station: Station) -> None:
    station.env["VIRADA_DEMO_LOAD"] = "off"
    demo = station.start("demo", "--autopilot", "--headless", "--fail", "--compress", "20")
    station.wait_for("run.opened")
    engine = station.engine()
    assert engine is not None
    engine.send_signal(signal.SIGSTOP)
    before = _fingerprint(station.demo_server())
    assert not [e for e in station.events() if e["type"] == "tx.begin"], "too late to see what was before"
    engine.send_signal(signal.SIGCONT)
    out, err = demo.communicate(timeout=90)
    assert demo.returncode == 3, err
    assert "Traceback" not in out + err
    status = station.status()
    assert_status(status)
    assert status["status"] == "rolled_back"
    fired = [e["data"] for e in station.events() if e["type"] == "trigger.fired"]
    assert [f["step"] for f in fired] == ["verify-regions"]
    assert {s["status"] for s in status["steps"] if s["id"] in status["rollback"]["undo"]} == {"undone"}
    station.virada("verify", "last").expect(0)
    server = station.demo_server()
    await_condition(lambda: not server.running(), "the server ends with its run")
    server.start()
    after = _fingerprint(server)
    assert before["families"] and len(before["tables"]) >= 5
    changed = compared(before, after, content=True).differences
    # When the load was let go on again is noted in this table: a fact of the run, not of the change.
    assert [c for c in changed if c.object != "app.maintenance"] == []
    assert _paused(server) == (False,)


def test_its_server_lives_as_long_as_its_run_is_open(station: Station) -> None:
    done = station.virada("demo", "--headless", "--compress", "20").expect(6)
    assert "staging" in done.err, "the step that waits for a person is named"
    server = station.demo_server()
    assert server.running() and station.status()["waiting"] == {"reason": "person", "step": "staging"}

    postgres_server.kill_server(server)
    assert station.do("sign", "staging", "--note", "seen")["status"] == "signed"
    assert server.running(), "do starts it again"

    engine = station.engine()
    if engine is not None:
        station.kill_engine()
    for process in list(station.processes()):
        if "tui.demo.watchdog" in process.cmdline():
            process.kill()
    await_condition(lambda: not watchdog.running(server.directory), "the watchdog is gone")
    postgres_server.kill_server(server)
    station.virada("continue", "last", "--headless").expect(6)
    assert server.running() and watchdog.running(server.directory), "continue starts both again"

    station.kill_engine()
    postgres_server.kill_server(server)
    station.virada("attach", "last", "--plain", stdin="").expect(0)
    assert server.running(), "attach starts it again"

    here = postgres_server.processes(server)
    assert here
    (server.directory / "server.json").unlink()
    await_condition(lambda: not any(postgres_server.alive(p) for p in here), "it ends with its directory")
    assert Path(station.directory()).is_dir()
    done = station.virada("continue", "last", "--headless")
    assert done.code in (1, 5) and "demo" in done.err and "Traceback" not in done.err
