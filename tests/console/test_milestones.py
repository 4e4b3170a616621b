"""The timetable of the window, one key away at every size."""

from __future__ import annotations

from pathlib import Path

from tests.console.journals import Story, migrating, plan
from tests.console.twin import shown


async def test_every_milestone_planned_reached_or_expected(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(80, 24)) as seen:
        await seen.press("m")
        text = seen.text()
        rows = {line.split("│")[1].strip() if "│" in line else line for line in text.splitlines()}
        assert any("◆ 22:00 T+0:00    T+0:01    on time      Executar backup completo" in row for row in rows), text
        assert any("◆ 22:10 T+10:00   T+5:5" in row and "4:00 early" in row for row in rows), text
        assert any("▷ 22:13 T+13:00   ~T+9m" in row and "Verificar consistência" in row for row in rows), text
        for part in ("T+45:00", "the buffer begins", "T+56:00", "last safe rollback", "the window closes",
                     "the work is expected to end"):  # fmt: skip
            assert part in text, part


async def test_without_a_window_it_says_so(tmp_path: Path) -> None:
    async with shown(Story(plan(), window=False).helm(), tmp_path, size=(80, 24)) as seen:
        await seen.press("m")
        assert "This target has no maintenance window" in seen.text()
