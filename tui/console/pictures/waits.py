"""Whom we wait for: every running step with its reason and the facts behind it."""

from __future__ import annotations

from typing import Any

from tui.console.pieces import Line
from tui.console.view import View
from tui.console.visible import visible, wrapped
from tui.console.words import clock, name_of, progress_sentence, waiting_sentence
from tui.locale import _


def waits(view: View, width: int) -> list[Line]:
    """For every running step: what it is, why it waits and since when, and each fact in a line of its own."""
    lines: list[Line] = []
    for at in view.state.running():
        lines.append(((name_of(at), "bold"),))
        if at.waiting:
            since = "" if at.waiting_since is None else clock(max(0.0, view.moment.mono - at.waiting_since)) + " "
            text = since + waiting_sentence(at.waiting, at.waiting_facts)
            lines.extend(((f"  {part}", "warn"),) for part in wrapped(text, width - 2))
            lines.extend(((f"  {part}", "dim"),) for part in _facts(at.waiting_facts))
        else:
            text = progress_sentence(at.progress) if at.progress else _("runs and waits for nothing")
            lines.append(((f"  {text}", "dim"),))
    return lines or [((_("Nothing runs, so nothing waits."), "dim"),)]


def _facts(facts: dict[str, Any], indent: str = "") -> list[str]:
    found: list[str] = []
    for name, value in facts.items():
        label = indent + visible(name).replace("_", " ")
        if isinstance(value, dict):
            found.append(f"{label}:")
            found.extend(_facts(value, indent + "  "))
        elif isinstance(value, list | tuple):
            found.append(f"{label}:")
            for item in value:
                found.extend(
                    _facts(item, indent + "  ") if isinstance(item, dict) else [f"{indent}  {visible(str(item))}"]
                )
        else:
            found.append(f"{label}: {visible(str(value))}")
    return found
