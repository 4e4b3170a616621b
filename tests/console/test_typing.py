"""Text that is typed or pasted: into a fresh question every letter of it, anywhere else nothing that commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Paste

from tests.console.journals import BRUNO, Story, failed, migrating, prepared
from tests.console.test_commands import signing
from tests.console.twin import Seen, shown
from tui.console.key_dispatch import PAUSE
from tui.console.screens.command_palette import CommandPalette
from tui.console.screens.question import QuestionOverlay
from tui.journal import events as e
from tui.pictures.view import Mode
from tui.run import commands as c

KEYS = "xXsbchRn"
"""Letters that command; `-` is written as minus."""
TEXT = "Rxcbhns support ready 1234 /:?!q"


async def paste(seen: Seen, text: str) -> None:
    """As the terminal sends it: to the application."""
    event = Paste(text)
    event.set_sender(seen.app)
    seen.app.post_message(event)
    await seen.quiet()


async def test_what_is_typed_at_once_behind_s_is_signed_whole(tmp_path: Path) -> None:
    async with shown(signing(), tmp_path) as seen:
        await seen.type("s" + "support ready")
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay) and screen.dialog.values() == ["support ready"]
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Sign(step="warnings", note="support ready")]


async def test_a_first_letter_like_the_key_is_seen_though_nothing_follows(tmp_path: Path) -> None:
    async with shown(signing(), tmp_path) as seen:
        at = await seen.hold("s", 0.0, 0)
        await seen.hold("s", 0.0, 0, at=at + 0.4)
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay) and screen.dialog.values() == [""], (
            "it may be a key that is held down"
        )
        await seen.until(lambda: screen.dialog.values() == ["s"])


async def test_the_rollback_opens_in_its_reason_and_takes_the_whole_way(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path) as seen:
        await seen.type("R" + "Rows without region")
        await seen.press("enter", "enter", "tab")
        await seen.type("production")
        await seen.press("enter", "tab")
        at = await seen.hold("enter", 0.0, 0)
        await seen.hold("enter", 0.0, 0, at=at + 0.6)
        assert isinstance(seen.app.screen, QuestionOverlay) and not seen.helm.taken, (
            "Enter came too early, and in fields"
        )
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Rollback(reason="Rows without region", confirm="production")]


async def test_a_dangerous_step_takes_the_name_that_is_typed_at_once(tmp_path: Path) -> None:
    async with shown(prepared().passes("backup").passes("verify-backup"), tmp_path) as seen:
        await seen.type("xproduction")
        await seen.press("tab")
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Execute(step="migrate", confirm="production")]


REFUSED: list[tuple[Callable[[], Story], str]] = [
    (prepared, "s"), (migrating, "x"), (migrating, "b"), (migrating, "minus"),
    (lambda: prepared().add(e.HelmTaken(person=BRUNO), by=BRUNO), "n"),
    (lambda: prepared().add(e.HelmTaken(person=BRUNO), by=BRUNO), "R"),
]  # fmt: skip


@pytest.mark.parametrize(("story", "key"), REFUSED)
async def test_what_is_typed_behind_a_refused_key_commands_nothing(
    story: Callable[[], Story], key: str, tmp_path: Path
) -> None:
    async with shown(story(), tmp_path) as seen:
        selected = seen.app.view().selected
        await seen.press(key)
        why = seen.app.said
        assert why is not None
        await seen.type(TEXT)
        await seen.press("enter")
        assert not seen.helm.taken and not seen.app.detached and seen.app.screen is seen.app.overview
        assert (seen.app.overview.active, seen.app.view().selected) == ("checklist", selected)
        said = seen.app.said
        assert said is not None and said.text.startswith(why.text) and "commands nothing." in said.text


@pytest.mark.parametrize("way", ["pause", "escape"])
async def test_after_a_pause_or_esc_a_letter_is_a_command_again(way: str, tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        at = await seen.hold("s", 0.0, 0)
        for letter in "uph":
            at = await seen.hold(letter, 0.0, 0, at=at + 0.3)
        assert not seen.helm.taken
        if way == "escape":
            at = await seen.hold("escape", 0.0, 0, at=at + 0.05)
        await seen.hold("h", 0.0, 0, at=at + (0.05 if way == "escape" else PAUSE))
        assert await seen.commands() == [c.Hold()]


async def test_keys_that_move_still_move_behind_a_refused_one(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("s", "down")
        assert seen.app.view().selected == "verify-backup"


async def test_what_the_palette_was_refused_is_followed_by_no_command_either(tmp_path: Path) -> None:
    async with shown(migrating(), tmp_path) as seen:
        await seen.press("colon")
        await seen.type("write a note")
        await seen.settle()
        seen.story.add(e.HelmTaken(person=BRUNO), by=BRUNO).save(tmp_path / "run")
        await seen.until(lambda: seen.app.run_state.helm == BRUNO)
        await seen.press("enter")
        assert seen.app.screen is seen.app.overview
        await seen.type("h")
        assert not seen.helm.taken


@pytest.mark.parametrize("mode", ["observer", "replay"])
async def test_who_only_looks_on_is_not_led_away_by_what_is_typed(mode: Mode, tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, mode=mode) as seen:
        await seen.press("s")
        await seen.type("upport ready?q")
        assert seen.app.is_running and not seen.app.detached and seen.app.screen is seen.app.overview


@pytest.mark.parametrize(
    ("mode", "over"),
    [("operator", ""), ("operator", "enter"), ("observer", ""), ("observer", "question_mark"), ("replay", "")],
)
async def test_a_paste_outside_a_field_does_nothing(mode: Mode, over: str, tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, mode=mode) as seen:
        await seen.press(*([over] if over else []))

        def where() -> tuple[object, ...]:
            # A recording plays meanwhile, and its selection with it.
            return seen.app.screen, seen.app.overview.active, None if mode == "replay" else seen.app.view().selected

        before = where()
        for text in (TEXT, "x", "x\n", "\n", "R\nbroken\nproduction\n", "\x03q"):
            await paste(seen, text)
        assert where() == before
        assert not seen.helm.taken and not seen.app.detached
        said = seen.app.said
        assert said is not None and said.text == "Pasted text does nothing here."


async def test_a_paste_into_a_question_is_text_and_presses_nothing(tmp_path: Path) -> None:
    async with shown(signing(), tmp_path) as seen:
        await seen.press("s")
        await seen.settle()
        await paste(seen, "no warning\r\nin the log\n\n")
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay) and screen.dialog.values() == ["no warning in the log"]
        await seen.press("tab")
        await paste(seen, "x\n")
        await seen.press("tab")
        await paste(seen, "x\n")
        assert isinstance(seen.app.screen, QuestionOverlay) and not seen.helm.taken
        await seen.press("enter")
        assert await seen.commands() == [c.Sign(step="warnings", note="no warning in the log")]


async def test_a_paste_into_the_palette_narrows_it_and_does_nothing(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("colon")
        await seen.settle()
        await paste(seen, "roll\nback\n")
        screen = seen.app.screen
        assert isinstance(screen, CommandPalette) and [a.name for a in screen._found()] == ["rollback"]
        assert not seen.helm.taken


async def test_a_text_outlives_enter_on_cancel_and_one_esc(tmp_path: Path) -> None:
    async with shown(signing(), tmp_path) as seen:
        await seen.type("sseen in the log")
        await seen.settle()
        await seen.press("tab", "enter")
        screen = seen.app.screen
        assert isinstance(screen, QuestionOverlay) and "would be lost" in seen.text()
        await seen.press("shift+tab", "escape")
        assert isinstance(seen.app.screen, QuestionOverlay) and screen.dialog.values() == ["seen in the log"]
        await seen.settle()
        await seen.press("enter")
        assert await seen.commands() == [c.Sign(step="warnings", note="seen in the log")]
