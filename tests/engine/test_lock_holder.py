"""A step that does not get its lock says who has it, however short its waits are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tui.locale
from tests.acceptance.station import Station
from tests.postgres_server import Database
from tui.journal.events import decode
from tui.journal.line import Line, encode_data
from tui.journal.remarks import Remarked
from tui.run.fold import fold
from tui.run.state import RunState
from tui.said import LANGUAGES
from tui.words import events as words

pytestmark = pytest.mark.postgres
PLAN = """
virada: 1
name: lock holder
targets: {{dev: {{environment: development, dsn: "${{LOCK_DSN}}", server_log: none}}}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - id: alter
            title: Add a column
            sql: {{text: "alter table held add column extra int", lock_timeout: {limit}, retries: {retries}}}
            undo: {{sql: {{text: "alter table held drop column extra"}}}}
"""


def ended(database: Database, path: Path, limit: str, retries: int) -> list[dict[str, Any]]:
    """All that a run said whose table is held from its beginning to its end; the holder's pid is in `path`."""
    plan = path / "plan.yaml"
    plan.write_text(PLAN.format(limit=limit, retries=retries))
    with database.connect() as holder, Station() as station:
        holder.execute("create table held (id int)")
        holder.execute("set application_name = 'report'")
        (path / "pid").write_text(str(holder.info.backend_pid))
        holder.execute("begin")
        holder.execute("select * from held")
        station.virada("run", str(plan), "--headless", env={"LOCK_DSN": database.dsn}, timeout=60)
        return station.events()


def waiting_since(events: list[dict[str, Any]]) -> set[float]:
    """Since when the step was waiting, at each moment at which it was."""
    state, found = RunState(), set()
    for event in events:
        state = fold(state, Line(**{**event, "data": encode_data(event["data"])}))
        at = state.steps.get("alter")
        if at is not None and at.waiting_since is not None:
            found.add(at.waiting_since)
    return found


def sentences(events: list[dict[str, Any]], language: str) -> dict[str, str]:
    """The last sentence of each type of event, in a language."""
    state, said = RunState(), dict[str, str]()
    tui.locale.use(language)
    try:
        for event in events:
            line = Line(**{**event, "data": encode_data(event["data"])})
            state = fold(state, line)
            told = words.told(decode(line.type, line.data), line, state)
            if told is not None:
                said[event["type"]] = told.sentence
        return said
    finally:
        tui.locale.use("en")


@pytest.mark.unsaid(Remarked.GAVE_WAY)
def test_every_retry_and_the_failure_name_the_holder(empty_database: Database, tmp_path: Path) -> None:
    events = ended(empty_database, tmp_path, "400ms", 3)
    pid = int((tmp_path / "pid").read_text())
    waits = [e["data"] for e in events if e["type"] == "step.waiting"]
    retries = [wait["facts"] for wait in waits if wait.get("reason") == "lock_retry"]
    assert len(retries) == 3
    for facts in retries:
        assert [(b["pid"], b["application"]) for b in facts["blockers"]] == [(pid, "report")]
        assert facts["wanted"] == "AccessExclusiveLock public.held"
    # While it waits it says so, and does not look like something that runs.
    assert sum(wait.get("reason") == "lock" for wait in waits) >= 3
    # All of them are one wait, which counts from the first.
    assert len(waiting_since(events)) == 1
    failed = next(e["data"] for e in events if e["type"] == "step.failed")
    # Nobody queued behind it: what gives way to others is another matter.
    assert failed.get("code") is None and all(
        e["data"].get("code") is None for e in events if e["type"] == "tx.aborted"
    )
    # The server's words stay as they were said; whose lock it was stands beside them.
    assert failed["message"] == "canceling statement due to lock timeout"
    assert failed["evidence"]["blockers"][0]["pid"] == pid
    listed = next(e["data"] for e in events if e["type"] == "error.recorded")
    assert listed["text"] == failed["message"] and "query" not in listed["facts"]["blockers"][0]
    aborted = [e["data"] for e in events if e["type"] == "tx.aborted"]
    assert all("held by" not in one["message"] for one in aborted)
    for said in (sentences(events, language) for language in LANGUAGES):
        for told in (said["step.failed"], said["error.recorded"], *([said["tx.aborted"]] if aborted else [])):
            assert f"pid {pid}, postgres, report, idle in transaction" in told and " public.held " in told
    assert "the lock on public.held was held by pid" in sentences(events, "en")["step.failed"]


def test_an_only_try_takes_its_whole_lock_timeout(empty_database: Database, tmp_path: Path) -> None:
    events = ended(empty_database, tmp_path, "1500ms", 0)
    begun = next(e["mono"] for e in events if e["type"] == "tx.begin")
    failed = next(e for e in events if e["type"] == "step.failed")
    assert failed["mono"] - begun >= 1.4
    assert failed["data"]["evidence"]["blockers"]
