"""How a run has ended stands on the screen, with what it did not take back; closing one names what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.journals import ANA, Story, failed, migrating
from tests.console.twin import Seen, shown
from tui.console.screens.question import QuestionOverlay
from tui.journal import events as e
from tui.pictures.view import Mode
from tui.run import commands as c


def except_one() -> Story:
    """The backfill was taken back, the migration was not."""
    story = failed().add(e.RollbackStarted(reason="doze linhas", undo=("backfill", "migrate")), by=ANA, after=9.0)
    story.signs("rb-tell", "Avisados")
    story.add(e.StepStarted(step="undo.backfill", attempt=1, undoes="backfill"), after=1.0)
    story.add(e.StepPassed(step="undo.backfill", attempt=1, effect="all"), after=9.0)
    story.add(e.StepUndone(step="backfill", attempt=1, by_step="undo.backfill"))
    story.add(e.StepStarted(step="undo.migrate", attempt=1, undoes="migrate"), after=1.0)
    story.add(e.StepFailed(step="undo.migrate", attempt=1, reason="sql_error", sqlstate="2BP01"), after=1.0)
    story.add(e.RollbackFinished(outcome="failed", step="undo.migrate", duration_s=30.0, stays=("migrate",)))
    story.add(e.StepSkipped(step="undo.migrate", attempt=2, reason="a view needs it"), by=ANA, after=20.0)
    story.add(e.RollbackStarted(reason="doze linhas", undo=("migrate",)), by=ANA).passes("rb-check")
    return story.add(e.RollbackFinished(outcome="rolled_back", duration_s=61.0, stays=("migrate",)))


def closed() -> Story:
    return except_one().add(e.RunClosed(outcome="rolled_back", stays=("migrate",)), after=5.0, by=ANA)


def unknown() -> Story:
    """A rollback behind a step of which nobody knows, whose undo nobody has written."""
    story = migrating().add(e.StepFate(step="migrate", attempt=1, fate="undecided", reason="no_proof"))
    story.add(e.StepCancelled(step="follow-log", attempt=1, reason="companion"))
    story.add(e.RollbackStarted(reason="ninguém sabe"), by=ANA, after=9.0)
    story.signs("rb-tell", "Avisados").passes("rb-check")
    return story.add(e.RollbackFinished(outcome="rolled_back", duration_s=61.0, stays=("migrate",)))


@pytest.mark.parametrize(("mode", "size"), [("operator", (80, 24)), ("observer", (120, 40)), ("replay", (80, 24))])
async def test_except_is_said_wherever_the_outcome_is(size: tuple[int, int], mode: Mode, tmp_path: Path) -> None:
    async with shown(closed(), tmp_path, size=size, mode=mode) as seen:
        if mode == "replay":
            await seen.press("9", *"]" * 12)
        await seen.until(lambda: seen.app.run_state.closed is not None)
        text = seen.text()
        assert "rolled back, except 2.2.1" in text.splitlines()[0]
        badge = {"operator": "OBSERVER", "observer": "OBSERVER", "replay": "REPLAY"}[mode]
        assert badge in text.splitlines()[0] and "EXCEPT" in text


async def test_except_is_said_before_it_is_closed(tmp_path: Path) -> None:
    async with shown(except_one(), tmp_path, size=(200, 50)) as seen:
        text = seen.text()
        assert "rolled back, except 2.2.1" in text.splitlines()[0]
        assert "Rolled back, EXCEPT 2.2.1 Executar script de migração." in text
        assert ": rolled back, except migrate" in text, "in the log"


async def test_a_rollback_behind_what_nobody_knows_says_so(tmp_path: Path) -> None:
    async with shown(unknown(), tmp_path) as seen:
        text = seen.text()
        assert "UNDECIDED" in text.splitlines()[0] and "UNDECIDED 2.2.1" in text
        assert "Then b by hand, - skips." in text and "can be closed" not in text
        # Those keys mean the step that is spoken of.
        await seen.press("b")
        await seen.settle()
        await seen.type("its column is there")
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.ByHand(step="migrate", note="its column is there")]


async def close(seen: Seen) -> None:
    await seen.press("colon")
    await seen.type("close the run")
    await seen.settle()
    await seen.press("enter")
    await seen.settle()


async def test_closing_names_what_stays_and_costs_the_name_and_a_reason(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 24)) as seen:
        await close(seen)
        for part in ("2.2.1 Executar ", "2.2.3 Preencher ", "E1 is not resolved"):
            assert part in seen.text().partition("Close the run")[2].partition("Cancel")[0]
        assert isinstance(seen.app.screen, QuestionOverlay)
        dialog = seen.app.screen.dialog
        assert [field.exactly for field in dialog.question.fields] == [None, "production"]
        for place, text in enumerate(("going on tomorrow", "production")):
            dialog.focus = place
            await seen.type(text)
        await seen.press("tab")
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Close(reason="going on tomorrow", confirm="production")]


async def test_rolled_back_it_is_closed_as_ever(tmp_path: Path) -> None:
    async with shown(except_one(), tmp_path) as seen:
        await close(seen)
        assert "Not taken back: 2.2.1" in seen.text()
