"""Ninety-four lines on a screen of 24: a step is found by number, id or words, and a text moves as in less."""

from __future__ import annotations

from pathlib import Path

from tests.console.journals import migrated, prepared
from tests.console.twin import shown


async def test_a_step_is_found_by_number_id_or_words_and_further(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 24)) as seen:
        await seen.press("g")
        assert "Go to a step" in seen.text()
        await seen.type("1.1.1")
        await seen.press("enter")
        first = seen.app.view().selected
        assert first is not None and seen.app.run_state.steps[first].place.number == "1.1.1"
        await seen.press("g")
        await seen.type("BACKUP")
        await seen.press("enter")
        found = seen.app.view().selected
        assert found is not None and "backup" in f"{found} {seen.app.run_state.steps[found].step.title}".casefold()
        await seen.press("g")
        await seen.type("backup ")
        await seen.press("enter")
        assert seen.app.view().selected not in (None, found)
        await seen.press("g")
        await seen.type("nowhere at all")
        await seen.press("enter")
        await seen.until(lambda: "No step has “nowhere at all”." in seen.text())
        assert not seen.helm.taken


async def test_behind_a_run_to_the_list_follows_the_run(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, size=(80, 24)) as seen:
        await seen.press("G")
        assert not seen.app.view().following
        await seen.press("g")
        await seen.type("verify-backup")
        await seen.press("enter", "X")
        assert len(seen.helm.taken) == 1 and seen.app.view().following


async def test_a_text_moves_as_in_less(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, size=(80, 24)) as seen:
        await seen.press("question_mark", "G")
        assert "Esc closes this; nothing here stops the engine." in seen.text()
        await seen.press("g")
        assert "Commands to the engine" in seen.text()
        await seen.press("space")
        assert "Commands to the engine" not in seen.text()
        await seen.press("b")
        assert "Commands to the engine" in seen.text()
