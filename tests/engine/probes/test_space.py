"""Free space and free connections: asked where they are, or not known."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.probes.parts import Exporter, Sshd
from tests.engine.rig import Event, Rig
from tests.postgres_server import Database, create_database, drop_database
from tui.demo.server import Server
from tui.engine.drivers import space
from tui.journal.codes import Fact, FailReason
from tui.words.said import told

pytestmark = pytest.mark.postgres
HERE = os.uname().nodename
PLAN = """
virada: 1
name: space
targets: {{dev: {{environment: development, dsn: "${{RIG_DSN}}", server_log: none, host: {host}}}}}
phases:
  - title: Change
    sections:
      - title: Change
        steps: [{{id: a, title: A, {step}}}]
"""


async def done(path: Path, database: Database | str, step: str, host: str = "[]", programs: str = "") -> Event:
    path_variable = programs or os.environ["PATH"]
    async with Rig(path, database, PLAN.format(step=step, host=host), PATH=path_variable) as rig:
        return await rig.execute("a")


@pytest.mark.unsaid(Fact.DISK)
@pytest.mark.parametrize("need", ["1kB", "1000TB"])
@awaited
async def test_the_plans_sources_are_asked_in_their_order(
    empty_database: Database, exporter: Exporter, sshd: Sshd, tmp_path: Path, need: str
) -> None:
    host = f'[{{node_exporter: "{exporter.url}"}}, {{sql: true}}, {{ssh: "{sshd.host}"}}]'
    step, programs = f'check: {{disk_free: "{need}"}}', sshd.environment["PATH"]
    first = await done(tmp_path / "1", empty_database, step, host, programs)
    exporter.kill()
    then = await done(tmp_path / "2", empty_database, step, host, programs)
    sshd.kill()
    last = await done(tmp_path / "3", empty_database, step, host, programs)
    holds = need == "1kB"
    for event, kind in ((first, "node_exporter"), (then, "ssh")):
        disk = event["data"]["evidence"]["disk"]
        assert (event["type"], disk["source"]) == ("step.passed" if holds else "step.failed", f"{HERE} ({kind})"), event
        assert disk["place"] == str(empty_database.server.data) and disk["free_bytes"] > 0
    assert [one["source"] for one in then["data"]["evidence"]["disk"]["tried"]] == ["node_exporter", "sql"]
    assert last["data"]["reason"] == FailReason.NOT_ANSWERED
    assert "free_bytes" not in last["data"]["evidence"]["disk"] and "over ssh" in told(
        last["data"]["evidence"]["disk"]["error"]
    )


@pytest.mark.parametrize("seen", [True, False])
@awaited
async def test_a_socket_says_nothing_of_where_the_server_is(
    empty_database: Database, tmp_path: Path, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket that is forwarded: what `is_here` says of one is tested beside it."""
    if not seen:
        monkeypatch.setattr(space, "is_here", lambda *_: False)
    event = await done(tmp_path, empty_database, 'check: {disk_free: "1kB"}')
    disk = event["data"]["evidence"]["disk"]
    if seen:
        assert (event["type"], disk["source"]) == ("step.passed", f"{HERE} (local)"), event
    else:
        assert event["data"]["reason"] == FailReason.NOT_ANSWERED and "not seen" in told(disk["error"]), event


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        ('{path: "%s", free: 1kB}', "step.passed"),
        ('{path: "%s/made/later", free: 1000TB}', "check_failed"),
        ("{path: relative, free: 1kB}", "not_answered"),
        ('{path: "${MISSING}", free: 1kB}', "not_answered"),
        ('{path: "%s", free: 0.1x, on: database}', "step.passed"),
        ("{path: /nowhere/at/all, free: 1kB, on: database}", "not_answered"),
    ],
)
@awaited
async def test_a_check_looks_at_places(empty_database: Database, tmp_path: Path, place: str, outcome: str) -> None:
    step = f"check: {{space: [{place.replace('%s', str(tmp_path))}]}}"
    event = await done(tmp_path / "home", empty_database, step)
    assert event["data"].get("reason", event["type"]) == outcome, event


@pytest.mark.unsaid(FailReason.NO_SPACE, Fact.SPACE)
@awaited
async def test_a_backup_that_will_not_fit_is_not_begun(empty_database: Database, tmp_path: Path) -> None:
    directory = tmp_path / "dumps"
    small = await done(tmp_path / "1", empty_database, f'backup: {{directory: "{directory}", space: 1000TB}}')
    assert small["data"]["reason"] == FailReason.NO_SPACE and not list(directory.iterdir())
    fits = await done(tmp_path / "2", empty_database, f'backup: {{directory: "{directory}"}}')
    found: dict[str, Any] = fits["data"]["evidence"]["space"]
    assert fits["type"] == "step.passed" and found["need_bytes"] == found["database_bytes"] > 1_000_000, fits
    steps = f"""
          - {{id: a, title: A, backup: {{directory: "{directory}"}}}}
          - {{id: b, title: B, backup: {{directory: "{directory}"}}}}
"""
    async with Rig(tmp_path / "3", empty_database, steps) as rig:
        last = (await rig.execute("a"))["data"]["evidence"]["bytes"]
        assert (await rig.execute("b"))["data"]["evidence"]["space"]["need_bytes"] == int(1.5 * last)


@pytest.mark.unsaid(Fact.CONNECTIONS)
@awaited
async def test_sessions_that_are_hidden_are_connections_all_the_same(each_server: Server, tmp_path: Path) -> None:
    database = create_database(each_server)
    role = "counts_connections"
    others = [database.connect() for _ in range(5)]
    try:
        others[0].execute(f"create role {role} login connection limit 8".encode())
        dsn = each_server.dsn(database.name, role)
        event = await done(tmp_path / "1", dsn, "check: {connections_free: 1}")
        found = event["data"]["evidence"]["connections"]
        assert event["type"] == "step.passed" and found["used"] >= 5 + found["role_used"], event
        assert found["free"] == 8 - found["role_used"] and found["role_limit"] == 8
        others[0].execute(f"alter database {database.name} connection limit 7".encode())
        event = await done(tmp_path / "2", dsn, "check: {connections_free: 3}")
        assert event["data"]["reason"] == FailReason.CHECK_FAILED
        assert event["data"]["evidence"]["connections"]["free"] <= 7 - 5
    finally:
        for session in others:
            session.close()
        with database.connect() as session:
            session.execute(f"drop role if exists {role}".encode())
        drop_database(database)


@awaited
async def test_a_place_on_another_host_is_asked_over_ssh(sshd: Sshd, tmp_path: Path) -> None:
    found = await space.over_ssh(sshd.host, str(tmp_path / "made" / "later"), sshd.environment)
    assert (
        found["free_bytes"] > 0 and found["source"] == f"{HERE} (ssh)" and found["filesystem"].startswith(f"{HERE} /")
    )
    sshd.kill()
    gone = await space.over_ssh(sshd.host, str(tmp_path), sshd.environment)
    assert "free_bytes" not in gone and gone["error"]
