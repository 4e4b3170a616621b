"""Folding: what is folded hides no trouble and never where the run stands, and no command applies to a heading."""

from __future__ import annotations

from pathlib import Path

from tests.console.journals import Story, failed, long_plan, migrated, prepared
from tests.console.twin import shown
from tui.pictures.checklist_order import ChecklistRows, Folds


async def test_a_section_folds_then_its_phase_and_enter_opens(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 30)) as seen:
        assert seen.app.view().selected == "verify"
        await seen.press("k", "f")
        text = seen.text()
        assert "▸2.2 Migração" in text and "Preencher a região" not in text and "2.1.1 Executar backup" in text
        assert "folded 4/4" in text and seen.app.view().selected is None
        await seen.press("x", "s")
        assert not seen.helm.taken and len(seen.app.screen_stack) == 2
        # Letters right behind refused keys are text, arrows are not.
        await seen.press("down")
        assert seen.app.view().selected == "verify" and seen.app.view().following
        await seen.press("escape", "k", "enter")
        assert "Preencher a região" in seen.text() and seen.app.view().selected == "migrate"


async def test_a_fold_opens_where_the_run_comes_to_stand(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, size=(80, 30)) as seen:
        await seen.press("f")
        assert "▸2.1 Backup" in seen.text() and "2.1.1 Executar backup completo     " not in seen.text()
        assert "Next for DBA: 2.1.1 Executar backup completo" in seen.text()
        await seen.press("escape")
        assert "▸" not in seen.text() and seen.app.view().selected == "backup"


async def test_a_folded_failure_is_told(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, size=(80, 30)) as seen:
        await seen.press("f")
        line = next(line for line in seen.text().splitlines() if "▸2.3 Verificação" in line)
        assert "1 FAILED folded 0/2" in line


async def test_what_has_ended_folds_at_once(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path, size=(80, 30)) as seen:
        await seen.press("F")
        text = seen.text()
        assert "▸1.1 Verificações Técnicas" in text and "▸2.1 Backup" in text and "Validar acesso" not in text
        assert seen.app.view().selected == "verify"
        await seen.press("F")
        assert "▸" not in seen.text() and "Validar acesso" in seen.text()


def test_moving_stops_at_steps_and_folded_headings_only() -> None:
    rows = ChecklistRows(Story(long_plan(300), environment="staging", window=False).state().steps)
    folds = Folds(rows)
    first = rows.at["s0"]
    heading = folds.fold(first)
    assert heading is not None and rows.rows[heading].kind == "section"
    assert folds.moved(heading, 1) == rows.at["s100"] and folds.moved(rows.at["s100"], -1) == heading
    assert len(folds.shown) == len(rows) - 100
    phase = folds.fold(heading)
    assert phase is not None and rows.rows[phase].kind == "phase" and folds.shown == [phase]
    folds.reveal(rows.at["s150"])
    assert rows.at["s150"] in folds.place
