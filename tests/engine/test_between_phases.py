"""A run that stays open for days: its engine ends between phases, and what is printed starts it again in time."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.cli.main import group
from tui.journal.events import OpenWindow, Policy
from tui.run.clock import rfc3339
from tui.run.commands import Execute, Rest
from tui.run.order import Refusal

PLAN = """
virada: 1
name: n
targets:
  dev:
    {environment: development, dsn: "${RIG_DSN}", server_log: none, channels: {team: "${TEAM_URL}"}}
phases:
  - title: Migrate
    sections:
      - {title: S, steps: [{id: now, title: Now, sql: create table now_there ()}]}
  - title: "Watch 100% of it\\\\"
    starts: T+12s
    sections:
      - {title: S, steps: [{id: soon, title: Soon, sql: create table soon_there ()}]}
  - title: Test under load
    starts: T+24h
    sections:
      - {title: S, steps: [{id: tell, title: Tell, notify: {channel: team, text: x}}]}
"""


def units(printed: str) -> dict[str, str]:
    """The files that are told, by their names."""
    parts = re.split(r"^# (?:~|/etc)\S*/(virada-\S+)$", printed, flags=re.MULTILINE)
    return {name: text.partition("\n\n")[0] for name, text in zip(parts[1::2], parts[2::2], strict=True)}


@pytest.mark.postgres
@awaited
async def test_it_is_started_again_for_its_next_phase(
    tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = time.time() - 10
    window = OpenWindow(opens=rfc3339(opens), closes=rfc3339(opens + 3600), duration_s=3600.0, buffer_s=0.0)
    async with Rig(
        tmp_path, empty_database, PLAN, policy=Policy(drive="headless"), window=window, VIRADA_HOME=str(tmp_path)
    ) as rig:
        await rig.ended("now")
        # As a reboot does, or SIGTERM: nothing runs, so that nothing has to be decided afterwards.
        assert rig.do(Rest()) is None
        rig.engine.helm._clients.clear()
        assert rig._task is not None
        await rig._task
        (rested,) = rig.events("run.rested")
        assert rested["data"]["until"] == rfc3339(opens + 12) and rig.recorder.state.closed is None
        monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
        monkeypatch.setenv("PGPASSWORD", "h1dden-pw")
        asked = CliRunner().invoke(group(), ["continue", rig.paths.id, "--headless", "--print-timer"])
        assert asked.exit_code == 0, asked.output
        await rig.take_up()
        await rig.ended("soon")
        assert rig.step("soon").status == "passed" and rig.step("tell").status == "pending"
        assert rig.events("run.recovered") and not rig.events("step.fate")
        before = rig.events("step.started")[-1]["at"]
        assert before >= rfc3339(opens + 12), "and not before its time"
    found = units(asked.output)
    service, timer = found[f"virada-{rig.paths.id}.service"], found[f"virada-{rig.paths.id}.timer"]
    tomorrow = datetime.fromtimestamp(opens + 86400, UTC).strftime("OnCalendar=%Y-%m-%d %H:%M:%S UTC")
    assert tomorrow in timer and "Persistent=true" in timer
    assert f'"continue" "{rig.paths.id}" "--detach" "--headless"' in service
    assert f'Environment="VIRADA_HOME={tmp_path}"' in service and "h1dden-pw" not in asked.output
    assert "TEAM_URL, RIG_DSN, PGPASSWORD" in asked.output and "EnvironmentFile=" in service
    assert re.search(r"\| at -t \d{12}\.\d\d$", asked.output, re.MULTILINE)
    verified(tmp_path, found)


def verified(place: Path, found: dict[str, str]) -> None:
    """systemd takes them, where there is one to be asked."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    for name, text in found.items():
        (place / name).write_text(re.sub(r"EnvironmentFile=.*", "EnvironmentFile=/dev/null", text))
    files = [str(place / name) for name in found]
    done = subprocess.run([program, "verify", "--man=no", *files], capture_output=True, text=True)
    own = [line for line in done.stderr.splitlines() if "virada-" in line]
    assert not own, done.stderr


@pytest.mark.postgres
@awaited
async def test_where_nothing_waits_for_its_time_no_timer_is_told(
    tmp_path: Path, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Rig(tmp_path, empty_database, "          - {id: a, title: A, sign: true}") as rig:
        monkeypatch.setenv("VIRADA_HOME", str(tmp_path))
        asked = CliRunner().invoke(group(), ["continue", rig.paths.id, "--print-timer"], standalone_mode=False)
    assert asked.exception is not None and "waits for its time" in str(asked.exception)


@pytest.mark.postgres
@awaited
async def test_an_engine_is_not_let_go_while_something_runs(tmp_path: Path, empty_database: Database) -> None:
    async with Rig(tmp_path, empty_database, "          - {id: a, title: A, sql: select pg_sleep(20)}") as rig:
        rig.do(Execute(step="a"))
        refused = rig.do(Rest())
        assert isinstance(refused, Refusal) and refused.code == "busy"
