"""A key held down, as keyboards send it, gives at most one command, and confirms nothing that it opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.console.journals import Story, failed, migrated, prepared
from tests.console.twin import HelmTwin, shown
from tui.console.input.dialog import Dialog, Question, QuestionField
from tui.console.screens.command_palette import CommandPalette
from tui.console.screens.question import QuestionOverlay
from tui.helm.protocol import Accepted, Refused
from tui.journal import events as e
from tui.run import commands as c

DELAYS = (0.25, 0.5, 0.66)
"""Seconds before a held key repeats: the shortest that keyboards are set to, Windows' and macOS' own, X11's."""
CLOSE = Question(title="Close", confirm="Close", fields=(QuestionField(label="Reason", optional=True),))
NOTE = Question(title="Note", confirm="Write", fields=(QuestionField(label="Text", text="typed"),))
CANCEL = Question(title="Cancel", confirm="Cancel the step", danger=True)


def finished() -> Story:
    """Nothing is left to be done: the run can be closed."""
    return migrated().passes("verify").passes("rls")


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("question", [CLOSE, NOTE, CANCEL], ids=lambda question: question.title)
def test_an_enter_held_since_the_opening_answers_nothing(question: Question, delay: float) -> None:
    dialog = Dialog(question, 100.0)
    for repeat in range(200):
        assert dialog.key("enter", None, 100.0 + delay + repeat * 0.03) is None


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_an_enter_pressed_while_it_opened_and_held_answers_nothing(delay: float, shift: float) -> None:
    dialog = Dialog(CLOSE, 100.0)
    assert dialog.key("enter", None, 100.0 + shift) is None
    for repeat in range(200):
        assert dialog.key("enter", None, 100.0 + shift + delay + repeat * 0.03) is None
    assert dialog.key("enter", None, 110.0) == "confirm"


@pytest.mark.parametrize("delay", DELAYS)
async def test_enter_held_on_close_in_the_palette_closes_no_run(delay: float, tmp_path: Path) -> None:
    async with shown(finished(), tmp_path) as seen:
        await seen.press("colon")
        await seen.type("close the run")
        await seen.settle()
        await seen.hold("enter", delay, 40)
        assert isinstance(seen.app.screen, QuestionOverlay) and not seen.helm.taken
        await seen.settle()
        await seen.press("shift+tab", "enter")
        assert await seen.commands() == [c.Close(reason=None)]


@pytest.mark.parametrize("delay", DELAYS)
async def test_enter_behind_the_palettes_key_does_nothing(delay: float, tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("colon", "enter")
        await seen.hold("enter", delay, 40)
        await seen.settle()
        await seen.press("enter")
        assert isinstance(seen.app.screen, CommandPalette) and not seen.helm.taken
        assert "Nothing is marked yet" in seen.text()
        await seen.press("down")
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Execute(step="backup")]


async def test_a_command_of_the_palette_means_the_step_that_was_selected(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("colon")
        await seen.type("execute")
        await seen.settle()
        seen.story.passes("backup").save(tmp_path / "run")
        await seen.until(lambda: seen.app.view().selected == "verify-backup")
        await seen.press("enter")
        assert "The run went on meanwhile: “execute” was not done. Look again." in seen.text()
        assert not seen.helm.taken


async def test_hold_in_the_palette_resumes_nothing_that_was_held_meanwhile(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("colon")
        await seen.type("hold the run")
        await seen.settle()
        seen.story.add(e.RunHeld(reason="bruno")).save(tmp_path / "run")
        await seen.until(lambda: seen.app.run_state.held is not None)
        await seen.press("enter")
        assert "“hold” was not done" in seen.text() and not seen.helm.taken


class Going(HelmTwin):
    """Does what it is asked at once, so that the selection goes on with the run."""

    def __init__(self, story: Story, directory: Path) -> None:
        super().__init__()
        self._story, self._directory = story, directory

    def request(self, command: c.AnyCommand, take: str | None = None, timeout: float = 10) -> Accepted | Refused:
        answer = super().request(command, take, timeout)
        if isinstance(command, c.Execute):
            self._story.passes(command.step).save(self._directory)
        return answer


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("told", [lambda: Story().helm(), failed], ids=["steps", "failed"])
async def test_x_held_down_is_one_command(told: Callable[[], Story], delay: float, tmp_path: Path) -> None:
    story = told()
    helm = Going(story, tmp_path / "run")
    async with shown(story, tmp_path, helm=helm) as seen:
        before = seen.app.view().selected
        last = await seen.hold("x", delay, 10)
        await seen.commands()
        await seen.until(lambda: seen.app.view().waiting is None)
        if before == "disk":
            await seen.until(lambda: seen.app.view().selected == "access")
        last = await seen.hold("x", 0.03, 100, at=last + 0.03)
        assert len(helm.taken) == 1
        assert "A key that is held down counts once." in seen.text()
        await seen.hold("x", delay, 0, at=last + 1.0)
        assert len(await seen.commands(2)) == 2


class Silent(HelmTwin):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def request(self, command: c.AnyCommand, take: str | None = None, timeout: float = 10) -> Accepted | Refused:
        self.let.wait(60)
        return super().request(command, take, timeout)


async def test_nothing_begins_while_an_answer_is_awaited_but_holding_goes_through(tmp_path: Path) -> None:
    helm = Silent()
    async with shown(prepared(), tmp_path, helm=helm) as seen:
        await seen.press("x", "X")
        assert "The engine has not answered the last command yet; this one was not given." in seen.text()
        await seen.press("h")
        helm.let.set()
        assert await seen.commands(2) == [c.Execute(step="backup"), c.Hold()]
        await seen.until(lambda: seen.app.view().waiting is None)
        await seen.press("X")
        assert (await seen.commands(3))[2] == c.RunTo(step="backup")


async def test_different_keys_at_once_are_different_commands(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("x", "h")
        assert await seen.commands(2) == [c.Execute(step="backup"), c.Hold()]


async def test_a_prompt_takes_what_is_typed_right_behind_its_key(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path) as seen:
        for key in ("slash", *"error", "enter"):
            await seen.pilot.press(key)
        await seen.pilot.pause()
        assert seen.app.overview.log_pane.filter == "error"


@pytest.mark.parametrize("delay", DELAYS)
async def test_the_key_that_opened_a_question_and_is_still_down_is_no_text(delay: float, tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        last = await seen.hold("n", delay, 40)
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay) and screen.dialog.fields[0].text == ""
        await seen.hold("n", delay, 0, at=last + 1.0)
        assert screen.dialog.fields[0].text == "n"
