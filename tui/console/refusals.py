"""A refusal on the screen: why, with the step's name instead of its id, and the key that helps."""

from __future__ import annotations

from tui.console.keymap import Keymap
from tui.locale import _
from tui.run.state import RunState
from tui.words.inert import visible
from tui.words.refusals import AnyRefusal, refusal_message, refusal_words
from tui.words.steps import name_of


def whose_helm(holder: str, keys: Keymap) -> str:
    """Who has the helm, and how to take it."""
    text = _("{holder} has the helm; “take the helm” in the palette ({key}) takes it over, with a reason.")
    return text.format(holder=visible(holder), key=keys.action("palette").shown)


def refusal_sentence(refusal: AnyRefusal, state: RunState, keys: Keymap) -> str:
    """Why, and what to do where the code tells; else the refusal's own English message."""

    def name(step: str) -> str:
        known = state.steps.get(step)
        return name_of(known) if known is not None else visible(step)

    words = refusal_words(refusal, name)
    if words is None:
        return refusal_message(refusal)
    hint = _hint(refusal.code, keys)
    return f"{words} {hint}" if hint else words


def _hint(code: str, keys: Keymap) -> str:
    match code:
        case "other-target":
            return keys.keyed(
                _("{hold} looks again; “accept what answers” in the palette ({palette}), where it can be.")
            )
        case "held":
            return keys.keyed(_("{hold} lets it go on."))
        case "sign":
            return keys.keyed(_("{sign} signs it."))
        case "sensed":
            return keys.keyed(_("{execute} executes it, {by_hand} records that it was done by hand."))
        case "helm":
            return keys.keyed(_("Take it with “take the helm” in the palette ({palette})."))
    return ""
