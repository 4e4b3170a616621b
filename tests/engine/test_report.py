"""The run's document made by a step: its files are what `virada report` makes, and are found to be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.engine.postgres.pgserver import awaited
from tests.engine.rig import Rig
from tests.postgres_server import Database
from tui.journal.codes import Fact
from tui.report.check import Verdict, checked
from tui.report.mark import mark_of
from tui.report.reading import JournalReading

pytestmark = pytest.mark.postgres


@pytest.mark.unsaid(Fact.DOCUMENTS)
@awaited
async def test_it_is_of_the_journal_up_to_its_own_beginning(empty_database: Database, tmp_path: Path) -> None:
    steps = """
          - {id: asked, title: Asked <b>, query: {sql: "select 1", equals: 1}}
          - {id: none, title: None, on_failure: continue, report: {formats: [md], name: x}}
          - {id: short, title: Short, report: {parts: [log], formats: [html, json], name: short}}
"""
    async with Rig(tmp_path, empty_database, steps) as rig:
        assert (await rig.execute("asked"))["type"] == "step.passed"
        # Something lies in its place that no file takes.
        (rig.paths.artifacts / "x.md").mkdir(parents=True)
        failed = await rig.execute("none")
        assert failed["type"] == "step.failed" and "documents" not in failed["data"]["evidence"]
        assert failed["data"]["reason"] == "exit_status" and (rig.paths.artifacts / "x.md").is_dir()
        ended = await rig.execute("short")
        assert ended["type"] == "step.passed", ended["data"]
        documents = ended["data"]["evidence"]["documents"]
        assert [one["file"] for one in documents] == ["short.html", "short.json"]
        for one in documents:
            file = rig.paths.artifacts / one["file"]
            data = file.read_bytes()
            assert (len(data), hashlib.sha256(data).hexdigest()) == (one["bytes"], one["sha256"])
            assert file.stat().st_mode & 0o777 == 0o640
            found = checked(data.decode(), lambda until: JournalReading(rig.paths.journal, until))
            assert found.verdict is Verdict.SAME and found.since > 0
        mark = mark_of((rig.paths.artifacts / "short.html").read_text())
        assert mark is not None and mark.parts == ("log",)
        assert "Asked &lt;b&gt;" in (rig.paths.artifacts / "short.html").read_text()
