"""Every key of the operator becomes exactly one command; nothing changes on the screen before the journal does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.console.journals import BRUNO, STORIES, Story, failed, migrated, migrating, plan, prepared
from tests.console.twin import HelmTwin, Seen, shown
from tui.console.feed.messages import Answered
from tui.console.key_dispatch import PAUSE
from tui.console.screens.question import QuestionOverlay
from tui.helm.client import HelmLost, NoEngine
from tui.helm.protocol import Refused
from tui.journal import events as e
from tui.plan.model import Step
from tui.run import commands as c


def held() -> Story:
    return prepared().add(e.RunHeld(reason="coffee"))


def signing() -> Story:
    return (
        migrating()
        .add(e.StepPassed(step="migrate", attempt=1, effect="all"), after=2.0)
        .passes("backfill", effect="all")
    )


def undecided() -> Story:
    return migrating().add(e.StepFate(step="migrate", attempt=1, fate="undecided", reason="no_ledger"))


DIRECT: list[tuple[Callable[[], Story], list[str], c.Command]] = [
    (prepared, ["x"], c.Execute(step="backup")),
    (failed, ["x"], c.Retry(step="verify")),
    (prepared, ["X"], c.RunTo(step="backup")),
    (prepared, ["j", "X"], c.RunTo(step="verify-backup")),
    (prepared, ["h"], c.Hold()),
    (held, ["h"], c.Resume()),
]
ASKED: list[tuple[Callable[[], Story], str, str, c.Command]] = [
    (signing, "s", "nothing seen", c.Sign(step="warnings", note="nothing seen")),
    (prepared, "b", "by psql", c.ByHand(step="backup", note="by psql")),
    (prepared, "minus", "taken at noon", c.Skip(step="backup", reason="taken at noon")),
    (prepared, "n", "late start", c.Note(text="late start", step="backup")),
    (undecided, "x", "looked at it", c.Retry(step="migrate", reason="looked at it", confirm="production")),
]


@pytest.mark.parametrize(("story", "keys", "command"), DIRECT)
async def test_a_key_is_a_command(
    story: Callable[[], Story], keys: list[str], command: c.Command, tmp_path: Path
) -> None:
    async with shown(story(), tmp_path) as seen:
        before = seen.app.run_state
        await seen.press(*keys)
        if command == c.Retry(step="verify"):
            assert not isinstance(seen.app.screen, QuestionOverlay)
        assert await seen.commands() == [command]
        assert seen.app.run_state is before


@pytest.mark.parametrize(("story", "key", "text", "command"), ASKED)
async def test_a_key_asks_a_text_and_is_a_command(
    story: Callable[[], Story], key: str, text: str, command: c.Command, tmp_path: Path
) -> None:
    async with shown(story(), tmp_path) as seen:
        await seen.press(key)
        await seen.settle()
        if command == c.Retry(step="migrate", reason="looked at it", confirm="production"):
            # The step is dangerous too: after the reason its target's name is typed.
            await seen.type(text)
            await seen.press("enter")
            await confirm_by_name(seen, [])
        else:
            await seen.type(text)
            await seen.press("enter")
        assert await seen.commands() == [command]


async def confirm_by_name(seen: Seen, texts: list[str]) -> None:
    """From Cancel, or the first field, through the fields to the button, as a person goes."""
    await seen.settle()
    screen = seen.app.screen
    assert isinstance(screen, QuestionOverlay)
    if screen.dialog.focus >= len(screen.dialog.fields):
        await seen.press("tab")
    for text in (*texts, "production"):
        await seen.type(text)
        await seen.press("tab")
    await seen.press("enter")


async def test_roll_back_needs_reason_name_and_the_button(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path) as seen:
        await seen.press("R")
        await seen.settle()
        text = seen.text()
        assert text.index("2.2.3 Preencher") < text.index("2.2.1 Executar"), "undone latest first"
        await confirm_by_name(seen, ["twelve rows"])
        assert await seen.commands() == [c.Rollback(reason="twelve rows", confirm="production")]


async def test_roll_back_takes_no_early_enter(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path) as seen:
        await seen.press("R")
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay)
        at = screen.dialog._last_enter
        for _place in range(4):
            await seen.press("tab")
            at = await seen.hold("enter", 0.0, 0, at=at + 0.5)
        assert isinstance(seen.app.screen, QuestionOverlay), "in no field, neither on its button nor on Cancel"
        await seen.settle()
        await seen.press("escape")
        assert seen.helm.taken == []


async def test_a_dangerous_step_wants_the_targets_name(tmp_path: Path) -> None:
    story = prepared().passes("backup").passes("verify-backup")
    async with shown(story, tmp_path) as seen:
        await seen.press("x")
        assert isinstance(seen.app.screen, QuestionOverlay)
        await confirm_by_name(seen, [])
        assert await seen.commands() == [c.Execute(step="migrate", confirm="production")]


async def test_cancel_asks_once(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path) as seen:
        await seen.press("c")
        await seen.settle()
        await seen.press("right", "enter")
        assert await seen.commands() == [c.Cancel(step="migrate")]


async def test_what_the_rules_forbid_is_said_and_not_sent(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        # A letter right behind it would be text.
        await seen.press("j")
        at = await seen.hold("s", 0.0, 0, at=time.monotonic() + PAUSE)
        assert "The system proves this step; it is not signed." in seen.text()
        await seen.hold("c", 0.0, 0, at=at + PAUSE)
        assert seen.helm.taken == []
        assert "No step is running." in seen.text()


async def test_a_refusal_is_a_sentence(tmp_path: Path) -> None:
    helm = HelmTwin(Refused(code="helm", message="bruno has the helm", facts={"holder": BRUNO}))
    async with shown(prepared(), tmp_path, helm=helm) as seen:
        await seen.press("x")
        await seen.until(lambda: any(isinstance(m, Answered) for m in seen.messages))
        answered = next(m for m in seen.messages if isinstance(m, Answered))
        assert answered.refused and BRUNO in answered.said.text
        assert BRUNO in seen.text()


async def test_taking_the_helm_goes_through_the_palette(tmp_path: Path) -> None:
    async with shown(prepared().add(e.HelmTaken(person=BRUNO), by=BRUNO), tmp_path) as seen:
        await seen.press("colon")
        await seen.type("take the helm")
        await seen.settle()
        await seen.press("enter")
        await seen.settle()
        await seen.type("bruno sleeps")
        await seen.press("enter")
        await seen.commands()
        assert seen.helm.taken == [(c.Note(text="bruno sleeps"), "bruno sleeps")]


async def test_no_engine_is_started_when_one_can_be(tmp_path: Path) -> None:
    twin = HelmTwin()
    started: list[int] = []

    def connect(take: str | None) -> HelmTwin:
        if not started:
            raise NoEngine("no engine")
        return twin

    async with shown(prepared(), tmp_path, connect=connect, ensure_engine=lambda: started.append(1)) as seen:
        await seen.press("h")
        await seen.until(lambda: bool(twin.taken))
        assert started == [1]


async def test_an_engine_that_cannot_be_started_is_a_sentence(tmp_path: Path) -> None:
    def connect(take: str | None) -> HelmTwin:
        raise NoEngine("no engine")

    def ensure() -> str | None:
        raise RuntimeError("The disk is full.")

    async with shown(prepared(), tmp_path, connect=connect, ensure_engine=ensure) as seen:
        await seen.until(lambda: "The disk is full." in seen.text())


async def test_a_lost_connection_is_no_success(tmp_path: Path) -> None:
    class Lost(HelmTwin):
        def request(self, command: c.AnyCommand, take: str | None = None, timeout: float = 10) -> Refused:
            raise HelmLost("gone")

    async with shown(prepared(), tmp_path, helm=Lost()) as seen:
        await seen.press("h")
        await seen.until(lambda: "the journal shows what came of it" in seen.text())


def test_stories_hold_together() -> None:
    assert {name: told().state().status for name, told in STORIES.items()} == {
        "prepared": "running", "backing_up": "running", "migrating": "running", "migrated": "running",
        "failed": "failed", "rolled_back": "rolled_back",
    }  # fmt: skip
    assert migrated().state().unknown_events == 0
    assert all(isinstance(at.step, Step) for at in Story(plan()).state().steps)
