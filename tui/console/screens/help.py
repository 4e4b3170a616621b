"""Keys and what they do, from the table of actions; team and contacts, from the plan."""

from __future__ import annotations

from tui.console.input.keymap import Keymap
from tui.console.input.overlay_keys import palette_keys, question_keys, reader_keys, register_keys
from tui.locale import _
from tui.pictures.cells import cells, fit, wrapped
from tui.pictures.lines import Line
from tui.pictures.view import View
from tui.words.inert import visible

KEYS = 14
"""Columns for the keys of an action."""


def help_lines(view: View, keymap: Keymap, width: int) -> list[Line]:
    """One line an action that has a key, all its keys before it; then the keys of what opens over the screen."""
    lines: list[Line] = []
    commanding: bool | None = None
    for action in keymap.of_mode(view.mode):
        if not action.shown:
            continue
        if action.commands != commanding:
            commanding = action.commands
            title = _("Commands to the engine") if commanding else _("On this screen")
            lines.extend(() if not lines else ((),))
            lines.append(((title, "title"),))
        lines.extend(_row(action.all_shown, _(action.help), width))
    for title, keys in (
        (_("In details, help and team"), reader_keys(keymap, view.mode)),
        (_("In the list of errors"), register_keys(keymap)),
        (_("In questions"), question_keys()),
        (_("In the palette"), palette_keys()),
    ):
        lines.extend(((), ((title, "title"),)))
        for own in keys:
            lines.extend(_row(own.shown, own.help, width))
    lines.append(())
    lines.append(((_("Esc closes this; nothing here stops the engine."), "dim"),))
    return lines


def _row(keys: str, text: str, width: int) -> list[Line]:
    key = f" {fit(keys, KEYS)} "
    room = max(10, width - cells(key))
    if cells(keys) > KEYS:
        return [((f" {keys}", "key"),), *(((" " * cells(key) + part, "text"),) for part in wrapped(text, room))]
    first, *rest = wrapped(text, room)
    return [((key, "key"), (first, "text")), *(((" " * cells(key) + part, "text"),) for part in rest)]


def team_lines(view: View, width: int) -> list[Line]:
    """Roles, people, contacts and duties."""
    opened = view.state.opened
    lines: list[Line] = []
    for member in () if opened is None else opened.plan.team:
        name = f"{member.name} " if member.name else ""
        lines.append(
            ((fit(visible(member.role), 14) + " ", "key"), (visible(name), "bold"), (visible(member.contact), "text"))
        )
        lines.extend(((" " * 15 + part, "dim"),) for part in wrapped(member.duty, max(10, width - 15)) if part)
    return lines or [((_("The plan names no team."), "dim"),)]
