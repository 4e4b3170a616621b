"""The command that a run waits for, as it is to be typed. Pure."""

from __future__ import annotations

import shlex
from typing import Any, Final

from tui.run.steps import kind_of
from tui.words.inert import visible

_COSTS: Final = {
    "person": "", "typed": " --confirm {target}", "buffer": " --confirm {target} --reason TEXT",
    "window": " --confirm {target} --reason TEXT",
}  # fmt: skip
"""What a step costs (`tui.run.confirmation`), by why the run stands still before it."""


def awaited(status: dict[str, Any]) -> list[str]:
    """A line, whole on any terminal, where one command alone goes on; none where a person has to decide which."""
    reason, at = status["waiting"]["reason"], status["waiting"]["step"]
    step = next((step for step in status["steps"] if step["id"] == at), None)
    if step is None or step["status"] != "pending" or reason not in _COSTS:
        return []
    kind = kind_of(step["kind"])
    signed = reason == "person" and kind is not None and kind.signed
    form = "sign {step} --note TEXT" if signed else f"execute {{step}}{_COSTS[reason]}"
    target = shlex.quote(visible(str(status["target"])))
    return [f"  virada do {visible(status['id'])} {form.format(step=visible(at), target=target)}"]
