"""Keys and what they do, from the table of actions; team and contacts, from the plan."""

from __future__ import annotations

from tui.console.actions import of_mode
from tui.console.pieces import Line
from tui.console.view import Mode, View
from tui.console.visible import cells, fit, visible, wrapped
from tui.locale import _


def help_lines(mode: Mode, width: int) -> list[Line]:
    """One line an action that has a key."""
    lines: list[Line] = []
    commanding: bool | None = None
    for action in of_mode(mode):
        if not action.shown:
            continue
        if action.commands != commanding:
            commanding = action.commands
            title = _("Commands to the engine") if commanding else _("On this screen")
            lines.extend(() if not lines else ((),))
            lines.append(((title, "title"),))
        key = fit(action.shown, 10)
        first, *rest = wrapped(_(action.help), max(10, width - cells(key) - 1))
        lines.append(((f" {key}", "key"), (first, "text")))
        lines.extend((((" " * (cells(key) + 1)) + part, "text"),) for part in rest)
    lines.append(())
    lines.append(((_("Esc closes this; nothing here stops the engine."), "dim"),))
    return lines


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
