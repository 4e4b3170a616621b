"""Which keys do what for one viewer: as shipped, or as in a TOML file of action names and keys, checked as a whole.

`execute = "ctrl+e"` or `down = ["j", "down", "ctrl+n"]`; names are those of the table of actions. What opens no harm
and what must always be there (Enter, Escape, Ctrl+C, the numbers) keeps its keys.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct
from msgspec.structs import replace

from tui.console.input.actions import ACTIONS, RESERVED, ConsoleAction, named, shown
from tui.locale import _
from tui.pictures.view import Mode
from tui.runs.paths import home

NAME = "keys.toml"
FIXED = frozenset(("details", "back", "interrupt", "pane", "tenth"))
"""Actions whose keys stay: Enter never executes, Escape leads back, the numbers say which pane or tenth."""


class KeysError(ValueError):
    """The file cannot be taken; the message is one sentence on what, where and what to do."""


class Keymap(Struct, frozen=True):
    """The table of actions with the keys in force."""

    actions: tuple[ConsoleAction, ...] = ACTIONS

    def of_mode(self, mode: Mode) -> tuple[ConsoleAction, ...]:
        """The actions that exist in a mode."""
        return tuple(action for action in self.actions if mode in action.modes)

    def action(self, name: str) -> ConsoleAction:
        return next(action for action in self.actions if action.name == name)

    def keyed(self, text: str, **facts: object) -> str:
        """A sentence with the keys in force, whose places are named after their actions, and with its facts."""
        return text.format(**self.names, **facts)

    @property
    def names(self) -> dict[str, str]:
        """What people read as the key of each action."""
        return {action.name: action.shown for action in self.actions}

    def changed(self, mode: Mode) -> dict[str, str]:
        """What Textual is told of a mode: names of actions whose keys are not those that are shipped, and theirs."""
        return {
            now.name: ",".join("comma" if key == "," else key for key in now.keys)
            for action, now in zip(ACTIONS, self.actions, strict=True)
            if mode in now.modes and now.keys != action.keys
        }


def path() -> Path | None:
    """The person's own file, `$XDG_CONFIG_HOME/virada/keys.toml`, else the team's, `$VIRADA_HOME/keys.toml`."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    for found in (base / "virada" / NAME, home() / NAME):
        if found.is_file():
            return found
    return None


def load() -> Keymap:
    """The keys of the file that applies; as shipped where there is none. Raises KeysError."""
    found = path()
    if found is None:
        return Keymap()
    import tomllib

    try:
        data = tomllib.loads(found.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise KeysError(_("{path} cannot be read as TOML: {reason}.").format(path=found, reason=reason)) from error
    try:
        return own(data)
    except KeysError as error:
        raise KeysError(f"{found}: {error}") from error


def own(data: Mapping[str, Any]) -> Keymap:
    """The shipped keys but for these. Raises KeysError for an unknown name, a key that is none, and for a clash."""
    names = {action.name: action for action in ACTIONS}
    new: dict[str, tuple[str, ...]] = {}
    for name, value in data.items():
        if name not in names:
            from difflib import get_close_matches

            close = get_close_matches(name, names, 1)
            text = _("There is no action {name}.").format(name=repr(name))
            raise KeysError(text + (" " + _("Is {name} meant?").format(name=repr(close[0])) if close else ""))
        if name in FIXED:
            raise KeysError(_("The keys of {name} cannot be changed; leave them out.").format(name=name))
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not given or not all(isinstance(key, str) for key in given):
            raise KeysError(_("The keys of {name} must be a text or a list of texts.").format(name=name))
        new[name] = tuple(_key(name, key) for key in given)
    table = tuple(replace(action, keys=new.get(action.name, action.keys)) for action in ACTIONS)
    _no_clash(table, new)
    return Keymap(table)


def _no_clash(table: tuple[ConsoleAction, ...], new: Mapping[str, object]) -> None:
    for mode in get_args(Mode):
        taken: dict[str, str] = {}
        for action in table:
            for key in action.keys if mode in action.modes else ():
                other = taken.setdefault(key, action.name)
                if other != action.name and {other, action.name} & set(new):
                    text = _("The key {key} is meant for {one} and for {other}; give one of them another key.")
                    raise KeysError(text.format(key=shown(key), one=other, other=action.name))


def _key(name: str, written: str) -> str:
    key = named(written)
    if key is None:
        text = _("{key} is no key ({name}); write a character, or a name such as ctrl+e, f5, space, pagedown.")
        raise KeysError(text.format(key=repr(written), name=name))
    if key in RESERVED:
        text = _("{key} cannot be given to {name}: it always means the same.")
        raise KeysError(text.format(key=shown(key), name=name))
    return key
