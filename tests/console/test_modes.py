"""Observer and replay have no action that commands the engine: not hidden ones, none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.console.journals import Story, failed, migrating, prepared, rolled_back
from tests.console.twin import shown
from tui.console.command_keys import CommandKeys
from tui.console.input.actions import ACTIONS
from tui.console.input.keymap import Keymap
from tui.console.screens.overview import SCREENS, bindings
from tui.pictures.view import Mode

COMMANDING = {action.name for action in ACTIONS if action.commands}
CONTRACT = {
    "j", "k", "up", "down", "enter", "x", "X", "s", "b", "-", "c", "h", "R", "?", ":", "ctrl+p",
    "1", "2", "3", "4", "tab", "z", "/", "e", "y", "w", "n", "t", "q",
}  # fmt: skip
REPLAY_KEYS = {"space", *".[]{}<>g0123456789"}


def keys_of(mode: Mode) -> dict[str, str]:
    return {key: action.name for action in Keymap().of_mode(mode) for key in action.keys}


def test_every_key_of_the_contract_is_there() -> None:
    assert set(keys_of("operator")) >= CONTRACT
    assert set(keys_of("replay")) >= REPLAY_KEYS


def test_no_key_means_two_things() -> None:
    for mode in SCREENS:
        keys = [key for action in Keymap().of_mode(mode) for key in action.keys]
        assert len(keys) == len(set(keys))


def test_every_command_of_the_table_can_be_done() -> None:
    assert all(callable(getattr(CommandKeys, name)) for name in COMMANDING)


@pytest.mark.parametrize("mode", ["observer", "replay"])
def test_no_binding_commands(mode: Mode) -> None:
    assert not {action.name for action in Keymap().of_mode(mode)} & COMMANDING
    assert not any(f"'{name}'" in str(binding) for binding in bindings(mode) for name in COMMANDING)
    merged = SCREENS[mode]._merged_bindings
    assert merged is not None and not set("xXsbchRn") & set(merged.key_to_bindings)


@pytest.mark.parametrize("story", [prepared, migrating, failed])
async def test_an_observers_keys_command_nothing(story: Callable[[], Story], tmp_path: Path) -> None:
    async with shown(story(), tmp_path, mode="observer") as seen:
        assert seen.app.commander is None
        before = seen.text()
        await seen.press("x", "X", "s", "b", "minus", "c", "h", "R", "n")
        assert "This screen only watches; commands need the helm" in seen.text()
        after, before_ = (text.splitlines()[:-3] for text in (seen.text(), before))
        assert after == before_, "nothing but a sentence"
        assert len(seen.app.screen_stack) == 2
        assert "OBSERVER" in before and " x " not in before.splitlines()[-1]


async def test_the_palette_of_an_observer_offers_no_command(tmp_path: Path) -> None:
    async with shown(failed(), tmp_path, mode="observer") as seen:
        await seen.press("colon")
        # Below the header, which says who drives.
        text = seen.text().split("\n", 2)[2]
        assert "next error" in text
        for word in ("run to", "by hand", "take the helm", "close the run"):
            assert word not in text


async def test_keys_that_do_not_apply_are_not_in_the_footer(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path, size=(200, 60)) as seen:
        last = seen.text().splitlines()[-1]
        assert "x execute" in last and "cancel" not in last and "s sign" not in last
    async with shown(rolled_back(), tmp_path / "other", size=(200, 60)) as seen:
        last = seen.text().splitlines()[-1]
        assert "execute" not in last and "roll back" not in last and "q detach" in last


async def test_detaching_says_nothing_stops_and_ctrl_c_ends_nothing(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("ctrl+c")
        assert "q detaches this screen; the engine goes on." in seen.text()
        await seen.press("ctrl+q")
        assert seen.app.is_running and seen.app.return_code is None
        await seen.press("q")
        assert seen.app.detached and seen.app.return_code == 0


async def test_q_detaches_from_over_the_details_too(tmp_path: Path) -> None:
    async with shown(prepared(), tmp_path) as seen:
        await seen.press("enter", "q")
        assert seen.app.detached


@pytest.mark.parametrize("mode", ["observer", "replay"])
async def test_a_broken_chain_stands_in_the_header_and_is_said_once(tmp_path: Path, mode: Mode) -> None:
    story = rolled_back()
    changed = next(n for n, line in enumerate(story.lines) if line.type == "step.started")
    story.raw[changed] = story.raw[changed].replace(b'"by":"', b'"by":"x', 1)
    async with shown(story, tmp_path, mode=mode, size=(80, 24)) as seen:
        await seen.until(lambda: f"JOURNAL BROKEN at line {changed + 1}" in seen.text().split("\n")[1])
        assert f"THE JOURNAL IS BROKEN at line {changed + 1}:" in seen.text()
