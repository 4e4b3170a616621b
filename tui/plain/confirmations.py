"""Words for what a command costs: the target's name, and a reason. How to give them is each client's to say."""

from __future__ import annotations

from typing import Any

from tui.locale import _
from tui.visible import visible


def confirmation_words(facts: dict[str, Any]) -> str | None:
    """Why a command costs a confirmation, and which; `facts`: as `tui.run.confirmation.unconfirmed` gives them."""
    target = visible(str(facts.get("target", "?")))
    texts = {
        "typed": _("The plan says of this step that it is dangerous: it costs the name of the target, {target}."),
        "buffer": _("Only the window's buffer is left: to change something now costs the name of the target, {target}, "
                    "and a reason."),
        "window": _("The window is over: to change something costs the name of the target, {target}, and a reason."),
        "undo": _("To undo a step costs the name of the target: {target}."),
        "close": _("What the run did stays applied, and once it is closed no rollback takes it back: to close it costs "
                   "the name of the target, {target}, and a reason."),
        "other": _("The name of another target came with it; this run's is {target}."),
    }  # fmt: skip
    text = texts.get(str(facts.get("why")))
    return None if text is None else text.format(target=target)
