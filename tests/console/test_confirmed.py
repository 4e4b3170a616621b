"""What costs a confirmation is asked for before it is sent, and sent as typed; the engine decides all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.console.journals import Story, failed, migrated, plan, prepared
from tests.console.twin import Seen, shown
from tui.console.screens.question import QuestionOverlay
from tui.plan.model import PhaseWindow
from tui.run import commands as c

BUFFER, OVER = 2700.0 + 5.0, 3600.0 + 5.0
"""Seconds after the window of the stories has opened."""


def backfilling(t: float) -> Story:
    """The migration is applied and the backfill is next, which changes something, at this T."""
    story = prepared().passes("backup").passes("verify-backup").passes("migrate", effect="all")
    return story.sample(after=300.0 + t - story.mono)


async def answer(seen: Seen, *texts: str) -> None:
    await seen.settle()
    await seen.press("tab")
    for text in texts:
        await seen.type(text)
        await seen.press("tab")
    await seen.press("enter")


@pytest.mark.parametrize(
    ("t", "size", "next_", "asked"),
    [
        (BUFFER, (80, 24), "IN THE BUFFER (name and reason)", "Only the window's buffer is left"),
        (OVER, (120, 40), "AFTER THE WINDOW (name and reason)", "The window is over"),
    ],
)
async def test_a_change_outside_the_window_asks_for_reason_and_name(
    t: float, size: tuple[int, int], next_: str, asked: str, tmp_path: Path
) -> None:
    async with shown(backfilling(t), tmp_path, size=size) as seen:
        assert next_ in seen.text() and "x executes it" in seen.text()
        await seen.press("x")
        text = " ".join(seen.text().split())
        assert asked in text and "production (PRODUCTION)" in text and seen.helm.taken == []
        await answer(seen, "the CAB agreed", "production")
        assert await seen.commands() == [c.Execute(step="backfill", confirm="production", reason="the CAB agreed")]


async def test_another_target_s_name_is_not_sent(tmp_path: Path) -> None:
    async with shown(backfilling(OVER), tmp_path) as seen:
        await seen.press("x")
        await answer(seen, "because", "staging")
        assert isinstance(seen.app.screen, QuestionOverlay) and seen.helm.taken == []


async def test_run_on_asks_for_no_name_because_it_stops_before_what_costs_one(tmp_path: Path) -> None:
    story = prepared().passes("backup").passes("verify-backup")
    async with shown(story, tmp_path) as seen:
        await seen.press("X")
        assert "Nothing would run by itself: 2.2.1" in seen.text()
        # Further on neither: nothing is asked of the engine that it would not do.
        await seen.press("j", "j", "X")
        assert "Nothing would run by itself: 2.2.1" in seen.text() and not seen.helm.taken


async def test_an_undo_asks_for_the_name_alone(tmp_path: Path) -> None:
    async with shown(migrated(), tmp_path) as seen:
        await seen.press("k", "k", "colon")
        await seen.type("undo this step")
        await seen.settle()
        await seen.press("enter")
        await answer(seen, "production")
        assert await seen.commands() == [c.Undo(step="backfill", confirm="production")]


async def test_closing_asks_for_reason_and_name_while_work_stays_applied(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path) as seen:
        await seen.press("colon")
        await seen.type("close the run")
        await seen.settle()
        await seen.press("enter")
        assert "stays applied" in " ".join(seen.text().split())
        await answer(seen, "goes on tomorrow", "production")
        assert await seen.commands() == [c.Close(confirm="production", reason="goes on tomorrow")]


async def test_a_phase_s_own_window_is_on_the_clock(tmp_path: Path) -> None:
    whole = plan()
    late = replace(
        whole.phases[1], starts=None, window=PhaseWindow(opens=86400.0, duration=3600.0, buffer=600.0)
    )  # fmt: skip
    story = Story(replace(whole, phases=(whole.phases[0], late))).helm()
    story.passes("disk").passes("access").signs("tell-users").sample(after=600.0)
    async with shown(story, tmp_path) as seen:
        assert "window opens in 23:" in seen.text() and "(the phase's own)" in seen.text()
    async with shown(story.sample(after=86400.0), tmp_path) as seen:
        assert "window closes in" in seen.text() and "Next for DBA: 2.1.1" in seen.text()
