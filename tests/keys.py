"""The keys as a document: `python -m tests.keys` writes `KEYS.md` anew from the table of actions."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tui import locale
from tui.console.input.actions import ACTIONS, ConsoleAction
from tui.console.input.keymap import FIXED, Keymap
from tui.console.input.overlay_keys import palette_keys, question_keys, reader_keys, register_keys

FILE = Path(__file__).resolve().parent.parent / "KEYS.md"
INTRODUCTION = """# Keys

Made from `tui/console/input/actions.py` by `python -m tests.keys`. The names are those that `keys.toml` takes
(README, "Looks
and keys"); without a name a key cannot be changed. A key that is held down counts once for a command.
"""
EVERY, LIVE, REPLAY = {"operator", "observer", "replay"}, {"operator", "observer"}, {"replay"}


def text() -> str:
    """As it stands in the file; always in English."""
    locale.use("en")
    parts = [INTRODUCTION]
    bound = [action for action in ACTIONS if action.keys]
    plain = [action for action in bound if not action.commands]
    for title, sentence, actions in (
        ("Commands to the engine", "Only on the screen of an operator who has the helm.",
         [action for action in bound if action.commands]),
        ("On every screen", "", [action for action in plain if action.modes == EVERY]),
        ("Of a live run", "", [action for action in plain if action.modes == LIVE]),
        ("Of a replay", "", [action for action in plain if action.modes == REPLAY]),
    ):  # fmt: skip
        rows = [(action.all_shown.split(" "), _name(action), action.help) for action in actions]
        parts.append(_table(title, sentence, rows))
    for title, keys in (
        ("In details, help and team", reader_keys(Keymap(), "operator")),
        ("In the list of errors", register_keys(Keymap())), ("In questions", question_keys()),
        ("In the palette", palette_keys()),
    ):  # fmt: skip
        parts.append(_table(title, "", [(own.shown.split(" "), "", own.help) for own in keys]))
    unbound = [(["palette"], action.name, action.help) for action in ACTIONS if not action.keys]
    parts.append(_table("Without a key", "By name in the palette; `keys.toml` can give them one.", unbound))
    return "\n".join(parts)


def _name(action: ConsoleAction) -> str:
    return "" if action.name in FIXED else action.name


def _table(title: str, sentence: str, rows: Iterable[tuple[list[str], str, str]]) -> str:
    lines = [f"## {title}", "", *([sentence, ""] if sentence else []), "| keys | name | does |", "|---|---|---|"]
    for keys, name, does in rows:
        shown = " ".join(f"`{key}`" for key in keys)
        lines.append(f"| {shown} | {f'`{name}`' if name else ''} | {does} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    FILE.write_text(text(), encoding="utf-8")
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
