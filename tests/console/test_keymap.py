"""Keys of one's own: taken as a whole or refused in one sentence; help, footer and sentences name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import keys
from tests.console.journals import BRUNO, prepared
from tests.console.terminal import Terminal
from tests.console.twin import HelmTwin, shown
from tui.console.command_keys import CommandKeys
from tui.console.input import actions, keymap
from tui.console.input.actions import ACTIONS
from tui.console.input.keymap import Keymap, KeysError, own
from tui.console.settings import ViewerSettings
from tui.helm.protocol import Refused
from tui.run import commands as c


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"exeucte": "x"}, "There is no action 'exeucte'. Is 'execute' meant?"),
        ({"execute": "h"}, "The key h is meant for execute and for hold; give one of them another key."),
        ({"execute": "enter"}, "Enter cannot be given to execute: it always means the same."),
        ({"details": "d"}, "The keys of details cannot be changed; leave them out."),
        ({"execute": 5}, "The keys of execute must be a text or a list of texts."),
        ({"execute": []}, "The keys of execute must be a text or a list of texts."),
        ({"execute": "hyper+x"}, "'hyper+x' is no key (execute); write a character, or a name such as ctrl+e, f5,"),
        ({"execute": "banana"}, "'banana' is no key (execute)"),
        ({"execute": ""}, "'' is no key (execute)"),
    ],
)
def test_what_cannot_be_taken_is_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(KeysError) as error:
        own(given)
    assert str(error.value).startswith(sentence) and "\n" not in str(error.value)


def test_keys_may_change_places() -> None:
    keys = own({"execute": "s", "sign": "x", "zoom": ["Z", "f5"], "skip": "<"})
    assert keys.action("execute").keys == ("s",) and keys.action("sign").shown == "x"
    assert keys.action("zoom").keys == ("Z", "f5") and keys.action("skip").keys == ("<",)
    assert keys.action("skip").shown == "<" and keys.action("hold").keys == ("h",)


def test_every_shipped_key_can_be_written_as_it_is_shown() -> None:
    for action in ACTIONS:
        if len(action.shown) == 1 and action.name not in keymap.FIXED:
            assert own({action.name: action.shown}).action(action.name).keys == action.keys[:1], action.name


def test_the_persons_file_goes_before_the_teams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRADA_HOME", str(tmp_path / "team"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    assert keymap.load() == Keymap()
    for directory, text in ((tmp_path / "team", 'hold = "H"'), (tmp_path / "mine" / "virada", 'hold = "P"')):
        directory.mkdir(parents=True)
        (directory / "keys.toml").write_text(text)
        assert keymap.load().action("hold").shown == text[-2]
    (tmp_path / "mine" / "virada" / "keys.toml").write_text("hold = \n")
    with pytest.raises(KeysError, match=r"keys.toml cannot be read as TOML: .*line 1"):
        keymap.load()


async def test_the_screen_names_and_obeys_them(tmp_path: Path) -> None:
    settings = ViewerSettings(keys=own({"execute": "ctrl+e", "hold": "H", "detach": "Q"}))
    async with shown(prepared(), tmp_path, size=(120, 50), settings=settings) as seen:
        text = seen.text()
        assert "Ctrl+E executes it." in text and " Ctrl+E execute " in text.splitlines()[-1] and "Q detach" in text
        await seen.press("question_mark")
        assert " Ctrl+E         Execute the selected step" in seen.text()
        await seen.press("escape", "x", "h")
        assert not seen.helm.taken
        await seen.press("ctrl+c")
        assert "Q detaches this screen" in seen.text()
        await seen.press("ctrl+e")
        assert await seen.commands() == [c.Execute(step="backup")]


def test_a_bad_file_ends_the_console_with_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "virada").mkdir()
    (tmp_path / "virada" / "keys.toml").write_text('hold = "x"')
    with Terminal("prepared", "observer", size=(200, 24), XDG_CONFIG_HOME=str(tmp_path)) as terminal:
        terminal.until("The key x is meant for execute and for hold")
        assert terminal.ended() == 2


def test_the_document_of_keys_is_as_the_table_is() -> None:
    assert keys.FILE.read_text(encoding="utf-8") == keys.text(), "make it anew: python -m tests.keys"


async def test_the_palettes_key_stands_in_sentences(tmp_path: Path) -> None:
    refusal = Refused(code="helm", message="bruno has the helm", facts={"holder": BRUNO})
    settings = ViewerSettings(keys=own({"palette": "P"}))
    async with shown(prepared(), tmp_path, helm=HelmTwin(refusal), settings=settings) as seen:
        await seen.press("x")
        await seen.until(lambda: "“take the helm” in the palette (P)." in seen.text())


async def test_textuals_bindings_are_as_the_table_of_own_keys(tmp_path: Path) -> None:
    """Keys that change places, several for one action, a comma, and a key for what is shipped without one."""
    given = {
        "execute": "s", "sign": "x", "zoom": ["Z", "f5"], "undo": ",", "hold": "?", "help": "h", "copy": "space",
        "toggle": "P",
    }  # fmt: skip
    async with shown(prepared(), tmp_path, settings=ViewerSettings(keys=own(given))) as seen:
        bound = {key: found.binding.id for key, found in seen.app.screen.active_bindings.items()}
        for key, name in (
            ("s", "execute"), ("x", "sign"), ("Z", "zoom"), ("f5", "zoom"), ("comma", "undo"),
            ("question_mark", "hold"), ("h", "help"), ("space", "copy"), ("X", "run_to"), ("1", "pane"),
        ):  # fmt: skip
            assert bound[key] == name
        assert not {"z", "y"} & set(bound)
        await seen.press("enter")
        over = {key: found.binding.action for key, found in seen.app.screen.active_bindings.items()}
        assert over["space"] == "do('copy')" and over["pagedown"] == "do('page_down')" and "y" not in over


def test_every_action_that_commands_says_when_it_is_offered_and_has_its_method() -> None:
    names = {action.name for action in ACTIONS if action.commands}
    assert names == set(actions._APPLIES)
    assert not {name for name in names if not callable(getattr(CommandKeys, name, None))}
