"""Keys of one's own: a TOML file of action names and keys, checked as a whole before anything changes.

`execute = "ctrl+e"` or `down = ["j", "down", "ctrl+n"]`; names are those of the table of actions. What opens no harm
and what must always be there (Enter, Escape, Ctrl+C, the numbers) keeps its keys.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import msgspec

from tui.console.actions import ACTIONS, Action
from tui.console.view import Mode
from tui.helm.paths import home
from tui.locale import _

NAME = "keys.toml"
FIXED = frozenset(("details", "back", "interrupt", "pane", "tenth"))
"""Actions whose keys stay: Enter never executes, Escape leads back, the numbers say which pane or tenth."""
RESERVED = frozenset(("enter", "escape", "ctrl+c", "ctrl+q"))
_KEY = re.compile(r"(?:(?:ctrl|shift|alt)\+)*(?:[a-z0-9]|f(?:[1-9]|1[0-9]|2[0-4])|[a-z]+(?:_[a-z]+)*)")
_NAMED = frozenset(
    ("space", "tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete",
     "backspace")
)  # fmt: skip


class KeysError(ValueError):
    """The file cannot be taken; the message is one sentence on what, where and what to do."""


def path() -> Path | None:
    """The person's own file, `$XDG_CONFIG_HOME/virada/keys.toml`, else the team's, `$VIRADA_HOME/keys.toml`."""
    configured = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    for found in (base / "virada" / NAME, home() / NAME):
        if found.is_file():
            return found
    return None


def load() -> tuple[Action, ...]:
    """The table of actions with the keys of the file that applies; as shipped where there is none.

    Raises KeysError.
    """
    found = path()
    if found is None:
        return ACTIONS
    try:
        data = tomllib.loads(found.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise KeysError(_("{path} cannot be read as TOML: {reason}.").format(path=found, reason=reason)) from error
    try:
        return changed(data)
    except KeysError as error:
        raise KeysError(f"{found}: {error}") from error


def changed(data: Mapping[str, Any]) -> tuple[Action, ...]:
    """The table with these keys. Raises KeysError for an unknown name, a key that is none, and for a clash."""
    names = {action.name: action for action in ACTIONS}
    new: dict[str, tuple[str, ...]] = {}
    for name, value in data.items():
        if name not in names:
            close = get_close_matches(name, names, 1)
            text = _("There is no action {name}.").format(name=repr(name))
            raise KeysError(text + (" " + _("Is {name} meant?").format(name=repr(close[0])) if close else ""))
        if name in FIXED:
            raise KeysError(_("The keys of {name} cannot be changed; leave them out.").format(name=name))
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or not given or not all(isinstance(key, str) for key in given):
            raise KeysError(_("The keys of {name} must be a text or a list of texts.").format(name=name))
        new[name] = tuple(_key(name, key) for key in given)
    table = tuple(
        msgspec.structs.replace(action, keys=new[action.name], shown=shown(new[action.name][0]))
        if action.name in new else action
        for action in ACTIONS
    )  # fmt: skip
    _no_clash(table, new)
    return table


def _no_clash(table: tuple[Action, ...], new: Mapping[str, object]) -> None:
    for mode in get_args(Mode):
        taken: dict[str, str] = {}
        for action in table:
            for key in action.keys if mode in action.modes else ():
                other = taken.setdefault(key, action.name)
                if other != action.name and {other, action.name} & set(new):
                    text = _("The key {key} is meant for {one} and for {other}; give one of them another key.")
                    raise KeysError(text.format(key=shown(key), one=other, other=action.name))


def _key(name: str, written: str) -> str:
    """As Textual names it: a character stands for itself."""
    from textual.keys import _character_to_key

    key = _character_to_key(written) if len(written) == 1 and written.isprintable() else written.lower()
    if key in RESERVED:
        text = _("{key} cannot be given to {name}: it always means the same.")
        raise KeysError(text.format(key=shown(key), name=name))
    last = key.rpartition("+")[2]
    known = len(written) == 1 or len(last) == 1 or last in _NAMED or re.fullmatch(r"f\d+", last) is not None
    if not written.strip(" ") or not known or (len(written) > 1 and not _KEY.fullmatch(key)):
        text = _("{key} is no key ({name}); write a character, or a name such as ctrl+e, f5, space, pagedown.")
        raise KeysError(text.format(key=repr(written), name=name))
    return key


_SHORT = {"pagedown": "PgDn", "pageup": "PgUp", "escape": "Esc", "space": "space"}


def shown(key: str) -> str:
    """As people read it: `-`, `X`, `Ctrl+E`, `F5`."""
    import unicodedata

    from textual.keys import REPLACED_KEYS, _get_unicode_name_from_key

    if len(key) == 1:
        return key
    if key in _SHORT:
        return _SHORT[key]
    if "+" not in key and key not in (*_NAMED, *RESERVED) and not re.fullmatch(r"f\d+", key):
        try:
            name = {new: old for old, new in REPLACED_KEYS.items()}.get(key, key)
            return unicodedata.lookup(_get_unicode_name_from_key(name).replace("_", " ").upper())
        except KeyError:
            return key
    return "+".join(part.upper() if len(part) == 1 else part.capitalize() for part in key.split("+"))
