"""The screen is the fold of the journal: live, and in one message a batch."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.console.journals import backing_up, failed, migrating, prepared, rolled_back
from tests.console.twin import shown
from tui.console.feed.messages import Advanced, SourceLost
from tui.console.feed.source import OUTPUT_EVERY, JournalFollower
from tui.journal import events as e
from tui.journal.reader import JournalReader
from tui.pictures.log import log_lines
from tui.run.fold import fold_all


@given(cut=st.integers(1, 60), more=st.integers(0, 60))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_following_is_folding(cut: int, more: int, tmp_path_factory: object) -> None:
    story = rolled_back()
    directory = tmp_path_factory.mktemp("run")  # type: ignore[attr-defined]
    path = directory / "journal.jsonl"
    path.write_bytes(b"".join(raw + b"\n" for raw in story.raw[:cut]))
    follower = JournalFollower(JournalReader(path))
    assert follower.start().state == fold_all(story.lines[:cut])
    with path.open("ab") as file:
        file.write(b"".join(raw + b"\n" for raw in story.raw[cut : cut + more]) + b'{"v":1,"torn')
    batch = follower.step(1e9)
    assert (batch.state if batch is not None else follower.state) == fold_all(story.lines[: cut + more])
    if batch is not None:
        assert batch.previous == fold_all(story.lines[:cut])
        assert [entry.line.seq for entry in batch.entries] == list(range(cut, min(len(story.lines), cut + more)))
    follower.close()


def test_output_alone_waits_for_more_a_transition_does_not(tmp_path: Path) -> None:
    story = backing_up()
    paths = story.save(tmp_path / "run")
    follower = JournalFollower(JournalReader(paths.journal))
    follower.start()
    story.output("backup", "one").save(paths.directory)
    assert follower.step(100.0) is not None
    story.output("backup", "two").save(paths.directory)
    assert follower.step(100.1) is None
    story.output("backup", "three").save(paths.directory)
    batch = follower.step(100.1 + OUTPUT_EVERY)
    assert batch is not None and len(batch.entries) == 2
    story.add(e.StepPassed(step="backup", attempt=1)).save(paths.directory)
    assert follower.step(100.1 + OUTPUT_EVERY) is not None
    follower.close()


async def test_what_the_engine_writes_appears(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        seen.story.begin("backup").output("backup", "dumping \x1b[2J\u202e[bold]all[/bold]").save(tmp_path / "run")
        await seen.until(lambda: "▶ running" in seen.text() and "dumping" in seen.text())
        assert "dumping \\x1b[2J\\u202e[bold]" in seen.text(), "server text is inert"
        assert seen.app.run_state == seen.story.state()
        seen.story.add(e.StepPassed(step="backup", attempt=1), after=280.0).save(tmp_path / "run")
        await seen.until(lambda: seen.app.run_state == seen.story.state())
        batches = [message.batch for message in seen.messages if isinstance(message, Advanced)]
        entries = [entry.line.seq for batch in batches for entry in batch.entries]
        assert entries == list(range(len(seen.story.lines) - 3, len(seen.story.lines)))
        assert len(batches) <= 3


async def test_the_selection_follows_the_run_until_it_is_moved(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        assert seen.app.view().selected == "backup"
        await seen.press("j", "j")
        assert (seen.app.view().selected, seen.app.view().following) == ("migrate", False)
        seen.story.passes("backup").save(tmp_path / "run")
        await seen.until(lambda: seen.app.run_state.steps["backup"].status == "passed")
        assert seen.app.view().selected == "migrate"
        await seen.press("escape")
        assert (seen.app.view().selected, seen.app.view().following) == ("verify-backup", True)


async def test_a_journal_that_breaks_is_told_and_the_screen_stays(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        with (tmp_path / "run" / "journal.jsonl").open("ab") as file:
            file.write(b"not a line\n")
        await seen.until(lambda: any(isinstance(m, SourceLost) for m in seen.messages))
        await seen.press("j")
        assert "cannot be read any further" in seen.text()


async def test_rollback_steps_join_the_checklist(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path) as seen:
        seen.story.add(e.RollbackStarted(reason="r", undo=("backfill", "migrate"))).save(tmp_path / "run")
        await seen.until(lambda: "Undo of what was applied" in seen.text())
        assert seen.app.view().selected == "rb-tell"
        assert "rolling back" in seen.text().splitlines()[0]


def test_every_event_of_a_story_that_says_something_has_a_line() -> None:
    story = rolled_back().add_raw("future.event", {"x": 1})
    lines = list(log_lines(story.lines, story.state()))
    text = "\n".join(line.text for line in lines)
    for part in ("took the helm", "signed by", "FAILED", "ROLLBACK started", "undone", "Run closed", "future.event"):
        assert part in text
    assert {"error", "warning", "event", "person", "output"} == {line.severity for line in lines}


async def test_details_show_sql_evidence_attempts_and_output(tmp_path: Path) -> None:
    story = migrating()
    paths = story.save(tmp_path / "run")
    (paths.plan / "migration.sql").write_text("alter table app.orders\n  add column region text;\n")
    (paths.output / "migrate.1").write_text("NOTICE: \x1b[31mhello\n")
    async with shown(story, tmp_path, size=(100, 60)) as seen:
        await seen.press("enter")
        text = seen.text()
        for part in ("add column region text;", "held by pid 4711", "NOTICE: \\x1b[31mhello", "pg_attribute",
                     "drop column region", "running ana@jump1"):  # fmt: skip
            assert part in text, part
        seen.story.add(e.StepFailed(step="migrate", attempt=1, reason="sql_error", sqlstate="55P03")).save(
            tmp_path / "run"
        )
        await seen.until(lambda: "55P03" in seen.text())
        await seen.press("escape")
        assert seen.helm.taken == []
