"""What an engine journals is the same in whichever language it was started."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Event, Rig
from tests.engine.sentences import sentences
from tests.ports import free_port
from tests.postgres_server import Database
from tui import locale
from tui.journal.remarks import Coded, Remarked
from tui.run.commands import Skip
from tui.words.said import say, told

pytestmark = pytest.mark.postgres
PLAN = """
virada: 1
name: neutral
targets:
  dev:
    environment: development
    dsn: "${{RIG_DSN}}"
    server_log: "file:/nonexistent/postgres.log"
    host: [{{node_exporter: "http://127.0.0.1:{port}/metrics"}}, {{node_exporter: "http://${{NOBODY_SETS_THIS}}:1/"}}]
canary: {{http: "http://127.0.0.1:{port}/", every: 200ms}}
phases:
  - title: Change
    sections:
      - title: Change
        steps:
          - {{id: program, title: Run, command: {{run: [no-such-program-anywhere]}}, repeat: always}}
          - {{id: space, title: Look, check: {{disk_free: 1GB}}}}
          - {{id: backup, title: Keep, backup: {{directory: here, format: custom}}}}
"""


@contextmanager
def spoken(language: str) -> Iterator[None]:
    before = locale.language()
    locale.use(language)
    try:
        yield
    finally:
        locale.use(before)


def facts(rig: Rig, event: Event) -> str:
    """The event without what differs from run to run."""
    text = json.dumps([event["type"], event["by"], event["data"]], sort_keys=True, ensure_ascii=False)
    text = text.replace(str(rig.home), "HOME").replace(rig.paths.id, "RUN")
    return re.sub(r'"([0-9a-f]{32,}|[0-9T:. Z/A-F-]{8,})"', '"0"', re.sub(r"\d+(?:\.\d+)?", "0", text))


async def journaled(home: Path, database: Database, language: str, port: int) -> tuple[set[str], list[Event]]:
    """What is journaled of a run in which nearly everything lacks, by an engine in this language."""
    with spoken(language):
        async with Rig(home, database, PLAN.format(port=port)) as rig:
            for step in ("program", "space", "backup"):
                await rig.execute(step)
                assert rig.do(Skip(step=step, reason="seen")) is None

            def remarked() -> set[str]:
                lines = rig.events("log.lines")
                return {line["code"] for event in lines for line in event["data"]["lines"]}

            wanted = {Remarked.CANARY_UNANSWERED, Remarked.HOST_UNKNOWN, Remarked.LOG_FILE_UNREADABLE}
            await rig.until(lambda: wanted <= remarked(), "all of it is remarked")
            events = [event for event in rig.events() if event["type"].startswith(("step.", "log.", "error."))]
            return {facts(rig, event) for event in events}, events


@awaited
async def test_two_languages_journal_the_same(tmp_path: Path, empty_database: Database) -> None:
    port = free_port()
    english, events = await journaled(tmp_path / "en", empty_database, "en", port)
    portuguese, _events = await journaled(tmp_path / "pt", empty_database, "pt_BR", port)
    assert english == portuguese
    # And whoever reads it has it in their own words.
    lines = [line for event in events if event["type"] == "log.lines" for line in event["data"]["lines"]]
    said = [told(line) for line in lines]
    assert any(text.startswith("The canary is not answered: http://127.0.0.1") for text in said), said
    assert any("${NOBODY_SETS_THIS:-default}" in text for text in said), said
    with spoken("pt_BR"):
        assert not set(said) & {told(line) for line in lines}


def test_a_sentence_in_a_journal_is_found() -> None:
    """What the rig refuses of every run in these tests: in both languages, with its facts in it."""
    event = {"type": "step.failed", "by": "engine", "data": {"evidence": {"error": ""}}}
    for language in ("en", "pt_BR"):
        with spoken(language):
            text = say(Coded(Remarked.CANARY_UNANSWERED, reason="y"))
        event["data"] = {"evidence": {"error": text}}
        assert sentences([event]) == {text}
    event["data"] = {"message": "could not connect to server", "reason": "server_unreachable"}
    assert not sentences([event])
