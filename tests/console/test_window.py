"""The window's bar and the waits: where milestones stand, in marks and in words; the whole queue at a lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.journals import KEYS, Story, migrating, prepared, session
from tests.console.twin import shown
from tui.journal import events as e
from tui.pictures import glyphs
from tui.pictures.glyphs import ASCII, UNICODE
from tui.pictures.lines import plain, width_of
from tui.pictures.view import View, moment
from tui.pictures.waits import waits
from tui.pictures.window_bar import window_lines
from tui.run.clock import instant


def view_of(story: Story) -> View:
    state = story.state()
    return View(state=state, moment=moment(state, instant(story.lines[-1].at)), mode="operator", keys=KEYS)


def test_the_bar_shows_milestones_where_they_lie_in_the_window() -> None:
    bar, words = (plain(line) for line in window_lines(view_of(migrating()), 132))
    assert bar.startswith("22:00 ") and bar.endswith(" 23:00") and len(bar) == 132
    inside = bar[6:-6]
    assert inside[0] == "◆" and inside.index("◆", 1) == int(355 / 3600 * 120)
    assert inside[int(780 / 3600 * 120)] == "◇" and inside.index("▷") < inside.rindex("◇")
    assert inside.index("R") == int(56 / 60 * 120)
    assert inside.index("┄") == 90
    assert "▷ Verificar consistência… about T+9m (planned T+13m)" in words and "R last safe rollback T+56m" in words


def test_a_reached_milestone_says_when_against_the_plan() -> None:
    _bar, words = (plain(line) for line in window_lines(view_of(migrating()), 200))
    assert "◆ Executar script de migração at T+6m (planned T+10m)" in words


@pytest.mark.parametrize("width", [40, 60, 120, 200])
def test_the_bar_fits_with_either_set_of_characters(width: int) -> None:
    for which in (ASCII, UNICODE):
        glyphs.use(which)
        lines = window_lines(view_of(migrating()), width)
        assert all(width_of(line) <= width for line in lines)
        assert which is UNICODE or all(plain(lines[0]).isascii() for _line in lines[:1])


def test_without_a_window_there_is_no_bar() -> None:
    assert window_lines(view_of(Story(window=False)), 120) == []


async def test_the_bar_stands_on_wide_screens_only(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(120, 40)) as seen:
        assert "last safe rollback T+56m" in seen.text()
        await seen.pilot.resize_terminal(80, 24)
        await seen.until(lambda: "last safe rollback T+56m" not in seen.text() and "1 Checklist" in seen.text())


def test_a_queue_longer_than_its_names_is_counted_and_every_wait_has_its_age() -> None:
    story = prepared().begin("backup")
    story.add(
        e.StepWaiting(
            step="backup", attempt=1, reason="blocks_others",
            facts={
                "ours": [session(881, "ours", transaction_age_s=75.0)], "blockers": [], "blocked_count": 30,
                "blocked": [session(n, "blocked_by_us", waiting_s=14.0) for n in range(901, 909)],
            },
        )
    )  # fmt: skip
    text = "\n".join(plain(line) for line in waits(view_of(story), 80))
    assert "holds locks that 30 sessions wait for" in text
    assert "its transaction is open for 1 min" in text
    assert text.count("waits for 14 s") == 8 and "and 22 more wait for us" in text


async def test_the_waits_get_room_while_something_waits(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path, size=(120, 40)) as seen:
        assert "holds AccessShareLock app.orders" in seen.text()
        high = seen.app.overview.pane("waits").size.height
        seen.story.add(e.StepWaiting(step="migrate", attempt=1)).save(tmp_path / "run")
        await seen.until(lambda: seen.app.overview.pane("waits").size.height < high)
