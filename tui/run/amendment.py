"""A change of the plan while its run was open, as a run's state has it. Pure."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tui.journal.events import FileChange, OpenWindow, PartChange, StepChange

KEPT_AMENDMENTS: Final = 50
"""Amendments that are kept, the last ones; all of them are in the journal."""


class Amendment(Struct, frozen=True, kw_only=True):
    """A change of the plan while the run was open: see `tui.journal.events.RunAmended`. `number`: from 1. `window`: as
    it holds since then, and `before_window` before, where it was changed."""

    number: int
    seq: int
    at: str
    mono: float
    by: str
    reason: str
    before_seal: str
    before_work: str
    seal: str
    work: str
    steps: tuple[StepChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    parts: tuple[PartChange, ...] = ()
    before_window: OpenWindow | None = None
    window: OpenWindow | None = None
    rehearsed: bool | None = None
    despite: tuple[str, ...] = ()
    confirm: str | None = None

    @property
    def voids(self) -> bool:
        """Whether what was rehearsed before says nothing of what is carried out since, for all that is known."""
        return self.work != self.before_work and self.rehearsed is not True

    def of(self, step: str) -> StepChange | None:
        """What it has made of a step."""
        return next((change for change in self.steps if change.step == step), None)
