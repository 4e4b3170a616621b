"""The attempts of every step, as the journal tells them: the fold keeps only the latest one."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from tui.journal import events as e
from tui.journal.line import Line

KEPT = 50
"""Attempts kept of a step."""
_OUTCOMES: dict[type[e.StepOutcome], str] = {
    e.StepPassed: "passed", e.StepFailed: "failed", e.StepSkipped: "skipped", e.StepSigned: "signed",
    e.StepByHand: "by_hand", e.StepCancelled: "cancelled", e.StepUndone: "undone",
}  # fmt: skip
TYPES = frozenset((e.StepStarted.TYPE, e.StepFate.TYPE, *(outcome.TYPE for outcome in _OUTCOMES)))
"""Events that begin or end an attempt."""


class Attempt(Struct, frozen=True, kw_only=True):
    """One attempt: who began it and when, how it ended and why."""

    number: int
    by: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    status: str = "running"
    reason: str = ""


class Attempts:
    """All attempts by step, fed with journal lines in their order."""

    def __init__(self) -> None:
        self._of: dict[str, dict[int, Attempt]] = {}

    def clear(self) -> None:
        self._of.clear()

    def of(self, step: str) -> list[Attempt]:
        """Oldest first."""
        return list(self._of.get(step, {}).values())

    def feed(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.type not in TYPES:
                continue
            try:
                event = e.decode(line.type, line.data)
            except msgspec.ValidationError:
                continue
            if isinstance(event, e.StepEvent):
                self._one(event, line)

    def _one(self, event: e.StepEvent, line: Line) -> None:
        known = self._of.setdefault(event.step, {})
        before = known.get(event.attempt, Attempt(number=event.attempt, by=line.by))
        if isinstance(event, e.StepStarted):
            known[event.attempt] = Attempt(number=event.attempt, by=line.by, started_at=line.at)
        elif isinstance(event, e.StepFate):
            known[event.attempt] = msgspec.structs.replace(
                before, status=event.fate if event.fate == "undecided" else before.status, reason=event.reason
            )
        else:
            status = _OUTCOMES.get(type(event), "ended")  # type: ignore[arg-type]
            reason = getattr(event, "message", None) or getattr(event, "reason", None) or getattr(event, "note", None)
            known[event.attempt] = msgspec.structs.replace(before, ended_at=line.at, status=status, reason=reason or "")
        while len(known) > KEPT:
            del known[next(iter(known))]
