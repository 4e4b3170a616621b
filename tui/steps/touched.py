"""What each step of a plan is about: the relations whose sizes its duration depends on. Pure, but for reading files."""

from __future__ import annotations

from typing import Any, Final

from tui.plan.kinds import Kinds, Read
from tui.plan.model import UNDO_PREFIX, Action, Plan, Step, places
from tui.sql.touched import WHOLE, Touches, touched

_ALL: Final = 1 << 20
"""Characters of all scripts together that are looked through."""


def touched_by(plan: Plan, read: Read, kinds: Kinds) -> dict[str, Touches]:
    """By the step's id, `undo.ID` for what undoes one. Steps whose time does not depend on the data are left out."""
    found: dict[str, Touches] = {}
    looking = Looking(read)

    def at(action: Step | Action) -> Touches:
        kind = kinds.get(action.kind)
        return WHOLE if kind is None or kind.touches is None else kind.touches(kind.typed(action.spec), looking)

    for phases in (plan.phases, plan.rollback.phases):
        for _place, step in places(phases):
            found[step.id] = at(step)
            if step.prove is not None:
                found[step.id] |= looking.text(step.prove.query)
            if step.undo is not None:
                found[UNDO_PREFIX + step.id] = at(step.undo)
    return {id: touches for id, touches in found.items() if touches != Touches()}


def nothing(spec: Any, looking: Looking) -> Touches:
    """Of a step whose time does not depend on how much data there is."""
    return Touches()


class Looking:
    """Through the scripts of one plan. `read` may raise OSError and ValueError."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._left = _ALL
        self._known: dict[str, Touches] = {}

    def text(self, text: str) -> Touches:
        """What SQL is about."""
        if text not in self._known:
            self._left -= len(text)
            self._known[text] = WHOLE if self._left < 0 else touched(text)
        return self._known[text]

    def file(self, name: str) -> str | None:
        """The text of a file of the plan; None where it cannot be read."""
        try:
            return self._read(name)
        except (OSError, ValueError):
            return None
