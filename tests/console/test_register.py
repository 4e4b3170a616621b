"""The register of errors, one key away: what is open first, each with its place, and resolved from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.journals import Story, failed, prepared
from tests.console.twin import shown
from tui.console.screens.question import QuestionOverlay
from tui.console.screens.register import RegisterOverlay
from tui.journal import events as e
from tui.pictures.lines import plain, width_of
from tui.pictures.register import SHOWN, listed, register_lines
from tui.pictures.view import View, moment
from tui.run import commands as c
from tui.run.clock import instant


def several() -> Story:
    story = failed().add(e.ErrorRecorded(id="E2", text="slow", step="verify", level="warning", file="v.sql", line=7))
    story.add(e.ErrorRecorded(id="E3", text="\x1b[31mgone", sqlstate="42P01", source="application"), after=3.0)
    return story.add(e.ErrorResolved(id="E1", text="a second index"))


def view(story: Story) -> View:
    state = story.state()
    return View(state=state, moment=moment(state, instant(state.at), engine=True), mode="operator")


@pytest.mark.parametrize("width", [30, 76, 120])
def test_what_is_open_comes_first_with_its_place_and_what_is_resolved_with_how(width: int) -> None:
    seen = view(several())
    assert [error.id for error in listed(seen)] == ["E3", "E2", "E1"]
    lines, begins = register_lines(seen, width, "E2")
    text = [plain(line) for line in lines]
    whole = " ".join(" ".join(text).split())
    for part in ("2 of 3 entries are open", "E3", "42P01", "E2", "v.sql:7", "Resolved: a second index"):
        assert part in whole, part
    assert "\x1b" not in whole and "E2" in text[begins] and "open" in text[begins]
    assert all(width_of(line) <= max(width, 76) for line in lines if line is not lines[0])


def test_of_many_the_last_are_listed_and_the_others_counted() -> None:
    story = prepared()
    for number in range(SHOWN + 5):
        story.add(e.ErrorRecorded(id=f"E{number}", text="x"))
    lines, _begins = register_lines(view(story), 80)
    assert listed(view(story))[0].id == f"E{SHOWN + 4}" and "5 older entries" in plain(lines[-1])
    assert "No error" in plain(register_lines(view(prepared()), 80)[0][0])


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_one_that_is_marked_is_resolved_from_there(tmp_path: Path, size: tuple[int, int]) -> None:
    async with shown(several(), tmp_path, size=size) as seen:
        await seen.press("E")
        assert isinstance(seen.app.screen, RegisterOverlay) and "2 of 3 entries are open" in seen.text()
        await seen.press("j", "j", "r")
        await seen.settle()
        assert isinstance(seen.app.screen, QuestionOverlay) and "E2" in seen.text()
        await seen.type("watched it")
        await seen.press("enter")
        assert await seen.commands() == [c.Resolve(error="E2", text="watched it")]


async def test_without_a_mark_nothing_is_meant_and_an_observer_resolves_nothing(tmp_path: Path) -> None:
    async with shown(several(), tmp_path) as seen:
        await seen.press("E", "r")
        assert isinstance(seen.app.screen, RegisterOverlay), "it marks the first, and asks for nothing yet"
        await seen.press("escape")
        assert not seen.helm.taken
    async with shown(several(), tmp_path / "observer", mode="observer") as seen:
        await seen.press("E", "j", "r", "enter")
        assert isinstance(seen.app.screen, RegisterOverlay) and "resolve" not in seen.text().splitlines()[-1]


async def test_an_engine_is_let_rest_by_name(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        seen.app.do("rest")
        assert await seen.commands() == [c.Rest()]
