"""What of the table of actions is offered in a state, and what it is called there."""

from __future__ import annotations

from collections.abc import Callable

from tui.console import intents
from tui.console.actions import Action
from tui.console.announce import run_to_range
from tui.console.palette import PLAIN
from tui.console.view import View
from tui.locale import _

_APPLIES: dict[str, Callable[[View], bool]] = {
    "execute": intents.can_execute, "run_to": intents.can_run_to, "sign": intents.can_sign,
    "by_hand": intents.can_by_hand, "skip": intents.can_skip, "cancel": intents.can_cancel, "hold": intents.can_hold,
    "rollback": intents.can_rollback, "note": intents.has_say, "accept": intents.can_accept, "undo": intents.can_undo,
    "feedback": intents.has_say, "resolve": intents.can_resolve, "take": intents.can_take,
    "handover": intents.can_handover, "close": intents.has_say,
}  # fmt: skip


def applies(action: Action, view: View) -> bool:
    """Whether it would do anything now. A theme does where another one is in force, and NO_COLOR asks for none."""
    name, theme, palette = action.name, action.name.removeprefix("theme_"), view.settings.palette
    if theme != name:
        return palette is not PLAIN and palette.name != theme
    return not action.commands or _APPLIES[name](view)


def label(action: Action, view: View) -> str:
    """Its label, as it is in this state."""
    if action.name == "hold" and view.state.held_for is not None:
        return _("resume")
    if action.name == "execute" and intents.is_retry(view):
        return _("try again")
    if action.name == "execute" and view.step is not None and intents.instead(view, view.step) is not None:
        return _("execute next")
    if action.name == "run_to" and view.step is not None:
        found = run_to_range(view, view.step)
        if found:
            return _("run {steps}").format(steps=found)
    if action.name == "skip_idle" and view.playback is not None and view.playback.skip:
        return _("play idle")
    return _(action.label)
